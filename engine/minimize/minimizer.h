/* SPDX-License-Identifier: MIT */
/* minimizer: what the passes of minimize.c share; for engine/minimize/minimize*.c only. */
#ifndef ENGINE_MINIMIZER_H
#define ENGINE_MINIMIZER_H

#include "engine/minimize/minimize.h"
#include "engine/minimize/turns.h"

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
 * to `search` others, near its own and fresh ones in turn. If so it becomes the
 * best. How one asks of an edited program.
 */
bool minimizer_try(struct minimizer *m, uint32_t search);
/* The same, by trial's own schedule only. */
bool minimizer_try_schedule(struct minimizer *m);
/* One execution of trial: did it show the signature? */
bool minimizer_run(struct minimizer *m, const struct sched_policy *policy, struct exec_result *r);
/* Puts the schedule that the policy takes into trial and replays it. */
bool minimizer_record(struct minimizer *m, const struct sched_policy *policy);
void minimizer_accept(struct minimizer *m);
/* Trial's own schedule, changed a little at random: does it show the signature? Then it is trial's. */
bool minimizer_near(struct minimizer *m, uint32_t points);
/* Best's turns, for minimizer_play(); false: too many. cuts: as in turns_of(). */
bool minimizer_turns(struct minimizer *m, struct turns *t, unsigned cuts);
/* Trial's program, run by these turns: does it show the signature? Then its schedule is trial's. */
bool minimizer_play(struct minimizer *m, struct turns *t, struct exec_result *r);
bool minimizer_spent(struct minimizer *m);
uint32_t minimizer_search(const struct minimizer *m);

/* Occurrence of operation i among its kind, from 1. */
int minimizer_occurrence(const struct case_program *p, int i);
/* The place where the actor is done with operation i and has begun nothing else. */
struct case_sched minimizer_after_op(const struct case_file *c, int actor, int i);
/* Removes operation i of the actor; the schedule keeps its meaning. */
void minimizer_remove_op(struct case_file *c, int actor, int i);
/* True: something got smaller. */
bool minimize_actors(struct minimizer *m);
bool minimize_ops(struct minimizer *m);
bool minimize_merge(struct minimizer *m); /* two actors that could be one */
bool minimize_operands(struct minimizer *m);
bool minimize_config(struct minimizer *m);
bool minimize_schedule(struct minimizer *m);
/* What is done to a schedule that is not drawn anew: entries go, turns become one. */
bool minimize_shorten(struct minimizer *m);
bool minimize_merge_turns(struct minimizer *m);
/* For a schedule that still has many switches; each is slow, and stops as soon as it has fewer. */
bool minimize_hard(struct minimizer *m);
bool minimize_transfer(struct minimizer *m); /* an operation that another actor could do */
bool minimize_few(struct minimizer *m);      /* some of the switches, and new ones */
bool minimize_wander(struct minimizer *m);   /* turns at other places */

#endif
