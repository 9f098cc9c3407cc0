/* SPDX-License-Identifier: MIT */
/*
 * The engines against bugs of known depth. A synthetic bug is an order: the
 * steps of actors 0 and 1 fall into turns of given lengths, actor 0 begins, and
 * whoever else there is does as it likes. d + 1 turns are d orderings of two
 * steps ("the last of this turn before the first of the next"), which is what
 * PCT calls a bug of depth d. From that all chances follow, and from them how
 * many runs an engine is owed: nothing in here was tuned to what it does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "toys.h"

enum { TURNS = 12, STEPS = 80 };

struct bug {
	unsigned depth;
	unsigned turn[TURNS]; /* steps of each, depth + 1 of them */
	unsigned bystanders;  /* actors of 3 steps each */
};

enum { BYSTANDER = 3 };

/* No chance for a random walk: one actor runs far while another stands still. */
static const struct bug far[] = {
        {1, {64, 2}, 0},    {1, {64, 2}, 2},       {2, {2, 64, 2}, 0},
        {2, {1, 64, 3}, 2}, {3, {2, 3, 64, 2}, 0}, {3, {1, 64, 2, 1}, 1},
};

/* Small enough to be met often by both. */
static const struct bug near[] = {
        {1, {3, 2}, 0},       {1, {2, 2}, 2},       {2, {2, 4, 1}, 0},    {2, {1, 2, 2}, 1},
        {3, {2, 1, 2, 2}, 0}, {3, {1, 1, 1, 1}, 0}, {3, {1, 2, 1, 1}, 1}, {4, {1, 2, 1, 2, 1}, 0},
};

enum { FAR = sizeof(far) / sizeof(far[0]), NEAR = sizeof(near) / sizeof(near[0]) };

/* -- a bug on the scheduler ---------------------------------------------------------- */

struct trial {
	struct toy toy; /* must come first: what actors have is a toy */
	uint8_t want[2 * STEPS];
	unsigned at;
	bool off; /* some step came out of order */
};

static void ordered(void *arg)
{
	struct toy_actor *a = arg;
	struct trial *t = (struct trial *)a->toy;

	for (unsigned i = 0; i < a->steps; i++) {
		sched_point(a->toy->s, PT_OP_BEGIN);
		t->off |= t->want[t->at++] != a->number;
	}
}

static sched_body *const bodies[TOYS] = {ordered, ordered, walk, walk};

static unsigned steps_of(const struct bug *b, int actor)
{
	unsigned n = 0;

	for (unsigned i = (unsigned)actor; i <= b->depth; i += 2)
		n += b->turn[i];
	return n;
}

static void trial_init(struct trial *t, const struct bug *b)
{
	unsigned n = 0;

	memset(t, 0, sizeof(*t));
	toy_init(&t->toy);
	for (unsigned i = 0; i <= b->depth; i++)
		for (unsigned k = 0; k < b->turn[i]; k++)
			t->want[n++] = i % 2;
	toy_add(&t->toy, steps_of(b, 0));
	toy_add(&t->toy, steps_of(b, 1));
	for (unsigned i = 0; i < b->bystanders; i++)
		toy_add(&t->toy, BYSTANDER);
}

static bool hits(struct trial *t, const struct sched_policy *policy)
{
	t->at = 0;
	t->off = false;
	assert_int_equal(toy_run(&t->toy, policy, bodies), SCHED_DONE);
	return !t->off;
}

/* k as a hunt measures it: each actor has its steps' points and that of its start. */
static uint32_t measure(struct trial *t)
{
	uint32_t k = 0;

	for (int i = 0; i < t->toy.actors; i++)
		k += t->toy.actor[i].steps + 1;
	hits(t, NULL);
	assert_int_equal(sched_points(t->toy.s), k);
	return k;
}

static unsigned uniform_hits(struct trial *t, uint64_t runs)
{
	unsigned n = 0;

	for (uint64_t seed = 0; seed < runs; seed++) {
		struct policy_uniform u;
		struct sched_policy policy = policy_uniform(&u, seed);

		n += hits(t, &policy);
	}
	return n;
}

