/* SPDX-License-Identifier: MIT */
/*
 * Changes to programs and to the configuration. Operands of new operations
 * come from the generator, aimed at what the case is about already; what kinds
 * of operation matter is the coverage feedback's business.
 */
#include "fuzz/mutate_parts.h"

#include <string.h>

#include "engine/run/actors.h"

enum { GROW_MAX = 12 /* operations up to which a program is grown */ };

uint32_t mutate_actors(const struct case_file *c)
{
	uint32_t set = 0;

	for (int a = 0; a < CASE_PROGRAMS; a++)
		set |= c->prog[a].present ? actors_bit(a) : 0;
	return set;
}

int mutate_pick_actor(uint32_t set, struct rng *r)
{
	return set ? actors_nth(set, rng_below(r, (uint32_t)actors_count(set))) : -1;
}

unsigned mutate_count_ops(const struct case_program *p, unsigned kind)
{
	unsigned n = 0;

	for (int i = 0; i < p->nops; i++)
		n += p->op[i].kind == kind;
	return n;
}

static enum op_who mutate_op_who_is(int actor) { return actor < ACTOR_DEV0 ? OP_WHO_CPU : OP_WHO_DEV; }

static struct case_op *mutate_op_any(struct case_file *c, struct rng *r, int *actor)
{
	struct case_program *p;

	*actor = mutate_pick_actor(mutate_actors(c), r);
	if (*actor < 0)
		return NULL;
	p = &c->prog[*actor];
	return p->nops ? &p->op[rng_below(r, p->nops)] : NULL;
}

void mutate_aim_of(struct generate_aim *a, const struct case_file *c, struct rng *r)
{
	const int actor = mutate_pick_actor(mutate_actors(c), r);
	const struct case_program *p = actor < 0 ? NULL : &c->prog[actor];
	const struct case_op *op;
	enum op_kind kind;

	generate_aim(a, c, r);
	if (!p || !p->nops)
		return;
	op = &p->op[rng_below(r, p->nops)];
	kind = (enum op_kind)op->kind;
	if (!op_takes(kind, 'R'))
		return;
	a->region = op->region;
	a->off = op->off;
	if (op_takes(kind, 'n'))
		a->n = op->n;
	if (op_takes(kind, 'S'))
		a->region2 = op->region2;
	if (op_takes(kind, 'k'))
		a->kind = op->arg;
	a->theme = op_takes(kind, 'd') ? THEME_DMA : (uint8_t)rng_below(r, THEME_COUNT);
}

/* -- one change each --------------------------------------------------------- */

/* Which one of its kind the op is, from 1. */
static unsigned mutate_op_occurrence_of(const struct case_program *p, unsigned at)
{
	unsigned n = 0;

	for (unsigned i = 0; i <= at; i++)
		n += p->op[i].kind == p->op[at].kind;
	return n;
}

static void mutate_op_put(struct case_file *c, int actor, const struct case_op *op, unsigned at)
{
	struct case_program *p = &c->prog[actor];
	unsigned nth;

	if (p->nops == CASE_MAX_OPS)
		return;
	memmove(&p->op[at + 1], &p->op[at], (p->nops - at) * sizeof(p->op[0]));
	p->op[at] = *op;
	p->nops++;
	nth = mutate_op_occurrence_of(p, at);
	for (int i = 0; i < c->nsched; i++) {
		struct case_sched *e = &c->sched[i];

		if (e->actor == actor && e->op_kind == op->kind && e->op_occurrence >= nth)
			e->op_occurrence++;
	}
}

void mutate_drop_op(struct case_file *c, int actor, unsigned at)
{
	struct case_program *p = &c->prog[actor];
	const uint8_t kind = p->op[at].kind;
	const unsigned nth = mutate_op_occurrence_of(p, at);
	uint16_t n = 0;

	p->nops--;
	memmove(&p->op[at], &p->op[at + 1], (p->nops - at) * sizeof(p->op[0]));
	for (int i = 0; i < c->nsched; i++) {
		struct case_sched e = c->sched[i];

		if (e.actor == actor && e.op_kind == kind && e.op_occurrence == nth)
			continue;
		if (e.actor == actor && e.op_kind == kind && e.op_occurrence > nth)
			e.op_occurrence--;
		c->sched[n++] = e;
	}
	c->nsched = n;
}

static void mutate_op_insert(struct case_file *c, struct rng *r)
{
	const int actor = mutate_pick_actor(mutate_actors(c), r);
	struct generate_aim a;
	struct case_op op;

	if (actor < 0 || (c->prog[actor].nops >= GROW_MAX && !rng_one_in(r, 8)))
		return;
	mutate_aim_of(&a, c, r);
	generate_op(&op, &c->prog[actor], mutate_op_who_is(actor), &a, r);
	mutate_op_put(c, actor, &op, rng_below(r, c->prog[actor].nops + 1u));
}

static void mutate_op_delete(struct case_file *c, struct rng *r)
{
	const int actor = mutate_pick_actor(mutate_actors(c), r);

	if (actor >= 0 && c->prog[actor].nops > 1)
		mutate_drop_op(c, actor, rng_below(r, c->prog[actor].nops));
}

