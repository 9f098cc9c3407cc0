/* SPDX-License-Identifier: MIT */
/*
 * Changes to schedules. A preemption placed blindly nearly always names a
 * point that its op never passes; so new ones are taken from what recorded
 * schedules have shown, and existing ones are moved by a passage or two.
 */
#include "fuzz/mutate_parts.h"

#include <string.h>

void mutate_seen_add(struct seen_points *s, const struct case_file *c, struct rng *r)
{
	for (int i = 0; i < c->nsched; i++) {
		const struct case_sched *e = &c->sched[i];
		uint8_t *n = &s->count[e->op_kind];
		/* Once full, a new one takes any place: the table forgets slowly. */
		const uint32_t k = *n < SEEN_SLOTS ? (*n)++ : rng_below(r, SEEN_SLOTS);

		s->slot[e->op_kind][k].point = e->point;
		s->slot[e->op_kind][k].passage = e->passage;
	}
}

static bool mutate_sched_entry_lives(const struct case_file *c, const struct case_sched *e)
{
	if (e->op_kind >= OP_COUNT || e->actor >= CASE_PROGRAMS)
		return true;
	return e->op_occurrence <= mutate_count_ops(&c->prog[e->actor], e->op_kind);
}

void mutate_prune_schedule(struct case_file *c)
{
	uint16_t n = 0;

	for (int i = 0; i < c->nsched; i++)
		if (mutate_sched_entry_lives(c, &c->sched[i]))
			c->sched[n++] = c->sched[i];
	c->nsched = n;
}

static void mutate_sched_remove_entry(struct case_file *c, unsigned at)
{
	c->nsched--;
	memmove(&c->sched[at], &c->sched[at + 1], (c->nsched - at) * sizeof(c->sched[0]));
}

static int mutate_sched_any_target(const struct case_file *c, int but, struct rng *r)
{
	const uint32_t daemons = 1u << ACTOR_QUEUE0 | 1u << ACTOR_PRQ0;
	uint32_t set = mutate_actors(c);

	if (rng_one_in(r, 6))
		set |= daemons;
	if (but >= 0 && (set & ~(1u << but)))
		set &= ~(1u << but);
	return mutate_pick_actor(set, r);
}

/* A preemption in some op, at a point where that kind of op has been seen to pass. */
static void mutate_sched_add(struct case_file *c, const struct seen_points *seen, struct rng *r)
{
	const int actor = mutate_pick_actor(mutate_actors(c), r);
	struct case_sched e = {.what = DO_SWITCH, .passage = 1};
	const struct case_op *op;
	uint32_t known;

	if (actor < 0 || c->prog[actor].nops == 0 || c->nsched == CASE_MAX_SCHED)
		return;
	op = &c->prog[actor].op[rng_below(r, c->prog[actor].nops)];
	e.actor = (uint8_t)actor;
	e.op_kind = op->kind;
	e.op_occurrence = (uint8_t)(1 + rng_below(r, mutate_count_ops(&c->prog[actor], op->kind)));
	known = seen->count[op->kind];
	if (known > 0 && !rng_one_in(r, 16)) {
		const uint32_t k = rng_below(r, known);

		e.point = seen->slot[op->kind][k].point;
		e.passage = seen->slot[op->kind][k].passage;
	} else {
		e.point = (uint16_t)rng_below(r, PT_COUNT);
		e.passage = (uint16_t)(1 + rng_below(r, 3));
	}
	e.target = (uint8_t)mutate_sched_any_target(c, actor, r);
	if (rng_one_in(r, 32)) {
		e.what = DO_FILL;
		e.target = (uint8_t)mutate_pick_actor(mutate_actors(c), r);
		e.region = op->region;
		e.off = op->off;
		e.fill_write = rng_one_in(r, 2) != 0;
	}
	c->sched[c->nsched++] = e;
}

static void mutate_sched_move(struct case_file *c, const struct seen_points *seen, struct rng *r)
{
	struct case_sched *e;
	const int by = 1 + (int)rng_below(r, 3);
	int passage;

	(void)seen;
	if (c->nsched == 0)
		return;
	e = &c->sched[rng_below(r, c->nsched)];
	passage = e->passage + (rng_one_in(r, 2) ? by : -by);
	e->passage = (uint16_t)(passage < 1 ? 1 : passage > 0xffff ? 0xffff : passage);
}

/* To another point that the same kind of op passes. */
static void mutate_sched_point(struct case_file *c, const struct seen_points *seen, struct rng *r)
{
	struct case_sched *e;
	uint32_t k;

	if (c->nsched == 0)
		return;
	e = &c->sched[rng_below(r, c->nsched)];
	if (seen->count[e->op_kind] == 0)
		return;
	k = rng_below(r, seen->count[e->op_kind]);
	e->point = seen->slot[e->op_kind][k].point;
	e->passage = seen->slot[e->op_kind][k].passage;
}

static void mutate_sched_target(struct case_file *c, const struct seen_points *seen, struct rng *r)
{
	struct case_sched *e;

	(void)seen;
	if (c->nsched == 0)
		return;
	e = &c->sched[rng_below(r, c->nsched)];
	e->target = (uint8_t)mutate_sched_any_target(c, e->actor, r);
}

static void mutate_sched_remove(struct case_file *c, const struct seen_points *seen, struct rng *r)
{
	(void)seen;
	if (c->nsched > 0)
		mutate_sched_remove_entry(c, rng_below(r, c->nsched));
}

/* Keeps about one entry in two: towards the few preemptions that matter. */
static void mutate_sched_thin(struct case_file *c, const struct seen_points *seen, struct rng *r)
{
	uint16_t n = 0;

	(void)seen;
	for (int i = 0; i < c->nsched; i++)
		if (rng_one_in(r, 2))
			c->sched[n++] = c->sched[i];
	c->nsched = n;
}

static void mutate_sched_order(struct case_file *c, const struct seen_points *seen, struct rng *r)
{
	const int actor = mutate_sched_any_target(c, -1, r);
	const uint8_t *at = actor < 0 ? NULL : memchr(c->order, actor, sizeof(c->order));

	(void)seen;
	if (!at)
		return;
	memmove(&c->order[1], &c->order[0], (size_t)(at - c->order));
	c->order[0] = (uint8_t)actor;
}

void mutate_schedule(struct case_file *c, const struct seen_points *seen, struct rng *r)
{
	static void (*const changes[])(struct case_file * c, const struct seen_points *seen,
	                               struct rng *r) = {
	        mutate_sched_add,  mutate_sched_add,   mutate_sched_add,    mutate_sched_move,
	        mutate_sched_move, mutate_sched_point, mutate_sched_target, mutate_sched_remove,
	        mutate_sched_thin, mutate_sched_order,
	};

	changes[rng_below(r, sizeof(changes) / sizeof(changes[0]))](c, seen, r);
}
