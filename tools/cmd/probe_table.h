/* SPDX-License-Identifier: MIT */
/* What probes counted, as a table and as JSON; for hunt and probes. */
#ifndef TOOLS_PROBE_TABLE_H
#define TOOLS_PROBE_TABLE_H

#include "engine/run/probes.h"
#include "tools/json.h"
#include "tools/tool.h"

/* Counts of every state and promise, and at the end by name those that never were. */
void probe_table_print(const struct probes_total *t);
/* {"probes": {name: count}, "promises": {row: {"tested": n, "near": n}}} */
json_t *probe_table_json(const struct probes_total *t);

#endif
