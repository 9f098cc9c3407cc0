/* SPDX-License-Identifier: MIT */
/*
 * Minimiser, schedules of many switches: turns that change places. Where a
 * race has several narrow windows, fresh schedules do not meet all of them in
 * any number of tries that one would wait for (once in 25,000 or less for two
 * CPUs that must both be between posting an invalidation and waiting for it).
 * What is known of the windows is in the schedule at hand, so that is worked
 * on: two turns of one actor become one; and where no such step is left, turns
 * are moved at random, and what still fails is made shorter again.
 */
#include "engine/minimize/minimizer.h"

#include "engine/run/measure.h"

enum { NEIGHBOURS = 2000, MOVES = 3, LONGER = 4 };

bool minimizer_turns(struct minimizer *m, struct turns *t, unsigned cuts)
{
	m->st->executions++;
	return turns_of(t, m->w, &m->best, cuts, &m->rng);
}

bool minimizer_play(struct minimizer *m, struct turns *t, struct exec_result *r)
{
	const struct sched_policy policy = turns_policy(t);

	m->st->tried++;
	m->trial.nsched = 0;
	return !minimizer_spent(m) && minimizer_run(m, &policy, r) && minimizer_record(m, &policy);
}

/* -- merging ---------------------------------------------------------------------- */

static bool turns_try_moved(struct minimizer *m, const struct turns *t, int from, int to)
{
	const unsigned now = measure_switches(&m->best);
	struct turns moved = *t;
	struct exec_result r;
	unsigned n;

	turns_move(&moved, from, to);
	m->trial = m->best;
	if (!minimizer_play(m, &moved, &r))
		return false;
	n = measure_switches(&m->trial);
	/* switches that no entry asks for count as well: the next step may need them gone */
	if (n > now || (n == now && r.switches + 1 >= (uint32_t)t->n))
		return false;
	minimizer_accept(m);
	return true;
}

/* Each turn to the end of the one before it of the same actor, or that one to its beginning. */
bool minimize_merge_turns(struct minimizer *m)
{
	struct turns t;

	if (measure_switches(&m->best) < 2 || !minimizer_turns(m, &t, 0))
		return false;
	for (int i = 1; i < t.n && !minimizer_spent(m); i++) {
		int j = i - 1;

		while (j >= 0 && t.turn[j].end.actor != t.turn[i].end.actor)
			j--;
		if (j >= 0 && (turns_try_moved(m, &t, i, j + 1) || turns_try_moved(m, &t, j, i - 1)))
			return true;
	}
	return false;
}

/* -- at random -------------------------------------------------------------------- */

/* Best with a few turns, or parts of turns, at other places: into trial. */
static bool turns_draw_neighbour(struct minimizer *m, struct turns *t)
{
	struct exec_result r;

	if (!minimizer_turns(m, t, rng_below(&m->rng, TURNS_MAX_CUTS + 1)))
		return false;
	for (uint32_t i = 1 + rng_below(&m->rng, MOVES); i > 0; i--) {
		const uint32_t from = rng_below(&m->rng, (uint32_t)t->n);

		turns_move(t, (int)from, (int)rng_below(&m->rng, (uint32_t)t->n));
	}
	m->trial = m->best;
	return minimizer_play(m, t, &r);
}

/* From one to the next that is as short, until one is shorter. */
bool minimize_wander(struct minimizer *m)
{
	const struct case_file start = m->best;
	const unsigned now = measure_switches(&start);
	struct turns t = {0};

	for (int i = 0; i < NEIGHBOURS && !minimizer_spent(m); i++) {
		const struct case_file from = m->best;

		if (!turns_draw_neighbour(m, &t) || measure_switches(&m->trial) > now + LONGER)
			continue;
		m->best = m->trial;
		minimize_shorten(m);
		if (measure_switches(&m->best) < now)
			return true;
		if (measure_switches(&m->best) > now)
			m->best = from;
	}
	m->best = start;
	return false;
}
