/* SPDX-License-Identifier: MIT */
/*
 * Minimiser, second pass: operands, actor and region numbers, configuration.
 * Nothing gets fewer here, only plainer: one page, offset 0, the first region,
 * the profile as its preset. Geometry stays: it decides where table borders
 * are, and a case is read more easily with the geometry it was found with.
 */
#include "engine/minimize/minimizer.h"

#include "engine/run/measure.h"

#include <string.h>

/* -- operands of one operation ------------------------------------------------ */

static bool operand_set(struct minimizer *m, int actor, int i, size_t field, unsigned v)
{
	uint8_t *f;

	m->trial = m->best;
	f = (uint8_t *)&m->trial.prog[actor].op[i] + field;
	if (*f <= v)
		return false;
	*f = (uint8_t)v;
	return minimizer_try(m, minimizer_search(m) / 2);
}

/* The least value that still fails, by halving and then by ones. */
static bool operand_lower(struct minimizer *m, int actor, int i, size_t field, unsigned least)
{
	bool smaller = false;

	for (;;) {
		unsigned v = ((const uint8_t *)&m->best.prog[actor].op[i])[field];

		if (v <= least ||
		    !(operand_set(m, actor, i, field, least) || operand_set(m, actor, i, field, v / 2) ||
		      operand_set(m, actor, i, field, v - 1)))
			return smaller;
		smaller = true;
	}
}

static bool operands_plain_op(struct minimizer *m, int actor, int i)
{
	bool smaller = operand_lower(m, actor, i, offsetof(struct case_op, n), 1);

	smaller |= operand_lower(m, actor, i, offsetof(struct case_op, off), 0);
	smaller |= operand_lower(m, actor, i, offsetof(struct case_op, off2), 0);
	smaller |= operand_set(m, actor, i, offsetof(struct case_op, arg), 0);
	return smaller;
}

/* -- numbers ------------------------------------------------------------------ */

static void operands_map_regions(struct case_file *c, const uint8_t to[CASE_REGIONS])
{
	for (int a = 0; a < CASE_PROGRAMS; a++) {
		for (int i = 0; i < c->prog[a].nops; i++) {
			struct case_op *op = &c->prog[a].op[i];

			op->region = to[op->region];
			op->region2 = to[op->region2];
		}
	}
	for (int e = 0; e < c->nsched; e++)
		c->sched[e].region = to[c->sched[e].region];
}

/* Swaps a region that is used for the first letter that is not. */
static bool operands_plain_regions(struct minimizer *m)
{
	bool smaller = false;

	for (int from = CASE_REGIONS - 1; from > 0; from--) {
		for (int to = 0; to < from && measure_uses_region(&m->best, from); to++) {
			uint8_t map[CASE_REGIONS];

			if (measure_uses_region(&m->best, to))
				continue;
			for (int r = 0; r < CASE_REGIONS; r++)
				map[r] = (uint8_t)r;
			map[from] = (uint8_t)to;
			m->trial = m->best;
			operands_map_regions(&m->trial, map);
			smaller |= minimizer_try(m, minimizer_search(m) / 2);
		}
	}
	return smaller;
}

static uint8_t operands_swapped(uint8_t v, int a, int b)
{
	return v == a ? (uint8_t)b : v == b ? (uint8_t)a : v;
}

static void operands_swap_actors(struct case_file *c, int a, int b)
{
	struct case_program p = c->prog[a];

	c->prog[a] = c->prog[b];
	c->prog[b] = p;
	for (int i = 0; i < ACTOR_COUNT; i++)
		c->order[i] = operands_swapped(c->order[i], a, b);
	for (int e = 0; e < c->nsched; e++) {
		c->sched[e].actor = operands_swapped(c->sched[e].actor, a, b);
		c->sched[e].target = operands_swapped(c->sched[e].target, a, b);
	}
}

