/* SPDX-License-Identifier: MIT */
/* actor: what a thread does. */
#ifndef STRESS_ACTOR_H
#define STRESS_ACTOR_H

#include "engine/search/rng.h"
#include "stress/ring.h"
#include "stress/stress.h"

struct stress_run;

/* One thread's own; nobody else writes here. */
struct stress_actor {
	struct stress_run *run;
	int id;
	struct rng rng;
	uint32_t nops;
	struct case_op last[STRESS_LAST_OPS]; /* slot = number % STRESS_LAST_OPS */
	_Atomic uint64_t ops, dma, failed;    /* of the whole run */
	struct ring ring;
};

/* A thread for each program of the round's configuration, and the daemons. */
void stress_spawn(struct stress_run *r);

#endif
