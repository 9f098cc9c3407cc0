/* SPDX-License-Identifier: MIT */
/*
 * Validity. case_fix() makes any bit pattern of a case_file a legal case, in
 * canonical form: what an operation or a program does not use is zero, so
 * that two equal cases are equal byte for byte. It is idempotent, and leaves a
 * legal case as it is.
 */
#include "case/limits.h"

#include <string.h>

static uint8_t fix_clamp(unsigned v, unsigned lo, unsigned hi)
{
	return (uint8_t)(v < lo ? lo : v > hi ? hi : v);
}

void case_init(struct case_file *c, enum profile_id prof)
{
	memset(c, 0, sizeof(*c));
	c->profile = (uint8_t)prof;
	c->prof = profiles[prof];
	c->levels = 3;
	c->bits = 3;
	c->mms = 1;
	c->prog[ACTOR_CPU0].present = 1;
	for (int i = 0; i < ACTOR_COUNT; i++)
		c->order[i] = (uint8_t)i;
}

static void fix_config(struct case_file *c)
{
	if (c->profile >= PROFILE_COUNT)
		c->profile = PROFILE_VTD;
	c->prof.id = profiles[c->profile].id;
	for (int f = 0; f < PF_COUNT; f++)
		profile_set(&c->prof, (enum profile_flag)f, profile_get(&c->prof, (enum profile_flag)f));
	c->levels = fix_clamp(c->levels, LEVELS_MIN, LEVELS_MAX);
	c->bits = fix_clamp(c->bits, BITS_MIN, BITS_MAX);
	if (c->levels * c->bits > SPACE_BITS_MAX)
		c->bits = (uint8_t)(SPACE_BITS_MAX / c->levels);
	c->mms = fix_clamp(c->mms, 1, SD_MAX_MMS);
	c->bugs &= BUG_COUNT < 64 ? ((uint64_t)1 << (BUG_COUNT % 64)) - 1 : ~(uint64_t)0;
	for (int i = 0; i < 2; i++) {
		const int left = (int)STEP_COUNT - 64 * i;

		if (left < 64)
			c->skip[i] &= left <= 0 ? 0 : ((uint64_t)1 << left) - 1;
	}
	c->split = c->split != 0;
	if (c->expect >= VC_COUNT)
		c->expect = VC_CLEAN;
	c->dropped = 0;
}

/* The k-th operation of that class, counted round and round. */
static uint8_t fix_op_kind(unsigned k, enum op_who who)
{
	unsigned n = 0;

	for (int i = 0; i < OP_COUNT; i++)
		n += op_info((enum op_kind)i)->who == who;
	k %= n;
	for (int i = 0; i < OP_COUNT; i++)
		if (op_info((enum op_kind)i)->who == who && k-- == 0)
			return (uint8_t)i;
	return OP_READ;
}

static void fix_op(struct case_op *op, enum op_who who)
{
	struct case_op fixed = {.kind = op->kind, .n = 1};

	if (op->kind >= OP_COUNT || op_info((enum op_kind)op->kind)->who != who)
		fixed.kind = fix_op_kind(op->kind, who);
	for (const char *o = op_info((enum op_kind)fixed.kind)->operands; *o; o++) {
		switch (*o) {
		case 'R':
			fixed.region = op->region % CASE_REGIONS;
			fixed.off = fix_clamp(op->off, 0, CASE_MAX_OFF);
			break;
		case 'S':
			fixed.region2 = op->region2 % CASE_REGIONS;
			fixed.off2 = fix_clamp(op->off2, 0, CASE_MAX_OFF);
			break;
		case 'n':
			fixed.n = fix_clamp(op->n, 1, CASE_MAX_N);
			break;
		case 'p':
			fixed.prot = op->prot ? PROT_RW : PROT_R;
			break;
		case 'k':
			fixed.arg = op->arg % CASE_KINDS;
			break;
		case 'd':
			fixed.arg = op->arg % DOMAINS;
			break;
		default: /* m */
			fixed.arg = op->arg != 0;
			break;
		}
	}
	*op = fixed;
}

