/* SPDX-License-Identifier: MIT */
/* The table of probes. A zero is the line that matters, so zeros are said once more at the end. */
#include "tools/cmd/probe_table.h"

#include <inttypes.h>
#include <stdio.h>

/* The end of an op that may have taken something out, or (OP_COUNT) the freeing of a frame. */
static bool probe_table_promises(int row)
{
	const enum op_promise promise = op_promise((enum op_kind)row);

	return row == OP_COUNT || (promise != PROMISE_NOTHING && promise != PROMISE_MAPS);
}

void probe_table_print(const struct probes_total *t)
{
	unsigned never = 0;

	printf("\n  %-28s %12s  %s\n", "state", "reached", "what it is");
	for (int i = 0; i < PROBE_COUNT; i++)
		printf("  %-28s %12" PRIu64 "  %s\n", probe_name((enum probe)i), t->probe[i],
		       probe_what((enum probe)i));
	printf("\n  %-28s %12s %12s\n", "promise at the end of", "relied on", "nearly broken");
	for (int i = 0; i <= OP_COUNT; i++)
		if (probe_table_promises(i) || t->row[i].tested)
			printf("  %-28s %12" PRIu64 " %12" PRIu64 "\n", probe_row_name(i), t->row[i].tested,
			       t->row[i].near);
	printf("\n  never reached:");
	for (int i = 0; i < PROBE_COUNT; i++)
		if (!t->probe[i]) {
			printf(" %s", probe_name((enum probe)i));
			never++;
		}
	for (int i = 0; i <= OP_COUNT; i++)
		if (probe_table_promises(i) && !t->row[i].tested) {
			printf(" promise:%s", probe_row_name(i));
			never++;
		}
	printf("%s\n", never ? "" : " nothing, all were");
}

json_t *probe_table_json(const struct probes_total *t)
{
	json_t *o = json_object(), *states = json_object(), *rows = json_object();

	for (int i = 0; i < PROBE_COUNT; i++)
		tool_json_set(states, probe_name((enum probe)i), json_integer((json_int_t)t->probe[i]));
	for (int i = 0; i <= OP_COUNT; i++) {
		json_t *row;

		if (!probe_table_promises(i) && !t->row[i].tested)
			continue;
		row = json_object();
		tool_json_set(row, "tested", json_integer((json_int_t)t->row[i].tested));
		tool_json_set(row, "near", json_integer((json_int_t)t->row[i].near));
		tool_json_set(rows, probe_row_name(i), row);
	}
	tool_json_set(o, "probes", states);
	tool_json_set(o, "promises", rows);
	return o;
}
