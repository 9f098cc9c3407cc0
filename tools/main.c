/* SPDX-License-Identifier: MIT */
/*
 * shootdown: one binary, a command each file. Here: which commands there are,
 * and help.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tools/tool.h"

static const struct command *const commands[] = {
        &cmd_run,    &cmd_replay, &cmd_show, &cmd_convert, &cmd_minimize, &cmd_hunt,
        &cmd_stress, &cmd_probes, &cmd_bugs, &cmd_hw,      &cmd_version,
};

static const struct command *main_find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static const char intro[] =
        "shootdown keeps CPU page tables and a caching IOMMU in step, or shows that they are not.\n"
        "CPU programs change a page table, devices do DMA through it, a schedule decides who\n"
        "overtakes whom, and an oracle says whether anything stale could still be used.\n"
        "\n"
        "usage: shootdown COMMAND [OPTIONS] [FILES]\n"
        "\n";

static const char outro[] =
        "\n"
        "A first walk:\n"
        "  shootdown bugs                                   what can be broken on purpose\n"
        "  shootdown hunt --bug mremap-secondary-flush-late --minimize -o found.sd\n"
        "  shootdown show found.sd                          who overtook whom, step by step\n"
        "  shootdown replay --without-bug found.sd          silent: the model is right without the bug\n"
        "\n"
        "Exit codes: 0 as hoped, 1 a finding (or a bug not found), 2 bad usage, input or output,\n"
        "3 a defect of shootdown itself. `shootdown help COMMAND` says what each means there.\n";

static int main_help(const char *name)
{
	const struct command *cmd = name ? main_find(name) : NULL;

	if (name && !cmd) {
		tool_error("no command \"%s\", expected one of those in `shootdown help`", name);
		return TOOL_USAGE;
	}
	if (cmd) {
		tool_help(cmd);
		return TOOL_OK;
	}
	fputs(intro, stdout);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
	printf("  %-10s %s\n", "help", "this page, or `shootdown help COMMAND`");
	fputs(outro, stdout);
	return TOOL_OK;
}

static int main_dispatch(int argc, char **argv)
{
	const struct command *cmd;

	if (argc < 2) {
		tool_error("no command, expected one of those in `shootdown help`");
		return TOOL_USAGE;
	}
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return main_help(argc > 2 ? argv[2] : NULL);
	if (!strcmp(argv[1], "--version"))
		return cmd_version.run(1, argv);
	cmd = main_find(argv[1]);
	if (!cmd) {
		tool_error("no command \"%s\", expected one of those in `shootdown help`", argv[1]);
		return TOOL_USAGE;
	}
	return cmd->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	/* a reader that goes away ends in an error of write, not in a silent death */
	signal(SIGPIPE, SIG_IGN);
	return tool_last_look(main_dispatch(argc, argv));
}
