/* SPDX-License-Identifier: MIT */
/* The mutator core: children are legal and of the campaign, trimming only shrinks, nothing is overrun. */
#include <stdlib.h>

#include "engine/search/generate.h"
#include "fuzz/mutate.h"
#include "tests/case_support.h"

static const struct generate_config any = {.profile = GENERATE_ANY_PROFILE};
static const struct mutate_settings open_settings = {.profile = -1};
static struct case_file c, d;
static uint8_t bytes[CASE_BIN_MAX];

static void assert_fixed(const struct case_file *x)
{
	static struct case_file y;

	y = *x;
	case_fix(&y);
	support_assert_equal(x, &y);
}

static void test_children_are_legal_for_generations(void **state)
{
	struct mutator *m = mutator_create(&open_settings);
	unsigned scheduled = 0, rounds = 0;
	struct rng r;

	(void)state;
	assert_non_null(m);
	rng_seed(&r, 41);
	for (int i = 0; i < 60; i++) {
		generate_case(&c, &r, &any);
		for (int k = 0; k < 40; k++) {
			mutator_seed(m, rng_next(&r));
			mutate_case(m, &c);
			assert_fixed(&c);
			scheduled += c.nsched > 0;
			rounds++;
		}
	}
	assert_true(scheduled > rounds / 2);
	mutator_destroy(m);
}

static void test_noise_and_empty_cases_have_children(void **state)
{
	struct mutator *m = mutator_create(&open_settings);
	struct rng r;

	(void)state;
	assert_non_null(m);
	rng_seed(&r, 42);
	for (int i = 0; i < 500; i++) {
		if (rng_one_in(&r, 4))
			case_init(&c, PROFILE_VTD);
		else
			support_noise_case(&c, &r);
		mutator_seed(m, rng_next(&r));
		mutate_case(m, &c);
		assert_fixed(&c);
	}
	mutator_destroy(m);
}

static void test_children_belong_to_the_campaign(void **state)
{
	const struct mutate_settings set = {
	        .profile = PROFILE_SMMUV3, .bugs = (uint64_t)1 << BUG_NESTED_GATHER, .skip = {0, 0}};
	struct mutator *m = mutator_create(&set);
	struct rng r;

	(void)state;
	assert_non_null(m);
	rng_seed(&r, 43);
	for (int i = 0; i < 500; i++) {
		support_noise_case(&c, &r);
		mutator_seed(m, rng_next(&r));
		if (rng_one_in(&r, 3)) {
			support_noise_case(&d, &r);
			mutate_cross(m, &c, &d);
		} else {
			mutate_case(m, &c);
		}
		assert_fixed(&c);
		assert_int_equal(c.profile, PROFILE_SMMUV3);
		assert_true(c.bugs == set.bugs);
		assert_true(c.skip[0] == 0 && c.skip[1] == 0);
		assert_int_equal(c.expect, VC_CLEAN);
	}
	mutator_destroy(m);
}

static void test_the_same_seed_and_past_give_the_same_children(void **state)
{
	struct mutator *m = mutator_create(&open_settings), *n = mutator_create(&open_settings);
	struct rng r;

	(void)state;
	assert_true(m && n);
	rng_seed(&r, 44);
	generate_case(&c, &r, &any);
	d = c;
	for (int i = 0; i < 300; i++) {
		mutator_seed(m, (uint64_t)i);
		mutator_seed(n, (uint64_t)i);
		mutate_case(m, &c);
		mutate_case(n, &d);
		support_assert_equal(&c, &d);
	}
	mutator_destroy(m);
	mutator_destroy(n);
}

static void test_a_cross_takes_from_both(void **state)
{
	struct mutator *m = mutator_create(&open_settings);
	unsigned from_first = 0, from_second = 0, both = 0;

	(void)state;
	assert_non_null(m);
	for (int i = 0; i < 200; i++) {
		bool first = false, second = false;

		case_init(&c, PROFILE_VTD);
		case_init(&d, PROFILE_VTD);
		for (int k = 0; k < 4; k++) {
			c.prog[ACTOR_CPU0].op[c.prog[ACTOR_CPU0].nops++] = (struct case_op){.kind = OP_FORK};
			d.prog[ACTOR_CPU0].op[d.prog[ACTOR_CPU0].nops++] =
			        (struct case_op){.kind = OP_MUNMAP};
		}
		case_fix(&c);
		case_fix(&d);
		mutator_seed(m, (uint64_t)i);
		mutate_cross(m, &c, &d);
		assert_fixed(&c);
		for (int k = 0; k < c.prog[ACTOR_CPU0].nops; k++) {
			first |= c.prog[ACTOR_CPU0].op[k].kind == OP_FORK;
			second |= c.prog[ACTOR_CPU0].op[k].kind == OP_MUNMAP;
		}
		from_first += first;
		from_second += second;
		both += first && second;
	}
	assert_true(from_first > 50 && from_second > 50 && both > 10);
	mutator_destroy(m);
}

