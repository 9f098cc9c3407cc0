/* SPDX-License-Identifier: MIT */
/*
 * The engines, tested by arithmetic on toy actors: what random must miss and
 * PCT must hit at its bound, and the exact number of schedules that an
 * exhaustive search has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine/policy.h"

enum { TOYS = 4, TRACE = 1024 };

struct toy;

struct toy_actor {
	struct toy *toy;
	int number;
	unsigned steps; /* points of its body */
};

/* What toy actors share. */
struct toy {
	struct sched *s;
	struct toy_actor actor[TOYS];
	int actors;
	unsigned done[TOYS];  /* steps so far */
	uint8_t trace[TRACE]; /* who did each step */
	unsigned len;
	bool hit;
	struct sched_wq wq;
	bool open;
	const struct policy_pct *pct;
	unsigned out_of_order;
};

static void step(struct toy *t, int me)
{
	t->done[me]++;
	if (t->len < TRACE)
		t->trace[t->len++] = (uint8_t)me;
}

static void walk(void *arg)
{
	struct toy_actor *a = arg;

	for (unsigned i = 0; i < a->steps; i++) {
		sched_point(a->toy->s, PT_OP_BEGIN);
		step(a->toy, a->number);
	}
}

static void toy_init(struct toy *t)
{
	memset(t, 0, sizeof(*t));
	t->s = sched_create(NULL);
	assert_non_null(t->s);
}

static void toy_fini(struct toy *t) { sched_destroy(t->s); }

static void toy_add(struct toy *t, unsigned steps) { t->actor[t->actors++].steps = steps; }

static enum sched_end toy_run(struct toy *t, const struct sched_policy *policy, sched_body *const body[])
{
	memset(t->done, 0, sizeof(t->done));
	memset(&t->wq, 0, sizeof(t->wq));
	t->len = 0;
	t->hit = t->open = false;
	sched_reset(t->s, policy, 10000);
	for (int i = 0; i < t->actors; i++) {
		t->actor[i].toy = t;
		t->actor[i].number = i;
		sched_spawn(t->s, i, body[i], &t->actor[i], false);
	}
	return sched_run(t->s, -1);
}

static sched_body *const walkers[TOYS] = {walk, walk, walk, walk};

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
		sched_yield(a->toy->s, PT_OP_BEGIN);
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

/* -- exhaustive ---------------------------------------------------------------------- */

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
	        cmocka_unit_test(uniform_gives_every_actor_the_same_share),
	        cmocka_unit_test(sticky_stays_for_its_mean),
	        cmocka_unit_test(same_seed_gives_the_same_schedule),
	        cmocka_unit_test(random_misses_the_long_window),
	        cmocka_unit_test(pct_hits_the_long_window_at_its_bound),
	        cmocka_unit_test(pct_depth_3_hits_what_depth_2_cannot),
	        cmocka_unit_test(pct_runs_the_highest_also_after_a_wake_up),
	        cmocka_unit_test(pct_does_not_starve_whom_spinners_wait_for),
	        cmocka_unit_test(pct_bound_is_told_where_it_fits),
	        cmocka_unit_test(exhaustive_runs_the_exact_number_for_two_actors),
	        cmocka_unit_test(exhaustive_runs_the_exact_number_for_three_actors),
	        cmocka_unit_test(exhaustive_repeats_no_schedule),
	        cmocka_unit_test(exhaustive_can_leave_forced_switches_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
