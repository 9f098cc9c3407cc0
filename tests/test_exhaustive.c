/* SPDX-License-Identifier: MIT */
/*
 * The exhaustive engine: the exact number of schedules of toy programs, by
 * formula and by an independent count; a search that skipped some would look
 * like a clean model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "toys.h"

/* The same count by plain recursion: who is at which step, who runs, what is left to spend. */
static uint64_t count_schedules(unsigned left[TOYS], int actors, int current, unsigned budget)
{
	uint64_t n = 0;
	bool done = left[current] == 0;

	for (int a = 0; a < actors; a++) {
		/* a finished actor leaves by a free choice, a running one by a preemption */
		bool go = a == current ? !done : done || budget > 0;

		if (!go || left[a] == 0)
			continue;
		left[a]--;
		n += count_schedules(left, actors, a, budget - (a != current && !done));
		left[a]++;
	}
	for (int a = 0; a < actors; a++)
		if (left[a])
			return n;
	return 1;
}

/* An actor of n points has n + 1 segments; the first is there once it was chosen. */
static uint64_t expected(const unsigned steps[], int actors, unsigned bound)
{
	uint64_t n = 0;
	unsigned left[TOYS];

	for (int first = 0; first < actors; first++) {
		for (int a = 0; a < actors; a++)
			left[a] = steps[a] + 1;
		left[first]--;
		n += count_schedules(left, actors, first, bound);
	}
	return n;
}

static uint64_t enumerate(const unsigned steps[], int actors, unsigned bound, bool keep_forced)
{
	static struct policy_exhaustive e;
	struct sched_policy policy = policy_exhaustive(&e, bound);
	struct toy t;
	uint64_t n = 0;

	toy_init(&t);
	for (int a = 0; a < actors; a++)
		toy_add(&t, steps[a]);
	e.keep_forced = keep_forced;
	do {
		assert_int_equal(toy_run(&t, &policy, walkers), SCHED_DONE);
		assert_true(e.used <= bound);
		n++;
	} while (policy_exhaustive_next(&e));
	assert_false(e.truncated);
	toy_fini(&t);
	return n;
}

static void exhaustive_runs_the_exact_number_for_two_actors(void **state)
{
	const unsigned steps[] = {3, 4};
	/* m = 3, n = 4 points: 2; + m + n; + 2mn; + n*C(m,2) + m*C(n,2) */
	const uint64_t exact[] = {2, 2 + 7, 2 + 7 + 24, 2 + 7 + 24 + 12 + 18};

	(void)state;
	for (unsigned bound = 0; bound < 4; bound++) {
		assert_int_equal(expected(steps, 2, bound), exact[bound]);
		assert_int_equal(enumerate(steps, 2, bound, false), exact[bound]);
	}
	/* no bound: all interleavings of 4 and 5 segments */
	assert_int_equal(enumerate(steps, 2, 20, false), 126);
}

static void exhaustive_runs_the_exact_number_for_three_actors(void **state)
{
	const unsigned steps[] = {2, 3, 1};

	(void)state;
	assert_int_equal(enumerate(steps, 3, 0, false), 6);
	for (unsigned bound = 0; bound < 5; bound++)
		assert_int_equal(enumerate(steps, 3, bound, false), expected(steps, 3, bound));
	/* 3 + 4 + 2 segments: 9! / (3! 4! 2!) */
	assert_int_equal(enumerate(steps, 3, 20, false), 1260);
}

/* Leaves a trace of its first segment too. */
static void segments(void *arg)
{
	struct toy_actor *a = arg;

	step(a->toy, a->number);
	walk(a);
}

static void exhaustive_repeats_no_schedule(void **state)
{
	static struct policy_exhaustive e;
	static uint8_t traces[64][16];
	sched_body *const bodies[] = {segments, segments};
	struct sched_policy policy = policy_exhaustive(&e, 3);
	struct toy t;
	unsigned n = 0;

	(void)state;
	toy_init(&t);
	toy_add(&t, 3);
	toy_add(&t, 4);
	do {
		toy_run(&t, &policy, bodies);
		assert_true(n < 64);
		assert_int_equal(t.len, 9);
		memcpy(traces[n], t.trace, t.len);
		for (unsigned i = 0; i < n; i++)
			assert_memory_not_equal(traces[i], traces[n], t.len);
		n++;
	} while (policy_exhaustive_next(&e));
	assert_int_equal(n, 63);
	toy_fini(&t);
}

static void exhaustive_can_leave_forced_switches_alone(void **state)
{
	const unsigned steps[] = {2, 2, 2};

	(void)state;
	/* who begins; then the fixed order */
	assert_int_equal(enumerate(steps, 3, 0, true), 3);
	assert_int_equal(enumerate(steps, 3, 0, false), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(exhaustive_runs_the_exact_number_for_two_actors),
	        cmocka_unit_test(exhaustive_runs_the_exact_number_for_three_actors),
	        cmocka_unit_test(exhaustive_repeats_no_schedule),
	        cmocka_unit_test(exhaustive_can_leave_forced_switches_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