static void test_encoding_fits_whatever_the_room(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 45);
	for (int i = 0; i < 300; i++) {
		const size_t cap = 40 + rng_below(&r, 2000);
		size_t len;

		support_noise_case(&c, &r);
		len = mutate_encode(&c, bytes, cap);
		assert_true(len > 0 || cap < 120);
		assert_true(len <= cap);
		if (len == 0)
			continue;
		case_decode(&d, bytes, len);
		support_assert_equal(&c, &d);
	}
	assert_int_equal(mutate_encode(&c, bytes, 0), 0);
}

static unsigned size_of(const struct case_file *x)
{
	return x->nsched + support_ops(x, OP_WHO_CPU) + support_ops(x, OP_WHO_DEV);
}

/* Tries every step once, as AFL++ does, and keeps what still satisfies `good`. */
static void trim(struct case_file *x, bool (*good)(const struct case_file *x))
{
	static struct case_file tried;
	struct mutate_trimmer t;

	mutate_trim_begin(&t, x);
	for (unsigned step = 0; step < t.steps; step++) {
		tried = *x;
		if (!mutate_trim(&t, &tried, step))
			continue;
		assert_fixed(&tried);
		assert_true(case_encode(&tried, bytes, sizeof(bytes)) < case_encode(x, bytes, sizeof(bytes)));
		if (good(&tried))
			*x = tried;
	}
}

static bool anything(const struct case_file *x) { return x->nsched < CASE_MAX_SCHED; }

static bool keeps_a_fork(const struct case_file *x)
{
	for (int a = 0; a < ACTOR_DEV0; a++)
		for (int i = 0; i < x->prog[a].nops; i++)
			if (x->prog[a].op[i].kind == OP_FORK)
				return true;
	return false;
}

static void test_trimming_leaves_what_matters(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 46);
	for (int i = 0; i < 100; i++) {
		support_noise_case(&c, &r);
		d = c;
		trim(&d, anything);
		assert_true(size_of(&d) <= size_of(&c));
		assert_int_equal(support_ops(&d, OP_WHO_CPU) + support_ops(&d, OP_WHO_DEV), 0);
		if (!keeps_a_fork(&c))
			continue;
		trim(&c, keeps_a_fork);
		assert_true(keeps_a_fork(&c));
		assert_int_equal(support_ops(&c, OP_WHO_CPU) + support_ops(&c, OP_WHO_DEV), 1);
	}
}

static void test_trimming_an_op_keeps_later_preemptions_in_place(void **state)
{
	struct mutate_trimmer t;
	unsigned step;

	(void)state;
	case_init(&c, PROFILE_VTD);
	for (int i = 0; i < 3; i++) {
		c.prog[ACTOR_CPU0].op[c.prog[ACTOR_CPU0].nops++] =
		        (struct case_op){.kind = OP_READ, .off = (uint8_t)i};
		c.sched[c.nsched++] = (struct case_sched){.op_kind = OP_READ,
		                                          .op_occurrence = (uint8_t)(i + 1),
		                                          .point = PT_OP_BEGIN,
		                                          .passage = (uint16_t)(i + 1),
		                                          .target = ACTOR_QUEUE0};
	}
	case_fix(&c);
	mutate_trim_begin(&t, &c);
	step = t.blocks + t.entries + 1; /* ops go from the last to the first: the second of three */
	assert_true(mutate_trim(&t, &c, step));
	assert_int_equal(c.prog[ACTOR_CPU0].nops, 2);
	assert_int_equal(c.prog[ACTOR_CPU0].op[1].off, 2);
	assert_int_equal(c.nsched, 2);
	assert_int_equal(c.sched[0].passage, 1);
	assert_int_equal(c.sched[1].passage, 3);
	assert_int_equal(c.sched[1].op_occurrence, 2);
}

