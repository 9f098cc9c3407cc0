/* SPDX-License-Identifier: MIT */
/* ring: the last events of one actor, in fixed memory. Written by its own thread only. */
#ifndef STRESS_RING_H
#define STRESS_RING_H

#include "stress/stress.h"

struct ring_event {
	uint64_t stamp; /* one order for all actors */
	struct event ev;
};

struct ring {
	uint64_t n; /* events so far; slot = % STRESS_RING */
	struct ring_event e[STRESS_RING];
};

static inline void ring_add(struct ring *r, uint64_t stamp, const struct event *ev)
{
	r->e[r->n++ % STRESS_RING] = (struct ring_event){stamp, *ev};
}

/* The k-th oldest that is kept, 0 first; NULL: there are not so many. */
static inline const struct ring_event *ring_at(const struct ring *r, uint64_t k)
{
	uint64_t kept = r->n < STRESS_RING ? r->n : STRESS_RING;

	return k < kept ? &r->e[(r->n - kept + k) % STRESS_RING] : NULL;
}

#endif
