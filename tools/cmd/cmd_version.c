/* SPDX-License-Identifier: MIT */
/* version: what this binary is and what it knows. */
#include <stdio.h>

#include "case/case.h"
#include "tools/json.h"
#include "tools/options.h"
#include "tools/tool.h"

static void cmd_version_json(void)
{
	json_t *o = json_object();

	tool_json_set(o, "version", json_string(SHOOTDOWN_VERSION));
	tool_json_set(o, "case_version", json_integer(CASE_VERSION));
	tool_json_set(o, "compiler", json_string(__VERSION__));
	tool_json_set(o, "points", json_integer(PT_COUNT));
	tool_json_set(o, "steps", json_integer(STEP_COUNT));
	tool_json_set(o, "bugs", json_integer(BUG_COUNT));
	tool_json_set(o, "profiles", json_integer(PROFILE_COUNT));
	tool_json_set(o, "operations", json_integer(OP_COUNT));
	tool_json_print(o);
}

static int cmd_version_main(int argc, char **argv)
{
	bool json = false;
	const struct tool_option opts[] = {{.name = "json", .to = &json}, {0}};
	const int code = tool_options(&cmd_version, argc, argv, opts);

	if (code != TOOL_OK)
		return code < 0 ? TOOL_OK : code;
	if (optind < argc)
		return tool_usage(&cmd_version, "expected no argument");
	if (json) {
		cmd_version_json();
		return TOOL_OK;
	}
	printf("shootdown %s, case format %d, %s\n", SHOOTDOWN_VERSION, CASE_VERSION, __VERSION__);
	printf("%d operations, %d points, %d steps, %d planted bugs, %d hardware profiles\n", (int)OP_COUNT,
	       (int)PT_COUNT, (int)STEP_COUNT, (int)BUG_COUNT, (int)PROFILE_COUNT);
	return TOOL_OK;
}

const struct command cmd_version = {
        "version", "version [--json]", "say what this binary is", "  --json  one object\n", cmd_version_main,
};
