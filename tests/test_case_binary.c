/* SPDX-License-Identifier: MIT */
/* The binary twin: loss-free, and every byte string is some legal case. */
#include "tests/case_support.h"

static struct case_file c, d;
static uint8_t bytes[CASE_BIN_MAX];

static void test_encoded_cases_decode_to_themselves(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 2);
	for (int i = 0; i < 5000; i++) {
		size_t len;

		support_noise_case(&c, &r);
		len = case_encode(&c, bytes, sizeof(bytes));
		assert_true(len > 0);
		case_decode(&d, bytes, len);
		support_assert_equal(&c, &d);
	}
}

static void test_a_small_cap_is_refused_and_not_overrun(void **state)
{
	struct rng r;
	size_t len;

	(void)state;
	rng_seed(&r, 3);
	support_noise_case(&c, &r);
	len = case_encode(&c, bytes, sizeof(bytes));
	memset(bytes, 0xee, sizeof(bytes));
	for (size_t cap = 0; cap < len; cap++) {
		assert_int_equal(case_encode(&c, bytes, cap), 0);
		assert_int_equal(bytes[cap], 0xee);
	}
	assert_int_equal(case_encode(&c, bytes, len), len);
}

/* Decoding noise gives a legal case (fix changes nothing), and encoding it is stable. */
static void assert_decodes(const uint8_t *in, size_t len)
{
	static uint8_t again[CASE_BIN_MAX];
	size_t n;

	case_decode(&c, in, len);
	d = c;
	case_fix(&d);
	support_assert_equal(&c, &d);
	n = case_encode(&c, again, sizeof(again));
	assert_true(n > 0);
	case_decode(&d, again, n);
	support_assert_equal(&c, &d);
}

static void test_nearly_all_noise_runs_a_cpu_and_a_device_op(void **state)
{
	enum { ROUNDS = 50000 };
	unsigned good = 0;
	struct rng r;

	(void)state;
	rng_seed(&r, 4);
	for (int i = 0; i < ROUNDS; i++) {
		const size_t len = 64 + rng_below(&r, 512 - 64 + 1);

		support_bytes(&r, bytes, len);
		case_decode(&c, bytes, len);
		good += support_ops(&c, OP_WHO_CPU) > 0 && support_ops(&c, OP_WHO_DEV) > 0;
	}
	assert_true(good >= ROUNDS / 100 * 95);
}

static void test_noise_never_plants_a_bug_unless_it_is_an_encoded_case(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 5);
	for (int i = 0; i < 2000; i++) {
		support_bytes(&r, bytes, 128);
		bytes[0] = (uint8_t)(bytes[0] == 0xc0 + CASE_VERSION ? 0 : bytes[0]);
		case_decode(&c, bytes, 128);
		assert_true(c.bugs == 0 && c.skip[0] == 0 && c.skip[1] == 0);
	}
}

/* Two or three CPUs, one or two devices, and the queue processor: each is left and each is entered. */
static void test_noise_switches_from_every_actor_to_every_actor(void **state)
{
	const uint32_t all = 7u << ACTOR_CPU0 | 3u << ACTOR_DEV0 | 1u << ACTOR_QUEUE0;
	uint32_t from = 0, to = 0;
	struct rng r;

	(void)state;
	rng_seed(&r, 8);
	for (int i = 0; i < 1000; i++) {
		support_bytes(&r, bytes, 512);
		bytes[0] = (uint8_t)(bytes[0] == 0xc0 + CASE_VERSION ? 0 : bytes[0]);
		case_decode(&c, bytes, 512);
		for (int k = 0; k < c.nsched; k++) {
			from |= 1u << c.sched[k].actor;
			to |= 1u << c.sched[k].target;
		}
	}
	assert_int_equal(from, all);
	assert_int_equal(to, all);
}

static void test_noise_decodes_stably(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 6);
	for (int i = 0; i < 20000; i++) {
		const size_t len = rng_below(&r, 600);

		support_bytes(&r, bytes, len);
		/* Half of them claim to be an encoded case. */
		if (len > 0 && rng_one_in(&r, 2))
			bytes[0] = 0xc0 + CASE_VERSION;
		assert_decodes(bytes, len);
	}
}

static void test_extreme_strings_decode(void **state)
{
	static const uint8_t fill[] = {0x00, 0x01, 0x7f, 0x80, 0xc0, 0xc1, 0xc2, 0xff};

	(void)state;
	assert_decodes(bytes, 0);
	for (unsigned i = 0; i < sizeof(fill); i++) {
		memset(bytes, fill[i], sizeof(bytes));
		assert_decodes(bytes, 1);
		assert_decodes(bytes, 64);
		assert_decodes(bytes, sizeof(bytes));
		bytes[0] = 0xc1;
		assert_decodes(bytes, 1);
		assert_decodes(bytes, sizeof(bytes));
	}
}

static void test_a_flipped_byte_still_decodes(void **state)
{
	static uint8_t one[CASE_BIN_MAX];
	struct rng r;

	(void)state;
	rng_seed(&r, 7);
	for (int i = 0; i < 300; i++) {
		size_t len;

		support_noise_case(&c, &r);
		len = case_encode(&c, one, sizeof(one));
		for (int k = 0; k < 20; k++) {
			memcpy(bytes, one, len);
			bytes[rng_below(&r, (uint32_t)len)] = (uint8_t)rng_next(&r);
			assert_decodes(bytes, rng_one_in(&r, 2) ? len : rng_below(&r, (uint32_t)len + 1));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_encoded_cases_decode_to_themselves),
	        cmocka_unit_test(test_a_small_cap_is_refused_and_not_overrun),
	        cmocka_unit_test(test_nearly_all_noise_runs_a_cpu_and_a_device_op),
	        cmocka_unit_test(test_noise_never_plants_a_bug_unless_it_is_an_encoded_case),
	        cmocka_unit_test(test_noise_switches_from_every_actor_to_every_actor),
	        cmocka_unit_test(test_noise_decodes_stably),
	        cmocka_unit_test(test_extreme_strings_decode),
	        cmocka_unit_test(test_a_flipped_byte_still_decodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
