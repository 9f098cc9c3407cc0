/* SPDX-License-Identifier: MIT */
/*
 * Timeline, layout: a row for each event, in the lane of the actor that did
 * it, so that a glance shows who overtook whom. The text starts in its lane
 * and may run to the right over the others. Marks stand in front:
 *   F  the fill of what went stale        K  the store that killed it
 *   ?  what should have happened and did not
 *   !  where it broke                     ~  a switch that the schedule asked for
 */
#include "engine/tell/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "engine/tell/timeline_view.h"

static const uint32_t NO_ROW = UINT32_MAX;

enum { LANE_MIN = 8, LANE_MAX = 18, TEXT_ROOM = 56, MARK_COLUMNS = 8 };

struct timeline {
	FILE *out;
	const struct timeline_options *opt;
	const struct exec_result *r;
	const struct event_sink *log;
	struct timeline_view view;
	int lane[ACTOR_COUNT + 1]; /* column of an actor; the last is everybody else's */
	bool used[ACTOR_COUNT + 1];
	int lane_width;
	uint32_t fill, kill, promise, bad; /* events that are marked; NO_ROW: none */
	char last[VIEW_TEXT];              /* the row before, to fold equal ones */
	int last_actor;
	uint32_t repeats;
	uint8_t *keep; /* of each event: is it shown? */
	uint32_t left_out;
};

static int timeline_lane_of(const struct event *ev)
{
	return ev->actor < ACTOR_COUNT ? ev->actor : ACTOR_COUNT;
}

/* -- first pass: what to mark, which lanes there are ---------------------------- */

static bool timeline_kills(const struct timeline *t, const struct event *ev)
{
	const struct oracle_violation *v = &t->r->violation;
	struct view_range at = view_entry(&t->view, ev->store.entry);

	return ev->type == EV_ENTRY && at.space == v->space && at.level == v->level &&
	       pte_present(ev->store.old) && at.page <= v->page && v->page < at.page + at.span &&
	       (v->killer_op >= OP_COUNT || ev->actor == v->killer_actor);
}

static bool timeline_fills(const struct timeline *t, const struct event *ev)
{
	const struct oracle_violation *v = &t->r->violation;

	return (ev->type == EV_FILL || ev->type == EV_FILL_TABLE) && v->serial &&
	       ev->cached.serial == v->serial && v->walkers >> ev->cached.walker & 1;
}

static bool timeline_scheduled(const struct timeline *t, const struct event *ev)
{
	const struct case_file *c = t->view.c;

	if (ev->type != EV_SWITCH)
		return false;
	for (int i = 0; i < c->nsched; i++)
		if (c->sched[i].what == DO_SWITCH && c->sched[i].actor == ev->switch_.from &&
		    c->sched[i].target == ev->switch_.to && c->sched[i].point == ev->switch_.point &&
		    c->sched[i].passage == ev->switch_.passage)
			return true;
	return false;
}

static bool timeline_wanted(struct timeline *t, uint32_t i)
{
	const struct event *ev = &t->log->log[i];

	/* called for every event, since it counts waits */
	bool about = view_wanted(&t->view, ev);

	return about || i == t->bad || i == t->promise || timeline_scheduled(t, ev);
}

static void timeline_place_lanes(struct timeline *t, int lanes)
{
	int room = (t->opt->width ? t->opt->width : 120) - TEXT_ROOM, at = 0;

	t->lane_width = lanes ? room / lanes : 0;
	t->lane_width = t->lane_width < LANE_MIN   ? LANE_MIN
	                : t->lane_width > LANE_MAX ? LANE_MAX
	                                           : t->lane_width;
	for (int a = 0; a <= ACTOR_COUNT; a++) {
		t->lane[a] = at;
		at += t->used[a] ? t->lane_width : 0;
	}
}

/* The last rows; of those before only what is marked. */
static void timeline_limit_rows(struct timeline *t)
{
	uint32_t n = 0;

	for (uint32_t i = t->log->len; i > 0; i--) {
		uint32_t at = i - 1;

		if (!t->keep[at] || n++ < t->opt->rows || at == t->fill || at == t->kill || at == t->bad)
			continue;
		t->keep[at] = 0;
		t->left_out++;
	}
}

/* Where no event broke a rule (a sanitizer's report): the last one of the actor that met it. */
static uint32_t timeline_last_event(const struct timeline *t)
{
	uint32_t i = t->log->len;

	while (i > 0 && t->log->log[i - 1].actor != t->r->violation.actor)
		i--;
	return i ? i - 1 : NO_ROW;
}

static void timeline_survey(struct timeline *t, const struct case_file *c)
{
	bool violation = t->r->verdict == EXEC_VIOLATION;
	int lanes = 0;

	t->fill = t->kill = NO_ROW;
	t->bad = !violation               ? NO_ROW
	         : t->r->violation.class_ ? report_bad_event(t->r, t->log)
	                                  : timeline_last_event(t);
	t->promise = violation && t->r->violation.class_ ? report_promise_event(t->r, t->log) : NO_ROW;
	view_init(&t->view, c, t->r, t->opt->all);
	for (uint32_t i = 0; i < t->log->len; i++) {
		const struct event *ev = &t->log->log[i];

		if (violation && timeline_kills(t, ev))
			t->kill = i;
		if (violation && timeline_fills(t, ev))
			t->fill = i;
		t->keep[i] = timeline_wanted(t, i);
		view_learn(&t->view, ev);
	}
	if (t->opt->rows) {
		view_narrow(&t->view, t->log, t->keep);
		if (t->bad < t->log->len)
			t->keep[t->bad] = 1;
		if (t->fill != NO_ROW && t->promise < t->fill)
			t->promise = NO_ROW; /* an earlier one of the same frame */
		timeline_limit_rows(t);
	}
	for (uint32_t i = 0; i < t->log->len; i++)
		t->used[timeline_lane_of(&t->log->log[i])] |= t->keep[i];
	for (int a = 0; a <= ACTOR_COUNT; a++)
		lanes += t->used[a];
	timeline_place_lanes(t, lanes);
}

