/* SPDX-License-Identifier: MIT */
/* JSON: one object a line. Hashes are hex strings, since JSON numbers end at 53 bits. */
#include <inttypes.h>
#include <stdio.h>

#include "engine/run/signature.h"
#include "engine/tell/report.h"
#include "tools/json.h"
#include "tools/tool.h"

void tool_json_set(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value ? value : json_null());
}

/* Its two places in the code. */
static json_t *json_race(const struct race *x)
{
	char place[RACE_PLACE];
	json_t *list = json_array();

	for (int i = 0; i < 2; i++)
		json_array_append_new(list, json_string(race_place(&x->access[i], place)));
	return list;
}

json_t *tool_json_result(const char *file, const struct case_file *c, const struct exec_result *r)
{
	bool violation = r->verdict == EXEC_VIOLATION;
	enum violation_class class_ = violation ? (enum violation_class)r->violation.class_ : VC_CLEAN;
	char signature[REPORT_LINE] = "", hash[32];
	json_t *o = json_object();

	if (violation)
		signature_of(r, c, signature, sizeof(signature));
	snprintf(hash, sizeof(hash), "%016" PRIx64, r->trace_hash);
	tool_json_set(o, "file", json_string(file));
	tool_json_set(o, "verdict", json_string(report_verdict(r->verdict)));
	tool_json_set(o, "class", violation ? json_string(violation_name(class_)) : NULL);
	tool_json_set(o, "latent", json_boolean(violation && r->violation.latent));
	tool_json_set(o, "signature", violation ? json_string(signature) : NULL);
	tool_json_set(o, "trace_hash", json_string(hash));
	tool_json_set(o, "points", json_integer(r->points));
	tool_json_set(o, "switches", json_integer(r->switches));
	tool_json_set(o, "ops", json_integer(r->ops));
	tool_json_set(o, "cpus", json_integer(r->cpus));
	tool_json_set(o, "devs", json_integer(r->devs));
	tool_json_set(o, "skipped", json_integer(r->skipped + c->dropped));
	tool_json_set(o, "write", violation ? json_boolean(r->violation.write) : NULL);
	tool_json_set(o, "race", violation && class_ == VC_RACE ? json_race(&r->race) : NULL);
	tool_json_set(o, "why", r->why ? json_string(r->why) : NULL);
	return o;
}

void tool_json_print(json_t *o)
{
	json_dumpf(o, stdout, JSON_COMPACT);
	fputc('\n', stdout);
	fflush(stdout);
	json_decref(o);
}
