/* SPDX-License-Identifier: MIT */
/*
 * Minimiser, first pass: whole actors, then operations in ever smaller chunks
 * (delta debugging without its complements: what is left is run through again
 * until nothing goes). A schedule entry names its place by operation kind and
 * occurrence, so it survives what is removed around it.
 */
#include "engine/minimize/minimizer.h"

#include <string.h>

int minimizer_occurrence(const struct case_program *p, int i)
{
	int n = 0;

	for (int j = 0; j <= i; j++)
		n += p->op[j].kind == p->op[i].kind;
	return n;
}

struct case_sched minimizer_after_op(const struct case_file *c, int actor, int i)
{
	const struct case_program *p = &c->prog[actor];
	struct case_sched at = {
	        .actor = (uint8_t)actor, .op_kind = OP_COUNT, .point = PT_ACTOR_END, .passage = 1};

	if (i + 1 < p->nops) {
		at.op_kind = p->op[i + 1].kind;
		at.op_occurrence = (uint8_t)minimizer_occurrence(p, i + 1);
		at.point = PT_OP_BEGIN;
	}
	return at;
}

/* The first switch in the operation comes where it was: others may have been waited for there. */
static bool ops_move_entry(struct case_sched *s, const struct case_sched *after, bool *moved)
{
	if (*moved || s->what != DO_SWITCH)
		return false;
	s->op_kind = after->op_kind;
	s->op_occurrence = after->op_occurrence;
	s->point = after->point;
	s->passage = after->passage;
	return *moved = true;
}

void minimizer_remove_op(struct case_file *c, int actor, int i)
{
	struct case_program *p = &c->prog[actor];
	const struct case_sched after = minimizer_after_op(c, actor, i);
	int kind = p->op[i].kind, gone = minimizer_occurrence(p, i), n = 0;
	bool moved = false;

	for (int e = 0; e < c->nsched; e++) {
		struct case_sched s = c->sched[e];

		if (s.actor == actor && s.op_kind == kind && s.op_occurrence == gone &&
		    !ops_move_entry(&s, &after, &moved))
			continue;
		if (s.actor == actor && s.op_kind == kind && s.op_occurrence > gone)
			s.op_occurrence--;
		c->sched[n++] = s;
	}
	c->nsched = (uint16_t)n;
	memmove(&p->op[i], &p->op[i + 1], (size_t)(p->nops - i - 1) * sizeof(p->op[0]));
	p->nops--;
}

/* case_fix() drops the schedule's entries that name an actor that is gone. */
static void ops_remove_actor(struct case_file *c, int actor)
{
	memset(&c->prog[actor], 0, sizeof(c->prog[actor]));
}

static bool ops_alike(const struct case_program *a, const struct case_program *b)
{
	return a->present && b->present && a->mm == b->mm && a->pasid == b->pasid && a->domain == b->domain &&
	       a->iommu == b->iommu && a->nops + b->nops <= CASE_MAX_OPS;
}

/* Actor a does what `first` and `second` (a is one of them) did, one after the other; the other goes. */
static bool ops_try_merged(struct minimizer *m, int a, int b, int first, int second)
{
	struct case_program *p = &m->trial.prog[a];

	m->trial = m->best;
	*p = m->best.prog[first];
	memcpy(&p->op[p->nops], m->best.prog[second].op, m->best.prog[second].nops * sizeof(p->op[0]));
	p->nops = (uint8_t)(p->nops + m->best.prog[second].nops);
	ops_remove_actor(&m->trial, b);
	return minimizer_try(m, minimizer_search(m) / 2);
}

bool minimize_merge(struct minimizer *m)
{
	bool smaller = false;

	for (int a = 0; a < CASE_PROGRAMS; a++) {
		int end = a < ACTOR_DEV0 ? ACTOR_DEV0 : CASE_PROGRAMS;

		for (int b = a + 1; b < end; b++)
			if (ops_alike(&m->best.prog[a], &m->best.prog[b]))
				smaller |= ops_try_merged(m, a, b, a, b) || ops_try_merged(m, a, b, b, a);
	}
	return smaller;
}

bool minimize_actors(struct minimizer *m)
{
	bool smaller = false;

	for (int a = CASE_PROGRAMS - 1; a >= 0; a--) {
		if (!m->best.prog[a].present)
			continue;
		m->trial = m->best;
		ops_remove_actor(&m->trial, a);
		smaller |= minimizer_try(m, minimizer_search(m));
	}
	return smaller;
}

struct op_place {
	uint8_t actor, op;
};

static int ops_list(const struct case_file *c, struct op_place at[])
{
	int n = 0;

	for (int a = 0; a < CASE_PROGRAMS; a++)
		for (int i = 0; c->prog[a].present && i < c->prog[a].nops; i++)
			at[n++] = (struct op_place){(uint8_t)a, (uint8_t)i};
	return n;
}

static bool ops_try_without(struct minimizer *m, const struct op_place *at, int n)
{
	uint32_t search = n > 4 ? minimizer_search(m) / 4 : minimizer_search(m);

	m->trial = m->best;
	/* from the back, so that indices stay good */
	while (n-- > 0)
		minimizer_remove_op(&m->trial, at[n].actor, at[n].op);
	return minimizer_try(m, search);
}

bool minimize_ops(struct minimizer *m)
{
	struct op_place at[CASE_PROGRAMS * CASE_MAX_OPS];
	int n = ops_list(&m->best, at);
	bool smaller = false;

	for (int chunk = n / 2 > 0 ? n / 2 : 1; chunk > 0; chunk /= 2) {
		/* from the end: what comes after the violation goes at once */
		for (int end = n; end > 0 && !minimizer_spent(m);) {
			int from = end > chunk ? end - chunk : 0;

			if (ops_try_without(m, &at[from], end - from)) {
				smaller = true;
				n = ops_list(&m->best, at);
			}
			end = from;
		}
	}
	return smaller;
}