/* cpu2 becomes cpu0 where cpu0 is free, and so on. */
static bool operands_plain_actors(struct minimizer *m)
{
	bool smaller = false;

	for (int a = 0; a < CASE_PROGRAMS; a++) {
		int first = a < ACTOR_DEV0 ? ACTOR_CPU0 : ACTOR_DEV0;

		for (int b = first; b < a && m->best.prog[a].present; b++) {
			if (m->best.prog[b].present)
				continue;
			m->trial = m->best;
			operands_swap_actors(&m->trial, a, b);
			smaller |= minimizer_try(m, minimizer_search(m) / 2);
		}
	}
	return smaller;
}

bool minimize_operands(struct minimizer *m)
{
	bool smaller = operands_plain_actors(m);

	for (int a = 0; a < CASE_PROGRAMS; a++)
		for (int i = 0; i < m->best.prog[a].nops && !minimizer_spent(m); i++)
			smaller |= operands_plain_op(m, a, i);
	smaller |= operands_plain_regions(m);
	return smaller;
}

/* -- configuration -------------------------------------------------------------- */

static void config_mm_to(struct case_file *c, int from, int to)
{
	for (int a = 0; a < CASE_PROGRAMS; a++) {
		struct case_program *p = &c->prog[a];

		if (!p->present || p->mm != from)
			continue;
		if (a < ACTOR_DEV0)
			p->mm = (uint8_t)to;
		else if (p->pasid)
			p->pasid = (uint8_t)(to + 1);
	}
}

static bool config_plain_mms(struct minimizer *m)
{
	bool smaller = false;

	for (int from = SD_MAX_MMS - 1; from > 0; from--) {
		m->trial = m->best;
		config_mm_to(&m->trial, from, 0);
		smaller |= minimizer_try(m, minimizer_search(m) / 2);
	}
	while (m->best.mms > 1) {
		m->trial = m->best;
		m->trial.mms--;
		if (!minimizer_try(m, minimizer_search(m) / 2))
			break;
		smaller = true;
	}
	return smaller;
}

static bool config_plain_devices(struct minimizer *m)
{
	bool smaller = false;

	for (int a = ACTOR_DEV0; a < CASE_PROGRAMS; a++) {
		if (m->best.prog[a].iommu) {
			m->trial = m->best;
			m->trial.prog[a].iommu = 0;
			smaller |= minimizer_try(m, minimizer_search(m) / 2);
		}
		if (m->best.prog[a].domain) {
			m->trial = m->best;
			m->trial.prog[a].domain = 0;
			smaller |= minimizer_try(m, minimizer_search(m) / 2);
		}
	}
	return smaller;
}

/* What was broken on purpose and is not needed. */
static bool config_fewer_bugs(struct minimizer *m)
{
	bool smaller = false;

	for (int b = 0; b < BUG_COUNT; b++) {
		m->trial = m->best;
		m->trial.bugs &= ~((uint64_t)1 << b);
		smaller |= minimizer_try(m, minimizer_search(m) / 4);
	}
	for (int s = 0; s < STEP_COUNT; s++) {
		m->trial = m->best;
		m->trial.skip[s / 64] &= ~((uint64_t)1 << (s % 64));
		smaller |= minimizer_try(m, minimizer_search(m) / 4);
	}
	return smaller;
}

bool minimize_config(struct minimizer *m)
{
	bool smaller = config_fewer_bugs(m);

	for (int f = 0; f < PF_COUNT; f++) {
		m->trial = m->best;
		profile_set(&m->trial.prof, (enum profile_flag)f,
		            profile_get(&profiles[m->trial.profile], (enum profile_flag)f));
		smaller |= minimizer_try(m, minimizer_search(m) / 2);
	}
	m->trial = m->best;
	m->trial.split = 0;
	smaller |= minimizer_try(m, minimizer_search(m) / 2);
	smaller |= config_plain_mms(m);
	smaller |= config_plain_devices(m);
	return smaller;
}
