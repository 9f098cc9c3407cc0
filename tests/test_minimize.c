/* SPDX-License-Identifier: MIT */
/*
 * The minimiser on programs of 60 operations, each with a planted bug: what
 * comes out fails the same way, is small, and is what was promised. With
 * --table N SEED it prints a line for each of N such cases of four programs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/minimize/minimize.h"
#include "engine/run/measure.h"
#include "engine/search/generate.h"
#include "engine/search/hunt.h"

enum {
	OPS = 60,
	PROGRAMS = 400,
	RUNS = 20,
	MOST_OPS = 8,
	MOST_SWITCHES = 3,
	WORST_OPS = 12,
	WORST_SWITCHES = 5
};

/* A program of OPS operations that shows the bug, with its schedule. */
static bool find(struct world *w, int bug, struct generate_config gen, uint64_t seed, struct case_file *c,
                 char *signature)
{
	const struct exec_options opt = {.no_witness = true};
	const char *hw = bug_info((enum bug)bug)->hw;
	struct rng rng;

	gen.total_ops = OPS;
	gen.bugs = (uint64_t)1 << bug;
	gen.profile = profile_find(hw, (unsigned)strlen(hw));
	rng_seed(&rng, seed * 64 + (uint64_t)bug + 1); /* the same when a bug is added */
	for (int i = 0; i < PROGRAMS * RUNS; i++) {
		struct search_try t;
		union search_state state;
		struct sched_policy policy;
		struct exec_result r;
		bool differs;

		if (i % RUNS == 0)
			generate_case(c, &rng, &gen);
		search_draw(&t, &rng, SEARCH_RANDOM, 0, 0);
		policy = search_policy(&state, &t);
		exec_run(w, c, &policy, &opt, &r);
		if (r.verdict != EXEC_VIOLATION ||
		    !hunt_class_of(bug, (enum violation_class)r.violation.class_))
			continue;
		signature_of(&r, c, signature, SIGNATURE_MAX);
		policy = search_policy(&state, &t);
		if (search_record(w, c, &policy, signature, &differs))
			return true;
		assert_false(differs);
	}
	return false;
}

static int by_size(const void *a, const void *b)
{
	const unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static void small_case_fails_the_same_way(struct world *w, const struct case_file *c,
                                          const struct case_file *small, const struct exec_result *r,
                                          const char *signature)
{
	const struct exec_options opt = {.no_witness = true};
	struct case_file fixed = *small;
	struct exec_result again;

	assert_int_equal(r->verdict, EXEC_VIOLATION);
	assert_int_equal(small->expect, r->violation.class_);
	exec_run(w, small, NULL, &opt, &again);
	assert_true(signature_is(&again, small, signature));
	assert_int_equal(again.violation.class_, small->expect);
	case_fix(&fixed);
	assert_memory_equal(&fixed, small, sizeof(fixed));
	assert_true(measure_ops(small) <= measure_ops(c));
	assert_int_equal(small->bugs & ~c->bugs, 0);
	assert_int_equal(small->levels, c->levels);
	assert_int_equal(small->bits, c->bits);
}

static void sixty_operations_become_a_handful(void **state)
{
	unsigned ops[BUG_COUNT], switches[BUG_COUNT], n = 0;
	struct world *w = world_create();

	(void)state;
	assert_non_null(w);
	for (int bug = 0; bug < BUG_COUNT; bug++) {
		const struct minimize_config cfg = {.seed = 1};
		char signature[SIGNATURE_MAX];
		struct case_file c, small;
		struct exec_result r;
		struct minimize_stats st;

		if (!find(w, bug, (struct generate_config){0}, 0, &c, signature))
			continue;
		assert_int_equal(minimize_case(w, &c, &cfg, &small, &r, &st), MINIMIZE_OK);
		small_case_fails_the_same_way(w, &c, &small, &r, signature);
		assert_int_equal(r.skipped, 0);
		assert_int_equal(st.ops_after, measure_ops(&small));
		assert_int_equal(st.switches_after, measure_switches(&small));
		printf("%-40s %2u -> %2u operations, %3u -> %u switches, %llu executions\n",
		       bug_info((enum bug)bug)->slug, st.ops_before, st.ops_after, st.switches_before,
		       st.switches_after, (unsigned long long)st.executions);
		ops[n] = st.ops_after;
		switches[n++] = st.switches_after;
	}
	world_destroy(w);
	/* the rare ones need more search than a test should do */
	assert_true(n >= BUG_COUNT / 2);
	qsort(ops, n, sizeof(ops[0]), by_size);
	qsort(switches, n, sizeof(switches[0]), by_size);
	assert_true(ops[n / 2] <= MOST_OPS);
	assert_true(switches[n / 2] <= MOST_SWITCHES);
}

/* Two CPUs must both be between posting an invalidation and waiting for it: no fresh schedule gets there. */
static void narrow_windows_need_few_switches(void **state)
{
	static const uint64_t seeds[] = {1, 11, 16};
	struct world *w = world_create();

	(void)state;
	assert_non_null(w);
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		const struct minimize_config cfg = {.seed = seeds[i]};
		char signature[SIGNATURE_MAX];
		struct case_file c, small;
		struct exec_result r;
		struct minimize_stats st;

		assert_true(find(w, BUG_COMPLETION_SKIPPED, (struct generate_config){.cpus = 2, .devs = 2},
		                 seeds[i], &c, signature));
		assert_int_equal(minimize_case(w, &c, &cfg, &small, &r, &st), MINIMIZE_OK);
		small_case_fails_the_same_way(w, &c, &small, &r, signature);
		printf("seed %llu: %2u operations, %u switches, %llu executions\n",
		       (unsigned long long)seeds[i], st.ops_after, st.switches_after,
		       (unsigned long long)st.executions);
		assert_true(st.ops_after <= WORST_OPS);
		assert_true(st.switches_after <= WORST_SWITCHES);
	}
	world_destroy(w);
}

