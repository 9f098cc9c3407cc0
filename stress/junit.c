/* SPDX-License-Identifier: MIT */
/*
 * JUnit XML. There is no standard; this has what both schemas in use ask for:
 * the Ant task's (timestamp, hostname, system-out and system-err are required,
 * in this order) and Jenkins' (properties, if present, hold at least one).
 */
#include "stress/junit.h"

/* XML has no control characters, and what is beyond ASCII is not ours to check. */
static void junit_escaped(FILE *out, const char *s)
{
	for (; s && *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '&')
			fputs("&amp;", out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if ((c < 0x20 && c != '\n' && c != '\t') || c >= 0x7f)
			fputc('?', out);
		else
			fputc(c, out);
	}
}

static void junit_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	junit_escaped(out, value);
	fputc('"', out);
}

static void junit_properties(FILE *out, const struct junit *j)
{
	fputs("  <properties>\n", out);
	for (unsigned i = 0; i < j->nproperties; i++) {
		fputs("    <property", out);
		junit_attribute(out, "name", j->property[i].name);
		junit_attribute(out, "value", j->property[i].value);
		fputs("/>\n", out);
	}
	fputs("  </properties>\n", out);
}

static void junit_testcase(FILE *out, const struct junit *j)
{
	fputs("  <testcase", out);
	junit_attribute(out, "name", j->name);
	junit_attribute(out, "classname", j->class_);
	fprintf(out, " time=\"%.3f\"", j->seconds);
	if (!j->type) {
		fputs("/>\n", out);
		return;
	}
	fputs(">\n    <failure", out);
	junit_attribute(out, "type", j->type);
	junit_attribute(out, "message", j->message);
	fputc('>', out);
	junit_escaped(out, j->text);
	fputs("</failure>\n  </testcase>\n", out);
}

void junit_print(FILE *out, const struct junit *j)
{
	char when[32] = "1970-01-01T00:00:00";
	struct tm utc;

	if (gmtime_r(&j->started, &utc))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &utc);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite", out);
	junit_attribute(out, "name", j->suite);
	fprintf(out, " timestamp=\"%s\" hostname=\"localhost\"", when);
	fprintf(out, " tests=\"1\" failures=\"%d\" errors=\"0\" skipped=\"0\" time=\"%.3f\">\n",
	        j->type != NULL, j->seconds);
	junit_properties(out, j);
	junit_testcase(out, j);
	fputs("  <system-out></system-out>\n  <system-err></system-err>\n</testsuite>\n</testsuites>\n", out);
}
