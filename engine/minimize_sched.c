/* SPDX-License-Identifier: MIT */
/*
 * Minimiser, last pass: the schedule of a program that is small by now. Taking
 * switches out of a random schedule one by one ends far from the least, so
 * first look for a schedule that is short from the start: none, every single
 * preemption, then PCT of low depth; what is found is thinned out afterwards.
 * Last the fixed order: as it is numbered, if that will do.
 */
#include "engine/minimizer.h"

#include <string.h>

#include "engine/measure.h"

enum { SINGLE_PREEMPTION_CAP = 3000, ROUNDS = 8 };

/* Shorter; or as long, and nearer to the numbering. */
static bool better(const struct case_file *a, const struct case_file *b)
{
	unsigned x = measure_switches(a), y = measure_switches(b);

	if (x != y)
		return x < y;
	return memcmp(a->order, b->order, sizeof(a->order)) < 0;
}

static bool keep_if_better(struct minimizer *m, const struct sched_policy *policy)
{
	if (!minimizer_record(m, policy) || !better(&m->trial, &m->best))
		return false;
	minimizer_accept(m);
	return true;
}

/* One by one, from the back, again and again until none goes. */
static bool thin(struct minimizer *m)
{
	bool smaller = false, again = true;

	while (again && !minimizer_spent(m)) {
		again = false;
		for (int e = m->best.nsched - 1; e >= 0; e--) {
			struct case_file *t = &m->trial;

			*t = m->best;
			memmove(&t->sched[e], &t->sched[e + 1],
			        (size_t)(t->nsched - e - 1) * sizeof(t->sched[0]));
			t->nsched--;
			again |= minimizer_try_schedule(m);
			if (e > m->best.nsched)
				e = m->best.nsched;
		}
		smaller |= again;
	}
	return smaller;
}

/* The fixed order as numbered, or with one actor in front. */
static bool plain_order(struct minimizer *m)
{
	for (int first = 0; first < ACTOR_COUNT; first++) {
		int n = 0;

		m->trial = m->best;
		m->trial.order[n++] = (uint8_t)first;
		for (int a = 0; a < ACTOR_COUNT; a++)
			if (a != first)
				m->trial.order[n++] = (uint8_t)a;
		if (memcmp(m->trial.order, m->best.order, sizeof(m->best.order)) >= 0)
			return false;
		if (minimizer_try_schedule(m))
			return true;
	}
	return false;
}

/* Every schedule with one preemption, from each order that starts with another actor. */
static bool single_preemption(struct minimizer *m)
{
	uint32_t left = SINGLE_PREEMPTION_CAP;

	for (unsigned bound = 0; bound < 2 && bound < measure_switches(&m->best); bound++) {
		struct sched_policy policy = policy_exhaustive(&m->exhaustive, bound);
		struct exec_result r;

		m->exhaustive.keep_forced = true;
		m->trial = m->best;
		m->trial.nsched = 0;
		case_fix(&m->trial);
		do {
			struct case_file empty;

			if (!left-- || minimizer_spent(m))
				return false;
			if (!minimizer_run(m, &policy, &r))
				continue;
			empty = m->trial;
			if (keep_if_better(m, &policy))
				return true;
			m->trial = empty;
		} while (policy_exhaustive_next(&m->exhaustive));
	}
	return false;
}

static bool pct(struct minimizer *m)
{
	uint32_t points;
	struct exec_result r;
	unsigned actors = measure_actors(&m->best), now = measure_switches(&m->best);
	uint32_t tries = 3 * minimizer_search(m);

	m->trial = m->best;
	if (now < 2 || !minimizer_run(m, NULL, &r))
		return false;
	points = r.points;
	for (uint32_t i = 0; i < tries && !minimizer_spent(m); i++) {
		struct search_try t = {.kind = TRY_PCT, .points = points, .actors = (uint8_t)actors};
		struct sched_policy policy;

		t.depth = (uint8_t)(1 + i % (now < 5 ? now : 5));
		t.seed = rng_next(&m->rng);
		m->trial = m->best;
		m->trial.nsched = 0;
		policy = search_policy(&m->state, &t);
		if (!minimizer_run(m, &policy, &r))
			continue;
		policy = search_policy(&m->state, &t);
		if (keep_if_better(m, &policy))
			return true;
	}
	return false;
}

bool minimize_schedule(struct minimizer *m)
{
	bool smaller = thin(m), again = true;

	m->trial = m->best;
	m->trial.nsched = 0;
	if (m->best.nsched)
		smaller |= minimizer_try_schedule(m);
	for (int round = 0; round < ROUNDS && again && !minimizer_spent(m); round++) {
		again = single_preemption(m) || pct(m);
		if (again)
			thin(m);
		smaller |= again;
	}
	return plain_order(m) | smaller;
}