/* enough: leave after so many hits. */
static unsigned pct_hits(struct trial *t, uint64_t runs, uint32_t k, unsigned depth, unsigned enough)
{
	unsigned n = 0;

	for (uint64_t seed = 0; seed < runs && n < enough; seed++) {
		struct policy_pct p;
		struct sched_policy policy = policy_pct(&p, seed, k, depth);

		n += hits(t, &policy);
	}
	return n;
}

/* -- arithmetic ------------------------------------------------------------------------ */

static const double CERTAIN = 1e-9, NEVER = 1e-12;

/* Runs after which missing what has this chance is less likely than `CERTAIN`. */
static uint64_t runs_for(double chance)
{
	uint64_t runs = 0;

	for (double missed = 1; missed >= CERTAIN; missed *= 1 - chance)
		runs++;
	return runs;
}

/*
 * PCT at the bug's own depth, exactly. d - 1 of the turns end while their actor
 * could go on: each such end costs a change point, at one place of k. They
 * must come in falling priority, which is one of the orders that drawing them
 * can give, and drawing is by place for each: 1 / k^(d-1). No change is left to
 * mend the beginning: actor 0 must stand above actor 1 in the first place, 1/2
 * whoever else there is. The bound of the paper has 1/n instead.
 */
static double pct_chance(const struct bug *b, uint32_t k)
{
	double chance = 0.5;

	for (unsigned i = 1; i < b->depth; i++)
		chance /= k;
	return chance;
}

/*
 * Uniform random, exactly. From one decision to the next an actor goes from
 * point to point; place 0 is the start, at place i >= 1 its next step is the
 * i-th, and actor 1 is one behind because the run begins inside actor 0. Who
 * of the two moves next is a coin toss until one has ended, bystanders or not.
 */
static double uniform_chance(const struct bug *b, const uint8_t *want)
{
	static double chance[STEPS][STEPS];
	const unsigned last0 = steps_of(b, 0) + 1, last1 = steps_of(b, 1) + 2;

	memset(chance, 0, sizeof(chance));
	chance[0][0] = 1;
	for (unsigned i = 0; i <= last0; i++) {
		for (unsigned k = 0; k <= last1; k++) {
			const unsigned done0 = i ? i - 1 : 0, done1 = k > 1 ? k - 2 : 0;
			const double each = chance[i][k] * (i < last0 && k < last1 ? 0.5 : 1);

			if (i < last0 && (i < 1 || want[done0 + done1] == 0))
				chance[i + 1][k] += each;
			if (k < last1 && (k < 2 || want[done0 + done1] == 1))
				chance[i][k + 1] += each;
		}
	}
	return chance[last0][last1];
}

/* Within 5 sigma of what the chance gives: n * p +- 5 * sqrt(n * p * (1 - p)). */
static void assert_as_often(unsigned hits, uint64_t runs, double chance)
{
	const double mean = (double)runs * chance, off = (double)hits - mean;

	if (off * off > 25 * mean * (1 - chance))
		fail_msg("%u hits in %llu runs, expected %.1f", hits, (unsigned long long)runs, mean);
}

/* The first two steps of actor 1 are worth nothing to it: actor 0 ends before three tosses are lost. */
static void chance_of_the_simplest_bug_has_a_closed_form(void **state)
{
	(void)state;
	for (unsigned steps = 1; steps <= 64; steps++) {
		const struct bug b = {1, {steps, 2}, 0};
		const double n = steps, first = 1 / (double)((uint64_t)1 << (steps - 1)) / 4;
		/* C(n, 0) / 2^(n+1) + C(n+1, 1) / 2^(n+2) + C(n+2, 2) / 2^(n+3) */
		const double exact = first * (1 + (n + 1) / 2 + (n + 2) * (n + 1) / 8);
		struct trial t;
		double got;

		trial_init(&t, &b);
		got = uniform_chance(&b, t.want);
		assert_true(got > exact * (1 - 1e-12) && got < exact * (1 + 1e-12));
		toy_fini(&t.toy);
	}
}

/* -- who must hit, who must miss ---------------------------------------------------------- */

