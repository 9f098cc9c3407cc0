/* SPDX-License-Identifier: MIT */
/* options: the options of a command as a table, and what their values may be. */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include "tools/tool.h"

/* false: it complained. What to call the option in the complaint is `name`. */
bool tool_number(const struct command *cmd, const char *name, const char *text, uint64_t least,
                 uint64_t *out);
bool tool_profile(const struct command *cmd, const char *text, int *out);
bool tool_bug(const struct command *cmd, const char *text, int *out);

/* What an option's value is, and what `to` points to. */
enum tool_option_kind {
	OPTION_FLAG,    /* none; bool, becomes true */
	OPTION_ON_OFF,  /* bool */
	OPTION_NUMBER,  /* uint64_t */
	OPTION_TEXT,    /* const char * */
	OPTION_BUG,     /* int */
	OPTION_PROFILE, /* int */
	OPTION_OWN,     /* whatever take() makes of it */
};

/* An option of a command. The last one of a table has no name. -h and --help are always there. */
struct tool_option {
	const char *name;
	char letter; /* 0: it has none */
	enum tool_option_kind kind;
	void *to;
	uint64_t least, most;                     /* of a number; most 0: no bound */
	bool (*take)(const char *text, void *to); /* OPTION_OWN; false: it complained */
};

/* TOOL_OK, TOOL_USAGE after a complaint, -1: help was asked for and given. */
int tool_options(const struct command *cmd, int argc, char **argv, const struct tool_option *opts);

#endif
