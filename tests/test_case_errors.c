/* SPDX-License-Identifier: MIT */
/* Wrong text: every error says where, what was found and what was expected; no text does harm. */
#include "tests/case_support.h"

#include <stdlib.h>

static struct case_file c;

struct wrong {
	const char *text;
	int line, column;
	const char *says; /* a part of the message */
};

#define HEAD "shootdown case 1\n"

static const struct wrong wrongs[] = {
        {"", 1, 1, "an empty file, expected 'shootdown case 1'"},
        {"# only a comment\n\n", 1, 1, "empty file"},
        {"shutdown case 1\n", 1, 1, "found 'shutdown', expected 'shootdown'"},
        {"\n\n  shootdown test\n", 3, 13, "found 'test', expected 'case'"},
        {"shootdown case 2\n", 1, 16, "found '2', expected a format version from 1 to 1"},
        {"shootdown case", 1, 15, "the line ends here, expected a format version"},
        {"shootdown case 1 2\n", 1, 18, "found '2', expected the end of the line"},
        {HEAD "hw x86\n", 2, 4, "found 'x86', expected a profile"},
        {HEAD "hw vtd ats\n", 2, 8, "found 'ats', expected name=value"},
        {HEAD "hw vtd ats=maybe\n", 2, 12, "found 'maybe', expected on or off"},
        {HEAD "hw vtd atss=on\n", 2, 8, "found 'atss', expected a profile flag"},
        {HEAD "hw vtd bbml=3\n", 2, 13, "found '3', expected a value from 0 to 2"},
        {HEAD "hw smmuv3 ats=off drain-always=off\n", 2, 32,
         "found 'off', expected on: no command of this profile can ask for it"},
        {HEAD "hw amd drain-always=0\n", 2, 21, "found '0', expected on"},
        {HEAD "hw vtd levels=5\n", 2, 15, "found '5', expected a value from 2 to 4"},
        {HEAD "hw vtd levels=4 bits=4\n", 2, 23, "levels times bits up to 12"},
        {HEAD "hw vtd\nhw amd\n", 3, 4, "a second hw line"},
        {HEAD "bug no-such-bug\n", 2, 5, "found 'no-such-bug', expected the slug of a planted bug"},
        {HEAD "bug\n", 2, 4, "the line ends here, expected the slug"},
        {HEAD "skip no.such.step\n", 2, 6, "expected the name of a step"},
        {HEAD "expect stale\n", 2, 8, "found 'stale', expected 'clean' or a violation class"},
        {HEAD "expect clean\nexpect clean\n", 3, 8, "a second expectation"},
        {HEAD "  mmap a rw\n", 2, 3, "found 'mmap', expected hw, bug, skip, cpu, dev, schedule or expect"},
        {HEAD "cpu 4\n", 2, 5, "found '4', expected a cpu from 0 to 3"},
        {HEAD "cpu 0\ncpu 1\ncpu 0\n", 4, 5, "this cpu has a program already"},
        {HEAD "cpu 0 mm 4\n", 2, 10, "found '4', expected an mm from 0 to 3"},
        {HEAD "cpu 0 pasid 1\n", 2, 7, "found 'pasid', expected 'mm'"},
        {HEAD "dev 0\n", 2, 6, "the line ends here, expected 'pasid' or 'domain'"},
        {HEAD "dev 0 pasid 0\n", 2, 13, "found '0', expected a PASID from 1 to 4"},
        {HEAD "dev 0 domain 2\n", 2, 14, "found '2', expected a domain from 0 to 1"},
        {HEAD "dev 0 pasid 1\ndev 0 pasid 1\n", 3, 7, "the device is attached already"},
        {HEAD "dev 0 pasid 1\n dma-read a\ndev 0\n", 4, 5, "this device has a program already"},
        {HEAD "cpu 0\n  frobnicate a\n", 3, 3, "found 'frobnicate', expected an operation of a cpu"},
        {HEAD "cpu 0\n  dma-read a\n", 3, 3, "found 'dma-read', expected an operation of a cpu"},
        {HEAD "dev 0 pasid 1\n  read a\n", 3, 3, "found 'read', expected an operation of a device"},
        {HEAD "cpu 0\n  read\n", 3, 7, "the line ends here, expected a page"},
        {HEAD "cpu 0\n  read i\n", 3, 8, "found 'i', expected a page"},
        {HEAD "cpu 0\n  read ab\n", 3, 8, "found 'ab', expected a page"},
        {HEAD "cpu 0\n  read a+16\n", 3, 10, "found '16', expected an offset from 0 to 15"},
        {HEAD "cpu 0\n  read a+\n", 3, 10, "expected an offset"},
        {HEAD "cpu 0\n  read a 4\n", 3, 10, "found '4', expected the end of the line"},
        {HEAD "cpu 0\n  munmap a 0\n", 3, 12, "found '0', expected a number of pages from 1 to 16"},
        {HEAD "cpu 0\n  munmap a 99999999999999999999\n", 3, 12, "expected a number of pages from 1 to 16"},
        {HEAD "cpu 0\n  mmap a 4 rx\n", 3, 12, "found 'rx', expected a protection, r or rw"},
        {HEAD "cpu 0\n  mmap a 4\n", 3, 11, "the line ends here, expected a protection"},
        {HEAD "cpu 0\n  mmap a rw filed\n", 3, 13, "found 'filed', expected the end of the line"},
        {HEAD "cpu 0\n  dma-map a 4 rw\n", 3, 11, "found 'a', expected a domain from 0 to 1"},
        {HEAD "schedule\nschedule\n", 3, 9, "a second schedule"},
        {HEAD "schedule\n  cpu0\n", 3, 7, "the line ends here, expected 'at', 'first' or an operation"},
        {HEAD "schedule\n  cpu7 first\n", 3, 3, "found 'cpu7', expected an actor"},
        {HEAD "schedule\n  order cpu0 cpu0\n", 3, 14, "an actor twice"},
        {HEAD "schedule\n  order\n", 3, 8, "the line ends here, expected an actor"},
        {HEAD "schedule\n  order cpu0\n  order cpu1\n", 4, 9, "a second order"},
        {HEAD "schedule\n  cpu0 nop#1 at op.begin#1 -> cpu0\n", 3, 8, "found 'nop', expected 'at'"},
        {HEAD "schedule\n  cpu0 read#0 at op.begin#1 -> cpu0\n", 3, 13,
         "found '0', expected a count from 1 to 32"},
        {HEAD "schedule\n  cpu0 read#1 op.begin#1 -> cpu0\n", 3, 15, "found 'op.begin#1', expected 'at'"},
        {HEAD "schedule\n  cpu0 at here#1 -> cpu0\n", 3, 11, "found 'here', expected a point"},
        {HEAD "schedule\n  cpu0 at op.begin#65536 -> cpu0\n", 3, 20, "expected a count from 1 to 65535"},
        {HEAD "schedule\n  cpu0 at no.point#x -> cpu0\n", 3, 20, "found 'x', expected a count"},
        {HEAD "schedule\n  cpu0 at op.begin#1 to cpu0\n", 3, 22, "found 'to', expected '->'"},
        {HEAD "schedule\n  cpu0 at op.begin#1 ->\n", 3, 24, "the line ends here, expected an actor"},
        {HEAD "schedule\n  cpu0 at op.begin#1 -> cpu0 a\n", 3, 30, "found 'a', expected the end of the line"},
        {HEAD "schedule\n  cpu0 at op.begin#1 fill iommu0 a\n", 3, 27,
         "found 'iommu0', expected a cpu or a device"},
        {HEAD "schedule\n  cpu0 at op.begin#1 fill cpu0\n", 3, 31, "the line ends here, expected a page"},
        {HEAD "schedule\n  cpu0 at op.begin#1 dma-read cpu0 a w\n", 3, 38, "found 'w', expected the end"},
        {HEAD "\x01\x7f\xff\n", 2, 1, "found '?\?\?', expected hw"},
};

