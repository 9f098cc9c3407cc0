/* SPDX-License-Identifier: MIT */
/*
 * What every event goes through, on the thread that caused it: a stamp, the
 * actor's ring, the oracle. After a violation every thread stops at its next
 * event, so that the rings hold what led there and not what came after.
 * Without the oracle the rings are kept where a sanitizer may ask for them.
 */
#define _DEFAULT_SOURCE
#include <unistd.h>

#include "engine/run/world.h"
#include "stress/listen.h"
#include "stress/sanitizer.h"
#include "stress/state.h"

_Noreturn void stress_hold(struct stress_run *r, int actor)
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

	sanitizer_check();
	if (ev->type == EV_INV)
		atomic_fetch_add_explicit(&r->invalidations, 1, memory_order_relaxed);
	if (actor >= 0 && atomic_load_explicit(&r->failed, memory_order_relaxed))
		stress_hold(r, actor);
	if (r->opt.no_oracle && !sanitizer_name())
		return;
	mine.actor = actor < 0 ? EVENT_NOBODY : (uint8_t)actor;
	ring_add(actor < 0 ? &r->nobody : &r->actor[actor].ring,
	         atomic_fetch_add_explicit(&r->stamp, 1, memory_order_relaxed), &mine);
	if (!r->opt.no_oracle && watch_listen(r->watch, &mine)) {
		atomic_store(&r->failed, true);
		if (actor >= 0)
			stress_hold(r, actor);
	}
}
