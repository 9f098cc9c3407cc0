// SPDX-License-Identifier: MIT
/*
 * The rings of all actors as one log, in the order of their stamps, for the
 * timeline. A stamp is taken just after the event: two that race may stand
 * either way round.
 */
#include <stdlib.h>

#include "stress/internal.h"

static int by_stamp(const void *a, const void *b)
{
	uint64_t x = ((const struct ring_event *)a)->stamp, y = ((const struct ring_event *)b)->stamp;

	return (x > y) - (x < y);
}

static size_t collect(const struct stress_run *r, struct ring_event *all)
{
	size_t n = 0;

	for (int i = 0; i < SCHED_MAX_ACTORS; i++) {
		const struct ring_event *e;

		for (uint64_t k = 0; (e = ring_at(&r->actor[i].ring, k)); k++)
			all[n++] = *e;
	}
	return n;
}

bool stress_merge(const struct stress_run *r, struct event_sink *log)
{
	struct ring_event *all = malloc(sizeof(*all) * STRESS_RING * SCHED_MAX_ACTORS);
	size_t n;

	*log = (struct event_sink){0};
	if (!all)
		return false;
	n = collect(r, all);
	qsort(all, n, sizeof(*all), by_stamp);
	log->log = malloc(sizeof(*log->log) * (n + 1));
	for (size_t i = 0; log->log && i < n; i++)
		log->log[i] = all[i].ev;
	log->len = log->cap = (uint32_t)n;
	free(all);
	return log->log != NULL;
}

void stress_result(const struct stress_run *r, struct exec_result *out)
{
	const struct watch_violation *v = stress_violation(r);

	*out = (struct exec_result){.verdict = v ? EXEC_VIOLATION : EXEC_INCONCLUSIVE};
	if (!v)
		return;
	out->violation = (struct oracle_violation){
	        .class_ = v->class_,
	        .write = v->write,
	        .space = v->space,
	        .actor = v->actor,
	        .op_kind = v->op_kind,
	        .killer_actor = EVENT_NOBODY,
	        .killer_op = OP_COUNT,
	        .walkers = v->walker < WALKER_COUNT ? (uint16_t)(1u << v->walker) : 0,
	        .page = v->page,
	        .span = 1,
	        .pfn = v->pfn,
	        .serial = v->serial,
	};
}
