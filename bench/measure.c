/* SPDX-License-Identifier: MIT */
/*
 * Measuring: subject and floor take turns in short rounds, so that whatever
 * else the machine does hits both; a round's ratio is what is compared, and
 * the median over the rounds is what is told. CPU time of this thread, because
 * the machine may be shared.
 */
#include "bench/bench.h"

#include <stdlib.h>
#include <time.h>

enum { MAX_ROUNDS = 1001 };

static double measure_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void subject_run(struct subject *s, uint32_t n)
{
	struct exec_result res;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t seed = rng_next(&s->seeds);
		struct policy_uniform uniform;
		struct policy_sticky sticky;
		struct sched_policy policy;

		if (s->engine == BENCH_UNIFORM)
			policy = policy_uniform(&uniform, seed);
		else if (s->engine == BENCH_STICKY)
			policy = policy_sticky(&sticky, seed, BENCH_STICKY_MEAN);
		exec_run(s->world, s->c, s->engine == BENCH_REPLAY ? NULL : &policy, &s->opt, &res);
		s->points += res.points;
		s->switches += res.switches;
		s->violations += res.verdict == EXEC_VIOLATION;
	}
}

static int measure_by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double measure_median(double *v, unsigned n)
{
	qsort(v, n, sizeof(*v), measure_by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double measure_subject(struct subject *s, uint32_t n)
{
	double from = measure_now();

	subject_run(s, n);
	return measure_now() - from;
}

static double measure_floor(struct floor *f, uint32_t n)
{
	double from = measure_now();

	floor_run(f, n);
	return measure_now() - from;
}

/* Executions that fill a round. */
static uint32_t measure_batch_of(double seconds, double took, uint32_t n)
{
	double want = took > 0 ? n * seconds / took : n;

	return want < 1 ? 1 : want > 1e6 ? 1000000 : (uint32_t)want;
}

struct rates bench_measure(struct subject *s, struct floor *f, unsigned rounds, double seconds)
{
	static const uint32_t warm = 200;
	double value[MAX_ROUNDS], floor[MAX_ROUNDS], ratio[MAX_ROUNDS];
	struct rates r = {0};
	uint32_t n, m = 0;

	rounds = rounds < 1 ? 1 : rounds > MAX_ROUNDS ? MAX_ROUNDS : rounds;
	subject_run(s, warm);
	s->points = s->switches = 0;
	n = measure_batch_of(seconds, measure_subject(s, warm), warm);
	r.points = (double)s->points / warm;
	r.switches = (double)s->switches / warm;
	if (f) {
		floor_set(f, s->engine, (uint32_t)(r.points + 0.5), r.switches);
		measure_floor(f, warm);
		m = measure_batch_of(seconds, measure_floor(f, warm), warm);
	}
	for (unsigned i = 0; i < rounds; i++) {
		value[i] = n / measure_subject(s, n);
		if (!f)
			continue;
		floor[i] = m / measure_floor(f, m);
		ratio[i] = value[i] / floor[i];
	}
	r.value = measure_median(value, rounds);
	if (f) {
		r.floor = measure_median(floor, rounds);
		r.ratio = measure_median(ratio, rounds);
	}
	return r;
}
