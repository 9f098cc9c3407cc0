/* SPDX-License-Identifier: MIT */
/*
 * bench: what an execution costs, against a floor measured beside it.
 *
 * The floor is the cheapest execution a fuzzer of this shape could have: four
 * fibers that pass as many points and make as many switches as the case does,
 * plus a memset of 64 KiB for a reset, and no model at all.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "case/case.h"
#include "engine/run/exec.h"
#include "engine/search/policy.h"

enum bench_engine { BENCH_UNIFORM, BENCH_STICKY, BENCH_REPLAY };
enum { BENCH_STICKY_MEAN = 20 };

/* -- floor ------------------------------------------------------------------ */
struct floor;
struct floor *floor_create(void);
void floor_destroy(struct floor *f);
/* What every execution does from here on: points in all, switches on average. */
void floor_set(struct floor *f, enum bench_engine engine, uint32_t points, double switches);
/* Runs n executions; returns the switches they made. */
uint64_t floor_run(struct floor *f, uint32_t n);

/* -- one case ----------------------------------------------------------------- */
struct subject {
	struct world *world;
	struct case_file *c;
	enum bench_engine engine;
	struct exec_options opt;
	struct rng seeds;
	uint64_t points, switches, violations; /* of all executions so far */
};
/* Runs n executions, each with a schedule of its own. */
void subject_run(struct subject *s, uint32_t n);

/* -- measuring ---------------------------------------------------------------- */
struct rates {
	double value, floor;     /* executions a second, medians over the rounds */
	double ratio;            /* median of the rounds' ratios */
	double points, switches; /* of one execution, on average */
};
/* Interleaved rounds of about `seconds` each for the subject and (NULL: without) the floor. */
struct rates bench_measure(struct subject *s, struct floor *f, unsigned rounds, double seconds);

/* -- reporting ---------------------------------------------------------------- */
struct row {
	const char *name, *unit;
	double value, floor, ratio; /* floor, ratio: < 0 if there is none */
};
void bench_report(const struct row *row, bool json);

#endif
