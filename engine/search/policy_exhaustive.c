/* SPDX-License-Identifier: MIT */
/*
 * Exhaustive: every schedule with at most `bound` preemptions, depth first, by
 * running the program again from the start each time (Musuvathi and Qadeer:
 * Iterative context bounding, PLDI 2007; CHESS). A choice is remembered where
 * more than one actor could go on: at a plain point an alternative is a
 * preemption and costs one, where the actor blocks or ends it is free. With
 * the budget spent no plain point is asked about at all.
 *
 * Two places are not choices. The first point of all stands for "who begins"
 * and is free; at an actor's later start nothing has happened since it was
 * chosen, so to leave it there is to have chosen somebody else.
 *
 * It does not recognise equal states, nor independent steps (no partial-order
 * reduction): the number of schedules is exact and grows as (n*k)^bound.
 */
#include "engine/search/policy.h"

#include "engine/run/actors.h"

static int exhaustive_choose(struct policy_exhaustive *p, int by_default, uint32_t others, unsigned cost)
{
	struct policy_choice *c;

	if (p->at == POLICY_EXHAUSTIVE_DEPTH) {
		p->truncated = true;
		return by_default;
	}
	c = &p->path[p->at];
	if (p->at == p->depth) {
		c->left = others;
		c->chosen = (uint8_t)by_default;
		c->preempts = (uint8_t)cost;
		p->depth++;
	}
	p->at++;
	if (c->chosen != by_default)
		p->used += c->preempts;
	return c->chosen;
}

static int exhaustive_next(void *ctx, struct sched *s, enum point point, enum sched_kind kind,
                           uint32_t runnable)
{
	struct policy_exhaustive *p = ctx;
	bool first = sched_points(s) <= 1;
	int to, current = sched_current(s);

	if (kind == SCHED_FORCED) {
		to = sched_next_in_order(s, runnable);
		if (!p->keep_forced && (runnable & (runnable - 1)))
			to = exhaustive_choose(p, to, runnable & ~actors_bit(to), 0);
	} else {
		uint32_t others = runnable & ~actors_bit(current);

		to = current;
		if (others && (first || (point != PT_ACTOR_START && p->used < p->bound)))
			to = exhaustive_choose(p, to, others, first ? 0 : 1);
	}
	sched_set_fuse(s, p->used < p->bound ? 1 : 0);
	return to;
}

static void exhaustive_start(void *ctx, struct sched *s)
{
	struct policy_exhaustive *p = ctx;

	p->at = 0;
	p->used = 0;
	sched_set_fuse(s, 1);
}

struct sched_policy policy_exhaustive(struct policy_exhaustive *p, unsigned bound)
{
	p->bound = (uint8_t)bound;
	p->used = 0;
	p->keep_forced = false;
	p->truncated = false;
	p->depth = p->at = 0;
	return (struct sched_policy){exhaustive_start, exhaustive_next, p};
}

bool policy_exhaustive_next(struct policy_exhaustive *p)
{
	/* What the run did not reach belongs to no schedule. */
	p->depth = p->at;
	while (p->depth) {
		struct policy_choice *c = &p->path[p->depth - 1];

		if (c->left) {
			c->chosen = (uint8_t)actors_lowest(c->left);
			c->left &= c->left - 1;
			return true;
		}
		p->depth--;
	}
	return false;
}
