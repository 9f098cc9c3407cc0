/* SPDX-License-Identifier: MIT */
/*
 * Minimiser, schedules that are short from the start: a few switches at random
 * places, and the fixed order wherever an actor cannot go on. PCT chooses anew
 * at each such place, and each choice that is not the fixed order's costs an
 * entry; a schedule of this kind has as many entries as it was given switches.
 */
#include "engine/minimizer.h"

#include "engine/actors.h"
#include "engine/measure.h"

enum { FEW = 5, TRIES = 150 };

struct few {
	struct rng rng;
	uint32_t at[FEW]; /* ascending */
	unsigned n, next;
};

static void set_fuse(const struct few *f, struct sched *s)
{
	uint32_t now = sched_points(s), at = f->next < f->n ? f->at[f->next] : 0;

	sched_set_fuse(s, f->next >= f->n ? 0 : at > now ? at - now : 1);
}

static void few_start(void *ctx, struct sched *s) { set_fuse(ctx, s); }

static int few_next(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	struct few *f = ctx;
	int to = kind == SCHED_PLAIN ? sched_current(s) : sched_next_in_order(s, runnable);
	uint32_t others = runnable & ~actors_bit(to);

	(void)p;
	if (f->next < f->n && f->at[f->next] <= sched_points(s) && others) {
		to = actors_nth(others, rng_below(&f->rng, (uint32_t)actors_count(others)));
		f->next++;
	}
	set_fuse(f, s);
	return to;
}

static void draw(struct few *f, uint64_t seed, unsigned n, uint32_t points)
{
	*f = (struct few){.n = n};
	rng_seed(&f->rng, seed);
	for (unsigned i = 0; i < n; i++) {
		uint32_t at = 1 + rng_below(&f->rng, points);
		unsigned j = i;

		for (; j > 0 && f->at[j - 1] > at; j--)
			f->at[j] = f->at[j - 1];
		f->at[j] = at;
	}
}

bool minimize_few(struct minimizer *m)
{
	const unsigned now = measure_switches(&m->best), most = now - 1 < FEW ? now - 1 : FEW;
	const uint32_t tries = TRIES * minimizer_search(m);
	struct exec_result r;

	m->trial = m->best;
	if (now < 2 || !minimizer_run(m, NULL, &r))
		return false;
	m->trial.nsched = 0;
	for (uint32_t i = 0, points = r.points; i < tries && !minimizer_spent(m); i++) {
		const uint64_t seed = rng_next(&m->rng);
		struct few f;
		const struct sched_policy policy = {few_start, few_next, &f};

		draw(&f, seed, 1 + i % most, points);
		if (!minimizer_run(m, &policy, &r))
			continue;
		draw(&f, seed, 1 + i % most, points);
		if (minimizer_record(m, &policy) && measure_switches(&m->trial) < now) {
			minimizer_accept(m);
			return true;
		}
		m->trial = m->best;
		m->trial.nsched = 0;
	}
	return false;
}