/* cpu1 maps what cpu0 reclaims, and a device touches it: all of that costs a switch there and one back. */
static void operations_go_to_the_actor_that_needs_them(void **state)
{
	static const char text[] = "shootdown case 1\n"
	                           "hw amd\n"
	                           "bug amd-completion-wait-skipped\n"
	                           "cpu 0\n"
	                           "  reclaim b 2\n"
	                           "cpu 1\n"
	                           "  mmap b 8 rw\n"
	                           "  write b\n"
	                           "  mremap b a 8\n"
	                           "dev 0 pasid 1\n"
	                           "  dma-write b+1\n"
	                           "schedule\n"
	                           "  cpu0 reclaim#1 at op.begin#1 -> cpu1\n"
	                           "  cpu1 write#1 at hw.walk.fill#1 -> dev0\n"
	                           "  cpu0 reclaim#1 at mm.page.mapped#1 -> cpu1\n"
	                           "  cpu0 reclaim#1 at mm.cache.lock#4 -> cpu1\n"
	                           "  cpu1 mremap#1 at drv.queue.lock#3 -> cpu0\n"
	                           "  cpu0 reclaim#1 at drv.flush.wait#2 -> cpu1\n"
	                           "  cpu1 mremap#1 at hw.queue.sync#3 -> cpu0\n"
	                           "expect lost-dirty\n";
	const struct minimize_config cfg = {.seed = 1};
	const struct exec_options opt = {.no_witness = true};
	struct world *w = world_create();
	char signature[SIGNATURE_MAX];
	struct case_file c, small;
	struct case_error err;
	struct exec_result r;
	struct minimize_stats st;

	(void)state;
	assert_non_null(w);
	assert_true(case_parse(&c, text, strlen(text), &err));
	exec_run(w, &c, NULL, &opt, &r);
	assert_int_equal(r.verdict, EXEC_VIOLATION);
	assert_int_equal(r.skipped, 0);
	signature_of(&r, &c, signature, sizeof(signature));
	assert_int_equal(minimize_case(w, &c, &cfg, &small, &r, &st), MINIMIZE_OK);
	small_case_fails_the_same_way(w, &c, &small, &r, signature);
	assert_int_equal(st.switches_before, 7);
	assert_true(st.switches_after <= 5);
	assert_true(small.prog[ACTOR_CPU0].nops > 1);
	assert_int_equal(small.prog[ACTOR_CPU0].op[0].kind, OP_MMAP);
	world_destroy(w);
}

