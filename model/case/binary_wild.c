/* SPDX-License-Identifier: MIT */
/*
 * A case from bytes that are not an encoded case: a mutator's noise, or a file
 * of random bytes. Every byte is a choice among legal values, operands aim at
 * one focus page, and what the bytes do not say is filled in, so that nearly
 * every string runs something on a CPU and on a device. Planted bugs, steps and
 * flags are never taken from noise.
 */
#include "case/binary.h"

enum {
	WILD_CPUS = 3,
	WILD_DEVS = 2,
	WILD_OPS = 6, /* of one actor */
	WILD_ENTRY_BYTES = 6,
	FOCUS_BELOW = 0xc0, /* an operand byte below this aims at the focus */
};

struct wild {
	struct case_bytes *b;
	struct case_file *c;
	uint8_t region, off; /* the focus */
};

static void wild_page(struct wild *w, uint8_t *region, uint8_t *off)
{
	const uint8_t v = case_take(w->b);

	if (v < FOCUS_BELOW) {
		*region = w->region;
		*off = (v & 3) ? w->off : (uint8_t)(w->off + (v >> 2 & 3));
	} else {
		*region = v & 7;
		*off = v >> 3 & 7;
	}
}

static void wild_op(struct wild *w, struct case_op *op)
{
	const char *operands;
	unsigned v;

	op->kind = case_take(w->b) % OP_COUNT;
	operands = op_info((enum op_kind)op->kind)->operands;
	if (*operands == 'd')
		operands++;
	if (*operands++ != 'R')
		return;
	wild_page(w, &op->region, &op->off);
	if (*operands == 'S')
		wild_page(w, &op->region2, &op->off2);
	if (!*operands)
		return;
	v = case_take(w->b);
	op->n = (v & 7) + 1;
	op->prot = (v >> 3 & 3) != 0;
	op->arg = (uint8_t)(v >> 5);
	if (op_takes((enum op_kind)op->kind, 'd'))
		op->arg = (v >> 5) == 7;
}

static void wild_program(struct wild *w, int actor, unsigned mms)
{
	struct case_program *p = &w->c->prog[actor];
	const uint8_t v = case_take(w->b);

	p->present = 1;
	p->nops = (uint8_t)(1 + v % WILD_OPS);
	if (actor < ACTOR_DEV0)
		p->mm = v >= 0xe0 ? (uint8_t)(mms - 1) : 0;
	else if (v < 0xa0)
		p->pasid = 1;
	for (int i = 0; i < p->nops; i++)
		wild_op(w, &p->op[i]);
}

/* An op of the actor's program, and how many of its kind came up to it. */
static void wild_place(const struct case_program *p, unsigned v, struct case_sched *e)
{
	const unsigned k = v % (p->nops + 1u);

	e->op_kind = OP_COUNT;
	if (k == p->nops)
		return;
	e->op_kind = p->op[k].kind;
	for (unsigned i = 0; i <= k; i++)
		e->op_occurrence += p->op[i].kind == e->op_kind;
}

static void wild_entry(struct wild *w, struct case_sched *e, unsigned cpus, unsigned devs)
{
	const unsigned programs = cpus + devs;
	unsigned v = case_take(w->b) % (programs + 1);

	e->what = DO_SWITCH;
	e->op_kind = OP_COUNT;
	e->actor = (uint8_t)(v < cpus       ? ACTOR_CPU0 + v
	                     : v < programs ? ACTOR_DEV0 + (v - cpus)
	                                    : ACTOR_QUEUE0);
	v = case_take(w->b);
	if (e->actor < CASE_PROGRAMS)
		wild_place(&w->c->prog[e->actor], v, e);
	v = case_take(w->b);
	v |= (unsigned)case_take(w->b) << 8;
	e->point = (uint16_t)(v % PT_COUNT);
	e->passage = (uint16_t)(1 + (case_take(w->b) & 3));
	v = case_take(w->b) % (programs + 1);
	e->target = (uint8_t)(v < cpus       ? ACTOR_CPU0 + v
	                      : v < programs ? ACTOR_DEV0 + (v - cpus)
	                                     : ACTOR_QUEUE0);
}

void case_decode_wild(struct case_file *c, struct case_bytes *b)
{
	struct wild w = {.b = b, .c = c};
	unsigned v, cpus, devs;

	case_init(c, (enum profile_id)(case_take(b) % PROFILE_COUNT));
	v = case_take(b);
	cpus = 2 + v % (WILD_CPUS - 1);
	devs = 1 + (v >> 2) % WILD_DEVS;
	c->mms = (v >> 4) == 15 ? 2 : 1;
	c->split = (v >> 6) == 1;
	v = case_take(b);
	w.region = v & 7;
	w.off = v >> 3 & 7;
	for (unsigned i = 0; i < devs; i++)
		wild_program(&w, (int)(ACTOR_DEV0 + i), c->mms);
	for (unsigned i = 0; i < cpus; i++)
		wild_program(&w, (int)(ACTOR_CPU0 + i), c->mms);
	case_fix(c); /* the schedule names operations as they are in the end */
	while (b->left >= WILD_ENTRY_BYTES && c->nsched < CASE_MAX_SCHED)
		wild_entry(&w, &c->sched[c->nsched++], cpus, devs);
	case_fix(c);
}
