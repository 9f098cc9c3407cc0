/* SPDX-License-Identifier: MIT */
/*
 * The floor: four fibers on the same scheduler, asked by a policy that draws a
 * number wherever the measured engine draws one, and 64 KiB cleared. It has no
 * model, no events and no oracle.
 */
#include "bench/bench.h"

#include <stdlib.h>
#include <string.h>

#include "engine/run/actors.h"

enum { FLOOR_FIBERS = 4, FLOOR_RESET = 64 * 1024 };
enum { CALIBRATIONS = 4, CALIBRATION_RUNS = 500, GAP_ONE = 1 << 16 };

struct fiber_arg {
	struct floor *f;
	uint32_t points;
};

struct floor {
	struct sched *sched;
	uint8_t current;
	enum bench_engine engine;
	struct rng rng;
	uint32_t threshold; /* uniform: switch if the drawn number is below it */
	uint32_t gap;       /* sticky: 2 * mean - 1 points between two switches, times GAP_ONE */
	struct fiber_arg arg[FLOOR_FIBERS];
	uint8_t *memory;
};

static void floor_body(void *arg)
{
	struct fiber_arg *a = arg;

	for (uint32_t i = 0; i < a->points; i++)
		sched_point(a->f->sched, PT_OP_BEGIN);
}

static int floor_other(struct floor *f, uint32_t runnable)
{
	uint32_t others = runnable & ~actors_bit(sched_current(f->sched));

	if (!others)
		return sched_current(f->sched);
	return actors_nth(others, rng_below(&f->rng, (uint32_t)actors_count(others)));
}

static void floor_start(void *ctx, struct sched *s)
{
	(void)ctx;
	sched_set_fuse(s, 1);
}

static int floor_next(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	struct floor *f = ctx;

	(void)p;
	if (f->engine == BENCH_STICKY) {
		/* as many points below the mean as above it */
		sched_set_fuse(s, 1 + rng_below(&f->rng, f->gap) / GAP_ONE);
		return kind == SCHED_FORCED || sched_points(s) > 1 ? floor_other(f, runnable)
		                                                   : actors_lowest(runnable);
	}
	sched_set_fuse(s, 1);
	if (kind == SCHED_PLAIN && (uint32_t)rng_next(&f->rng) >= f->threshold &&
	    (runnable & actors_bit(sched_current(s))))
		return sched_current(s);
	return floor_other(f, runnable);
}

struct floor *floor_create(void)
{
	struct floor *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->memory = malloc(FLOOR_RESET);
	f->sched = sched_create(&f->current);
	if (!f->memory || !f->sched) {
		floor_destroy(f);
		return NULL;
	}
	rng_seed(&f->rng, 1);
	return f;
}

void floor_destroy(struct floor *f)
{
	if (!f)
		return;
	if (f->sched)
		sched_destroy(f->sched);
	free(f->memory);
	free(f);
}

static void floor_tune(struct floor *f, uint32_t points, double plain)
{
	double share = points ? plain / points : 0;
	double gap = plain >= 1 ? 2 * points / plain - 1 : 2.0 * points + 1;

	f->threshold = share >= 1 ? UINT32_MAX : (uint32_t)(share * UINT32_MAX);
	f->gap = gap <= 1 ? GAP_ONE : (uint32_t)(gap * GAP_ONE);
}

void floor_set(struct floor *f, enum bench_engine engine, uint32_t points, double switches)
{
	/* the fibers' ends are switches too */
	double plain = switches > FLOOR_FIBERS ? switches - FLOOR_FIBERS : 0;

	f->engine = engine == BENCH_UNIFORM ? BENCH_UNIFORM : BENCH_STICKY;
	for (int i = 0; i < FLOOR_FIBERS; i++) {
		f->arg[i].f = f;
		f->arg[i].points = points / FLOOR_FIBERS + ((uint32_t)i < points % FLOOR_FIBERS);
	}
	/* A lone fiber at the end has nobody to switch to: ask for a little more. */
	for (int i = 0; i < CALIBRATIONS; i++) {
		double made;

		floor_tune(f, points, plain);
		made = (double)floor_run(f, CALIBRATION_RUNS) / CALIBRATION_RUNS;
		if (made > 0)
			plain *= switches / made;
	}
}

uint64_t floor_run(struct floor *f, uint32_t n)
{
	const struct sched_policy policy = {floor_start, floor_next, f};
	uint64_t switches = 0;

	for (uint32_t k = 0; k < n; k++) {
		sched_reset(f->sched, &policy, UINT32_MAX);
		memset(f->memory, (int)k, FLOOR_RESET);
		__asm__ volatile("" : : "r"(f->memory) : "memory");
		for (int i = 0; i < FLOOR_FIBERS; i++)
			sched_spawn(f->sched, i, floor_body, &f->arg[i], false);
		sched_run(f->sched, -1);
		switches += sched_switches(f->sched);
	}
	return switches;
}
