/* SPDX-License-Identifier: MIT */
/*
 * search: one case under many schedules. None of the engines dominates, so a
 * series mixes them; a try is a few numbers, from which the very same schedule
 * can be run again and recorded.
 */
#ifndef ENGINE_SEARCH_H
#define ENGINE_SEARCH_H

#include "engine/run/exec.h"
#include "engine/run/signature.h"
#include "engine/search/policy.h"

enum search_engine { SEARCH_MIX, SEARCH_RANDOM, SEARCH_PCT, SEARCH_EXHAUSTIVE, SEARCH_ENGINES };

enum search_kind { TRY_STILL, TRY_UNIFORM, TRY_STICKY, TRY_PCT, TRY_EXHAUSTIVE };

struct search_try {
	uint8_t kind;    /* enum search_kind */
	uint8_t depth;   /* PCT */
	uint8_t actors;  /* PCT: n, for the bound */
	uint32_t mean;   /* sticky */
	uint32_t points; /* PCT: k */
	uint64_t seed;
};

union search_state {
	struct policy_uniform uniform;
	struct policy_sticky sticky;
	struct policy_pct pct;
};

/* Draws the next try of a mix; points and actors as measured (points 0: not yet, then no PCT). */
void search_draw(struct search_try *t, struct rng *rng, enum search_engine engine, uint32_t points,
                 unsigned actors);
/* TRY_STILL and TRY_EXHAUSTIVE have no policy here: {0}. */
struct sched_policy search_policy(union search_state *st, const struct search_try *t);
/* "pct depth 3, k 212, n 6: at least 1 in 269664" */
void search_describe(const struct search_try *t, char *buf, size_t cap);
const char *search_engine_name(enum search_engine e);
int search_engine_find(const char *name);

/*
 * Runs the try again, puts the recorded schedule into *c and replays it.
 * False: too long to keep, or the replay shows something else (then *differs).
 */
bool search_record(struct world *w, struct case_file *c, const struct sched_policy *policy,
                   const char *signature, bool *differs);

#endif
