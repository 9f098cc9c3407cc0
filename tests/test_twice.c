/* SPDX-License-Identifier: MIT */
/*
 * The check for uncontrolled nondeterminism: silent on the model under each
 * profile and engine, and not silent where something outlives an execution.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engine/run/measure.h"
#include "engine/search/generate.h"
#include "engine/search/hunt.h"
#include "flaky.h"

static const char UNMAP[] = "shootdown case 1\nhw vtd\n"
                            "cpu 0\n  mmap a 2 rw\n  write a\n  munmap a 2\n"
                            "dev 0 pasid 1\n  dma-write a\n";

struct fixture {
	struct world *w;
	struct twice *twice;
	struct case_file c;
	struct exec_result r;
	struct twice_difference d;
	struct flaky flaky;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct case_error err;

	assert_non_null(f);
	f->w = world_create();
	f->twice = twice_create();
	assert_non_null(f->w);
	assert_non_null(f->twice);
	assert_true(case_parse(&f->c, UNMAP, strlen(UNMAP), &err));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	twice_destroy(f->twice);
	world_destroy(f->w);
	free(f);
	return 0;
}

static const struct exec_options OPTIONS = {.no_witness = true};

static bool same_twice(struct fixture *f, const struct sched_policy *first, const struct sched_policy *then)
{
	twice_first(f->twice, f->w, &f->c, first, &OPTIONS, &f->r);
	assert_int_not_equal(f->r.verdict, EXEC_DEFECT);
	return twice_again(f->twice, then, &f->d);
}

/* -- the model has none ----------------------------------------------------------------- */

static uint64_t hunt_twice(struct world *w, int profile, enum search_engine engine, uint64_t budget)
{
	const struct hunt_config cfg = {.bug = HUNT_CLEAN,
	                                .profile = profile,
	                                .engine = engine,
	                                .seed = 1,
	                                .budget = budget,
	                                .twice = true};
	struct hunt *h = hunt_create(w, &cfg);
	struct hunt_find find;
	enum hunt_end end;
	uint64_t checked;

	assert_non_null(h);
	end = hunt_next(h, &find);
	if (end == HUNT_DEFECT && find.differs)
		fail_msg("%s: %s: event %u: %s, then %s", profile_name((enum profile_id)profile),
		         find.difference.what, find.difference.event, find.difference.text[0],
		         find.difference.text[1]);
	assert_int_equal(end, HUNT_BUDGET);
	checked = hunt_stats(h)->replayed + hunt_stats(h)->rerun;
	hunt_destroy(h);
	return checked;
}

static void the_model_does_the_same_twice_on_each_profile(void **state)
{
	struct fixture *f = *state;

	for (int p = 0; p < PROFILE_COUNT; p++) {
		assert_int_equal(hunt_twice(f->w, p, SEARCH_MIX, 2000), 2000);
		assert_int_equal(hunt_twice(f->w, p, SEARCH_RANDOM, 1000), 1000);
		assert_int_equal(hunt_twice(f->w, p, SEARCH_EXHAUSTIVE, 1000), 1000);
	}
}

/* More switches than a case has room for. */
static void long_case(struct fixture *f, int profile, uint64_t seed)
{
	const struct generate_config gen = {.profile = profile, .cpus = 4, .devs = 2, .total_ops = 80};
	struct rng rng;

	rng_seed(&rng, seed);
	generate_case(&f->c, &rng, &gen);
}

static void the_model_does_the_same_twice_where_only_the_seed_can_be_kept(void **state)
{
	struct fixture *f = *state;
	struct sched_policy first, then;
	struct policy_uniform u[2];

	for (int p = 0; p < PROFILE_COUNT; p++) {
		unsigned is_long = 0;

		for (uint64_t seed = 0; seed < 40; seed++) {
			long_case(f, p, seed);
			first = policy_uniform(&u[0], seed);
			then = policy_uniform(&u[1], seed);
			if (!same_twice(f, &first, &then))
				fail_msg("%s: %s", profile_name((enum profile_id)p), f->d.what);
			is_long += twice_is_long(f->twice);
		}
		assert_true(is_long > 20);
	}
}

/* -- and the check is there --------------------------------------------------------------- */

/* An execution of nothing but defaults, so that a point more moves nobody. */
static void teach(struct fixture *f, enum flaky_kind kind)
{
	f->flaky.kind = kind;
	flaky_install(&f->flaky, f->w);
	assert_true(same_twice(f, NULL, NULL));
	assert_true(f->flaky.calls > 0);
	assert_int_equal(f->flaky.calls % 2, 0);
}

static void what_outlives_an_execution_is_seen_and_where_it_begins(void **state)
{
	struct fixture *f = *state;
	unsigned calls;

	teach(f, FLAKY_AGAIN);
	calls = f->flaky.calls / 2; /* of one execution */
	f->flaky.at = f->flaky.calls + calls + 1;
	assert_false(same_twice(f, NULL, NULL));
	assert_non_null(strstr(f->d.what, "events"));
	assert_in_range(f->d.event, 1, exec_events(f->w)->len - 1);
	assert_memory_equal(&f->d.text[1][0], "cpu0: ", 6);
	assert_string_not_equal(f->d.text[0], f->d.text[1]);
	/* in the first one it is as bad */
	f->flaky.at = f->flaky.calls + 1;
	assert_false(same_twice(f, NULL, NULL));
	/* and later it is over */
	assert_true(same_twice(f, NULL, NULL));
}

static void one_point_more_is_seen_though_no_event_tells(void **state)
{
	struct fixture *f = *state;

	teach(f, FLAKY_POINT);
	f->flaky.at = f->flaky.calls + f->flaky.calls / 2 + 1;
	assert_false(same_twice(f, NULL, NULL));
	assert_int_equal(f->d.event, TWICE_NO_EVENT);
	assert_non_null(strstr(f->d.what, "points"));
	assert_null(strstr(f->d.what, "events"));
	assert_null(strstr(f->d.what, "trace"));
}

