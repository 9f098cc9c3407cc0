/* SPDX-License-Identifier: MIT */
/* junit: one run as the XML that CI systems read. */
#ifndef STRESS_JUNIT_H
#define STRESS_JUNIT_H

#include <stdio.h>
#include <time.h>

struct junit_property {
	const char *name, *value;
};

struct junit {
	const char *suite, *class_, *name;
	time_t started;
	double seconds;
	const struct junit_property *property; /* at least one */
	unsigned nproperties;
	const char *type;           /* of the failure; NULL: passed */
	const char *message, *text; /* one line, and all of it */
};

/* One testsuite with one testcase. Any bytes may be in the strings. */
void junit_print(FILE *out, const struct junit *j);

#endif
