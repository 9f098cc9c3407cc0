/* SPDX-License-Identifier: MIT */
/* One figure a line: a table for people, JSON objects for programs. */
#include "bench/bench.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *report_number(double v) { return v < 0 ? json_null() : json_real(v); }

static void report_json(const struct row *row)
{
	json_t *o =
	        json_pack("{s:s, s:f, s:s, s:o, s:o}", "name", row->name, "value", row->value, "unit",
	                  row->unit, "floor", report_number(row->floor), "ratio", report_number(row->ratio));
	char *line = o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;

	if (line)
		puts(line);
	free(line);
	json_decref(o);
}

void bench_report(const struct row *row, bool json)
{
	if (json)
		report_json(row);
	else if (row->floor < 0)
		printf("%-36s %12.0f %s\n", row->name, row->value, row->unit);
	else
		printf("%-36s %12.0f %s, floor %.0f, ratio %.2f\n", row->name, row->value, row->unit,
		       row->floor, row->ratio);
	fflush(stdout);
}