/* -- second pass: the rows -------------------------------------------------------- */

static const char *timeline_color(const struct timeline *t, char mark)
{
	if (!t->opt->color)
		return "";
	switch (mark) {
	case '!':
		return "\033[1;31m";
	case '?':
		return "\033[1;33m";
	case 'K':
		return "\033[35m";
	case 'F':
		return "\033[36m";
	default:
		return "";
	}
}

static void timeline_flush_repeats(struct timeline *t)
{
	if (t->repeats)
		fprintf(t->out, "%*s... and %u times more\n", MARK_COLUMNS + t->lane[t->last_actor], "",
		        t->repeats);
	t->repeats = 0;
}

static void timeline_row(struct timeline *t, char mark, uint32_t number, int actor, const char *text)
{
	const char *on = timeline_color(t, mark);
	char label[16] = "";

	if (mark == ' ' && actor == t->last_actor && !strcmp(text, t->last)) {
		t->repeats++;
		return;
	}
	timeline_flush_repeats(t);
	if (number != NO_ROW)
		snprintf(label, sizeof(label), "%u", number);
	fprintf(t->out, "%s%c%5s  %*s%s%s\n", on, mark, label, t->lane[actor], "", text,
	        *on ? "\033[0m" : "");
	snprintf(t->last, sizeof(t->last), "%s", text);
	t->last_actor = actor;
}

static void timeline_header(struct timeline *t)
{
	fprintf(t->out, "%*s", MARK_COLUMNS, "");
	for (int a = 0; a <= ACTOR_COUNT; a++)
		if (t->used[a])
			fprintf(t->out, "%-*s", t->lane_width, a < ACTOR_COUNT ? actor_name(a) : "set-up");
	fputc('\n', t->out);
}

/* Without a concrete fill: the last moment at which a walker could have done it. */
static void timeline_row_fill(struct timeline *t, int actor)
{
	const struct oracle_violation *v = &t->r->violation;
	char text[VIEW_TEXT], pages[REPORT_NAME], walkers[REPORT_NAME];

	if (t->fill != NO_ROW || !v->walkers)
		return;
	snprintf(text, sizeof(text), "(%s may have cached %s up to here)",
	         report_walkers(v->walkers, walkers), report_pages(t->view.c, v->page, v->span, pages));
	timeline_row(t, 'F', NO_ROW, actor, text);
}

static void timeline_row_missing(struct timeline *t, int actor)
{
	char line[REPORT_LINE];

	report_step(t->view.c, t->r, t->log, line);
	timeline_row(t, '?', NO_ROW, actor, line);
}

static void timeline_row_event(struct timeline *t, uint32_t i)
{
	const struct event *ev = &t->log->log[i];
	char text[VIEW_TEXT];
	char mark = ' ';

	if (i == t->kill)
		timeline_row_fill(t, timeline_lane_of(ev));
	if (i == t->promise)
		timeline_row_missing(t, timeline_lane_of(ev));
	if (timeline_scheduled(t, ev)) {
		snprintf(text, sizeof(text), "at %s#%u: switch to %s",
		         point_name((enum point)ev->switch_.point), ev->switch_.passage,
		         actor_name(ev->switch_.to));
		mark = '~';
	} else {
		view_text(&t->view, ev, text);
	}
	if (i == t->bad)
		mark = '!';
	else if (i == t->kill)
		mark = 'K';
	else if (i == t->fill)
		mark = 'F';
	timeline_row(t, mark, i, timeline_lane_of(ev), text);
}

void timeline_print(FILE *out, const struct case_file *c, const struct exec_result *r,
                    const struct event_sink *log, const struct timeline_options *opt)
{
	struct timeline t = {.out = out, .opt = opt, .r = r, .log = log, .last_actor = ACTOR_COUNT};

	t.keep = malloc(log->len + 1);
	if (!t.keep) {
		fprintf(out, "no memory for a timeline\n");
		return;
	}
	timeline_survey(&t, c);
	timeline_header(&t);
	if (t.left_out)
		fprintf(out, "%*s... %u earlier events\n", MARK_COLUMNS, "", t.left_out);
	view_init(&t.view, c, r, opt->all);
	for (uint32_t i = 0; i < log->len; i++) {
		if (t.keep[i])
			timeline_row_event(&t, i);
		view_learn(&t.view, &log->log[i]);
	}
	timeline_flush_repeats(&t);
	if (t.bad == log->len && r->verdict == EXEC_VIOLATION)
		timeline_row_missing(&t, r->violation.actor < ACTOR_COUNT ? r->violation.actor : ACTOR_COUNT);
	if (log->lost)
		fprintf(out, "%u further events did not fit into the log\n", log->lost);
	free(t.keep);
}
