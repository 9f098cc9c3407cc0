/* SPDX-License-Identifier: MIT */
/*
 * PCT: probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi,
 * Nagarakatte: A randomized scheduler with probabilistic guarantees of finding
 * bugs, ASPLOS 2010). The runnable actor of the highest priority runs, always;
 * at change point i the running actor gets the priority i, below every initial
 * one. A bug that needs d ordering constraints shows with probability at least
 * 1 / (n * k^(d-1)) for n actors and k points.
 *
 * The scheduler does not call the policy at a wake-up. An actor above the running
 * one can only become runnable by what the running one does. So while any such
 * actor waits, the policy is called at every point, else at the next change
 * point: the strict rule, at about the price of the loose one.
 *
 * Outside the paper: a retry loop that yields drops below everybody else, or
 * two spinners at the top would starve whoever could end their wait.
 */
#include "engine/search/policy.h"

#include "engine/run/actors.h"

static int pct_highest(const struct policy_pct *p, uint32_t set)
{
	int best = actors_lowest(set);

	for (set &= set - 1; set; set &= set - 1) {
		int a = actors_lowest(set);

		if (p->prio[a] > p->prio[best])
			best = a;
	}
	return best;
}

static bool pct_waits_above(const struct policy_pct *p, const struct sched *s, int actor)
{
	for (uint32_t set = sched_blocked(s) & ~actors_bit(actor); set; set &= set - 1)
		if (p->prio[actors_lowest(set)] > p->prio[actor])
			return true;
	return false;
}

static void pct_set_fuse(const struct policy_pct *p, struct sched *s, int running)
{
	uint32_t now = sched_points(s), dist = 0;

	if (p->next < p->nchange)
		dist = p->change[p->next].at > now ? p->change[p->next].at - now : 1;
	if (pct_waits_above(p, s, running))
		dist = 1;
	sched_set_fuse(s, dist);
}

static void pct_start(void *ctx, struct sched *s)
{
	(void)ctx;
	sched_set_fuse(s, 1);
}

static int pct_next(void *ctx, struct sched *s, enum point point, enum sched_kind kind, uint32_t runnable)
{
	struct policy_pct *p = ctx;
	int current = sched_current(s), to;
	bool gone = current < 0 || sched_finished(s, current);

	(void)point;
	for (; p->next < p->nchange && p->change[p->next].at <= sched_points(s); p->next++)
		if (!gone)
			p->prio[current] = p->change[p->next].prio;
	if (kind == SCHED_FORCED && sched_yielding(s))
		p->prio[current] = -++p->yields;
	to = pct_highest(p, runnable);
	pct_set_fuse(p, s, to);
	return to;
}

/* A random permutation, above every change point's priority. */
static void pct_draw_priorities(struct policy_pct *p)
{
	for (int a = 0; a < SCHED_MAX_ACTORS; a++)
		p->prio[a] = POLICY_PCT_DEPTH + a;
	for (int a = SCHED_MAX_ACTORS - 1; a > 0; a--) {
		int j = (int)rng_below(&p->rng, (uint32_t)a + 1);
		int32_t prio = p->prio[a];

		p->prio[a] = p->prio[j];
		p->prio[j] = prio;
	}
}

/* Change point i has priority i wherever it falls, so sort by place only. */
static void pct_draw_changes(struct policy_pct *p)
{
	p->nchange = (uint8_t)(p->depth - 1);
	p->next = 0;
	for (int i = 0; i < p->nchange; i++) {
		uint32_t at = 1 + rng_below(&p->rng, p->points);
		int j = i;

		for (; j > 0 && p->change[j - 1].at > at; j--)
			p->change[j] = p->change[j - 1];
		p->change[j].at = at;
		p->change[j].prio = i + 1;
	}
}

struct sched_policy policy_pct(struct policy_pct *p, uint64_t seed, uint32_t points, unsigned depth)
{
	rng_seed(&p->rng, seed);
	p->points = points ? points : 1;
	p->depth = (uint8_t)(depth < 1 ? 1 : depth > POLICY_PCT_DEPTH ? POLICY_PCT_DEPTH : depth);
	p->yields = 0;
	pct_draw_priorities(p);
	pct_draw_changes(p);
	return (struct sched_policy){pct_start, pct_next, p};
}

uint64_t policy_pct_bound(unsigned n, uint32_t points, unsigned depth)
{
	uint64_t bound = n;

	for (unsigned i = 1; i < depth; i++)
		if (__builtin_mul_overflow(bound, points, &bound))
			return 0;
	return bound;
}
