/* SPDX-License-Identifier: MIT */
/* tool: what every command of the shootdown binary has: exit codes, complaints, a world to run cases in. */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

struct case_file;
struct exec_result;
struct world;

enum tool_exit {
	TOOL_OK = 0,
	TOOL_FOUND = 1, /* a violation, an expectation that was not met, a bug not found */
	TOOL_USAGE = 2, /* bad usage, input or output */
	TOOL_DEFECT = 3 /* the harness itself is wrong */
};

struct command {
	const char *name;
	const char *synopsis; /* what follows "shootdown" */
	const char *summary;  /* one line */
	const char *help;     /* options and examples */
	int (*run)(int argc, char **argv);
};

extern const struct command cmd_run, cmd_replay, cmd_show, cmd_convert, cmd_minimize, cmd_hunt, cmd_bugs,
        cmd_hw, cmd_probes, cmd_stress, cmd_version;

/* The graver of two exit codes: 3, then 2, 1, 0. */
static inline int tool_worse(int a, int b) { return a > b ? a : b; }

/* -- errors: one line on stderr --------------------------------------------- */
__attribute__((format(printf, 1, 2))) void tool_error(const char *format, ...);
__attribute__((format(printf, 2, 3))) int tool_usage(const struct command *cmd, const char *format, ...);
void tool_help(const struct command *cmd);

/* -- worlds ----------------------------------------------------------------------- */
struct world *tool_world(void); /* NULL: it complained */
int tool_verdict_exit(const struct exec_result *r);
/* The case by its own schedule, judged by both oracles. false: they differ, or no memory; it complained. */
bool tool_both_agree(struct world *w, const char *file, const struct case_file *c);

typedef int tool_file_fn(struct world *w, const char *file, const void *ctx);
/*
 * fn for each file that is left on the command line, in one world, until a
 * signal comes. Returns the gravest exit code.
 */
int tool_each_file(int argc, char **argv, tool_file_fn *fn, const void *ctx);

/* -- the end ------------------------------------------------------------------------ */
/* At the very end: a full disk behind stdout is not taken for success. Returns the exit code to use. */
int tool_last_look(int code);
/* Ends the process past all exit handlers, for when threads are left. */
_Noreturn void tool_leave(int code);

#endif
