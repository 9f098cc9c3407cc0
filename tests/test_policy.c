/* SPDX-License-Identifier: MIT */
/*
 * The engines, tested by arithmetic on toy actors: what random must miss and
 * PCT must hit at its bound.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "toys.h"

/* -- random ------------------------------------------------------------------------- */

static void uniform_gives_every_actor_the_same_share(void **state)
{
	struct toy t;
	unsigned early[3] = {0}, late[3] = {0};

	(void)state;
	toy_init(&t);
	for (int i = 0; i < 3; i++)
		toy_add(&t, 100);
	for (uint64_t seed = 0; seed < 6000; seed++) {
		struct policy_uniform u;
		struct sched_policy policy = policy_uniform(&u, seed);

		assert_int_equal(toy_run(&t, &policy, walkers), SCHED_DONE);
		assert_int_equal(t.len, 300);
		/* all have started by then, and none has ended */
		early[t.trace[30]]++;
		late[t.trace[90]]++;
	}
	/* 2000 expected; 5 sigma is 183 */
	for (int i = 0; i < 3; i++) {
		assert_in_range(early[i], 1817, 2183);
		assert_in_range(late[i], 1817, 2183);
	}
	toy_fini(&t);
}

static void sticky_stays_for_its_mean(void **state)
{
	(void)state;
	for (uint32_t mean = 4; mean <= 64; mean *= 4) {
		struct toy t;
		uint64_t runs = 0, steps = 0;

		toy_init(&t);
		/* neither ends while the other can be watched */
		toy_add(&t, 400);
		toy_add(&t, 400);
		for (uint64_t seed = 0; seed < 400; seed++) {
			struct policy_sticky st;
			struct sched_policy policy = policy_sticky(&st, seed, mean);

			assert_int_equal(toy_run(&t, &policy, walkers), SCHED_DONE);
			for (unsigned i = 1; i < 400; i++)
				runs += t.trace[i] != t.trace[i - 1];
			steps += 399;
		}
		assert_in_range(steps * 100 / runs, mean * 80, mean * 125);
		toy_fini(&t);
	}
}

static void same_seed_gives_the_same_schedule(void **state)
{
	struct toy t;
	uint8_t trace[TRACE];
	unsigned switches;

	(void)state;
	toy_init(&t);
	for (int i = 0; i < 3; i++)
		toy_add(&t, 50);
	for (int engine = 0; engine < 3; engine++) {
		for (int again = 0; again < 2; again++) {
			struct policy_uniform u;
			struct policy_sticky st;
			struct policy_pct p;
			struct sched_policy policy = engine == 0   ? policy_uniform(&u, 7)
			                             : engine == 1 ? policy_sticky(&st, 7, 8)
			                                           : policy_pct(&p, 7, 150, 4);

			toy_run(&t, &policy, walkers);
			if (again) {
				assert_memory_equal(trace, t.trace, t.len);
				assert_int_equal(switches, sched_switches(t.s));
			}
			memcpy(trace, t.trace, sizeof(trace));
			switches = sched_switches(t.s);
		}
	}
	toy_fini(&t);
}

/* -- PCT ---------------------------------------------------------------------------- */

/*
 * Depth 2: the whole of the other actor must fit into one window of this one.
 * Uniform random has to win its toss 60 times in a row.
 */
static void window(void *arg)
{
	struct toy_actor *a = arg;
	struct toy *t = a->toy;

	for (unsigned i = 0; i < a->steps; i++) {
		unsigned before = t->done[1];

		sched_point(t->s, PT_OP_BEGIN);
		if (i == a->steps / 2 && before == 0 && t->done[1] == t->actor[1].steps)
			t->hit = true;
		step(t, 0);
	}
}

enum { LONG = 60, RUNS = 40000 };

static void random_misses_the_long_window(void **state)
{
	sched_body *const bodies[] = {window, walk};
	struct toy t;

	(void)state;
	toy_init(&t);
	toy_add(&t, LONG);
	toy_add(&t, LONG);
	for (uint64_t seed = 0; seed < RUNS; seed++) {
		struct policy_uniform u;
		struct sched_policy policy = policy_uniform(&u, seed);

		toy_run(&t, &policy, bodies);
		assert_false(t.hit);
	}
	toy_fini(&t);
}

static void pct_hits_the_long_window_at_its_bound(void **state)
{
	sched_body *const bodies[] = {window, walk};
	struct toy t;
	unsigned hits = 0, k;
	uint64_t bound;

	(void)state;
	toy_init(&t);
	toy_add(&t, LONG);
	toy_add(&t, LONG);
	toy_run(&t, NULL, bodies);
	k = sched_points(t.s);
	bound = policy_pct_bound(2, k, 2);
	assert_int_equal(k, 2 * LONG + 2);
	assert_int_equal(bound, 2 * k);
	for (uint64_t seed = 0; seed < RUNS; seed++) {
		struct policy_pct p;
		struct sched_policy policy = policy_pct(&p, seed, k, 2);

		toy_run(&t, &policy, bodies);
		hits += t.hit;
	}
	/* the bound is exact here: this actor first, and one of k change points; 163 expected, 4 sigma is 51
	 */
	assert_in_range(hits, RUNS / bound - 51, RUNS / bound + 51);
	toy_fini(&t);
}

