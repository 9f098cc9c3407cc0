/* SPDX-License-Identifier: MIT */
/*
 * Minimiser, schedules near one that is known: most of its switches, which hit
 * the narrow windows of a race, and a few new ones at random points.
 * Everywhere else the fixed order decides, so what comes out has no more
 * entries than were kept and drawn. PCT chooses anew wherever an actor cannot
 * go on, and each choice that is not the fixed order's costs an entry.
 */
#include "engine/minimize/minimizer.h"

#include "engine/run/actors.h"
#include "engine/run/measure.h"
#include "engine/run/world.h"

enum { NEW = 3, GONE = 2, TRIES = 30, JITTER = 2 };

struct few {
	struct sched_policy kept; /* replays the entries that stay */
	struct rng rng;
	uint32_t at[NEW]; /* ascending */
	unsigned n, next;
};

static void few_set_fuse(const struct few *f, struct sched *s)
{
	uint32_t now = sched_points(s), at = f->next < f->n ? f->at[f->next] : 0;

	sched_set_fuse(s, f->next >= f->n ? 0 : at > now ? at - now : 1);
}

static void few_start(void *ctx, struct sched *s)
{
	struct few *f = ctx;

	f->kept.start(f->kept.ctx, s);
	few_set_fuse(f, s);
}

static int few_next(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	struct few *f = ctx;
	int to = f->kept.next(f->kept.ctx, s, p, kind, runnable);
	uint32_t others = runnable & ~actors_bit(to);

	if (f->next < f->n && f->at[f->next] <= sched_points(s) && others) {
		to = actors_nth(others, rng_below(&f->rng, (uint32_t)actors_count(others)));
		f->next++;
	}
	few_set_fuse(f, s);
	return to;
}

static void few_draw_switches(struct few *f, unsigned n, uint32_t points)
{
	f->n = n;
	for (unsigned i = 0; i < n; i++) {
		uint32_t at = 1 + rng_below(&f->rng, points);
		unsigned j = i;

		for (; j > 0 && f->at[j - 1] > at; j--)
			f->at[j] = f->at[j - 1];
		f->at[j] = at;
	}
}

/* A random `keep` of the entries stay. */
static void few_thin_out(struct case_file *c, struct rng *rng, unsigned keep)
{
	unsigned left = c->nsched, n = 0;

	for (unsigned i = 0; i < c->nsched; i++, left--) {
		if (rng_below(rng, left) < keep) {
			c->sched[n++] = c->sched[i];
			keep--;
		}
	}
	c->nsched = (uint16_t)n;
}

/* One entry a little earlier or later: an edit of the program shifts passages. */
static void few_jitter(struct case_file *c, struct rng *rng)
{
	struct case_sched *s = &c->sched[rng_below(rng, c->nsched)];
	int passage = s->passage + (int)rng_below(rng, 2 * JITTER + 1) - JITTER;

	if (passage > 0)
		s->passage = (uint16_t)passage;
}

/* `keep` of trial's switches and `fresh` new ones. True: trial has them, and shows the signature. */
static bool few_try(struct minimizer *m, unsigned keep, unsigned fresh, uint32_t points)
{
	struct few f = {.kept = replay_policy(m->w)}, again;
	const struct sched_policy policy = {few_start, few_next, &f};
	struct exec_result r;

	few_thin_out(&m->trial, &m->rng, keep);
	if (m->trial.nsched && rng_one_in(&m->rng, 2))
		few_jitter(&m->trial, &m->rng);
	rng_seed(&f.rng, rng_next(&m->rng));
	few_draw_switches(&f, fresh, points);
	again = f;
	if (!minimizer_run(m, &policy, &r))
		return false;
	f = again;
	return minimizer_record(m, &policy);
}

bool minimizer_near(struct minimizer *m, uint32_t points)
{
	const unsigned n = m->trial.nsched, gone = rng_below(&m->rng, GONE + 1);

	return few_try(m, n - (gone < n ? gone : n), rng_below(&m->rng, NEW + 1), points);
}

bool minimize_few(struct minimizer *m)
{
	const unsigned now = measure_switches(&m->best), most = now - 1 < NEW ? now - 1 : NEW;
	const uint32_t tries = TRIES * minimizer_search(m);
	struct exec_result r;

	m->trial = m->best;
	if (now < 2 || !minimizer_run(m, NULL, &r))
		return false;
	for (uint32_t i = 0, points = r.points; i < tries && !minimizer_spent(m); i++) {
		const unsigned fresh = 1 + i % most;

		m->trial = m->best;
		if (!few_try(m, now - 1 - fresh, fresh, points) || measure_switches(&m->trial) >= now)
			continue;
		minimizer_accept(m);
		return true;
	}
	return false;
}
