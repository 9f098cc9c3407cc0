/* SPDX-License-Identifier: MIT */
/* What run, replay and minimize have in common: options from a table, a world, and the files of the command
 * line. */
#include <stdio.h>
#include <string.h>

#include "tool.h"

enum { OPTIONS_MAX = 16, FIRST_LONG = 256 };

static bool take(const struct command *cmd, const struct tool_option *opt)
{
	char name[40];

	snprintf(name, sizeof(name), "--%s", opt->name);
	switch (opt->kind) {
	case OPTION_FLAG:
		return *(bool *)opt->to = true;
	case OPTION_ON_OFF:
		return tool_on_off(cmd, name, optarg, opt->to);
	case OPTION_NUMBER:
		return tool_number(cmd, name, optarg, opt->least, opt->to);
	default:
		*(const char **)opt->to = optarg;
		return true;
	}
}

/* Both forms of getopt_long()'s tables; ':' first, so that it tells a missing value from an unknown option.
 */
static void tables(const struct tool_option *opts, struct option longs[], char *shorts)
{
	int n = 0;

	*shorts++ = ':';
	*shorts++ = 'h';
	for (; opts[n].name && n < OPTIONS_MAX; n++) {
		const bool flag = opts[n].kind == OPTION_FLAG;

		longs[n] = (struct option){opts[n].name, flag ? no_argument : required_argument, NULL,
		                           opts[n].letter ? opts[n].letter : FIRST_LONG + n};
		if (!opts[n].letter)
			continue;
		*shorts++ = opts[n].letter;
		if (!flag)
			*shorts++ = ':';
	}
	*shorts = '\0';
	longs[n] = (struct option){"help", no_argument, NULL, 'h'};
	longs[n + 1] = (struct option){0};
}

int tool_options(const struct command *cmd, int argc, char **argv, const struct tool_option *opts)
{
	struct option longs[OPTIONS_MAX + 2];
	char shorts[2 * OPTIONS_MAX + 3];
	int o;

	tables(opts, longs, shorts);
	while ((o = tool_getopt(cmd, argc, argv, shorts, longs)) != -1) {
		int n = 0;

		if (o == 'h') {
			tool_help(cmd);
			return -1;
		}
		while (opts[n].name && longs[n].val != o)
			n++;
		if (!opts[n].name || !take(cmd, &opts[n]))
			return TOOL_USAGE;
	}
	return TOOL_OK;
}

int tool_each_file(int argc, char **argv, tool_file_fn *fn, const void *ctx)
{
	struct world *w = tool_world();
	int code = TOOL_OK;

	if (!w)
		return TOOL_DEFECT;
	tool_catch_signals(0);
	for (int i = optind; i < argc && !tool_stop; i++)
		code = tool_worse(code, fn(w, argv[i], ctx));
	world_destroy(w);
	return code;
}