/* A policy that never does the same again: its draws go on where the last execution left them. */
static void fickle_start(void *ctx, struct sched *s)
{
	(void)ctx;
	sched_set_fuse(s, 1);
}

static struct sched_policy fickle(struct policy_uniform *u)
{
	struct sched_policy policy = policy_uniform(u, 1);

	policy.start = fickle_start;
	return policy;
}

static void what_the_policy_makes_up_is_recorded_and_no_difference(void **state)
{
	struct fixture *f = *state;
	struct policy_uniform u;
	const struct sched_policy policy = fickle(&u);
	uint64_t traces[20];

	for (int i = 0; i < 20; i++) {
		assert_true(same_twice(f, &policy, &policy));
		assert_false(twice_is_long(f->twice));
		traces[i] = f->r.trace_hash;
		for (int k = 0; k < i; k++)
			assert_true(traces[k] != traces[i]);
	}
}

static void a_policy_that_does_not_repeat_is_seen_where_its_schedule_is_long(void **state)
{
	struct fixture *f = *state;
	struct policy_uniform u;
	const struct sched_policy policy = fickle(&u);

	long_case(f, PROFILE_VTD, 1);
	assert_false(same_twice(f, &policy, &policy));
	assert_true(twice_is_long(f->twice));
	assert_int_not_equal(f->d.event, TWICE_NO_EVENT);
}

static void another_verdict_is_seen(void **state)
{
	struct fixture *f = *state;

	teach(f, FLAKY_LOST);
	f->flaky.at = f->flaky.calls + f->flaky.calls / 2 + 1;
	assert_false(same_twice(f, NULL, NULL));
	assert_int_equal(f->r.verdict, EXEC_CLEAN);
	assert_non_null(strstr(f->d.what, "clean, then violation walk-freed-table:"));
}

/* -- in a hunt -------------------------------------------------------------------------------- */

/* A seed whose first program has an mm for the device, and the geometry that the world was built with. */
enum { SEED = 4 };

static void a_hunt_ends_there_and_keeps_the_case(void **state)
{
	const struct hunt_config cfg = {
	        .bug = HUNT_CLEAN, .profile = PROFILE_VTD, .seed = SEED, .budget = 20000, .twice = true};
	struct fixture *f = *state;
	struct hunt *h = hunt_create(f->w, &cfg);
	struct hunt_find find;

	assert_non_null(h);
	f->flaky.at = 20;
	flaky_install(&f->flaky, f->w);
	assert_int_equal(hunt_next(h, &find), HUNT_DEFECT);
	assert_true(find.differs);
	assert_true(*find.difference.what && *find.how);
	assert_true(f->flaky.calls >= f->flaky.at);
	assert_true(hunt_stats(h)->executions < 100);
	hunt_destroy(h);
	/* what was kept is the execution, and in a sound world it is the same each time */
	f->c = find.c;
	f->flaky.at = 0;
	assert_true(find.c.nsched > 0);
	assert_true(same_twice(f, NULL, NULL));
}

static void without_the_check_nothing_of_it_is_seen(void **state)
{
	const struct hunt_config cfg = {
	        .bug = HUNT_CLEAN, .profile = PROFILE_VTD, .seed = SEED, .budget = 30};
	struct fixture *f = *state;
	struct hunt *h = hunt_create(f->w, &cfg);
	struct hunt_find find;

	assert_non_null(h);
	f->flaky.at = 20;
	flaky_install(&f->flaky, f->w);
	assert_int_equal(hunt_next(h, &find), HUNT_BUDGET);
	assert_true(f->flaky.calls >= f->flaky.at);
	assert_int_equal(hunt_stats(h)->replayed + hunt_stats(h)->rerun, 0);
	hunt_destroy(h);
}

static void checking_changes_nothing_of_a_hunt(void **state)
{
	struct hunt_config cfg = {.bug = BUG_SPLIT_NO_BBM,
	                          .profile = HUNT_ANY_PROFILE,
	                          .seed = 5,
	                          .budget = 100000,
	                          .probes = true};
	struct fixture *f = *state;
	struct hunt_find find[2];
	struct hunt_stats st[2];

	for (int i = 0; i < 2; i++) {
		struct hunt *h;

		cfg.twice = i;
		h = hunt_create(f->w, &cfg);
		assert_non_null(h);
		assert_int_equal(hunt_next(h, &find[i]), HUNT_FOUND);
		st[i] = *hunt_stats(h);
		hunt_destroy(h);
	}
	assert_int_equal(st[1].replayed + st[1].rerun, st[1].executions);
	st[1].replayed = st[1].rerun = 0;
	assert_memory_equal(&st[0], &st[1], sizeof(st[0]));
	assert_memory_equal(&find[0].c, &find[1].c, sizeof(find[0].c));
	assert_string_equal(find[0].how, find[1].how);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_model_does_the_same_twice_on_each_profile),
	        TEST(the_model_does_the_same_twice_where_only_the_seed_can_be_kept),
	        TEST(what_outlives_an_execution_is_seen_and_where_it_begins),
	        TEST(one_point_more_is_seen_though_no_event_tells),
	        TEST(what_the_policy_makes_up_is_recorded_and_no_difference),
	        TEST(a_policy_that_does_not_repeat_is_seen_where_its_schedule_is_long),
	        TEST(another_verdict_is_seen),
	        TEST(a_hunt_ends_there_and_keeps_the_case),
	        TEST(without_the_check_nothing_of_it_is_seen),
	        TEST(checking_changes_nothing_of_a_hunt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