static void fix_program(struct case_program *p, int actor)
{
	const enum op_who who = actor < ACTOR_DEV0 ? OP_WHO_CPU : OP_WHO_DEV;

	if (!p->present) {
		memset(p, 0, sizeof(*p));
		return;
	}
	p->present = 1;
	if (p->nops > CASE_MAX_OPS)
		p->nops = CASE_MAX_OPS;
	if (who == OP_WHO_CPU) {
		p->mm = fix_clamp(p->mm, 0, SD_MAX_MMS - 1);
		p->pasid = p->domain = p->iommu = 0;
	} else {
		p->pasid = fix_clamp(p->pasid, 0, SD_MAX_MMS);
		p->mm = p->pasid ? (uint8_t)(p->pasid - 1) : 0;
		p->domain = p->pasid ? 0 : fix_clamp(p->domain, 0, DOMAINS - 1);
		p->iommu = fix_clamp(p->iommu, 0, SD_MAX_IOMMUS - 1);
	}
	for (int i = 0; i < p->nops; i++)
		fix_op(&p->op[i], who);
	memset(&p->op[p->nops], 0, (size_t)(CASE_MAX_OPS - p->nops) * sizeof(p->op[0]));
}

static void fix_order(struct case_file *c)
{
	uint8_t order[ACTOR_COUNT];
	uint32_t seen = 0;
	int n = 0;

	for (int i = 0; i < ACTOR_COUNT; i++) {
		if (c->order[i] >= ACTOR_COUNT || seen >> c->order[i] & 1)
			continue;
		seen |= 1u << c->order[i];
		order[n++] = c->order[i];
	}
	for (int a = 0; a < ACTOR_COUNT; a++)
		if (!(seen >> a & 1))
			order[n++] = (uint8_t)a;
	memcpy(c->order, order, sizeof(order));
}

/* Actors of this case, a bit each: its programs, and the daemons of its IOMMUs. */
static uint32_t fix_actors(const struct case_file *c)
{
	uint32_t set = 1u << ACTOR_QUEUE0 | 1u << ACTOR_PRQ0;

	for (int a = 0; a < CASE_PROGRAMS; a++) {
		if (!c->prog[a].present)
			continue;
		set |= 1u << a;
		if (a >= ACTOR_DEV0)
			set |= 1u << (ACTOR_QUEUE0 + c->prog[a].iommu) |
			       1u << (ACTOR_PRQ0 + c->prog[a].iommu);
	}
	return set;
}

/* false: the entry means nothing in this case. */
static bool fix_entry(struct case_sched *e, uint32_t actors)
{
	const uint32_t targets = e->what == DO_SWITCH ? actors : actors & ((1u << CASE_PROGRAMS) - 1);

	if (e->actor >= ACTOR_COUNT || !(actors >> e->actor & 1) || e->what >= DO_COUNT ||
	    e->point >= PT_COUNT)
		return false;
	if (e->target >= ACTOR_COUNT || !(targets >> e->target & 1))
		return false;
	if (e->op_kind >= OP_COUNT) {
		e->op_kind = OP_COUNT;
		e->op_occurrence = 0;
	} else {
		const enum op_who who = e->actor < ACTOR_DEV0 ? OP_WHO_CPU : OP_WHO_DEV;

		if (e->actor >= CASE_PROGRAMS || op_info((enum op_kind)e->op_kind)->who != who)
			return false;
		e->op_occurrence = fix_clamp(e->op_occurrence, 1, CASE_MAX_OPS);
	}
	if (e->passage == 0)
		e->passage = 1;
	e->region = e->what == DO_SWITCH ? 0 : e->region % CASE_REGIONS;
	e->off = e->what == DO_SWITCH ? 0 : fix_clamp(e->off, 0, CASE_MAX_OFF);
	e->fill_write = e->what == DO_FILL && e->fill_write;
	return true;
}

static void fix_sched(struct case_file *c)
{
	const uint32_t actors = fix_actors(c);
	uint16_t n = 0;

	if (c->nsched > CASE_MAX_SCHED)
		c->nsched = CASE_MAX_SCHED;
	for (int i = 0; i < c->nsched; i++)
		if (fix_entry(&c->sched[i], actors))
			c->sched[n++] = c->sched[i];
	memset(&c->sched[n], 0, (size_t)(CASE_MAX_SCHED - n) * sizeof(c->sched[0]));
	c->nsched = n;
}

void case_fix(struct case_file *c)
{
	bool cpu = false;

	fix_config(c);
	for (int a = 0; a < CASE_PROGRAMS; a++) {
		fix_program(&c->prog[a], a);
		cpu |= a < ACTOR_DEV0 && c->prog[a].present;
	}
	c->prog[ACTOR_CPU0].present |= !cpu;
	fix_order(c);
	fix_sched(c);
}
