/* SPDX-License-Identifier: MIT */
/* bugs: the catalogue of what can be broken on purpose. */
#include <stdio.h>
#include <string.h>

#include "bugs/bugs.h"
#include "tools/json.h"
#include "tools/options.h"
#include "tools/tool.h"

static json_t *cmd_bugs_classes(const struct bug_info *b)
{
	json_t *list = json_array();

	for (const char *at = b->classes; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		json_array_append_new(list, json_stringn(at, len));
		at += len;
	}
	return list;
}

static void cmd_bugs_json(const struct bug_info *b)
{
	json_t *o = json_object();

	tool_json_set(o, "slug", json_string(b->slug));
	tool_json_set(o, "catalogue", *b->catalogue ? json_string(b->catalogue) : NULL);
	tool_json_set(o, "seed", *b->seed ? json_string(b->seed) : NULL);
	tool_json_set(o, "family", json_string(b->family));
	tool_json_set(o, "class", json_stringn(b->classes, strcspn(b->classes, " ")));
	tool_json_set(o, "classes", cmd_bugs_classes(b));
	tool_json_set(o, "hw", json_string(b->hw));
	tool_json_set(o, "what", json_string(b->what));
	tool_json_print(o);
}

static void cmd_bugs_print(const struct bug_info *b)
{
	printf("%s\n  %s\n\n", b->slug, b->what);
	printf("  %-10s %s%s%s\n", "catalogue", *b->catalogue ? b->catalogue : "none",
	       *b->seed ? ", seed " : "", b->seed);
	printf("  %-10s %s\n", "family", b->family);
	printf("  %-10s %s\n", "shows as", b->classes);
	printf("  %-10s %s\n", "hardware", b->hw);
	printf("  %-10s shootdown hunt --bug %s%s\n", "find it", b->slug,
	       strcmp(b->classes, "race") ? "" : ", in the tsan-fibers build");
	printf("  %-10s shootdown show corpus/bugs/%s.sd\n", "see it", b->slug);
	printf("  %-10s docs/bugs/%s.md\n", "read", b->slug);
}

static int cmd_bugs_main(int argc, char **argv)
{
	bool json = false;
	const struct tool_option opts[] = {{.name = "json", .to = &json}, {0}};
	int bug = -1, code = tool_options(&cmd_bugs, argc, argv, opts);

	if (code != TOOL_OK)
		return code < 0 ? TOOL_OK : code;
	if (argc - optind > 1)
		return tool_usage(&cmd_bugs, "expected at most one SLUG");
	if (optind < argc && !tool_bug(&cmd_bugs, argv[optind], &bug))
		return TOOL_USAGE;
	for (int b = 0; b < BUG_COUNT; b++) {
		const struct bug_info *info = bug_info((enum bug)b);

		if (bug >= 0 && b != bug)
			continue;
		if (json)
			cmd_bugs_json(info);
		else if (bug >= 0)
			cmd_bugs_print(info);
		else
			printf("%-36s %-4s %-11s %s\n", info->slug, info->catalogue, info->hw, info->what);
	}
	return TOOL_OK;
}

const struct command cmd_bugs = {
        "bugs",
        "bugs [--json] [SLUG]",
        "list the planted bugs",
        "  --json  one object a line\n"
        "\n"
        "A planted bug puts back a historical mistake at the one place where the real code made it.\n"
        "A case turns it on with a line `bug SLUG`. With none on, the model is correct.\n"
        "\n"
        "Exit: 0 listed, 2 no such bug.\n",
        cmd_bugs_main,
};
