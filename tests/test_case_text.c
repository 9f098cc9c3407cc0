/* SPDX-License-Identifier: MIT */
/* The text form: what people write is understood, and what is printed parses to the same case. */
#include "tests/case_support.h"

static struct case_file c, d;
static char text[TEXT_CAP], text2[TEXT_CAP];

static void must_parse(const char *s)
{
	struct case_error err = {0};

	if (!case_parse(&c, s, strlen(s), &err))
		fail_msg("%d:%d: %s", err.line, err.column, err.text);
}

static void assert_round_trip(const struct case_file *x)
{
	struct case_error err = {0};
	const size_t len = case_print(x, text, sizeof(text));

	assert_true(len < sizeof(text));
	if (!case_parse(&d, text, len, &err))
		fail_msg("%d:%d: %s in\n%s", err.line, err.column, err.text, text);
	assert_int_equal(d.dropped, 0);
	support_assert_equal(x, &d);
}

static void test_printed_cases_parse_to_themselves(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 11);
	for (int i = 0; i < 3000; i++) {
		support_noise_case(&c, &r);
		assert_round_trip(&c);
	}
}

static void test_text_of_binary_of_text_is_the_text(void **state)
{
	static uint8_t bytes[CASE_BIN_MAX];
	struct rng r;

	(void)state;
	rng_seed(&r, 12);
	for (int i = 0; i < 3000; i++) {
		const size_t noise = rng_below(&r, 400);
		size_t len;

		support_bytes(&r, bytes, noise);
		case_decode(&c, bytes, noise);
		assert_round_trip(&c);
		len = case_encode(&d, bytes, sizeof(bytes));
		case_decode(&d, bytes, len);
		case_print(&d, text2, sizeof(text2));
		assert_string_equal(text, text2);
	}
}

static void test_an_example_with_everything_in_it_is_understood(void **state)
{
	static const char example[] =
	        "# mremap moves a page while another thread frees it at its new address\n"
	        "shootdown case 1\n"
	        "hw smmuv3 ats=on pri=off\n"
	        "bug mremap-secondary-flush-late\n"
	        "dev 0 pasid 1\n"
	        "cpu 0\n"
	        "  mmap   a 4 rw\n"
	        "  write  a+1\n"
	        "  mremap a b\n"
	        "cpu 1\n"
	        "  madvise-dontneed b\n"
	        "dev 0\n"
	        "  dma-write a+1\n"
	        "schedule\n"
	        "  dev0 first\n"
	        "  cpu0 mremap#1 at mm.mremap.unlocked#1 -> cpu1\n"
	        "expect stale-use\n";

	(void)state;
	must_parse(example);
	assert_int_equal(c.profile, PROFILE_SMMUV3);
	assert_int_equal(c.prof.pri, 0);
	assert_true(c.bugs == (uint64_t)1 << BUG_MREMAP_SECONDARY_LATE);
	assert_int_equal(c.prog[ACTOR_DEV0].pasid, 1);
	assert_int_equal(c.prog[ACTOR_CPU0].nops, 3);
	assert_int_equal(c.prog[ACTOR_CPU0].op[0].n, 4);
	assert_int_equal(c.prog[ACTOR_CPU0].op[1].off, 1);
	assert_int_equal(c.prog[ACTOR_CPU0].op[2].region2, 1);
	assert_int_equal(c.prog[ACTOR_CPU0 + 1].op[0].kind, OP_DONTNEED);
	assert_int_equal(c.prog[ACTOR_DEV0].nops, 1);
	assert_int_equal(c.prog[ACTOR_DEV0].op[0].kind, OP_DMA_WRITE);
	assert_int_equal(c.order[0], ACTOR_DEV0);
	assert_int_equal(c.nsched + c.dropped, 1); /* whether or not that point still exists */
	assert_int_equal(c.expect, VC_STALE_USE);
}

static void test_canonical_text_leaves_defaults_out(void **state)
{
	static const char canonical[] = "shootdown case 1\n"
	                                "hw vtd mms=2 split=on ats=off\n"
	                                "cpu 0\n"
	                                "  mmap a 4 rw file\n"
	                                "  mremap a+1 b\n"
	                                "  dma-map 0 a 8 rw\n"
	                                "  dma-unmap 1 g+7\n"
	                                "  fork\n"
	                                "cpu 1 mm 1\n"
	                                "  mprotect c 16 r\n"
	                                "dev 0 pasid 1\n"
	                                "  prefetch a w\n"
	                                "  dma-write a+15\n"
	                                "dev 1 domain 1 iommu 1\n"
	                                "schedule\n"
	                                "  dev0 first\n"
	                                "  cpu0 mremap#1 at op.begin#1 -> cpu1\n"
	                                "  iommu1 at actor.start#3 -> cpu0\n"
	                                "  cpu0 fork#1 at op.end#2 fill dev0 a+1 w\n"
	                                "  cpu0 fork#1 at op.end#2 fill cpu1 a\n"
	                                "  cpu0 fork#1 at op.end#2 dma-write dev0 a+1\n"
	                                "  cpu0 fork#1 at op.end#2 dma-read cpu1 h\n"
	                                "expect stale-use\n";

	(void)state;
	must_parse(canonical);
	case_print(&c, text, sizeof(text));
	assert_string_equal(text, canonical);
}

