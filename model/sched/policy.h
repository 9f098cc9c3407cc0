/* SPDX-License-Identifier: MIT */
/*
 * policy: who runs next in the controlled runtime.
 *
 * A policy is asked at a point (kind PLAIN), where staying is the default, and
 * where the actor cannot go on (FORCED: blocked, finished, or a retry loop
 * that yields). It returns the actor to run, which must be in `runnable`; at a
 * PLAIN point that includes the current one.
 *
 * To keep the fast path to a decrement, the policy is only asked at a PLAIN
 * point when sched_set_fuse() has burned down, or the point is armed.
 */
#ifndef SCHED_POLICY_H
#define SCHED_POLICY_H

#include <stdint.h>

#include "sched/points.h"

struct sched;

enum sched_kind { SCHED_PLAIN, SCHED_FORCED };

struct sched_policy {
	/* before the first actor runs: sets the first fuse; may be NULL */
	void (*start)(void *ctx, struct sched *s);
	int (*next)(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable);
	void *ctx;
};

/* Ask after so many points; 0: never. */
void sched_set_fuse(struct sched *s, uint32_t points);
/* Ask at these points; copied. */
void sched_arm(struct sched *s, const uint8_t armed[PT_COUNT]);
/* The fixed order of actors; forced switches go to the next runnable after the current one. */
void sched_set_order(struct sched *s, const uint8_t *actors, int n);
int sched_next_in_order(const struct sched *s, uint32_t runnable);

#endif