static void test_every_error_says_where_and_what_was_expected(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		const struct wrong *w = &wrongs[i];
		struct case_error err = {0};

		if (case_parse(&c, w->text, strlen(w->text), &err))
			fail_msg("accepted: %s", w->text);
		if (err.line != w->line || err.column != w->column || !strstr(err.text, w->says))
			fail_msg("%d:%d: %s\nwanted %d:%d: %s\nin %s", err.line, err.column, err.text,
			         w->line, w->column, w->says, w->text);
	}
}

static void test_a_case_that_failed_to_parse_is_still_legal(void **state)
{
	struct case_file d;

	(void)state;
	assert_false(case_parse(&c, HEAD "cpu 2\n  mmap a rw\n  bang\n", 39, NULL));
	d = c;
	case_fix(&d);
	support_assert_equal(&c, &d);
}

static bool parses(const char *text, size_t len)
{
	struct case_error err = {0};
	const bool good = case_parse(&c, text, len, &err);

	assert_true(good || (err.line > 0 && err.column > 0 && err.text[0]));
	assert_null(memchr(err.text, '\n', strlen(err.text)));
	return good;
}

static void test_nul_bytes_are_an_error_but_harmless_in_comments(void **state)
{
	static const char bad[] = HEAD "cpu 0\0\n", good[] = HEAD "# \0 \0\ncpu 0\n";

	(void)state;
	assert_false(parses(bad, sizeof(bad) - 1));
	assert_true(parses(good, sizeof(good) - 1));
}

