/* SPDX-License-Identifier: MIT */
/*
 * Minimiser, operations of the wrong actor. A page that one CPU maps and another
 * goes on to use needs a switch there and one back. So operations of an actor
 * move to another one, which runs them at the moment at which they ran before,
 * as far as it is free then; the rest of the schedule stays. A device's access
 * may become a CPU's.
 */
#include "engine/minimize/minimizer.h"

#include <string.h>

#include "engine/run/measure.h"

struct transfer {
	int from, i, n; /* n operations of actor `from`, the first is i */
	int to, k;      /* become those of actor `to` from k */
};

/* -- the program ------------------------------------------------------------------ */

/* What actor `to` would do instead; OP_COUNT: there is no such thing. */
static int transfer_kind(const struct case_file *c, int kind, int from, int to)
{
	const struct case_program *p = &c->prog[from], *q = &c->prog[to];

	if (from >= ACTOR_DEV0 && to < ACTOR_DEV0) {
		if (!p->pasid || p->mm != q->mm)
			return OP_COUNT;
		return kind == OP_DMA_READ ? OP_READ : kind == OP_DMA_WRITE ? OP_WRITE : OP_COUNT;
	}
	if (from < ACTOR_DEV0 && to >= ACTOR_DEV0)
		return OP_COUNT;
	return p->mm == q->mm && p->pasid == q->pasid && p->domain == q->domain ? kind : OP_COUNT;
}

/* Trial becomes best with the operations given away; false: they cannot be. */
static bool transfer_give(struct minimizer *m, const struct transfer *x)
{
	const struct case_program *from = &m->best.prog[x->from];
	struct case_program *to = &m->trial.prog[x->to];

	if (m->best.prog[x->to].nops + x->n > CASE_MAX_OPS)
		return false;
	m->trial = m->best;
	memmove(&to->op[x->k + x->n], &to->op[x->k], (size_t)(to->nops - x->k) * sizeof(to->op[0]));
	to->nops = (uint8_t)(to->nops + x->n);
	for (int i = 0; i < x->n; i++) {
		const struct case_op *op = &from->op[x->i + i];
		const int kind = transfer_kind(&m->best, op->kind, x->from, x->to);

		if (kind == OP_COUNT)
			return false;
		to->op[x->k + i] = *op;
		to->op[x->k + i].kind = (uint8_t)kind;
		minimizer_remove_op(&m->trial, x->from, x->i);
	}
	return true;
}

/* -- the schedule ----------------------------------------------------------------- */

/* The operation that the place is in, or -1. */
static int transfer_index_of(const struct case_program *p, const struct case_sched *at)
{
	for (int i = 0; i < p->nops; i++)
		if (p->op[i].kind == at->op_kind && minimizer_occurrence(p, i) == at->op_occurrence)
			return i;
	return -1;
}

/* A place in best's program becomes the same in trial's. */
static void transfer_translate(const struct minimizer *m, const struct transfer *x, struct case_sched *at)
{
	int i = at->actor < CASE_PROGRAMS ? transfer_index_of(&m->best.prog[at->actor], at) : -1;

	if (i < 0)
		return;
	if (at->actor == x->from && i >= x->i && i < x->i + x->n) {
		at->actor = (uint8_t)x->to;
		i += x->k - x->i;
	} else if (at->actor == x->from) {
		i -= i >= x->i ? x->n : 0;
	} else if (at->actor == x->to) {
		i += i >= x->k ? x->n : 0;
	}
	at->op_kind = m->trial.prog[at->actor].op[i].kind;
	at->op_occurrence = (uint8_t)minimizer_occurrence(&m->trial.prog[at->actor], i);
}

/* Is a place outside any operation, or in operation i of best's program or a later one? */
static bool transfer_is_past(const struct minimizer *m, const struct case_sched *at, int i)
{
	if (at->op_kind == OP_COUNT)
		return at->point != PT_ACTOR_START;
	return transfer_index_of(&m->best.prog[at->actor], at) >= i;
}

/* The turn of best's by which they must be over: the next of their actor, or of the one that gets them. */
static int transfer_turn_after(const struct minimizer *m, const struct transfer *x, const struct turns *t)
{
	bool begun = false;

	for (int i = 0; i < t->n; i++) {
		const struct case_sched *end = &t->turn[i].end;

		if (end->actor == x->from && transfer_is_past(m, end, x->i + x->n))
			return i;
		if (end->actor == x->to && begun && transfer_is_past(m, end, x->k))
			return i;
		begun |= end->actor == x->from && transfer_is_past(m, end, x->i);
	}
	return t->n;
}

/* Best's turns with the operations in their new actor's, one of which ends with them. */
static void transfer_translate_all(const struct minimizer *m, const struct transfer *x, struct turns *t)
{
	const struct case_sched end = minimizer_after_op(&m->trial, x->to, x->k + x->n - 1);
	const int after = transfer_turn_after(m, x, t);

	for (int i = 0; i < t->n; i++)
		transfer_translate(m, x, &t->turn[i].end);
	turns_insert(t, after, &end);
}

/* -- trying ----------------------------------------------------------------------- */

static bool transfer_try(struct minimizer *m, const struct turns *t, const struct transfer *x)
{
	const struct case_file before = m->best;
	struct turns moved = *t;
	struct exec_result r;

	if (!transfer_give(m, x))
		return false;
	transfer_translate_all(m, x, &moved);
	if (!minimizer_play(m, &moved, &r))
		return false;
	m->best = m->trial;
	minimize_shorten(m);
	if (measure_switches(&m->best) < measure_switches(&before))
		return true;
	m->best = before;
	return false;
}

/* Every stretch of the one's program to every place in the other's. */
static bool transfer_between(struct minimizer *m, const struct turns *t, int from, int to)
{
	const int n = m->best.prog[from].nops;
	struct transfer x = {.from = from, .to = to};

	for (x.n = 1; x.n <= n; x.n++)
		for (x.i = 0; x.i + x.n <= n; x.i++)
			for (x.k = 0; x.k <= m->best.prog[to].nops && !minimizer_spent(m); x.k++)
				if (transfer_try(m, t, &x))
					return true;
	return false;
}

bool minimize_transfer(struct minimizer *m)
{
	struct turns t;

	if (!minimizer_turns(m, &t, 0))
		return false;
	for (int from = 0; from < CASE_PROGRAMS; from++)
		for (int to = 0; to < CASE_PROGRAMS; to++)
			if (from != to && m->best.prog[from].present && m->best.prog[to].present &&
			    transfer_between(m, &t, from, to))
				return true;
	return false;
}