/* Depth 3: there and back again, each at one place. */
static void visitor(void *arg)
{
	struct toy_actor *a = arg;
	struct toy *t = a->toy;

	for (unsigned i = 0; i < a->steps; i++) {
		unsigned before = t->done[0];

		sched_point(t->s, PT_OP_BEGIN);
		if (i == 7 && before == 5 && t->done[0] == t->actor[0].steps)
			t->hit = true;
		step(t, 1);
	}
}

static void pct_depth_3_hits_what_depth_2_cannot(void **state)
{
	sched_body *const bodies[] = {walk, visitor};
	unsigned hits[4] = {0}, k = 2 * 12 + 2;
	struct toy t;

	(void)state;
	toy_init(&t);
	toy_add(&t, 12);
	toy_add(&t, 12);
	for (unsigned depth = 1; depth <= 3; depth++) {
		for (uint64_t seed = 0; seed < RUNS; seed++) {
			struct policy_pct p;
			struct sched_policy policy = policy_pct(&p, seed, k, depth);

			toy_run(&t, &policy, bodies);
			hits[depth] += t.hit;
		}
	}
	assert_int_equal(hits[1], 0);
	assert_int_equal(hits[2], 0);
	/* at least the bound, less 4 sigma */
	assert_true(hits[3] >= RUNS / policy_pct_bound(2, k, 3) - 22);
	toy_fini(&t);
}

/* After a point nobody who could run stands above the one that does. */
static void watch(struct toy *t, int me)
{
	uint32_t blocked = sched_blocked(t->s);

	for (int a = 0; a < t->actors; a++)
		if (a != me && !sched_finished(t->s, a) && !(blocked >> a & 1) &&
		    t->pct->prio[a] > t->pct->prio[me])
			t->out_of_order++;
}

static bool is_open(void *arg) { return ((struct toy *)arg)->open; }

static void opener(void *arg)
{
	struct toy_actor *a = arg;
	struct toy *t = a->toy;

	for (unsigned i = 0; i < a->steps; i++) {
		sched_point(t->s, PT_OP_BEGIN);
		watch(t, a->number);
		if (i == a->steps / 2) {
			t->open = true;
			sched_wake(t->s, &t->wq);
		}
	}
}

static void waiter(void *arg)
{
	struct toy_actor *a = arg;
	struct toy *t = a->toy;

	sched_wait(t->s, &t->wq, PT_OP_END, is_open, t);
	for (unsigned i = 0; i < a->steps; i++) {
		sched_point(t->s, PT_OP_BEGIN);
		watch(t, a->number);
	}
}

static void pct_runs_the_highest_also_after_a_wake_up(void **state)
{
	sched_body *const bodies[] = {opener, waiter, waiter};
	struct toy t;
	struct policy_pct p;

	(void)state;
	toy_init(&t);
	for (int i = 0; i < 3; i++)
		toy_add(&t, 20);
	t.pct = &p;
	for (uint64_t seed = 0; seed < 2000; seed++) {
		struct sched_policy policy = policy_pct(&p, seed, 66, 1 + seed % 5);

		assert_int_equal(toy_run(&t, &policy, bodies), SCHED_DONE);
		assert_int_equal(t.out_of_order, 0);
	}
	toy_fini(&t);
}

static void spin(void *arg)
{
	struct toy_actor *a = arg;

	while (!a->toy->open)
		sched_relax(a->toy->s, PT_OP_BEGIN);
}

static void pct_does_not_starve_whom_spinners_wait_for(void **state)
{
	sched_body *const bodies[] = {spin, opener, spin};
	struct toy t;
	struct policy_pct p;

	(void)state;
	toy_init(&t);
	for (int i = 0; i < 3; i++)
		toy_add(&t, 20);
	t.pct = &p;
	for (uint64_t seed = 0; seed < 2000; seed++) {
		struct sched_policy policy = policy_pct(&p, seed, 66, 1 + seed % 5);

		assert_int_equal(toy_run(&t, &policy, bodies), SCHED_DONE);
		assert_true(sched_points(t.s) < 200);
	}
	toy_fini(&t);
}

static void pct_bound_is_told_where_it_fits(void **state)
{
	(void)state;
	assert_int_equal(policy_pct_bound(6, 212, 1), 6);
	assert_int_equal(policy_pct_bound(6, 212, 3), 6 * 212 * 212);
	assert_int_equal(policy_pct_bound(16, UINT32_MAX, 8), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(uniform_gives_every_actor_the_same_share),
	        cmocka_unit_test(sticky_stays_for_its_mean),
	        cmocka_unit_test(same_seed_gives_the_same_schedule),
	        cmocka_unit_test(random_misses_the_long_window),
	        cmocka_unit_test(pct_hits_the_long_window_at_its_bound),
	        cmocka_unit_test(pct_depth_3_hits_what_depth_2_cannot),
	        cmocka_unit_test(pct_runs_the_highest_also_after_a_wake_up),
	        cmocka_unit_test(pct_does_not_starve_whom_spinners_wait_for),
	        cmocka_unit_test(pct_bound_is_told_where_it_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
