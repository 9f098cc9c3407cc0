/* SPDX-License-Identifier: MIT */
/* hw: the hardware profiles and their flags, each with the clause it comes from. */
#include <stdio.h>
#include <string.h>

#include "hw/profile.h"
#include "tools/json.h"
#include "tools/options.h"
#include "tools/tool.h"

static void cmd_hw_value(enum profile_flag f, unsigned v, char buf[16])
{
	if (profile_flag_max(f) == 1)
		snprintf(buf, 16, "%s", v ? "on" : "off");
	else
		snprintf(buf, 16, "%u", v);
}

static void cmd_hw_print(int p)
{
	printf("%s\n\n", profile_name((enum profile_id)p));
	for (int i = 0; i < PF_COUNT; i++) {
		enum profile_flag f = (enum profile_flag)i;
		char value[16];

		cmd_hw_value(f, profile_get(&profiles[p], f), value);
		printf("  %-16s %-4s %s\n", profile_flag_name(f), value, profile_flag_clause(f));
	}
	printf("\nA case says `hw %s` and may change flags: `hw %s ats=off`.\n",
	       profile_name((enum profile_id)p), profile_name((enum profile_id)p));
}

static void cmd_hw_table(void)
{
	printf("%-16s", "flag");
	for (int p = 0; p < PROFILE_COUNT; p++)
		printf(" %-10s", profile_name((enum profile_id)p));
	printf("\n");
	for (int i = 0; i < PF_COUNT; i++) {
		enum profile_flag f = (enum profile_flag)i;

		printf("%-16s", profile_flag_name(f));
		for (int p = 0; p < PROFILE_COUNT; p++) {
			char value[16];

			cmd_hw_value(f, profile_get(&profiles[p], f), value);
			printf(" %-10s", value);
		}
		printf("\n");
	}
	printf("\n`shootdown hw PROFILE` names the clause behind each flag.\n");
}

static void cmd_hw_json(int p)
{
	json_t *o = json_object(), *flags = json_object();

	for (int i = 0; i < PF_COUNT; i++) {
		enum profile_flag f = (enum profile_flag)i;
		json_t *flag = json_object();

		tool_json_set(flag, "value", json_integer(profile_get(&profiles[p], f)));
		tool_json_set(flag, "max", json_integer(profile_flag_max(f)));
		tool_json_set(flag, "clause", json_string(profile_flag_clause(f)));
		tool_json_set(flags, profile_flag_name(f), flag);
	}
	tool_json_set(o, "hw", json_string(profile_name((enum profile_id)p)));
	tool_json_set(o, "flags", flags);
	tool_json_print(o);
}

static int cmd_hw_main(int argc, char **argv)
{
	bool json = false;
	const struct tool_option opts[] = {{.name = "json", .to = &json}, {0}};
	int profile = -1, code = tool_options(&cmd_hw, argc, argv, opts);

	if (code != TOOL_OK)
		return code < 0 ? TOOL_OK : code;
	if (argc - optind > 1)
		return tool_usage(&cmd_hw, "expected at most one PROFILE");
	if (optind < argc && !tool_profile(&cmd_hw, argv[optind], &profile))
		return TOOL_USAGE;
	for (int p = 0; p < PROFILE_COUNT; p++)
		if (json && (profile < 0 || p == profile))
			cmd_hw_json(p);
	if (!json && profile < 0)
		cmd_hw_table();
	else if (!json)
		cmd_hw_print(profile);
	return TOOL_OK;
}

const struct command cmd_hw = {
        "hw",
        "hw [--json] [PROFILE]",
        "list the hardware profiles and their flags",
        "  --json  one object a line\n"
        "\n"
        "A profile says how CPUs, IOMMUs and devices of an architecture behave, flag by flag. The\n"
        "clause behind a flag is shown with `shootdown hw PROFILE`; \"unverified\" means that nobody\n"
        "has read it yet.\n"
        "\n"
        "Exit: 0 listed, 2 no such profile.\n",
        cmd_hw_main,
};
