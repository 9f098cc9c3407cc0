/* SPDX-License-Identifier: MIT */
/* Asks both oracles about one run, and says who said what. */
#include "engine/run/opinion.h"
#include "engine/run/world.h"

#include <stdio.h>
#include <stdlib.h>

struct opinions {
	struct history *history;
};

struct opinions *opinions_create(void)
{
	struct opinions *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->history = history_create();
	if (o->history)
		return o;
	free(o);
	return NULL;
}

void opinions_destroy(struct opinions *o)
{
	if (!o)
		return;
	history_destroy(o->history);
	free(o);
}

/* A run that is stopped ends with the event that broke a rule; what the final audit finds has none. */
static uint32_t opinion_stopped_at(const struct world *w)
{
	return w->end == SCHED_STOPPED ? w->ev.len - 1 : w->ev.len;
}

static enum opinion_is opinion_compare(const struct world *w, const struct opinion *p)
{
	const struct exec_result *a = &p->first;
	const struct history_result *b = &p->second;

	if (a->verdict == EXEC_INCONCLUSIVE || a->verdict == EXEC_DEFECT ||
	    b->verdict == HISTORY_INCONCLUSIVE)
		return OPINION_NONE;
	if (a->verdict == EXEC_VIOLATION && a->violation.class_ == VC_RACE)
		return OPINION_NONE;
	if (b->verdict == HISTORY_DEFECT)
		return OPINION_DIFFERS;
	if (a->verdict == EXEC_CLEAN || b->verdict == HISTORY_CLEAN)
		return a->verdict == EXEC_CLEAN && b->verdict == HISTORY_CLEAN ? OPINION_SAME
		                                                               : OPINION_DIFFERS;
	if (a->violation.class_ != b->class_)
		return OPINION_DIFFERS;
	if (w->go_on || w->end != SCHED_STOPPED)
		return OPINION_SAME;
	return b->at == p->at ? OPINION_SAME : OPINION_DIFFERS;
}

void opinion_run(struct opinions *o, struct world *w, const struct case_file *c,
                 const struct sched_policy *policy, const struct exec_options *opt, struct opinion *out)
{
	struct exec_options logged = opt ? *opt : (struct exec_options){0};
	struct history_run run = {.c = c};

	logged.log = true;
	exec_run(w, c, policy, &logged, &out->first);
	run.log = w->ev.log;
	run.n = w->ev.len;
	run.lost = w->ev.lost + !w->ev.log;
	run.end = w->end;
	run.marked = w->end == SCHED_DONE ? w->mark : NULL;
	history_check(o->history, &run, &out->second);
	out->events = w->ev.len;
	out->at = opinion_stopped_at(w);
	out->is = (uint8_t)opinion_compare(w, out);
}

/* -- in words -------------------------------------------------------------------------- */

static void opinion_where(const struct world *w, uint32_t at, char *buf, size_t cap)
{
	if (at < w->ev.len)
		snprintf(buf, cap, " at event %u (%s)", at, event_name((enum event_type)w->ev.log[at].type));
	else
		snprintf(buf, cap, " when the run was over");
}

static const char *opinion_first_says(const struct exec_result *r)
{
	switch (r->verdict) {
	case EXEC_CLEAN:
		return "clean";
	case EXEC_VIOLATION:
		return violation_name((enum violation_class)r->violation.class_);
	default:
		return r->why;
	}
}

static const char *opinion_second_says(const struct history_result *r)
{
	switch (r->verdict) {
	case HISTORY_CLEAN:
		return "clean";
	case HISTORY_VIOLATION:
		return violation_name((enum violation_class)r->class_);
	default:
		return r->why;
	}
}

const char *opinion_says(const struct opinion *p, const struct world *w, char line[OPINION_LINE])
{
	char first[80] = "", second[80] = "";

	if (p->first.verdict == EXEC_VIOLATION)
		opinion_where(w, p->at, first, sizeof(first));
	if (p->second.verdict == HISTORY_VIOLATION || p->second.verdict == HISTORY_DEFECT)
		opinion_where(w, p->second.at, second, sizeof(second));
	snprintf(line, OPINION_LINE, "the oracle that listens says %s%s, the history says %s%s",
	         opinion_first_says(&p->first), first, opinion_second_says(&p->second), second);
	return line;
}
