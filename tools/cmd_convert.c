/* SPDX-License-Identifier: MIT */
/* convert: a case's text to its binary twin and back. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

static const struct option longs[] = {
        {"to", required_argument, NULL, 't'},
        {"from", required_argument, NULL, 'f'},
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {0},
};

static bool form_of(const char *name, const char *text, enum tool_form *form)
{
	if (!strcmp(text, "text"))
		*form = FORM_TEXT;
	else if (!strcmp(text, "bin"))
		*form = FORM_BIN;
	else
		tool_usage(&cmd_convert, "%s %s: expected text or bin", name, text);
	return !strcmp(text, "text") || !strcmp(text, "bin");
}

static int convert(const char *file, const char *out, enum tool_form from, enum tool_form to)
{
	struct case_file c;

	if (!tool_read_case(file, &from, &c))
		return TOOL_USAGE;
	if (to == FORM_AUTO)
		to = from == FORM_TEXT ? FORM_BIN : FORM_TEXT;
	if (to == FORM_BIN && (!out || !strcmp(out, "-")) && isatty(STDOUT_FILENO))
		return tool_usage(&cmd_convert, "a binary case does not go to a terminal, expected -o FILE");
	return tool_write_case(out, to, &c) ? TOOL_OK : TOOL_USAGE;
}

static int run(int argc, char **argv)
{
	enum tool_form from = FORM_AUTO, to = FORM_AUTO;
	const char *out = NULL;
	int o;

	while ((o = tool_getopt(&cmd_convert, argc, argv, ":ho:", longs)) != -1) {
		switch (o) {
		case 't':
			if (!form_of("--to", optarg, &to))
				return TOOL_USAGE;
			break;
		case 'f':
			if (!form_of("--from", optarg, &from))
				return TOOL_USAGE;
			break;
		case 'o':
			out = optarg;
			break;
		case 'h':
			tool_help(&cmd_convert);
			return TOOL_OK;
		default:
			return TOOL_USAGE;
		}
	}
	if (optind + 1 != argc)
		return tool_usage(&cmd_convert, "expected one FILE");
	return convert(argv[optind], out, from, to);
}

const struct command cmd_convert = {
        "convert",
        "convert [--to text|bin] [--from text|bin] [-o OUT] FILE",
        "convert a case between text and its binary twin",
        "  --to text|bin    (the other form)\n"
        "  --from text|bin  what FILE is (by its content: a text says \"shootdown case\")\n"
        "  -o OUT           (stdout)\n"
        "\n"
        "The text is canonical: converting it to binary and back gives the same bytes. Every byte\n"
        "string is the binary of some valid case, so what a fuzzer kept can be read as text.\n"
        "\n"
        "Exit: 0 written, 2 bad input or output.\n",
        run,
};
