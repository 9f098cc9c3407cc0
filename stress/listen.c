// SPDX-License-Identifier: MIT
/*
 * What every event goes through, on the thread that caused it: a stamp, the
 * actor's ring, the oracle. After a violation every thread stops at its next
 * event, so that the rings hold what led there and not what came after.
 */
#define _DEFAULT_SOURCE
#include <unistd.h>

#include "stress/internal.h"

_Noreturn static void hold(struct stress_run *r, int actor)
{
	atomic_fetch_or(&r->held, 1u << actor);
	for (;;)
		pause();
}

void stress_listen(void *run, const struct event *ev)
{
	struct stress_run *r = run;
	int actor = sched_current(r->w->sched);
	struct event mine = *ev;

	if (ev->type == EV_INV)
		atomic_fetch_add_explicit(&r->invalidations, 1, memory_order_relaxed);
	if (r->opt.no_oracle)
		return;
	mine.actor = actor < 0 ? EVENT_NOBODY : (uint8_t)actor;
	if (actor >= 0) {
		if (atomic_load_explicit(&r->failed, memory_order_relaxed))
			hold(r, actor);
		ring_add(&r->actor[actor].ring,
		         atomic_fetch_add_explicit(&r->stamp, 1, memory_order_relaxed), &mine);
	}
	if (watch_listen(r->watch, &mine)) {
		atomic_store(&r->failed, true);
		if (actor >= 0)
			hold(r, actor);
	}
}
