/* SPDX-License-Identifier: MIT */
/* replay: the schedule that a case has, as a policy; and the ghosts that act in it. */
#ifndef ENGINE_REPLAY_H
#define ENGINE_REPLAY_H

#include "case/case.h"
#include "sched/sched.h"

struct world;

enum { REPLAY_BUCKETS = 64, REPLAY_NONE = 0xffff };

/* The case's schedule, ready to be looked up. */
struct replay {
	uint16_t bucket[REPLAY_BUCKETS], chain[CASE_MAX_SCHED];
	uint8_t hit[CASE_MAX_SCHED];
};

struct sched_policy replay_policy(struct world *w);
/* Entries of the schedule that were not met, or whose target could not run. */
uint16_t replay_skipped(const struct world *w);
bool replay_has_ghosts(const struct case_file *c);
/* A ghost walker or device acts now. */
void ghost_act(struct world *w, const struct case_sched *what);

#endif
