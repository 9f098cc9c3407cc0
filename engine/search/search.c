/* SPDX-License-Identifier: MIT */
/*
 * Search: draws tries, names them, records what one found. PCT depth 2 and 3
 * come most often (most bugs need no more), deeper ones and the random walks
 * fill up. The numbers of the mix are ours, no paper's.
 */
#include "engine/search/search.h"

#include <stdio.h>
#include <string.h>

static const char *const engine_names[SEARCH_ENGINES] = {"mix", "random", "pct", "exhaustive"};

const char *search_engine_name(enum search_engine e) { return engine_names[e]; }

int search_engine_find(const char *name)
{
	for (int e = 0; e < SEARCH_ENGINES; e++)
		if (!strcmp(engine_names[e], name))
			return e;
	return -1;
}

static void search_draw_random(struct search_try *t, struct rng *rng)
{
	if (rng_one_in(rng, 4)) {
		t->kind = TRY_UNIFORM;
	} else {
		t->kind = TRY_STICKY;
		t->mean = 4u << rng_below(rng, 5); /* 4..64 */
	}
}

static void search_draw_pct(struct search_try *t, struct rng *rng)
{
	static const uint8_t depths[] = {2, 2, 2, 3, 3, 3, 4, 4, 5, 6};

	t->kind = TRY_PCT;
	t->depth = depths[rng_below(rng, sizeof(depths))];
}

void search_draw(struct search_try *t, struct rng *rng, enum search_engine engine, uint32_t points,
                 unsigned actors)
{
	*t = (struct search_try){.points = points, .actors = (uint8_t)actors};
	if (!points || engine == SEARCH_RANDOM)
		search_draw_random(t, rng);
	else if (engine == SEARCH_PCT || rng_below(rng, 8) < 5)
		search_draw_pct(t, rng);
	else
		search_draw_random(t, rng);
	t->seed = rng_next(rng);
}

struct sched_policy search_policy(union search_state *st, const struct search_try *t)
{
	switch (t->kind) {
	case TRY_UNIFORM:
		return policy_uniform(&st->uniform, t->seed);
	case TRY_STICKY:
		return policy_sticky(&st->sticky, t->seed, t->mean);
	case TRY_PCT:
		return policy_pct(&st->pct, t->seed, t->points, t->depth);
	default:
		return (struct sched_policy){0};
	}
}

void search_describe(const struct search_try *t, char *buf, size_t cap)
{
	uint64_t bound = policy_pct_bound(t->actors, t->points, t->depth);

	switch (t->kind) {
	case TRY_UNIFORM:
		snprintf(buf, cap, "uniform random");
		break;
	case TRY_STICKY:
		snprintf(buf, cap, "sticky random, mean %u points", t->mean);
		break;
	case TRY_PCT:
		if (bound)
			snprintf(buf, cap, "pct depth %u, k %u, n %u: at least 1 in %llu", t->depth,
			         t->points, t->actors, (unsigned long long)bound);
		else
			snprintf(buf, cap, "pct depth %u, k %u, n %u", t->depth, t->points, t->actors);
		break;
	case TRY_EXHAUSTIVE:
		snprintf(buf, cap, "exhaustive, at most %u preemptions", t->depth);
		break;
	default:
		snprintf(buf, cap, "no preemption");
		break;
	}
}

bool search_record(struct world *w, struct case_file *c, const struct sched_policy *policy,
                   const char *signature, bool *differs)
{
	struct exec_options opt = {.record = true, .no_witness = true};
	struct exec_result r;

	*differs = false;
	exec_run(w, c, policy, &opt, &r);
	if (!signature_is(&r, c, signature)) {
		*differs = true;
		return false;
	}
	if (!exec_recorded(w, c))
		return false;
	opt.record = false;
	exec_run(w, c, NULL, &opt, &r);
	*differs = !signature_is(&r, c, signature);
	return !*differs;
}
