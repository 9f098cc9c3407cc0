/* SPDX-License-Identifier: MIT */
/* Options and complaints. A complaint is one line that says what was expected. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

void tool_error(const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("shootdown: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int tool_usage(const struct command *cmd, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "shootdown %s: ", cmd->name);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, " (see `shootdown help %s`)\n", cmd->name);
	return TOOL_USAGE;
}

void tool_help(const struct command *cmd)
{
	printf("usage: shootdown %s\n\n%s\n\n%s", cmd->synopsis, cmd->summary, cmd->help);
}

int tool_getopt(const struct command *cmd, int argc, char **argv, const char *shorts,
                const struct option *longs)
{
	int o;

	opterr = 0;
	o = getopt_long(argc, argv, shorts, longs, NULL);
	if (o == ':')
		tool_usage(cmd, "%s needs a value", argv[optind - 1]);
	else if (o == '?' && optopt && isprint(optopt) && argv[optind - 1][1] != '-')
		tool_usage(cmd, "unknown option -%c", optopt);
	else if (o == '?')
		tool_usage(cmd, "unknown or ambiguous option %s, or a value it does not take",
		           argv[optind - 1]);
	return o == ':' ? '?' : o;
}

bool tool_number(const struct command *cmd, const char *name, const char *text, uint64_t least, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	/* strtoull takes " -1" for a large number */
	if (isdigit((unsigned char)*text) && !*end && !errno && *out >= least)
		return true;
	tool_usage(cmd, "%s %s: expected a number, at least %llu", name, text, (unsigned long long)least);
	return false;
}

bool tool_on_off(const struct command *cmd, const char *name, const char *text, bool *out)
{
	if (!strcmp(text, "on") || !strcmp(text, "off")) {
		*out = !strcmp(text, "on");
		return true;
	}
	tool_usage(cmd, "%s %s: expected on or off", name, text);
	return false;
}

bool tool_profile(const struct command *cmd, const char *text, int *out)
{
	*out = profile_find(text, (unsigned)strlen(text));
	if (*out >= 0)
		return true;
	tool_usage(cmd, "no hardware profile \"%s\", expected one of those in `shootdown hw`", text);
	return false;
}

bool tool_bug(const struct command *cmd, const char *text, int *out)
{
	*out = bug_find(text, (unsigned)strlen(text));
	if (*out >= 0)
		return true;
	tool_usage(cmd, "no planted bug \"%s\", expected one of those in `shootdown bugs`", text);
	return false;
}
