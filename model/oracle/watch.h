/* SPDX-License-Identifier: MIT */
/*
 * watch: the concrete oracle of the free runtime. It hears every event on the
 * thread that caused it, knows only what was promised and what a frame is now,
 * and takes no lock, so that it orders nothing that is being tested.
 *
 * Exact, not heuristic: an access is in flight until its event has been heard,
 * and a promise is recorded only after everything in flight was drained.
 *
 * Raises stale-use, stale-map, stale-perm, walk-freed-table, spurious-fault,
 * lost-dirty, no-progress, refcount and protocol; at the end leak, and protocol
 * once more.
 * What might have happened (latent) and deadlocks are not its business.
 */
#ifndef ORACLE_WATCH_H
#define ORACLE_WATCH_H

#include "case/case.h"
#include "event/event.h"
#include "mem/mem.h"

struct watch;

struct watch_violation {
	uint8_t class_; /* enum violation_class */
	bool write;
	uint8_t actor, op_kind; /* who met it, in which op; OP_COUNT: none */
	uint8_t space;          /* 0xff: unknown */
	uint8_t walker;         /* through whose cache; 0xff: none */
	sd_page page, pfn;
	uint32_t serial, limit; /* of the instance that was used; the oldest that may be */
	uint8_t bad_ref; /* refcount: EV_BAD_REF's reason (0: freed twice), and the count that was met */
	int32_t count;
};

struct watch *watch_create(void); /* NULL: no memory */
void watch_destroy(struct watch *w);
/* false: no memory for this geometry. Nobody may listen meanwhile, nor during watch_end(). */
bool watch_reset(struct watch *w, struct mem *m);
/*
 * ev->actor is the caller's; OP_BEGIN to OP_END of an actor come from its own thread. true: the first
 * violation.
 */
bool watch_listen(struct watch *w, const struct event *ev);
/* Everybody has ended; marked: the frames that somebody still owns. true: the first violation. */
bool watch_end(struct watch *w, const uint8_t marked[MEM_FRAMES]);
const struct watch_violation *watch_violation(const struct watch *w); /* NULL: none */

#endif
