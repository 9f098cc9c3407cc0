/* SPDX-License-Identifier: MIT */
/*
 * The two random walks. Uniform asks at every point and is blind to how long a
 * window is: a bug that needs one actor to run for long while another stands
 * still is out of its reach. Sticky stays for a geometric number of points and
 * reaches those, at the price of the bugs that need switches close together.
 * Neither promises a probability; PCT does (policy_pct.c).
 *
 * Integers only: a schedule must be the same on every compiler.
 */
#include "engine/search/policy.h"

#include "engine/run/actors.h"

static int random_any(struct rng *rng, uint32_t set)
{
	int n = actors_count(set);

	return n == 1 ? actors_lowest(set) : actors_nth(set, rng_below(rng, (uint32_t)n));
}

static void uniform_start(void *ctx, struct sched *s)
{
	(void)ctx;
	sched_set_fuse(s, 1);
}

/* The set of runnable actors changes far less often than the policy is called. */
static void uniform_spell_out(struct policy_uniform *u, uint32_t set)
{
	u->set = set;
	for (u->count = 0; set; set &= set - 1)
		u->member[u->count++] = (uint8_t)actors_lowest(set);
}

static int uniform_next(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	struct policy_uniform *u = ctx;

	(void)p;
	(void)kind;
	sched_set_fuse(s, 1);
	if (u->set != runnable)
		uniform_spell_out(u, runnable);
	return u->member[u->count == 1 ? 0 : rng_below(&u->rng, u->count)];
}

struct sched_policy policy_uniform(struct policy_uniform *p, uint64_t seed)
{
	rng_seed(&p->rng, seed);
	p->set = p->count = 0;
	return (struct sched_policy){uniform_start, uniform_next, p};
}

/*
 * Exponential with the given mean, rounded up: -ln of a uniform number, as
 * the position of its leading one (the integer part of -log2) and a straight
 * line between powers of two.
 */
static uint32_t sticky_stay(struct rng *rng, uint32_t mean)
{
	const uint64_t ln2 = 45426; /* in 1/65536 */
	uint64_t u = rng_next(rng) | 1;
	unsigned lead = (unsigned)__builtin_clzll(u);
	uint64_t frac = lead < 63 ? (u << lead << 1) >> 48 : 0;
	uint64_t log2 = ((uint64_t)(lead + 1) << 16) - frac;

	return 1 + (uint32_t)((((uint64_t)mean - 1) * ln2 >> 16) * log2 >> 16);
}

static void sticky_start(void *ctx, struct sched *s)
{
	(void)ctx;
	sched_set_fuse(s, 1);
}

static int sticky_next(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	struct policy_sticky *st = ctx;
	uint32_t others = runnable & ~actors_bit(sched_current(s));

	(void)p;
	sched_set_fuse(s, sticky_stay(&st->rng, st->mean));
	/* At the first point of all no actor runs yet that could be left. */
	if (kind == SCHED_PLAIN && sched_points(s) > 1 && others)
		return random_any(&st->rng, others);
	return random_any(&st->rng, runnable);
}

struct sched_policy policy_sticky(struct policy_sticky *p, uint64_t seed, uint32_t mean)
{
	rng_seed(&p->rng, seed);
	p->mean = mean ? mean : 1;
	return (struct sched_policy){sticky_start, sticky_next, p};
}
