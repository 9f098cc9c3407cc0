/* SPDX-License-Identifier: MIT */
/*
 * Which operation, and where. A case has a theme (a column of the weights in
 * ops.def) and one focus: the same few pages, which four out of five operands name. Ranges for
 * dma come from one span of the focus cut in two, so that maps and unmaps of
 * the pieces and of the whole meet: a superpage over a used table, a part of a
 * superpage, a table emptied piece by piece.
 */
#include "engine/search/generate.h"

_Static_assert(THEME_COUNT == OP_THEMES, "a column of weights for each theme");

/* What a row leaves out still comes up, rarely: four hundred against one. */
static unsigned generate_weight(const struct generate_aim *a, int kind, enum op_who who)
{
	const struct op_info *info = op_info((enum op_kind)kind);

	return info->who == who ? info->weight[a->theme] * 4u + 1 : 0;
}

static uint8_t generate_kind(const struct generate_aim *a, enum op_who who, struct rng *r)
{
	unsigned sum = 0, k;
	int kind = 0;

	for (int i = 0; i < OP_COUNT; i++)
		sum += generate_weight(a, i, who);
	k = rng_below(r, sum);
	while (k >= generate_weight(a, kind, who))
		k -= generate_weight(a, kind++, who);
	return (uint8_t)kind;
}

static uint8_t generate_focus_length(const struct generate_aim *a, struct rng *r)
{
	switch (rng_below(r, 5)) {
	case 0:
	case 1:
		return 1;
	case 2:
	case 3:
		return (uint8_t)(2 + rng_below(r, 3));
	default:
		return a->table;
	}
}

void generate_aim(struct generate_aim *a, const struct case_file *c, struct rng *r)
{
	/* d and b lie apart, g ends the space, c and e are unaligned. */
	static const uint8_t regions[] = {0, 0, 1, 3, 3, 5, 6, 6, 2, 4, 7};
	const unsigned t = 1u << c->bits;

	a->theme = (uint8_t)rng_below(r, THEME_COUNT);
	a->table = (uint8_t)(t < CASE_MAX_N ? t : CASE_MAX_N);
	a->region = regions[rng_below(r, sizeof(regions))];
	do {
		a->region2 = (uint8_t)rng_below(r, CASE_REGIONS);
	} while (a->region2 == a->region);
	a->off = rng_one_in(r, 2) ? 0 : (uint8_t)rng_below(r, a->table);
	a->n = generate_focus_length(a, r);
	a->kind = rng_one_in(r, 7) ? MEM_HUGE : rng_one_in(r, 2) ? MEM_FILE : MEM_ANON;
	if (a->kind == MEM_HUGE) {
		a->off = 0;
		a->n = a->table;
	}
	/* Regions c and e start inside a table: their span crosses one. */
	a->span = a->region == 2 || a->region == 4 ? CASE_MAX_N : a->table;
	a->cut = (uint8_t)(1 + rng_below(r, a->span - 1u));
}

/* A range of the focus, or of its partner; one time in five anything. */
static void generate_aim_range(const struct generate_aim *a, struct rng *r, struct case_op *op)
{
	const unsigned k = rng_below(r, 20);

	op->region = a->region;
	op->off = a->off;
	op->n = a->n;
	if (k < 13)
		return;
	if (k < 16) {
		op->region = a->theme == THEME_MOVE ? a->region2 : a->region;
		op->n = rng_one_in(r, 2) ? 1 : a->n;
		return;
	}
	op->off = (uint8_t)rng_below(r, a->table);
	op->n = (uint8_t)(1 + rng_below(r, a->table));
	if (k >= 18)
		op->region = (uint8_t)rng_below(r, CASE_REGIONS);
}

/* The range of an earlier map of this program, so that an unmap finds something. */
static bool generate_aim_at_map(const struct case_program *p, struct rng *r, struct case_op *op)
{
	const unsigned start = p->nops ? rng_below(r, p->nops) : 0;

	for (unsigned i = 0; i < p->nops; i++) {
		const struct case_op *map = &p->op[(start + i) % p->nops];

		if (op_promise((enum op_kind)map->kind) != PROMISE_MAPS)
			continue;
		op->region = map->region;
		op->off = map->off;
		op->n = map->n;
		op->arg = map->arg;
		return true;
	}
	return false;
}

static void generate_aim_dma(const struct generate_aim *a, const struct case_program *p, struct rng *r,
                             struct case_op *op)
{
	const unsigned k = rng_below(r, 20);

	op->arg = rng_one_in(r, 12);
	if (op_promise((enum op_kind)op->kind) == PROMISE_DEAD && rng_one_in(r, 2) &&
	    generate_aim_at_map(p, r, op))
		return;
	op->region = a->region;
	op->off = 0;
	op->n = a->span;
	if (k < 6) {
		op->n = a->cut;
	} else if (k < 10) {
		op->off = a->cut < CASE_MAX_OFF ? a->cut : CASE_MAX_OFF;
		op->n = (uint8_t)(a->span - a->cut);
	} else if (k >= 16) {
		generate_aim_range(a, r, op);
	}
}

static void generate_aim_page(const struct generate_aim *a, struct rng *r, struct case_op *op)
{
	generate_aim_range(a, r, op);
	if (rng_one_in(r, 3)) {
		const unsigned off = op->off + rng_below(r, op->n);

		op->off = (uint8_t)(off < CASE_MAX_OFF ? off : CASE_MAX_OFF);
	}
	op->n = 1;
}

/* Most maps can be written; what changes protection mostly takes that away. */
static uint8_t generate_prot(enum op_kind kind, struct rng *r)
{
	const bool takes_away = op_promise(kind) == PROMISE_READONLY;

	return rng_one_in(r, takes_away ? 3 : 5) == takes_away ? PROT_RW : PROT_R;
}

void generate_operands(struct case_op *op, const struct case_program *p, const struct generate_aim *a,
                       struct rng *r)
{
	const enum op_kind kind = (enum op_kind)op->kind;

	op->n = 1;
	if (op_takes(kind, 'd'))
		generate_aim_dma(a, p, r, op);
	else if (op_takes(kind, 'n'))
		generate_aim_range(a, r, op);
	else if (op_takes(kind, 'R'))
		generate_aim_page(a, r, op);
	if (op_takes(kind, 'S')) {
		op->region2 = op->region == a->region2 ? a->region : a->region2;
		op->off2 = op->off;
	}
	if (op_takes(kind, 'p'))
		op->prot = generate_prot(kind, r);
	if (op_takes(kind, 'k'))
		op->arg = rng_one_in(r, 5) ? (uint8_t)rng_below(r, MEM_KINDS) : a->kind;
	if (op_takes(kind, 'm'))
		op->arg = rng_one_in(r, 2);
}

void generate_op(struct case_op *op, const struct case_program *p, enum op_who who,
                 const struct generate_aim *a, struct rng *r)
{
	*op = (struct case_op){.kind = generate_kind(a, who, r)};
	generate_operands(op, p, a, r);
}
