/* SPDX-License-Identifier: MIT */
/*
 * The mutator core: what is changed, how often, and the schedule of the child.
 *
 * The measure for any fuzzer of interleavings is plain random search, and bytes
 * read as a schedule are far worse than that. So the first children are all
 * generated afresh (settings), later half of them, and whenever the parent has
 * too little in it to be worth a change; and three of four children are run
 * once, here, under a random policy, and take the schedule that it recorded.
 * The rest keep their parents' schedules, changed. The shares were measured
 * (experiments/kill-matrix/run): with fewer fresh ones the search needs more executions
 * than random programs do.
 */
#include "fuzz/mutate.h"

#include <stdlib.h>
#include <string.h>

#include "engine/run/exec.h"
#include "engine/run/measure.h"
#include "engine/search/policy.h"
#include "fuzz/mutate_parts.h"

enum {
	FRESH_ONE_IN = 2,
	POOR_OPS = 4, /* fewer are not worth a change */
	KEEP_SCHEDULE_ONE_IN = 4,
	CONFIG_ONE_IN = 10,
	CHANGES_MAX = 4,
	POINTS_GUESS = 200, /* of a run, until one was measured */
	DEPTH_MIN = 2,
	DEPTH_MAX = 6,
};

struct mutator {
	struct mutate_settings set;
	struct world *world;
	struct rng rng;
	struct seen_points seen;
	uint32_t points;   /* of the last measured run: where PCT may place its changes */
	uint32_t children; /* so far, up to set.fresh_first */
};

struct mutator *mutator_create(const struct mutate_settings *s)
{
	struct mutator *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->set = *s;
	m->points = POINTS_GUESS;
	m->world = world_create();
	if (!m->world) {
		free(m);
		return NULL;
	}
	return m;
}

void mutator_destroy(struct mutator *m)
{
	if (!m)
		return;
	world_destroy(m->world);
	free(m);
}

void mutator_seed(struct mutator *m, uint64_t seed) { rng_seed(&m->rng, seed); }

/* Any of the random engines: none of them dominates. */
static void mutate_run_random(struct mutator *m, const struct case_file *c, struct exec_result *out)
{
	const struct exec_options opt = {.record = true, .no_oracle = true, .no_witness = true};
	const uint64_t seed = rng_next(&m->rng);
	const uint32_t which = rng_below(&m->rng, 10);
	union {
		struct policy_uniform uniform;
		struct policy_sticky sticky;
		struct policy_pct pct;
	} state;
	struct sched_policy policy;

	if (which < 4)
		policy = policy_sticky(&state.sticky, seed, 4u << rng_below(&m->rng, 4));
	else if (which < 9)
		policy = policy_pct(&state.pct, seed, m->points,
		                    DEPTH_MIN + rng_below(&m->rng, DEPTH_MAX - DEPTH_MIN + 1));
	else
		policy = policy_uniform(&state.uniform, seed);
	exec_run(m->world, c, &policy, &opt, out);
}

/* The child's own schedule, measured; none if the run switched more often than a case can hold. */
static void mutate_record_schedule(struct mutator *m, struct case_file *c)
{
	struct exec_result result;

	c->nsched = 0;
	case_fix(c);
	mutate_run_random(m, c, &result);
	if (result.points > 0)
		m->points = result.points;
	if (exec_recorded(m->world, c))
		mutate_seen_add(&m->seen, c, &m->rng);
}

static void mutate_generate(struct mutator *m, struct case_file *c)
{
	const struct generate_config cfg = {.profile = m->set.profile};

	generate_case(c, &m->rng, &cfg);
}

static void mutate_change(struct mutator *m, struct case_file *c)
{
	const unsigned n = 1 + rng_below(&m->rng, CHANGES_MAX);

	mutate_seen_add(&m->seen, c, &m->rng);
	for (unsigned i = 0; i < n; i++) {
		if (rng_one_in(&m->rng, CONFIG_ONE_IN))
			mutate_config(c, &m->rng);
		else if (rng_one_in(&m->rng, 2))
			mutate_programs(c, &m->rng);
		else
			mutate_schedule(c, &m->seen, &m->rng);
		case_fix(c);
	}
	mutate_prune_schedule(c);
}

static void mutate_make_fresh(struct mutator *m, struct case_file *c)
{
	mutate_generate(m, c);
	mutate_force(&m->set, c);
	mutate_record_schedule(m, c);
	case_fix(c);
}

/* Is it too early for anything else than fresh children? */
static bool mutate_early(struct mutator *m)
{
	if (m->children >= m->set.fresh_first)
		return false;
	m->children++;
	return true;
}

void mutate_case(struct mutator *m, struct case_file *c)
{
	const bool record = !rng_one_in(&m->rng, KEEP_SCHEDULE_ONE_IN);

	mutate_force(&m->set, c);
	if (mutate_early(m) || measure_ops(c) < POOR_OPS || rng_one_in(&m->rng, FRESH_ONE_IN)) {
		mutate_make_fresh(m, c);
		return;
	}
	mutate_change(m, c);
	mutate_force(&m->set, c);
	if (record)
		mutate_record_schedule(m, c);
	case_fix(c);
}

/* Programs from either side; a schedule follows the side that most programs came from. */
void mutate_cross(struct mutator *m, struct case_file *c, const struct case_file *other)
{
	struct rng *r = &m->rng;
	unsigned taken = 0, programs = 0;

	if (mutate_early(m)) {
		mutate_make_fresh(m, c);
		return;
	}
	for (int a = 0; a < CASE_PROGRAMS; a++) {
		struct case_program *p = &c->prog[a];
		const struct case_program *q = &other->prog[a];

		programs += p->present || q->present;
		if (!q->present || rng_one_in(r, 2))
			continue;
		taken++;
		if (!p->present || rng_one_in(r, 2)) {
			*p = *q;
			continue;
		}
		/* The head of one, the tail of the other. */
		const unsigned head = rng_below(r, p->nops + 1u), from = rng_below(r, q->nops + 1u);
		const unsigned tail =
		        q->nops - from < CASE_MAX_OPS - head ? q->nops - from : CASE_MAX_OPS - head;

		memcpy(&p->op[head], &q->op[from], tail * sizeof(p->op[0]));
		p->nops = (uint8_t)(head + tail);
	}
	if (2 * taken > programs) {
		memcpy(c->order, other->order, sizeof(c->order));
		memcpy(c->sched, other->sched, sizeof(c->sched));
		c->nsched = other->nsched;
	}
	mutate_force(&m->set, c);
	case_fix(c);
	mutate_prune_schedule(c);
	if (rng_one_in(r, 2))
		mutate_record_schedule(m, c);
	case_fix(c);
}

size_t mutate_encode(struct case_file *c, uint8_t *bytes, size_t cap)
{
	size_t len = case_encode(c, bytes, cap);

	while (len == 0 && c->nsched > 0) {
		c->nsched /= 2;
		case_fix(c);
		len = case_encode(c, bytes, cap);
	}
	for (int a = CASE_PROGRAMS - 1; len == 0 && a >= 0; a--) {
		c->prog[a].nops = 0;
		case_fix(c);
		len = case_encode(c, bytes, cap);
	}
	return len;
}
