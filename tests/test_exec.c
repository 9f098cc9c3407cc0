/* SPDX-License-Identifier: MIT */
/* One case in one world: replay, skipped entries, witnesses, independence of worlds. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/run/exec.h"
#include "engine/run/signature.h"

static const char UNMAP_IN_FLIGHT[] = "shootdown case 1\nhw vtd\nbug vtd-psi-mask-not-covering\n"
                                      "cpu 0\n  dma-map 0 a+3 2 rw\n  dma-unmap 0 a+3 2\n"
                                      "dev 0 domain 0\n";

static int set_up(void **state)
{
	*state = world_create();
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	world_destroy(*state);
	return 0;
}

static void parse(struct case_file *c, const char *text)
{
	struct case_error err;

	assert_true(case_parse(c, text, strlen(text), &err));
}

static void a_planted_bug_is_seen_and_gone_without(void **state)
{
	struct case_file c;
	struct exec_result r;

	parse(&c, UNMAP_IN_FLIGHT);
	exec_run(*state, &c, NULL, NULL, &r);
	assert_int_equal(r.verdict, EXEC_VIOLATION);
	c.bugs = 0;
	exec_run(*state, &c, NULL, NULL, &r);
	assert_int_equal(r.verdict, EXEC_CLEAN);
	assert_int_equal(r.ops, 2);
}

static void nothing_is_seen_with_the_oracle_off(void **state)
{
	const struct exec_options off = {.no_oracle = true};
	struct case_file c;
	struct exec_result r;

	parse(&c, UNMAP_IN_FLIGHT);
	exec_run(*state, &c, NULL, &off, &r);
	assert_int_equal(r.verdict, EXEC_CLEAN);
}

static void a_witness_shows_it_in_data_and_replays(void **state)
{
	struct case_file c, witnessed;
	struct exec_result r;

	parse(&c, UNMAP_IN_FLIGHT);
	exec_witness(*state, &c, NULL, &r, &witnessed);
	assert_int_equal(r.verdict, EXEC_VIOLATION);
	assert_false(r.violation.latent);
	assert_true(witnessed.nsched > c.nsched);
	exec_run(*state, &witnessed, NULL, NULL, &r);
	assert_int_equal(r.verdict, EXEC_VIOLATION);
	assert_false(r.violation.latent);
	assert_int_equal(r.skipped, 0);
}

static void an_entry_that_is_never_met_is_counted(void **state)
{
	struct case_file c;
	struct exec_result r;

	parse(&c, UNMAP_IN_FLIGHT);
	c.nsched = 1;
	c.sched[0] = (struct case_sched){.actor = ACTOR_CPU0,
	                                 .op_kind = OP_DMA_MAP,
	                                 .op_occurrence = 1,
	                                 .point = PT_OP_BEGIN,
	                                 .passage = 999,
	                                 .target = ACTOR_DEV0};
	exec_run(*state, &c, NULL, NULL, &r);
	assert_int_equal(r.skipped, 1);
}

static void worlds_do_not_share_anything(void **state)
{
	const struct exec_options log = {.log = true};
	struct world *other = world_create();
	struct case_file c, big;
	struct exec_result a, b;

	assert_non_null(other);
	parse(&c, UNMAP_IN_FLIGHT);
	big = c;
	big.levels = 4;
	big.bits = 2;
	exec_run(*state, &c, NULL, &log, &a);
	exec_run(other, &big, NULL, &log, &b);
	exec_run(other, &c, NULL, &log, &b);
	assert_int_not_equal(a.trace_hash, 0);
	assert_int_equal(a.trace_hash, b.trace_hash);
	world_destroy(other);
}

/*
 * Without claims an unmap frees what poison names, far above any frame that was
 * ever allocated. The next execution, the same programs in another order, does
 * nothing wrong, and has no part in what was noted of those frames.
 */
