/* SPDX-License-Identifier: MIT */
/*
 * turns: an execution as the list of its turns. A turn is what one actor does
 * until another goes on; it is named by the place where it ends. Unlike the
 * entries of a schedule, turns can change places and still mean something:
 * each ends where it did, whatever ran before it.
 */
#ifndef ENGINE_TURNS_H
#define ENGINE_TURNS_H

#include "engine/run/exec.h"
#include "engine/search/rng.h"

enum { TURNS_MAX = 256, TURNS_MAX_CUTS = 8 };

struct turn {
	struct case_sched end; /* the place; its actor is whose turn it is */
	bool forced;           /* it ended because the actor could not go on */
	bool over;             /* in a run of this list */
};

struct turns {
	struct world *w;
	int n;
	uint32_t points; /* of the run they are from */
	struct turn turn[TURNS_MAX];
};

/*
 * Replays c and keeps its turns. Of those, `cuts` are cut in two at random
 * points, so that a part of a turn can be moved. False: too many turns.
 */
bool turns_of(struct turns *t, struct world *w, const struct case_file *c, unsigned cuts, struct rng *rng);
/* Turn `from` goes to place `to`; those in between move up. */
void turns_move(struct turns *t, int from, int to);
void turns_insert(struct turns *t, int at, const struct case_sched *end);
/*
 * Runs them in the order of the list: at each decision the first turn goes on
 * that is not over and whose actor can run. An actor that waits where it did
 * not before lets others by and comes back to the same turn.
 */
struct sched_policy turns_policy(struct turns *t);

#endif
