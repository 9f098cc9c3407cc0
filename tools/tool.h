/* SPDX-License-Identifier: MIT */
/*
 * tool: what the commands of the shootdown binary share. Exit codes, options,
 * reading and writing cases, progress of long work, JSON.
 */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H

#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/run/exec.h"

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

/* -- options ------------------------------------------------------------------ */
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

typedef int tool_file_fn(struct world *w, const char *file, const void *ctx);
/* fn for each file that is left on the command line, in one world, until a signal comes. The gravest exit code. */
int tool_each_file(int argc, char **argv, tool_file_fn *fn, const void *ctx);

/* -- cases ---------------------------------------------------------------------- */
enum tool_form { FORM_AUTO, FORM_TEXT, FORM_BIN };
/* "-": stdin. false: it complained, as FILE:LINE:COL: what, expected what. form: what it is, or was found to
 * be. */
bool tool_read_case(const char *path, enum tool_form *form, struct case_file *c);
/* path NULL or "-": stdout. A file is written beside its place and moved there. false: it complained. */
bool tool_write_case(const char *path, enum tool_form form, const struct case_file *c);
/* The same for any text; path is not NULL. */
bool tool_write_file(const char *path, const void *bytes, size_t len);
/* Could a file be made there? Leaves nothing behind. false: it complained. */
bool tool_can_write(const char *path);
bool tool_make_dir(const char *path);
/* At the very end: a full disk behind stdout is not taken for success. Returns the exit code to use. */
int tool_last_look(int code);
/* Ends the process past all exit handlers, for when threads are left. */
_Noreturn void tool_leave(int code);

/* -- worlds ----------------------------------------------------------------------- */
struct world *tool_world(void); /* NULL: it complained */
int tool_verdict_exit(const struct exec_result *r);
/* The case by its own schedule, judged by both oracles. false: they differ, or there is no memory; it complained. */
bool tool_both_agree(struct world *w, const char *file, const struct case_file *c);

/* -- long work -------------------------------------------------------------------- */
extern volatile sig_atomic_t
        tool_stop; /* SIGINT, SIGTERM or SIGALRM, once it came: the one thing a handler may touch */
void tool_catch_signals(unsigned seconds); /* 0: no alarm */
double tool_seconds(void);                 /* since some fixed moment */

struct tool_progress {
	double started, shown;
	bool tty, any;
};
void tool_progress_start(struct tool_progress *p);
/* Is it time for another line? */
bool tool_progress_due(struct tool_progress *p);
__attribute__((format(printf, 2, 3))) void tool_progress_line(struct tool_progress *p, const char *format,
                                                              ...);
void tool_progress_end(struct tool_progress *p);

/* -- JSON: one object a line -------------------------------------------------------- */
json_t *tool_json_result(const char *file, const struct case_file *c, const struct exec_result *r);
void tool_json_set(json_t *o, const char *key, json_t *value); /* NULL: null */
void tool_json_print(json_t *o);                               /* and frees it */

#endif
