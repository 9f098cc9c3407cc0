/* SPDX-License-Identifier: MIT */
/*
 * What names a finding outside of its run: the focus as text, the signature as
 * a file name, the word for the end of a run. That a run fills a finding is
 * tested where runs are (test_stress.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stress/finding.h"

static void assert_focus(const char *text, int actor, int space, unsigned page)
{
	struct rebuild_focus focus;
	char again[REBUILD_FOCUS_TEXT];

	assert_true(rebuild_focus_parse(text, &focus));
	assert_int_equal(focus.actor, actor);
	assert_int_equal(focus.space, space);
	if (space != REBUILD_NOWHERE)
		assert_int_equal(focus.page, page);
	rebuild_focus_print(&focus, again);
	assert_string_equal(again, text);
}

static void a_focus_is_the_same_after_a_way_through_text(void **state)
{
	(void)state;
	assert_focus("dev1,mm0,19", ACTOR_DEV0 + 1, sd_space_of_mm(0), 19);
	assert_focus("cpu3,domain1,0", ACTOR_CPU0 + 3, sd_space_of_domain(1), 0);
	assert_focus("-,mm2,511", EVENT_NOBODY, sd_space_of_mm(2), 511);
	assert_focus("cpu0", ACTOR_CPU0, REBUILD_NOWHERE, 0);
	assert_focus("-", EVENT_NOBODY, REBUILD_NOWHERE, 0);
}

static void what_is_no_focus_is_refused(void **state)
{
	static const char *const wrong[] = {
	        "",           "dev9",       "iommu0,mm0,1", "dev1,",       "dev1,mm0",
	        "dev1,mm9,1", "dev1,mm0,x", "dev1,mm0,1,2", "dev1,page,1", "--"};
	struct rebuild_focus focus;

	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (rebuild_focus_parse(wrong[i], &focus))
			fail_msg("taken for a focus: \"%s\"", wrong[i]);
}

static void a_signature_as_a_file_name_has_no_special_characters(void **state)
{
	char name[SIGNATURE_MAX], small[6];

	(void)state;
	signature_file_name("stale-use:iommu:munmap>free:no-wait:vtd", name, sizeof(name));
	assert_string_equal(name, "stale-use_iommu_munmap_free_no-wait_vtd");
	signature_file_name("race:a+b:../x y", name, sizeof(name));
	assert_string_equal(name, "race_a+b_.._x_y");
	signature_file_name("much too long", small, sizeof(small));
	assert_string_equal(small, "much_");
}

static void every_end_has_a_word(void **state)
{
	(void)state;
	for (int end = STRESS_CLEAN; end <= STRESS_NO_MEMORY; end++)
		assert_true(*stress_end_name((enum stress_end)end));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_focus_is_the_same_after_a_way_through_text),
	        cmocka_unit_test(what_is_no_focus_is_refused),
	        cmocka_unit_test(a_signature_as_a_file_name_has_no_special_characters),
	        cmocka_unit_test(every_end_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