/* What becomes of two parents under the same seed: is it the same child? */
static bool same_child(struct mutator *left, struct mutator *right, uint64_t seed, bool cross)
{
	static struct case_file a, b, other;
	static uint8_t from_right[CASE_BIN_MAX];
	struct rng r;
	size_t len;

	rng_seed(&r, 48);
	generate_case(&a, &r, &any);
	generate_case(&b, &r, &any);
	generate_case(&other, &r, &any);
	mutator_seed(left, seed);
	mutator_seed(right, seed);
	if (cross) {
		mutate_cross(left, &a, &other);
		mutate_cross(right, &b, &other);
	} else {
		mutate_case(left, &a);
		mutate_case(right, &b);
	}
	len = case_encode(&a, bytes, sizeof(bytes));
	return case_encode(&b, from_right, sizeof(from_right)) == len && memcmp(bytes, from_right, len) == 0;
}

static void test_the_first_children_are_not_their_parents(void **state)
{
	enum { FIRST = 6 };
	const struct mutate_settings s = {.profile = -1, .fresh_first = FIRST};
	struct mutator *left = mutator_create(&s), *right = mutator_create(&s);
	unsigned differ = 0;

	(void)state;
	assert_non_null(left);
	assert_non_null(right);
	for (uint64_t i = 0; i < FIRST; i++)
		assert_true(same_child(left, right, i, i % 2));
	for (uint64_t i = 0; i < 20; i++)
		differ += !same_child(left, right, i, true);
	assert_true(differ > 10);
	mutator_destroy(left);
	mutator_destroy(right);
}

static void test_the_environment_says_what_is_planted(void **state)
{
	struct mutate_settings s;
	const char *wrong;

	(void)state;
	unsetenv("SHOOTDOWN_SKIP");
	unsetenv("SHOOTDOWN_HW");
	unsetenv("SHOOTDOWN_BUG");
	assert_true(mutate_settings_from_env(&s, &wrong));
	assert_true(s.profile == -1 && s.bugs == 0 && s.skip[0] == 0 && s.skip[1] == 0);
	setenv("SHOOTDOWN_BUG", "nested-gather-minus-one,smmu-atc-before-iotlb", 1);
	setenv("SHOOTDOWN_HW", "smmuv3-btm", 1);
	assert_true(mutate_settings_from_env(&s, &wrong));
	assert_int_equal(s.profile, PROFILE_SMMUV3_BTM);
	assert_true(s.bugs == ((uint64_t)1 << BUG_NESTED_GATHER | (uint64_t)1 << BUG_ATC_BEFORE_IOTLB));
	setenv("SHOOTDOWN_BUG", "nested-gather-minus-one,nonsense", 1);
	assert_false(mutate_settings_from_env(&s, &wrong));
	assert_string_equal(wrong, "nonsense");
	unsetenv("SHOOTDOWN_BUG");
	setenv("SHOOTDOWN_HW", "x86", 1);
	assert_false(mutate_settings_from_env(&s, &wrong));
	unsetenv("SHOOTDOWN_HW");
	setenv("SHOOTDOWN_SKIP", "no.such.step", 1);
	assert_false(mutate_settings_from_env(&s, &wrong));
	unsetenv("SHOOTDOWN_SKIP");
	setenv("SHOOTDOWN_FRESH", "12", 1);
	assert_true(mutate_settings_from_env(&s, &wrong));
	assert_int_equal(s.fresh_first, 12);
	setenv("SHOOTDOWN_FRESH", "12x", 1);
	assert_false(mutate_settings_from_env(&s, &wrong));
	setenv("SHOOTDOWN_FRESH", "-1", 1);
	assert_false(mutate_settings_from_env(&s, &wrong));
	unsetenv("SHOOTDOWN_FRESH");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_children_are_legal_for_generations),
	        cmocka_unit_test(test_noise_and_empty_cases_have_children),
	        cmocka_unit_test(test_children_belong_to_the_campaign),
	        cmocka_unit_test(test_the_same_seed_and_past_give_the_same_children),
	        cmocka_unit_test(test_a_cross_takes_from_both),
	        cmocka_unit_test(test_encoding_fits_whatever_the_room),
	        cmocka_unit_test(test_trimming_leaves_what_matters),
	        cmocka_unit_test(test_trimming_an_op_keeps_later_preemptions_in_place),
	        cmocka_unit_test(test_the_first_children_are_not_their_parents),
	        cmocka_unit_test(test_the_environment_says_what_is_planted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
