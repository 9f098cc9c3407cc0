/* SPDX-License-Identifier: MIT */
/* JUnit XML: counts, the failure, and that no text can break out of it. */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stress/junit.h"

static const struct junit_property seed = {"seed", "1"};

/* The caller's to free. */
static char *print(const struct junit *j)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	junit_print(out, j);
	fclose(out);
	assert_non_null(text);
	return text;
}

static unsigned times(const char *text, const char *what)
{
	unsigned n = 0;

	while ((text = strstr(text, what))) {
		n++;
		text += strlen(what);
	}
	return n;
}

static struct junit passed(void)
{
	return (struct junit){.suite = "suite",
	                      .class_ = "class",
	                      .name = "name",
	                      .started = 86400,
	                      .seconds = 1.5,
	                      .property = &seed,
	                      .nproperties = 1};
}

static void a_clean_run_has_no_failure(void **state)
{
	struct junit j = passed();
	char *text = print(&j);

	(void)state;
	assert_int_equal(times(text, "<testsuites>"), 1);
	assert_int_equal(times(text, "</testsuites>"), 1);
	assert_int_equal(times(text, "<testsuite "), 1);
	assert_int_equal(times(text, "</testsuite>"), 1);
	assert_int_equal(times(text, "<testcase "), 1);
	assert_int_equal(times(text, "<failure"), 0);
	assert_non_null(strstr(text, "tests=\"1\" failures=\"0\" errors=\"0\""));
	assert_non_null(strstr(text, "timestamp=\"1970-01-02T00:00:00\""));
	assert_non_null(strstr(text, "time=\"1.500\""));
	assert_non_null(strstr(text, "<property name=\"seed\" value=\"1\"/>"));
	free(text);
}

static void a_failure_has_its_type_message_and_text(void **state)
{
	struct junit j = passed();
	char *text;

	(void)state;
	j.type = "stale-use";
	j.message = "it is stale";
	j.text = "line 1\nline 2\n";
	text = print(&j);
	assert_non_null(strstr(text, "failures=\"1\""));
	assert_non_null(strstr(
	        text, "<failure type=\"stale-use\" message=\"it is stale\">line 1\nline 2\n</failure>"));
	assert_int_equal(times(text, "</testcase>"), 1);
	free(text);
}

static void what_xml_cannot_hold_is_escaped_or_replaced(void **state)
{
	struct junit j = passed();
	char *text;

	(void)state;
	j.name = "a<b & \"c\">d";
	j.type = "x";
	j.message = "\x01\x1b[31m";
	j.text = "]]></failure></testsuite>\x7f\xff";
	text = print(&j);
	assert_non_null(strstr(text, "name=\"a&lt;b &amp; &quot;c&quot;&gt;d\""));
	assert_non_null(strstr(text, "message=\"?"
	                             "?[31m\""));
	assert_non_null(strstr(text, "]]&gt;&lt;/failure&gt;&lt;/testsuite&gt;?"
	                             "?</failure>"));
	assert_int_equal(times(text, "</testsuite>"), 1);
	for (const char *s = text; *s; s++)
		assert_true((*s >= ' ' && *s < 0x7f) || *s == '\n');
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_clean_run_has_no_failure),
	        cmocka_unit_test(a_failure_has_its_type_message_and_text),
	        cmocka_unit_test(what_xml_cannot_hold_is_escaped_or_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