static void same_seed_gives_the_same_small_case(void **state)
{
	struct world *w = world_create();
	char signature[SIGNATURE_MAX];
	struct case_file c, small[2];

	(void)state;
	assert_non_null(w);
	assert_true(find(w, BUG_FREE_TABLE_UNFLUSHED, (struct generate_config){0}, 0, &c, signature));
	for (int i = 0; i < 2; i++) {
		const struct minimize_config cfg = {.seed = 7};
		struct exec_result r;
		struct minimize_stats st;

		assert_int_equal(minimize_case(w, &c, &cfg, &small[i], &r, &st), MINIMIZE_OK);
	}
	assert_memory_equal(&small[0], &small[1], sizeof(small[0]));
	world_destroy(w);
}

static void clean_case_is_told_to_be_silent(void **state)
{
	const struct minimize_config cfg = {.seed = 1};
	struct world *w = world_create();
	struct case_file c, small;
	struct exec_result r;
	struct minimize_stats st;

	(void)state;
	assert_non_null(w);
	case_init(&c, PROFILE_VTD);
	assert_int_equal(minimize_case(w, &c, &cfg, &small, &r, &st), MINIMIZE_SILENT);
	assert_true(st.executions > 1);
	world_destroy(w);
}

static void budget_ends_the_work_with_a_case_that_fails(void **state)
{
	const struct minimize_config cfg = {.seed = 1, .budget = 300};
	struct world *w = world_create();
	char signature[SIGNATURE_MAX];
	struct case_file c, small;
	struct exec_result r;
	struct minimize_stats st;

	(void)state;
	assert_non_null(w);
	assert_true(find(w, BUG_FREE_TABLE_UNFLUSHED, (struct generate_config){0}, 0, &c, signature));
	assert_int_equal(minimize_case(w, &c, &cfg, &small, &r, &st), MINIMIZE_OK);
	assert_true(st.stopped);
	assert_true(st.executions < 310);
	small_case_fails_the_same_way(w, &c, &small, &r, signature);
	world_destroy(w);
}

/* -- the table ------------------------------------------------------------------------ */

/* Of this process: how busy the machine is does not matter. */
static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One tab-separated line; false: this bug does not show in time. */
static bool row(struct world *w, int bug, uint64_t seed)
{
	const struct exec_options opt = {.no_witness = true};
	const struct minimize_config cfg = {.seed = seed};
	char before[SIGNATURE_MAX], after[SIGNATURE_MAX] = "none";
	struct case_file c, small;
	struct minimize_stats st;
	struct exec_result r;
	unsigned actors = 0;
	double from;

	if (!find(w, bug, (struct generate_config){.cpus = 2, .devs = 2}, seed, &c, before))
		return false;
	for (int a = 0; a < CASE_PROGRAMS; a++)
		actors += c.prog[a].present;
	from = seconds();
	if (minimize_case(w, &c, &cfg, &small, &r, &st) == MINIMIZE_OK) {
		exec_run(w, &small, NULL, &opt, &r);
		signature_of(&r, &small, after, sizeof(after));
	}
	printf("%s\t%u\t%u\t%u\t%u\t%u\t%.2f\t%s\t%s\n", bug_info((enum bug)bug)->slug, actors, st.ops_before,
	       st.ops_after, st.switches_before, st.switches_after, seconds() - from, before, after);
	fflush(stdout);
	return true;
}

/* The bugs in turn; those that do not show in a few thousand runs are passed over. */
static int table(unsigned n, uint64_t seed)
{
	struct world *w = world_create();
	unsigned rows = 0;

	for (unsigned i = 0; w && rows < n && i < 4 * n; i++)
		rows += row(w, (int)(i % BUG_COUNT), seed + i / BUG_COUNT);
	world_destroy(w);
	return rows == n ? 0 : 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sixty_operations_become_a_handful),
	        cmocka_unit_test(narrow_windows_need_few_switches),
	        cmocka_unit_test(operations_go_to_the_actor_that_needs_them),
	        cmocka_unit_test(same_seed_gives_the_same_small_case),
	        cmocka_unit_test(clean_case_is_told_to_be_silent),
	        cmocka_unit_test(budget_ends_the_work_with_a_case_that_fails),
	};

	if (argc == 4 && !strcmp(argv[1], "--table"))
		return table((unsigned)strtoul(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
