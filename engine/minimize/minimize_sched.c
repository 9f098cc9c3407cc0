/* SPDX-License-Identifier: MIT */
/*
 * Minimiser, last pass: the schedule of a program that is small by now. Taking
 * switches out of a random schedule one by one ends far from the least, so
 * look for a schedule that is short from the start, too: none, every single
 * preemption, then PCT of low depth; what is found is shortened afterwards.
 * A race of several narrow windows is met by none of these: there the schedule
 * at hand is worked on (minimize_hard()). Last the fixed order: as it is
 * numbered, if that will do.
 */
#include "engine/minimize/minimizer.h"

#include <string.h>

#include "engine/run/measure.h"

enum { SINGLE_PREEMPTION_CAP = 3000, ROUNDS = 8, ENOUGH = 3 };

/* Shorter; or as long, and nearer to the numbering. */
static bool schedule_is_better(const struct case_file *a, const struct case_file *b)
{
	unsigned x = measure_switches(a), y = measure_switches(b);

	if (x != y)
		return x < y;
	return memcmp(a->order, b->order, sizeof(a->order)) < 0;
}

static bool schedule_keep_if_better(struct minimizer *m, const struct sched_policy *policy)
{
	if (!minimizer_record(m, policy) || !schedule_is_better(&m->trial, &m->best))
		return false;
	minimizer_accept(m);
	return true;
}

static void schedule_remove_entries(struct case_file *c, int from, int n)
{
	memmove(&c->sched[from], &c->sched[from + n], (size_t)(c->nsched - from - n) * sizeof(c->sched[0]));
	c->nsched = (uint16_t)(c->nsched - n);
}

/* Once through, in chunks, from the back. */
static bool schedule_thin_chunks(struct minimizer *m, int chunk)
{
	bool smaller = false;

	for (int end = m->best.nsched; end > 0 && !minimizer_spent(m);) {
		int from = end > chunk ? end - chunk : 0;

		m->trial = m->best;
		schedule_remove_entries(&m->trial, from, end - from);
		smaller |= minimizer_try_schedule(m);
		end = from < m->best.nsched ? from : m->best.nsched;
	}
	return smaller;
}

/* Ever smaller chunks. Pairs matter most: a switch away and the one back go together or not at all. */
static bool schedule_thin(struct minimizer *m)
{
	bool smaller = false, again = true;

	for (int chunk = m->best.nsched / 2; chunk > 2; chunk /= 2)
		smaller |= schedule_thin_chunks(m, chunk);
	while (again && !minimizer_spent(m)) {
		again = schedule_thin_chunks(m, 2);
		again |= schedule_thin_chunks(m, 1);
		smaller |= again;
	}
	return smaller;
}

/* "dev0 first" instead of a switch before anybody began. */
static bool schedule_fold_start(struct minimizer *m)
{
	for (int e = 0; e < m->best.nsched; e++) {
		const struct case_sched *s = &m->best.sched[e];
		struct case_file *t = &m->trial;
		int n = 0;

		if (s->point != PT_ACTOR_START || s->what != DO_SWITCH)
			continue;
		*t = m->best;
		t->order[n++] = s->target;
		for (int i = 0; i < ACTOR_COUNT; i++)
			if (m->best.order[i] != s->target)
				t->order[n++] = m->best.order[i];
		schedule_remove_entries(t, e, 1);
		if (minimizer_try_schedule(m))
			return true;
	}
	return false;
}

/* Two switches become one: to where the second went, or to somebody who goes on to there. */
static bool schedule_retarget(struct minimizer *m)
{
	for (int e = 0; e + 1 < m->best.nsched && !minimizer_spent(m); e++) {
		for (int to = 0; to < ACTOR_COUNT; to++) {
			if (to == m->best.sched[e].target)
				continue;
			m->trial = m->best;
			m->trial.sched[e].target = (uint8_t)to;
			schedule_remove_entries(&m->trial, e + 1, 1);
			if (minimizer_try_schedule(m))
				return true;
		}
	}
	return false;
}

bool minimize_shorten(struct minimizer *m)
{
	bool smaller = schedule_thin(m);

	while (!minimizer_spent(m) &&
	       (schedule_fold_start(m) || schedule_retarget(m) || minimize_merge_turns(m))) {
		schedule_thin(m);
		smaller = true;
	}
	return smaller;
}

/* The fixed order as numbered, or with one actor in front. */
static bool schedule_plain_order(struct minimizer *m)
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
static bool schedule_single_preemption(struct minimizer *m)
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
			if (schedule_keep_if_better(m, &policy))
				return true;
			m->trial = empty;
		} while (policy_exhaustive_next(&m->exhaustive));
	}
	return false;
}

static bool schedule_try_pct(struct minimizer *m)
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
		if (schedule_keep_if_better(m, &policy))
			return true;
	}
	return false;
}

bool minimize_schedule(struct minimizer *m)
{
	bool smaller = minimize_shorten(m), again = true;

	m->trial = m->best;
	m->trial.nsched = 0;
	if (m->best.nsched)
		smaller |= minimizer_try_schedule(m);
	for (int round = 0; round < ROUNDS && again && !minimizer_spent(m); round++) {
		again = schedule_single_preemption(m) || schedule_try_pct(m);
		if (again)
			minimize_shorten(m);
		smaller |= again;
	}
	smaller |= schedule_plain_order(m);
	return smaller;
}

bool minimize_hard(struct minimizer *m)
{
	bool smaller = false;

	while (!minimizer_spent(m) && measure_switches(&m->best) > ENOUGH &&
	       (minimize_transfer(m) || minimize_few(m) || minimize_wander(m)))
		smaller = true;
	return smaller;
}
