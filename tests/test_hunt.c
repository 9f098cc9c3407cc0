/* SPDX-License-Identifier: MIT */
/* The hunt: what it finds is really that bug's, replays, and is the same hunt for the same seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engine/search/hunt.h"

static enum hunt_end hunt(const struct hunt_config *cfg, struct hunt_find *find, struct hunt_stats *st)
{
	struct world *w = world_create();
	struct hunt *h;
	enum hunt_end end;

	assert_non_null(w);
	h = hunt_create(w, cfg);
	assert_non_null(h);
	end = hunt_next(h, find);
	*st = *hunt_stats(h);
	hunt_destroy(h);
	world_destroy(w);
	return end;
}

static void found_case_replays_and_is_silent_without_the_bug(void **state)
{
	static const enum bug bugs[] = {BUG_FREE_TABLE_UNFLUSHED, BUG_GATHER_END_WRAPS, BUG_SPLIT_NO_BBM};

	(void)state;
	for (size_t i = 0; i < sizeof(bugs) / sizeof(bugs[0]); i++) {
		const struct hunt_config cfg = {
		        .bug = bugs[i], .profile = HUNT_ANY_PROFILE, .seed = 1, .budget = 100000};
		const struct exec_options opt = {.no_witness = true};
		struct world *w = world_create();
		struct hunt_find find;
		struct hunt_stats st;
		struct exec_result r;

		assert_non_null(w);
		assert_int_equal(hunt(&cfg, &find, &st), HUNT_FOUND);
		assert_true(hunt_class_of(bugs[i], (enum violation_class)find.c.expect));
		assert_int_equal(find.c.profile, profile_find(bug_info(bugs[i])->hw,
		                                              (unsigned)strlen(bug_info(bugs[i])->hw)));
		assert_int_equal(find.c.bugs, (uint64_t)1 << bugs[i]);
		exec_run(w, &find.c, NULL, &opt, &r);
		assert_int_equal(r.verdict, EXEC_VIOLATION);
		assert_int_equal(r.violation.class_, find.c.expect);
		assert_true(signature_is(&r, &find.c, find.signature));
		find.c.bugs = 0;
		exec_run(w, &find.c, NULL, &opt, &r);
		assert_int_equal(r.verdict, EXEC_CLEAN);
		world_destroy(w);
	}
}

static void same_seed_is_the_same_hunt(void **state)
{
	const struct hunt_config cfg = {
	        .bug = BUG_SPLIT_NO_BBM, .profile = HUNT_ANY_PROFILE, .seed = 5, .budget = 100000};
	struct hunt_find find[2];
	struct hunt_stats st[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(hunt(&cfg, &find[i], &st[i]), HUNT_FOUND);
	assert_memory_equal(&st[0], &st[1], sizeof(st[0]));
	assert_memory_equal(&find[0].c, &find[1].c, sizeof(find[0].c));
	assert_string_equal(find[0].how, find[1].how);
}

static void budget_is_kept_and_everything_was_really_run(void **state)
{
	const struct hunt_config cfg = {.bug = HUNT_CLEAN,
	                                .profile = HUNT_ANY_PROFILE,
	                                .engine = SEARCH_PCT,
	                                .seed = 3,
	                                .budget = 10000};
	struct hunt_find find;
	struct hunt_stats st;

	(void)state;
	assert_int_equal(hunt(&cfg, &find, &st), HUNT_BUDGET);
	assert_int_equal(st.executions, 10000);
	assert_int_equal(st.violations, 0);
	assert_true(st.points > 10000 * 100);
	for (int op = 0; op < OP_COUNT; op++)
		assert_true(st.seen.op[op] > 0);
	assert_true(st.seen.event[EV_ACCESS] > 0 && st.seen.event[EV_INV] > 0 &&
	            st.seen.event[EV_WAIT_SEEN] > 0);
	/* and now and then something went wrong */
	assert_true(st.seen.event[EV_INV_TIMEOUT] > 0 && st.seen.event[EV_DEV_GONE] > 0 &&
	            st.seen.event[EV_DRV_REPORT] > 0 && st.seen.event[EV_PRQ_DROP] > 0);
}

static void stop_ends_it_at_once(void **state)
{
	volatile sig_atomic_t stop = 1;
	const struct hunt_config cfg = {
	        .bug = HUNT_CLEAN, .profile = HUNT_ANY_PROFILE, .seed = 1, .budget = 1000, .stop = &stop};
	struct hunt_find find;
	struct hunt_stats st;

	(void)state;
	assert_int_equal(hunt(&cfg, &find, &st), HUNT_STOPPED);
	assert_int_equal(st.executions, 0);
}

static void exhaustive_hunt_finds_a_bug_without_luck(void **state)
{
	const struct hunt_config cfg = {.bug = BUG_FREE_TABLE_UNFLUSHED,
	                                .profile = HUNT_ANY_PROFILE,
	                                .engine = SEARCH_EXHAUSTIVE,
	                                .seed = 1,
	                                .budget = 100000};
	struct hunt_find find;
	struct hunt_stats st;

	(void)state;
	assert_int_equal(hunt(&cfg, &find, &st), HUNT_FOUND);
	assert_non_null(strstr(find.how, "exhaustive"));
}

static void class_of_a_bug_is_a_whole_word(void **state)
{
	(void)state;
	assert_true(hunt_class_of(BUG_SPLIT_NO_BBM, VC_OVERLAP));
	assert_false(hunt_class_of(BUG_SPLIT_NO_BBM, VC_STALE_MAP));
	assert_true(hunt_class_of(BUG_PSI_MASK, VC_STALE_PERM));
	assert_true(hunt_class_of(HUNT_CLEAN, VC_LEAK));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(found_case_replays_and_is_silent_without_the_bug),
	        cmocka_unit_test(same_seed_is_the_same_hunt),
	        cmocka_unit_test(budget_is_kept_and_everything_was_really_run),
	        cmocka_unit_test(stop_ends_it_at_once),
	        cmocka_unit_test(exhaustive_hunt_finds_a_bug_without_luck),
	        cmocka_unit_test(class_of_a_bug_is_a_whole_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
