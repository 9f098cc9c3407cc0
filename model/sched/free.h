/* SPDX-License-Identifier: MIT */
/*
 * free: the free runtime, where every actor is a pthread. Policies, limits,
 * fuses and orders mean nothing to it.
 *
 * After SCHED_DEADLOCK, SCHED_STOPPED (tick said so) and SCHED_LIMIT (no more
 * threads could be made) there are threads left: all that remains to be done is
 * to report and to end the process.
 */
#ifndef SCHED_FREE_H
#define SCHED_FREE_H

#include <stdbool.h>
#include <stdint.h>

struct sched;

struct sched_free_options {
	uint64_t seed;     /* of the delays */
	uint32_t delay;    /* points from one delay to the next of an actor, on average; 0: no delays */
	uint32_t patience; /* seconds without a new op anywhere after which it is stuck; 0: for ever */
	/* called a few times a second by the caller of sched_run(); false: leave; may be NULL */
	bool (*tick)(void *ctx);
	void *ctx;
};

/* NULL: no memory. */
struct sched *sched_create_free(void);
/* After sched_reset(). */
void sched_set_free(struct sched *s, const struct sched_free_options *opt);

#endif
