/* SPDX-License-Identifier: MIT */
/* The fast path of a point; included by sched.h only. */
#ifndef SCHED_SCHED_INLINE_H
#define SCHED_SCHED_INLINE_H

#include "event/quiet.h"

/* What the fast path reads. It is the head of struct sched. */
struct sched_hot {
	uint16_t *passage; /* of the current actor's current op, by point */
	uint32_t fuse;     /* points until the policy is asked */
	uint32_t points;
	uint8_t armed[PT_COUNT]; /* free runtime: all of them, so that nothing shared is written here */
};

void sched_point_armed(struct sched *s, enum point p);
void sched_point_slow(struct sched *s, enum point p);

QUIET static inline void sched_point(struct sched *s, enum point p)
{
	struct sched_hot *h = (struct sched_hot *)s;

	if (__builtin_expect(h->armed[p], 0)) {
		sched_point_armed(s, p);
		return;
	}
	h->points++;
	h->passage[p]++;
	if (__builtin_expect(--h->fuse == 0, 0))
		sched_point_slow(s, p);
}

#endif
