/* SPDX-License-Identifier: MIT */
/* minimizer: what the passes of minimize.c share; for engine/minimize*.c only. */
#ifndef ENGINE_MINIMIZER_H
#define ENGINE_MINIMIZER_H

#include "engine/minimize.h"

struct minimizer {
	struct world *w;
	const struct minimize_config *cfg;
	struct minimize_stats *st;
	struct rng rng;
	union search_state state;
	struct policy_exhaustive exhaustive;
	char signature[SIGNATURE_MAX];
	struct case_file best;  /* shows the signature by its own schedule */
	struct case_file trial; /* a pass edits a copy of best here */
};

/*
 * Does trial still show the signature? By its own schedule, by none, then by up
 * to `search` fresh schedules. If so it becomes the best. How one asks of an
 * edited program.
 */
bool minimizer_try(struct minimizer *m, uint32_t search);
/* The same, by trial's own schedule only. */
bool minimizer_try_schedule(struct minimizer *m);
/* One execution of trial: did it show the signature? */
bool minimizer_run(struct minimizer *m, const struct sched_policy *policy, struct exec_result *r);
/* Puts the schedule that the policy takes into trial and replays it. */
bool minimizer_record(struct minimizer *m, const struct sched_policy *policy);
void minimizer_accept(struct minimizer *m);
bool minimizer_spent(struct minimizer *m);
uint32_t minimizer_search(const struct minimizer *m);

/* Removes operation i of the actor from trial; its schedule keeps its meaning. */
void minimizer_remove_op(struct case_file *c, int actor, int i);
/* True: something got smaller. */
bool minimize_actors(struct minimizer *m);
bool minimize_ops(struct minimizer *m);
bool minimize_merge(struct minimizer *m); /* two actors that could be one */
bool minimize_operands(struct minimizer *m);
bool minimize_config(struct minimizer *m);
bool minimize_schedule(struct minimizer *m);
/* A schedule of a few switches, fewer than the best has. */
bool minimize_few(struct minimizer *m);

#endif
