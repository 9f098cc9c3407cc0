/* SPDX-License-Identifier: MIT */
/* Turns: kept and played back they are the same execution; moved they are another one of the same programs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine/minimize/turns.h"
#include "engine/run/measure.h"
#include "engine/search/generate.h"
#include "engine/search/search.h"

enum { CASES = 300, OPS = 20, CUTS = 5 };

static const struct exec_options logged = {.no_witness = true, .log = true};

/* A generated case with the schedule of a random run in it; false: too long to keep. */
static bool draw(struct world *w, struct rng *rng, struct case_file *c)
{
	const struct generate_config gen = {.total_ops = OPS};
	const struct exec_options record = {.no_witness = true, .record = true};
	struct exec_result r;
	struct search_try t;
	union search_state state;
	struct sched_policy policy;

	generate_case(c, rng, &gen);
	search_draw(&t, rng, SEARCH_MIX, 400, measure_actors(c));
	policy = search_policy(&state, &t);
	exec_run(w, c, &policy, &record, &r);
	return exec_recorded(w, c);
}

static void same_execution(unsigned cuts)
{
	struct world *w = world_create();
	struct turns t = {0};
	struct rng rng;
	int played = 0;

	assert_non_null(w);
	rng_seed(&rng, 5);
	for (int i = 0; i < CASES; i++) {
		const struct sched_policy policy = turns_policy(&t);
		struct case_file c;
		struct exec_result a, b;
		int n;

		if (!draw(w, &rng, &c) || !turns_of(&t, w, &c, 0, &rng))
			continue;
		n = t.n;
		if (cuts && !turns_of(&t, w, &c, cuts, &rng))
			continue;
		assert_true(t.n >= n && t.n <= n + (int)cuts);
		exec_run(w, &c, NULL, &logged, &a);
		exec_run(w, &c, &policy, &logged, &b);
		assert_true(a.trace_hash == b.trace_hash);
		assert_int_equal(a.points, b.points);
		played += t.n > n || !cuts;
	}
	assert_true(played > CASES * 3 / 4);
	world_destroy(w);
}

static void turns_in_their_order_are_the_same_execution(void **state)
{
	(void)state;
	same_execution(0);
}

static void cut_turns_are_the_same_execution(void **state)
{
	(void)state;
	same_execution(CUTS);
}

static const char there_and_back[] = "shootdown case 1\n"
                                     "hw vtd\n"
                                     "cpu 0\n"
                                     "  mmap a rw\n"
                                     "  write a\n"
                                     "cpu 1 mm 0\n"
                                     "  mmap b rw\n"
                                     "  write b\n"
                                     "schedule\n"
                                     "  cpu0 write#1 at op.begin#1 -> cpu1\n"
                                     "  cpu1 write#1 at op.begin#1 -> cpu0\n"
                                     "expect clean\n";

static void two_turns_of_one_actor_become_one(void **state)
{
	const struct exec_options record = {.no_witness = true, .record = true};
	struct world *w = world_create();
	struct turns t = {0};
	const struct sched_policy policy = turns_policy(&t);
	struct case_file c;
	struct case_error err;
	struct exec_result before, after;

	(void)state;
	assert_non_null(w);
	assert_true(case_parse(&c, there_and_back, strlen(there_and_back), &err));
	exec_run(w, &c, NULL, NULL, &before);
	assert_true(turns_of(&t, w, &c, 0, NULL));
	assert_int_equal(t.n, before.switches + 1);
	/* cpu0's second turn comes before cpu1's first */
	assert_int_equal(t.turn[0].end.actor, ACTOR_CPU0);
	assert_int_equal(t.turn[1].end.actor, ACTOR_CPU0 + 1);
	assert_int_equal(t.turn[2].end.actor, ACTOR_CPU0);
	turns_move(&t, 2, 1);
	exec_run(w, &c, &policy, &record, &after);
	assert_true(exec_recorded(w, &c));
	assert_int_equal(after.ops, before.ops);
	assert_int_equal(after.switches, before.switches - 2);
	assert_int_equal(measure_switches(&c), 0);
	world_destroy(w);
}

static void turn_that_was_put_in_ends_where_it_says(void **state)
{
	const struct exec_options record = {.no_witness = true, .record = true};
	struct world *w = world_create();
	struct turns t = {0};
	const struct sched_policy policy = turns_policy(&t);
	struct case_file c;
	struct case_error err;
	struct exec_result r;
	struct case_sched end;

	(void)state;
	assert_non_null(w);
	assert_true(case_parse(&c, there_and_back, strlen(there_and_back), &err));
	end = c.sched[0];
	c.nsched = 0;
	assert_true(turns_of(&t, w, &c, 0, NULL));
	turns_insert(&t, 0, &end);
	exec_run(w, &c, &policy, &record, &r);
	assert_true(exec_recorded(w, &c));
	/* the turn after it is still cpu0's, so nothing happens until another one comes between */
	assert_int_equal(c.nsched, 0);
	turns_move(&t, 2, 1);
	exec_run(w, &c, &policy, &record, &r);
	assert_true(exec_recorded(w, &c));
	assert_int_equal(c.nsched, 1);
	assert_memory_equal(&c.sched[0], &end, sizeof(end));
	world_destroy(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(turns_in_their_order_are_the_same_execution),
	        cmocka_unit_test(cut_turns_are_the_same_execution),
	        cmocka_unit_test(two_turns_of_one_actor_become_one),
	        cmocka_unit_test(turn_that_was_put_in_ends_where_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