static void pct_hits_within_its_bound_and_random_misses(void **state)
{
	(void)state;
	for (int i = 0; i < FAR; i++) {
		const struct bug *b = &far[i];
		struct trial t;
		uint64_t bound, runs;
		uint32_t k;

		trial_init(&t, b);
		k = measure(&t);
		bound = policy_pct_bound(2 + b->bystanders, k, b->depth);
		runs = runs_for(1 / (double)bound);
		assert_true((double)runs * uniform_chance(b, t.want) < NEVER);
		assert_int_equal(pct_hits(&t, runs, k, b->depth, 1), 1);
		assert_int_equal(uniform_hits(&t, runs), 0);
		toy_fini(&t.toy);
	}
}

/* d - 1 turns end while their actor could go on; depth d - 1 has d - 2 change points. */
static void pct_of_less_depth_never_hits(void **state)
{
	(void)state;
	for (int i = 0; i < FAR + NEAR; i++) {
		const struct bug *b = i < FAR ? &far[i] : &near[i - FAR];
		struct trial t;
		uint32_t k;

		trial_init(&t, b);
		k = measure(&t);
		for (unsigned depth = 1; depth < b->depth; depth++)
			assert_int_equal(pct_hits(&t, 20000, k, depth, 1), 0);
		toy_fini(&t.toy);
	}
}

static void pct_hits_as_often_as_it_should(void **state)
{
	(void)state;
	for (int i = 0; i < NEAR; i++) {
		const struct bug *b = &near[i];
		struct trial t;
		uint32_t k;
		uint64_t runs;
		double chance, bound;

		trial_init(&t, b);
		k = measure(&t);
		chance = pct_chance(b, k);
		bound = 1 / (double)policy_pct_bound(2 + b->bystanders, k, b->depth);
		assert_true(chance >= bound * (1 - 1e-12));
		/* 200 hits expected */
		runs = (uint64_t)(200 / chance);
		assert_as_often(pct_hits(&t, runs, k, b->depth, UINT32_MAX), runs, chance);
		toy_fini(&t.toy);
	}
}

static void uniform_hits_as_often_as_it_should(void **state)
{
	(void)state;
	for (int i = 0; i < NEAR; i++) {
		const struct bug *b = &near[i];
		struct trial t;
		uint64_t runs;
		double chance;

		trial_init(&t, b);
		chance = uniform_chance(b, t.want);
		runs = (uint64_t)(2000 / chance);
		assert_as_often(uniform_hits(&t, runs), runs, chance);
		toy_fini(&t.toy);
	}
}

/* Why a hunt mixes its engines: many switches close together are beyond PCT, and easy for a coin. */
static void random_hits_what_is_too_deep_for_pct(void **state)
{
	const struct bug b = {11, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 0};
	struct trial t;
	uint64_t runs;
	uint32_t k;

	(void)state;
	trial_init(&t, &b);
	k = measure(&t);
	runs = runs_for(uniform_chance(&b, t.want));
	assert_true(runs < 200000);
	assert_true(uniform_hits(&t, runs) > 0);
	/* ten turns end too early, and of change points there are at most seven */
	assert_int_equal(pct_hits(&t, runs, k, POLICY_PCT_DEPTH, 1), 0);
	toy_fini(&t.toy);
}

/* What makes depth d: of all schedules with d - 1 preemptions exactly one is the bug, and none with fewer. */
static void exhaustive_meets_it_once_at_its_depth(void **state)
{
	static struct policy_exhaustive e;

	(void)state;
	for (int i = 0; i < NEAR; i++) {
		const struct bug *b = &near[i];
		struct trial t;

		if (b->bystanders)
			continue; /* theirs are so many bugs */
		trial_init(&t, b);
		for (unsigned bound = 0; bound < b->depth; bound++) {
			struct sched_policy policy = policy_exhaustive(&e, bound);
			unsigned n = 0;

			do
				n += hits(&t, &policy);
			while (policy_exhaustive_next(&e));
			assert_int_equal(n, bound + 1 == b->depth);
		}
		toy_fini(&t.toy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(chance_of_the_simplest_bug_has_a_closed_form),
	        cmocka_unit_test(pct_hits_within_its_bound_and_random_misses),
	        cmocka_unit_test(pct_of_less_depth_never_hits),
	        cmocka_unit_test(pct_hits_as_often_as_it_should),
	        cmocka_unit_test(uniform_hits_as_often_as_it_should),
	        cmocka_unit_test(random_hits_what_is_too_deep_for_pct),
	        cmocka_unit_test(exhaustive_meets_it_once_at_its_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