/* HEAD, then the line so often. */
static bool parses_repeated(const char *intro, const char *line, unsigned times)
{
	const size_t a = strlen(intro), b = strlen(line), len = a + b * times;
	char *text = malloc(len + 1);
	bool good;

	assert_non_null(text);
	memcpy(text, intro, a);
	for (unsigned i = 0; i < times; i++)
		memcpy(&text[a + i * b], line, b);
	good = parses(text, len);
	free(text);
	return good;
}

static void test_limits_are_errors(void **state)
{
	(void)state;
	assert_true(parses_repeated(HEAD "cpu 0\n", "read a\n", CASE_MAX_OPS));
	assert_int_equal(c.prog[ACTOR_CPU0].nops, CASE_MAX_OPS);
	assert_false(parses_repeated(HEAD "cpu 0\n", "read a\n", CASE_MAX_OPS + 1));
	assert_false(parses_repeated(HEAD "cpu 0\n", "read a\n", 5000));
	assert_true(parses_repeated(HEAD "cpu 0\nschedule\n", "cpu0 at op.end#1 -> cpu0\n", CASE_MAX_SCHED));
	assert_int_equal(c.nsched, CASE_MAX_SCHED);
	assert_false(
	        parses_repeated(HEAD "cpu 0\nschedule\n", "cpu0 at op.end#1 -> cpu0\n", CASE_MAX_SCHED + 1));
	assert_true(parses_repeated(HEAD "schedule\n", "cpu0 at g.one#1 -> cpu0\n", 40000));
	assert_true(c.dropped > CASE_MAX_SCHED);
	assert_true(parses_repeated(HEAD, "\n", 1000000));
	assert_true(parses_repeated(HEAD "#", "x", 1000000));
	assert_false(parses_repeated(HEAD, "x", 1000000));
	assert_false(parses_repeated(HEAD, "\n", 2000000)); /* more than 1 MiB */
}

/* Damaged text: whatever the parser says, it stays inside the text and returns. */
static void test_damaged_text_does_no_harm(void **state)
{
	static char text[TEXT_CAP];
	struct rng r;

	(void)state;
	rng_seed(&r, 21);
	for (int i = 0; i < 400; i++) {
		size_t len;

		support_noise_case(&c, &r);
		len = case_print(&c, text, sizeof(text));
		for (int k = 0; k < 10; k++) {
			const size_t cut = rng_below(&r, (uint32_t)len + 1);
			char *copy = malloc(cut ? cut : 1); /* exact, so that a sanitizer sees the end */

			assert_non_null(copy);
			memcpy(copy, text, cut);
			for (unsigned hits = rng_below(&r, 4); cut > 0 && hits > 0; hits--)
				copy[rng_below(&r, (uint32_t)cut)] = (char)rng_next(&r);
			parses(copy, cut);
			free(copy);
		}
	}
}

static void test_noise_as_text_does_no_harm(void **state)
{
	static char text[4096];
	struct rng r;

	(void)state;
	rng_seed(&r, 22);
	for (int i = 0; i < 3000; i++) {
		const size_t len = rng_below(&r, sizeof(text));

		support_bytes(&r, (uint8_t *)text, len);
		assert_false(parses(text, len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_error_says_where_and_what_was_expected),
	        cmocka_unit_test(test_a_case_that_failed_to_parse_is_still_legal),
	        cmocka_unit_test(test_nul_bytes_are_an_error_but_harmless_in_comments),
	        cmocka_unit_test(test_limits_are_errors),
	        cmocka_unit_test(test_damaged_text_does_no_harm),
	        cmocka_unit_test(test_noise_as_text_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