/* A copy, in the same program or in another one of its class. */
static void mutate_op_copy(struct case_file *c, struct rng *r)
{
	const uint32_t cpus = (1u << ACTOR_DEV0) - 1;
	int from, to;
	const struct case_op *found = mutate_op_any(c, r, &from);
	struct case_op op;

	if (!found)
		return;
	op = *found;
	to = mutate_pick_actor(mutate_actors(c) & (from < ACTOR_DEV0 ? cpus : ~cpus), r);
	mutate_op_put(c, to, &op, rng_below(r, c->prog[to].nops + 1u));
}

static void mutate_op_swap(struct case_file *c, struct rng *r)
{
	const int actor = mutate_pick_actor(mutate_actors(c), r);
	struct case_program *p = actor < 0 ? NULL : &c->prog[actor];
	struct case_op t;
	unsigned i, j;

	if (!p || p->nops < 2)
		return;
	i = rng_below(r, p->nops);
	j = rng_below(r, p->nops);
	t = p->op[i];
	p->op[i] = p->op[j];
	p->op[j] = t;
}

/* The same kind somewhere else, or another kind at the same place. */
static void mutate_op_operands(struct case_file *c, struct rng *r)
{
	struct generate_aim a;
	int actor;
	struct case_op *op = mutate_op_any(c, r, &actor), other;

	if (!op)
		return;
	mutate_aim_of(&a, c, r);
	if (rng_one_in(r, 2)) {
		generate_operands(op, &c->prog[actor], &a, r);
		return;
	}
	generate_op(&other, &c->prog[actor], mutate_op_who_is(actor), &a, r);
	op->kind = other.kind;
	op->prot = other.prot;
	op->arg = other.arg;
}

static void mutate_op_nudge(struct case_file *c, struct rng *r)
{
	int actor;
	struct case_op *op = mutate_op_any(c, r, &actor);

	if (!op)
		return;
	switch (rng_below(r, 4)) {
	case 0:
		op->n = (uint8_t)(op->n + (rng_one_in(r, 2) ? 1 : -1));
		break;
	case 1:
		op->off = (uint8_t)(op->off + (rng_one_in(r, 2) || op->off == 0 ? 1 : -1));
		break;
	case 2:
		op->region = (uint8_t)rng_below(r, CASE_REGIONS);
		break;
	default:
		op->prot ^= 1;
		break;
	}
}

/* Every operand of the case at one region: actors meet there. */
static void mutate_op_aim_all(struct case_file *c, struct rng *r)
{
	struct generate_aim a;

	mutate_aim_of(&a, c, r);
	for (int i = 0; i < CASE_PROGRAMS; i++) {
		struct case_program *p = &c->prog[i];

		for (int k = 0; k < p->nops; k++) {
			if (rng_one_in(r, 4))
				continue;
			p->op[k].region = a.region;
			if (rng_one_in(r, 2))
				p->op[k].off = a.off;
		}
	}
}

static void mutate_op_program(struct case_file *c, struct rng *r)
{
	const bool cpu = rng_one_in(r, 2);
	const int actor = cpu ? (int)rng_below(r, 3) : ACTOR_DEV0 + (int)rng_below(r, 2);
	struct case_program *p = &c->prog[actor];
	struct generate_aim a;

	if (p->present && rng_one_in(r, 2) && actors_count(mutate_actors(c)) > 2) {
		memset(p, 0, sizeof(*p));
		return;
	}
	mutate_aim_of(&a, c, r);
	p->present = 1;
	if (!cpu && rng_one_in(r, 2))
		p->pasid = p->pasid ? 0 : 1;
	p->nops = 0;
	for (unsigned n = 1 + rng_below(r, 4); n > 0; n--)
		generate_op(&p->op[p->nops++], p, mutate_op_who_is(actor), &a, r);
}

void mutate_programs(struct case_file *c, struct rng *r)
{
	static void (*const changes[])(struct case_file * c, struct rng * r) = {
	        mutate_op_insert,   mutate_op_insert, mutate_op_insert,  mutate_op_delete,
	        mutate_op_delete,   mutate_op_copy,   mutate_op_swap,    mutate_op_operands,
	        mutate_op_operands, mutate_op_nudge,  mutate_op_aim_all, mutate_op_program,
	};

	changes[rng_below(r, sizeof(changes) / sizeof(changes[0]))](c, r);
}

void mutate_config(struct case_file *c, struct rng *r)
{
	const int dev = mutate_pick_actor(mutate_actors(c) >> ACTOR_DEV0, r);

	switch (rng_below(r, 6 + rng_one_in(r, 4))) {
	case 6:
		generate_fault(c, r);
		break;
	case 0:
		c->profile = (uint8_t)rng_below(r, PROFILE_COUNT);
		c->prof = profiles[c->profile];
		break;
	case 1:
		profile_set(&c->prof, PF_ats, !profile_get(&c->prof, PF_ats));
		break;
	case 2:
		profile_set(&c->prof, PF_pri, !profile_get(&c->prof, PF_pri));
		break;
	case 3:
		c->split = !c->split;
		break;
	case 4:
		c->mms = c->mms == 1 ? 2 : 1;
		break;
	default:
		if (dev >= 0)
			c->prog[ACTOR_DEV0 + dev].iommu ^= 1;
		break;
	}
}
