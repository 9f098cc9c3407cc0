/* SPDX-License-Identifier: MIT */
/* The mutator as afl-fuzz calls it: few children a parent, each legal, of its campaign and within bounds. */
#include <stdlib.h>
#include <string.h>

#include "engine/search/generate.h"
#include "fuzz/mutate.h"
#include "tests/case_support.h"

void *afl_custom_init(void *afl, unsigned int seed);
uint32_t afl_custom_fuzz_count(void *data, const uint8_t *buf, size_t size);
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add, size_t add_size,
                       size_t max_size);
void afl_custom_deinit(void *data);

static struct case_file c, again;
static uint8_t bytes[CASE_BIN_MAX], other[CASE_BIN_MAX];

static size_t a_parent(uint8_t *to, uint64_t seed)
{
	const struct generate_config any = {.profile = GENERATE_ANY_PROFILE};
	struct rng r;

	rng_seed(&r, seed);
	generate_case(&c, &r, &any);
	return mutate_encode(&c, to, CASE_BIN_MAX);
}

static void test_every_parent_has_few_children(void **state)
{
	void *m = afl_custom_init(NULL, 1);

	(void)state;
	assert_non_null(m);
	for (uint64_t seed = 1; seed < 50; seed++) {
		const size_t len = a_parent(bytes, seed);
		const uint32_t n = afl_custom_fuzz_count(m, bytes, len);

		assert_true(n >= 1); /* 0: afl-fuzz passes the parent by */
		assert_true(n <= 32);
	}
	assert_true(afl_custom_fuzz_count(m, (const uint8_t *)"seed", 4) <= 32);
	afl_custom_deinit(m);
}

static void test_children_are_legal_and_fit(void **state)
{
	void *m;
	unsigned differ = 0;

	(void)state;
	setenv("SHOOTDOWN_HW", "amd", 1);
	m = afl_custom_init(NULL, 2);
	unsetenv("SHOOTDOWN_HW");
	assert_non_null(m);
	for (uint64_t seed = 1; seed < 200; seed++) {
		const size_t len = a_parent(bytes, seed), add = a_parent(other, seed + 1000);
		const size_t most = seed % 2 ? 300 : CASE_BIN_MAX;
		uint8_t *out = NULL;
		const size_t n = afl_custom_fuzz(m, bytes, len, &out, seed % 3 ? other : NULL, add, most);

		assert_true(n > 0);
		assert_true(n <= most);
		assert_non_null(out);
		case_decode(&c, out, n);
		assert_int_equal(c.profile, PROFILE_AMD);
		again = c;
		case_fix(&again);
		support_assert_equal(&c, &again);
		differ += n != len || memcmp(out, bytes, n) != 0;
	}
	assert_true(differ > 190);
	afl_custom_deinit(m);
}

static void test_unknown_words_are_refused(void **state)
{
	(void)state;
	setenv("SHOOTDOWN_BUG", "no-such-bug", 1);
	assert_null(afl_custom_init(NULL, 3));
	unsetenv("SHOOTDOWN_BUG");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_parent_has_few_children),
	        cmocka_unit_test(test_children_are_legal_and_fit),
	        cmocka_unit_test(test_unknown_words_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
