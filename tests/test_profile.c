/* SPDX-License-Identifier: MIT */
/* The presets and their flags: names, limits, values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hw/profile.h"

static void presets_are_found_by_their_names(void **state)
{
	(void)state;
	for (int i = 0; i < PROFILE_COUNT; i++) {
		const char *name = profile_name((enum profile_id)i);

		assert_int_equal(profiles[i].id, i);
		assert_int_equal(profile_find(name, (unsigned)strlen(name)), i);
	}
	assert_int_equal(profile_find("smmuv3", 6), PROFILE_SMMUV3);
	assert_int_equal(profile_find("smmuv3-btm", 10), PROFILE_SMMUV3_BTM);
	assert_int_equal(profile_find("smmuv3 bbml=1", 6), PROFILE_SMMUV3);
	assert_int_equal(profile_find("smmu", 4), -1);
	assert_int_equal(profile_find("", 0), -1);
}

static void presets_hold_what_the_table_says(void **state)
{
	(void)state;
	assert_int_equal(profiles[PROFILE_VTD].order_classes, 1);
	assert_int_equal(profiles[PROFILE_SMMUV3].order_classes, 0);
	assert_int_equal(profiles[PROFILE_RISCV].drain_always, 0);
	assert_int_equal(profiles[PROFILE_SMMUV3].snoop, 0);
	assert_int_equal(profiles[PROFILE_SMMUV3_BTM].snoop, 1);
	assert_int_equal(profiles[PROFILE_RISCV].tables_need_all, 1);
}

static void every_flag_has_a_name_a_clause_and_legal_presets(void **state)
{
	(void)state;
	for (int f = 0; f < PF_COUNT; f++) {
		const char *name = profile_flag_name((enum profile_flag)f);

		assert_int_equal(profile_flag_find(name, (unsigned)strlen(name)), f);
		assert_true(strlen(profile_flag_clause((enum profile_flag)f)) > 0);
		for (int i = 0; i < PROFILE_COUNT; i++)
			assert_true(profile_get(&profiles[i], (enum profile_flag)f) <=
			            profile_flag_max((enum profile_flag)f));
	}
	assert_int_equal(profile_flag_find("bbm", 3), -1);
	assert_int_equal(profile_flag_find("bbml=1", 4), PF_bbml);
}

static void set_changes_one_flag_and_is_clamped(void **state)
{
	(void)state;
	for (int f = 0; f < PF_COUNT; f++) {
		struct profile p = profiles[PROFILE_SMMUV3];

		profile_set(&p, (enum profile_flag)f, 250);
		assert_int_equal(profile_get(&p, (enum profile_flag)f),
		                 profile_flag_max((enum profile_flag)f));
		profile_set(&p, (enum profile_flag)f, 0);
		assert_int_equal(profile_get(&p, (enum profile_flag)f),
		                 profile_flag_min(PROFILE_SMMUV3, (enum profile_flag)f));
		profile_set(&p, (enum profile_flag)f,
		            profile_get(&profiles[PROFILE_SMMUV3], (enum profile_flag)f));
		assert_memory_equal(&p, &profiles[PROFILE_SMMUV3], sizeof(p));
	}
}

static void who_cannot_ask_for_a_drain_always_has_one(void **state)
{
	static const unsigned least[PROFILE_COUNT] = {
	        [PROFILE_AMD] = 1, [PROFILE_SMMUV3] = 1, [PROFILE_SMMUV3_BTM] = 1};

	(void)state;
	for (int i = 0; i < PROFILE_COUNT; i++) {
		struct profile p = profiles[i];

		for (int f = 0; f < PF_COUNT; f++) {
			assert_int_equal(profile_flag_min((enum profile_id)i, (enum profile_flag)f),
			                 f == PF_drain_always ? least[i] : 0);
			assert_true(profile_get(&p, (enum profile_flag)f) >=
			            profile_flag_min((enum profile_id)i, (enum profile_flag)f));
		}
		profile_set(&p, PF_drain_always, 0);
		assert_int_equal(p.drain_always, least[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(presets_are_found_by_their_names),
	        cmocka_unit_test(presets_hold_what_the_table_says),
	        cmocka_unit_test(every_flag_has_a_name_a_clause_and_legal_presets),
	        cmocka_unit_test(set_changes_one_flag_and_is_clamped),
	        cmocka_unit_test(who_cannot_ask_for_a_drain_always_has_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
