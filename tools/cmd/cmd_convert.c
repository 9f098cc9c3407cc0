/* SPDX-License-Identifier: MIT */
/* convert: a case's text to its binary twin and back. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/files.h"
#include "tools/options.h"
#include "tools/tool.h"

static bool cmd_convert_form(const char *text, void *to)
{
	enum tool_form *form = to;

	*form = FORM_AUTO;
	if (!strcmp(text, "text"))
		*form = FORM_TEXT;
	else if (!strcmp(text, "bin"))
		*form = FORM_BIN;
	else
		tool_usage(&cmd_convert, "form %s: expected text or bin", text);
	return *form != FORM_AUTO;
}

static int cmd_convert_file(const char *file, const char *out, enum tool_form from, enum tool_form to)
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

static int cmd_convert_main(int argc, char **argv)
{
	enum tool_form from = FORM_AUTO, to = FORM_AUTO;
	const char *out = NULL;
	const struct tool_option opts[] = {
	        {.name = "to", .kind = OPTION_OWN, .to = &to, .take = cmd_convert_form},
	        {.name = "from", .kind = OPTION_OWN, .to = &from, .take = cmd_convert_form},
	        {.name = "output", .letter = 'o', .kind = OPTION_TEXT, .to = &out},
	        {0},
	};
	const int code = tool_options(&cmd_convert, argc, argv, opts);

	if (code != TOOL_OK)
		return code < 0 ? TOOL_OK : code;
	if (optind + 1 != argc)
		return tool_usage(&cmd_convert, "expected one FILE");
	return cmd_convert_file(argv[optind], out, from, to);
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
        cmd_convert_main,
};