static void a_clean_case_stays_clean_after_a_wrong_one(void **state)
{
	static const char programs[] = "shootdown case 1\nhw vtd\nskip dma.claim\n"
	                               "cpu 0\n  dma-map 0 g 8 rw\n  dma-unmap 0 g 8\n  fork\n"
	                               "cpu 1\n  dma-unmap 0 g+2 6\n  dma-map 0 g+2 6 rw\n"
	                               "  dma-unmap 0 g+2 6\n  dma-unmap 0 g 8\n  dma-unmap 0 g+2 6\n"
	                               "dev 0 domain 0\n  dma-write g\n  dma-read b+2\n  dma-write g\n"
	                               "schedule\n";
	static const char wrong[] = "  cpu0 at actor.start#1 -> dev0\n"
	                            "  iommu0 at hw.queue.idle#2 -> cpu1\n"
	                            "  cpu1 dma-map#1 at mem.alloc#7 -> prq0\n"
	                            "  cpu0 dma-unmap#1 at drv.flush.wait#1 -> iommu0\n";
	static const char fine[] = "  cpu0 at actor.start#1 -> prq0\n"
	                           "  prq0 at hw.prq.wait#2 -> dev0\n"
	                           "  dev0 at actor.end#2 -> cpu1\n"
	                           "  cpu1 dma-unmap#2 at hw.queue.submit#1 -> cpu0\n"
	                           "  cpu0 dma-map#1 at drv.queue.lock#2 -> iommu0\n"
	                           "  cpu1 dma-unmap#2 at drv.flush.wait#1 -> cpu0\n"
	                           "  cpu0 dma-map#1 at hw.queue.sync#2 -> iommu0\n"
	                           "  iommu0 at hw.queue.idle#5 -> cpu0\n"
	                           "  cpu0 dma-map#1 at hw.queue.sync#3 -> iommu0\n"
	                           "  iommu0 at hw.queue.idle#8 -> cpu0\n"
	                           "  cpu0 dma-unmap#1 at hw.queue.sync#2 -> iommu0\n"
	                           "  iommu0 at hw.queue.idle#11 -> cpu0\n";
	char text[2048];
	struct case_file c;
	struct exec_result r;

	snprintf(text, sizeof(text), "%s%sexpect clean\n", programs, wrong);
	parse(&c, text);
	exec_run(*state, &c, NULL, NULL, &r);
	assert_int_equal(r.verdict, EXEC_VIOLATION);
	snprintf(text, sizeof(text), "%s%sexpect clean\n", programs, fine);
	parse(&c, text);
	exec_run(*state, &c, NULL, NULL, &r);
	assert_int_equal(r.skipped, 0);
	assert_int_equal(r.verdict, EXEC_CLEAN);
}

static void the_budget_of_points_ends_a_run(void **state)
{
	const struct exec_options few = {.limit = 10};
	struct case_file c;
	struct exec_result r;

	parse(&c, UNMAP_IN_FLIGHT);
	exec_run(*state, &c, NULL, &few, &r);
	assert_int_equal(r.verdict, EXEC_INCONCLUSIVE);
	assert_non_null(r.why);
	assert_int_equal(r.points, 10);
}

static void signatures_have_no_addresses(void **state)
{
	struct case_file low, high;
	struct exec_result r;
	char a[200], b[200];

	parse(&low, UNMAP_IN_FLIGHT);
	high = low;
	for (int i = 0; i < 2; i++)
		high.prog[ACTOR_CPU0].op[i].region = 3;
	exec_run(*state, &low, NULL, NULL, &r);
	signature_of(&r, &low, a, sizeof(a));
	exec_run(*state, &high, NULL, NULL, &r);
	signature_of(&r, &high, b, sizeof(b));
	assert_string_equal(a, b);
	assert_string_equal(a, "stale-use:dev:dma-unmap>dma-unmap:no-invalidation:vtd");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_planted_bug_is_seen_and_gone_without), TEST(nothing_is_seen_with_the_oracle_off),
	        TEST(a_witness_shows_it_in_data_and_replays), TEST(an_entry_that_is_never_met_is_counted),
	        TEST(worlds_do_not_share_anything),           TEST(a_clean_case_stays_clean_after_a_wrong_one),
	        TEST(the_budget_of_points_ends_a_run),        TEST(signatures_have_no_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
