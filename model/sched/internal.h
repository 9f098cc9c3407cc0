/* SPDX-License-Identifier: MIT */
/* What sched.c and lock.c share. */
#ifndef SCHED_INTERNAL_H
#define SCHED_INTERNAL_H

#include "sched/fiber.h"
#include "sched/sched.h"

struct sched_actor {
	sched_body *body;
	void *arg;
	uint16_t passage[PT_COUNT]; /* in the current op */
	uint16_t where;		    /* point at which it was switched out */
	bool daemon;
};

struct sched {
	struct sched_hot hot; /* must come first: sched_inline.h */
	struct sched_policy policy;
	uint32_t limit;	   /* points after which the execution ends */
	uint32_t ask_at;   /* points at which the policy is asked again */
	uint32_t switches;
	uint32_t spawned, runnable, finished, programs; /* actors, a bit each */
	int current;
	bool yielding; /* the policy is asked on behalf of sched_relax() */
	enum sched_end end;
	uint8_t *current_out;
	uint8_t order[SCHED_MAX_ACTORS], pos[SCHED_MAX_ACTORS];
	struct fiber main, fiber[SCHED_MAX_ACTORS];
	struct sched_actor actor[SCHED_MAX_ACTORS];
	void *stacks;
	size_t stack_bytes;
};

/* The current actor cannot go on until somebody wakes the queue. */
void sched_block(struct sched *s, struct sched_wq *wq, enum point p);

#endif
