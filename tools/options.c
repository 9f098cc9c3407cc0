/* SPDX-License-Identifier: MIT */
/* Options and complaints. A complaint is one line that says what was expected. */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bugs/bugs.h"
#include "hw/profile.h"
#include "tools/options.h"
#include "tools/tool.h"

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

static bool option_on_off(const struct command *cmd, const char *name, const char *text, bool *out)
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

/* -- tables ------------------------------------------------------------------------ */

enum { OPTIONS_MAX = 24, FIRST_LONG = 256 };

static bool option_number(const struct command *cmd, const struct tool_option *opt, const char *name)
{
	const uint64_t *n = opt->to;

	if (!tool_number(cmd, name, optarg, opt->least, opt->to))
		return false;
	if (!opt->most || *n <= opt->most)
		return true;
	tool_usage(cmd, "%s %s: expected at most %llu", name, optarg, (unsigned long long)opt->most);
	return false;
}

static bool option_read(const struct command *cmd, const struct tool_option *opt)
{
	char name[40];

	snprintf(name, sizeof(name), "--%s", opt->name);
	switch (opt->kind) {
	case OPTION_FLAG:
		return *(bool *)opt->to = true;
	case OPTION_ON_OFF:
		return option_on_off(cmd, name, optarg, opt->to);
	case OPTION_NUMBER:
		return option_number(cmd, opt, name);
	case OPTION_TEXT:
		*(const char **)opt->to = optarg;
		return true;
	case OPTION_BUG:
		return tool_bug(cmd, optarg, opt->to);
	case OPTION_PROFILE:
		return tool_profile(cmd, optarg, opt->to);
	case OPTION_OWN:
		break;
	}
	return opt->take(optarg, opt->to);
}

/* Both forms of getopt_long()'s tables; ':' first, so that a missing value is no unknown option. */
static void option_tables(const struct tool_option *opts, struct option longs[], char *shorts)
{
	int n = 0;

	*shorts++ = ':';
	*shorts++ = 'h';
	for (; opts[n].name; n++) {
		const bool flag = opts[n].kind == OPTION_FLAG;

		assert(n < OPTIONS_MAX);
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

/* What getopt_long() did not like, in our words. */
static void option_complain(const struct command *cmd, int o, const char *argument)
{
	if (o == ':')
		tool_usage(cmd, "%s needs a value", argument);
	else if (optopt && isprint(optopt) && argument[1] != '-')
		tool_usage(cmd, "unknown option -%c", optopt);
	else
		tool_usage(cmd, "unknown or ambiguous option %s, or a value it does not take", argument);
}

int tool_options(const struct command *cmd, int argc, char **argv, const struct tool_option *opts)
{
	struct option longs[OPTIONS_MAX + 2];
	char shorts[2 * OPTIONS_MAX + 3];
	int o;

	option_tables(opts, longs, shorts);
	opterr = 0;
	while ((o = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		int n = 0;

		if (o == 'h') {
			tool_help(cmd);
			return -1;
		}
		if (o == ':' || o == '?') {
			option_complain(cmd, o, argv[optind - 1]);
			return TOOL_USAGE;
		}
		while (longs[n].val != o)
			n++;
		if (!option_read(cmd, &opts[n]))
			return TOOL_USAGE;
	}
	return TOOL_OK;
}
