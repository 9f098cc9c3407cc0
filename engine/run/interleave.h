/* SPDX-License-Identifier: MIT */
/*
 * interleave: what a schedule did, as features for a fuzzer. Edges of the code
 * say which operations ran; that two actors met at one object, in which order
 * and in the midst of what, shows in no edge. A feature is a pair of accesses to
 * the same object that follow each other and are not by the same actor: a store
 * to an entry after a walker's fill from it, an invalidation between two fills
 * of a cache, a command fetched between two submissions, a lock that was met
 * taken. So is how near a promise or a free came to being too early.
 *
 * It listens to events, as the oracle does, and asks nobody anything but the
 * oracle how close it was. Features are numbers below a power of two; two may
 * fall together, and a fuzzer lives with that.
 */
#ifndef ENGINE_INTERLEAVE_H
#define ENGINE_INTERLEAVE_H

#include "event/event.h"
#include "oracle/oracle.h"
#include "sched/sched.h"

enum { INTERLEAVE_FEATURES = 1 << 13 };

struct interleave;

/* feature: INTERLEAVE_FEATURES counters, which saturate; the caller's, and his to clear. NULL: no memory. */
struct interleave *interleave_create(uint8_t *feature);
void interleave_destroy(struct interleave *iv);

/* An execution begins: objects that were met in the last one are new ones. */
void interleave_begin(struct interleave *iv);
/* After the oracle heard it. */
void interleave_listen(struct interleave *iv, const struct event *ev, const struct oracle_near *near);
/* The actor cannot go on at this point (a lock is taken, a wait is not over), and next runs. */
void interleave_blocked(struct interleave *iv, enum point p, int actor, int next);

#endif