static void test_loose_writing_is_accepted(void **state)
{
	(void)state;
	must_parse("  # nothing yet\r\n\r\n\tshootdown\tcase 1 # a case\r\nhw amd levels=2 bits=4 # small\n"
	           "cpu 3\nmmap a+0 1 rw anon\n\n  dma-map 1 h rw\n\tread a # here\ndev 0 domain 0\nprefetch "
	           "a r\n"
	           "schedule\norder dev0 cpu3\ncpu3 read at op.begin -> dev0\nexpect clean");
	case_print(&c, text, sizeof(text));
	assert_string_equal(text,
	                    "shootdown case 1\nhw amd levels=2 bits=4\ncpu 3\n  mmap a rw\n  dma-map 1 h rw\n"
	                    "  read a\ndev 0 domain 0\n  prefetch a\nschedule\n  order dev0 cpu3\n"
	                    "  cpu3 read#1 at op.begin#1 -> dev0\nexpect clean\n");
}

static void test_a_bare_header_is_a_case(void **state)
{
	(void)state;
	must_parse("shootdown case 1");
	case_init(&d, PROFILE_VTD);
	support_assert_equal(&c, &d);
}

static void test_entries_whose_point_or_actor_is_gone_are_counted(void **state)
{
	(void)state;
	must_parse(
	        "shootdown case 1\ncpu 0\n  read a\nschedule\n  cpu0 read#1 at mm.no.such.point#3 -> cpu0\n"
	        "  cpu0 read#1 at op.begin#1 -> iommu0\n  cpu0 read#1 at op.begin#1 -> dev3\n");
	assert_int_equal(c.nsched, 1);
	assert_int_equal(c.dropped, 2);
	assert_int_equal(c.sched[0].target, ACTOR_QUEUE0);
}

static void test_every_point_bug_step_and_flag_has_a_text(void **state)
{
	(void)state;
	case_init(&c, PROFILE_RISCV);
	for (int p = 0; p < (int)PT_COUNT && c.nsched < CASE_MAX_SCHED; p++)
		c.sched[c.nsched++] = (struct case_sched){
		        .op_kind = OP_COUNT, .point = (uint16_t)p, .passage = 1, .target = ACTOR_QUEUE0};
	for (int f = 0; f < PF_COUNT; f++)
		profile_set(&c.prof, (enum profile_flag)f, !profile_get(&c.prof, (enum profile_flag)f));
	c.bugs = c.skip[0] = c.skip[1] = ~(uint64_t)0;
	case_fix(&c);
	assert_round_trip(&c);
}

static void test_printing_to_a_small_buffer_is_cut_not_overrun(void **state)
{
	struct rng r;
	size_t len;

	(void)state;
	rng_seed(&r, 13);
	support_noise_case(&c, &r);
	len = case_print(&c, text, sizeof(text));
	assert_int_equal(case_print(&c, NULL, 0), len);
	for (size_t cap = 1; cap <= len + 1; cap += 7) {
		memset(text2, 'x', len + 2);
		assert_int_equal(case_print(&c, text2, cap), len);
		assert_int_equal(text2[cap], 'x');
		assert_int_equal(strlen(text2), cap - 1 < len ? cap - 1 : len);
		assert_memory_equal(text, text2, strlen(text2));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_printed_cases_parse_to_themselves),
	        cmocka_unit_test(test_text_of_binary_of_text_is_the_text),
	        cmocka_unit_test(test_an_example_with_everything_in_it_is_understood),
	        cmocka_unit_test(test_canonical_text_leaves_defaults_out),
	        cmocka_unit_test(test_loose_writing_is_accepted),
	        cmocka_unit_test(test_a_bare_header_is_a_case),
	        cmocka_unit_test(test_entries_whose_point_or_actor_is_gone_are_counted),
	        cmocka_unit_test(test_every_point_bug_step_and_flag_has_a_text),
	        cmocka_unit_test(test_printing_to_a_small_buffer_is_cut_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
