/* SPDX-License-Identifier: MIT */
/*
 * Twice: the check for uncontrolled nondeterminism. A case promises that its
 * schedule decides everything. Memory that an execution leaves to the next, a
 * table sorted by address, or code of others with state of its own
 * (docs/plugging-in.md) break that promise silently; running the same case
 * again shows it.
 *
 * What the policy itself makes up is recorded and therefore controlled; only
 * where the schedule is too long for a case must the policy be repeatable too.
 * Compared is everything that an execution leaves: the log of events, the
 * points (some leave no event), the switches, the verdict. What happens the
 * same way twice and differently the third time is not seen.
 */
#include "engine/search/twice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/search/search.h"
#include "engine/tell/timeline_view.h"

struct twice {
	struct world *w;
	struct exec_options opt;
	/* of the first execution */
	struct case_file c;
	struct exec_result r;
	bool is_long;
	uint32_t len, lost;
	struct event log[EXEC_LOG_EVENTS];
	struct timeline_view view;
};

struct twice *twice_create(void) { return calloc(1, sizeof(struct twice)); }

void twice_destroy(struct twice *t) { free(t); }

bool twice_is_long(const struct twice *t) { return t->is_long; }

const struct case_file *twice_case(const struct twice *t) { return &t->c; }

void twice_first(struct twice *t, struct world *w, const struct case_file *c,
                 const struct sched_policy *policy, const struct exec_options *opt, struct exec_result *out)
{
	const struct event_sink *events = exec_events(w);

	t->w = w;
	t->opt = *opt;
	t->opt.log = t->opt.record = true;
	t->c = *c;
	exec_run(w, c, policy, &t->opt, out);
	t->r = *out;
	t->is_long = !exec_recorded(w, &t->c);
	t->len = events->len;
	t->lost = events->lost;
	if (events->log) {
		memcpy(t->log, events->log, events->len * sizeof(t->log[0]));
	} else if (out->verdict != EXEC_DEFECT) {
		/* nothing to compare is not the same as nothing different */
		out->verdict = EXEC_DEFECT;
		out->why = "no memory for a log";
	}
}

/* -- what differs --------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void twice_add(char line[TWICE_LINE], const char *format, ...)
{
	const size_t at = strlen(line);
	va_list ap;

	va_start(ap, format);
	vsnprintf(line + at, TWICE_LINE - at, format, ap);
	va_end(ap);
}

static void twice_add_number(char line[TWICE_LINE], const char *what, uint32_t first, uint32_t then)
{
	if (first != then)
		twice_add(line, "%s%u, then %u %s", *line ? "; " : "", first, then, what);
}

/* "clean", "violation stale-use:iommu:munmap>free:no-invalidation:vtd" */
static void twice_verdict(const struct exec_result *r, const struct case_file *c, char text[TWICE_LINE])
{
	char signature[SIGNATURE_MAX];

	snprintf(text, TWICE_LINE, "%s", report_verdict(r->verdict));
	if (r->verdict != EXEC_VIOLATION)
		return;
	signature_of(r, c, signature, sizeof(signature));
	twice_add(text, " %s%s", signature, r->violation.latent ? ", latent" : "");
}

static void twice_compare(const struct twice *t, const struct exec_result *again, char line[TWICE_LINE])
{
	const struct event_sink *events = exec_events(t->w);
	char first[TWICE_LINE], then[TWICE_LINE];

	twice_verdict(&t->r, &t->c, first);
	twice_verdict(again, &t->c, then);
	*line = '\0';
	if (strcmp(first, then) != 0)
		twice_add(line, "%s, then %s", first, then);
	twice_add_number(line, "events", t->len + t->lost, events->len + events->lost);
	twice_add_number(line, "points", t->r.points, again->points);
	twice_add_number(line, "switches", t->r.switches, again->switches);
	twice_add_number(line, "operations", t->r.ops, again->ops);
	twice_add_number(line, "recorded switches that were not met", 0, again->skipped);
	if (t->r.trace_hash != again->trace_hash)
		twice_add(line, "%strace %016llx, then %016llx", *line ? "; " : "",
		          (unsigned long long)t->r.trace_hash, (unsigned long long)again->trace_hash);
}

/* -- where it begins ------------------------------------------------------------------ */

static uint32_t twice_first_difference(const struct twice *t)
{
	const struct event_sink *events = exec_events(t->w);
	const uint32_t len = t->len < events->len ? t->len : events->len;

	for (uint32_t i = 0; i < len; i++)
		if (memcmp(&t->log[i], &events->log[i], sizeof(t->log[i])) != 0)
			return i;
	return t->len == events->len ? TWICE_NO_EVENT : len;
}

static void twice_describe(const struct timeline_view *v, const struct event *ev, char text[TWICE_LINE])
{
	char what[VIEW_TEXT];

	if (ev->type == EV_SWITCH)
		snprintf(what, sizeof(what), "at %s#%u: switch to %s",
		         point_name((enum point)ev->switch_.point), ev->switch_.passage,
		         actor_name(ev->switch_.to));
	else
		view_text(v, ev, what);
	snprintf(text, TWICE_LINE, "%s: %s", ev->actor < ACTOR_COUNT ? actor_name(ev->actor) : "set-up",
	         what);
}

/* The sentence of an event leaves fields out, serials for one: these are where equal sentences differ. */
static void twice_add_fields(const struct event *first, const struct event *then, char text[2][TWICE_LINE])
{
	struct event_value v[2][EVENT_FIELDS];
	const unsigned n[] = {event_values(first, v[0]), event_values(then, v[1])};

	for (unsigned i = 0; i < n[0] && i < n[1]; i++) {
		if (v[0][i].value == v[1][i].value)
			continue;
		for (int k = 0; k < 2; k++)
			twice_add(text[k], " (%s %lld)", v[k][i].name, (long long)v[k][i].value);
	}
}

static void twice_locate(struct twice *t, struct twice_difference *d)
{
	const struct event_sink *events = exec_events(t->w);
	const uint32_t at = d->event = twice_first_difference(t);

	*d->text[0] = *d->text[1] = '\0';
	if (at == TWICE_NO_EVENT)
		return;
	view_init(&t->view, &t->c, &t->r, true);
	for (uint32_t i = 0; i < at; i++)
		view_learn(&t->view, &t->log[i]);
	for (int k = 0; k < 2; k++) {
		if (at < (k ? events->len : t->len))
			twice_describe(&t->view, k ? &events->log[at] : &t->log[at], d->text[k]);
		else
			snprintf(d->text[k], TWICE_LINE, "the end");
	}
	if (!strcmp(d->text[0], d->text[1]))
		twice_add_fields(&t->log[at], &events->log[at], d->text);
}

bool twice_again(struct twice *t, const struct sched_policy *policy, struct twice_difference *d)
{
	/* one execution was asked for: this one is in no count */
	const struct exec_options opt = {.no_oracle = t->opt.no_oracle,
	                                 .log = true,
	                                 .no_witness = t->opt.no_witness,
	                                 .limit = t->opt.limit};
	struct exec_result again;

	exec_run(t->w, &t->c, t->is_long ? policy : NULL, &opt, &again);
	twice_compare(t, &again, d->what);
	if (!*d->what)
		return true;
	twice_locate(t, d);
	return false;
}
