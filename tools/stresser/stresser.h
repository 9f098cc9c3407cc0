/* SPDX-License-Identifier: MIT */
/* stresser: the parts of the stress command: what it says and keeps of a run, and how it starts a rebuild. */
#ifndef TOOLS_STRESSER_H
#define TOOLS_STRESSER_H

#include <time.h>

#include "stress/finding.h"
#include "stress/rebuild.h"
#include "tools/progress.h"
#include "tools/tool.h"

enum { STRESSER_PATH = 4096, STRESSER_COMMAND = 1024 };

struct stresser {
	struct stress_options opt;
	uint64_t seconds;
	bool json;
	const char *out, *junit; /* directory, file; NULL: not asked for */
	const char *rebuild;     /* the file; NULL: run threads */
	struct rebuild_focus focus;
	uint64_t attempts;
	bool no_rebuild;
	struct tool_progress bar;
	time_t started;
	double took;
};

/* What `stress --rebuild` said. */
struct stresser_rebuilt {
	bool ran, found;
	char why[200]; /* if it did not run to its end */
	uint64_t attempts, reproduced, same, executions, ops, switches;
	char class_[32], signature[SIGNATURE_MAX], file[STRESSER_PATH];
};

/* A finding, and what became of it. */
struct stresser_finding {
	struct stress_finding found;
	struct stresser_rebuilt rebuilt;
	char again[STRESSER_COMMAND];  /* the command that runs the same round */
	char base[STRESSER_PATH - 16]; /* of the files; "" if there are none */
	char text_file[STRESSER_PATH], ops_file[STRESSER_PATH], log_file[STRESSER_PATH]; /* "": not kept */
};

/* -- stresser.c ---------------------------------------------------------------- */
/* "release", "address", "thread" */
const char *stresser_lane(void);
/* false: no memory for it. */
bool stresser_find(const struct stresser *s, const struct stress_run *r, enum stress_end end,
                   struct stresser_finding *f);

/* -- files.c: what stays of it -------------------------------------------------- */
/* Before the run: could what was asked for be written? false: it complained. */
bool stresser_can_write(const struct stresser *s);
/* The last operations, for the rebuild. Then, afterwards, the rest. false: it complained. */
bool stresser_keep_ops(const struct stresser *s, struct stresser_finding *f);
bool stresser_keep(const struct stresser *s, struct stresser_finding *f);
/* f: NULL if it was clean. */
bool stresser_junit(const struct stresser *s, const struct stress_counts *n,
                    const struct stresser_finding *f);

/* -- print.c: what it says ------------------------------------------------------ */
void stresser_print_counts(FILE *out, const struct stresser *s, const struct stress_counts *n,
                           const char *end);
void stresser_print(FILE *out, const struct stresser *s, const struct stresser_finding *f);
void stresser_print_rebuilt(FILE *out, const struct stresser_finding *f);
/* f: NULL if there is nothing more to tell. */
void stresser_json(const struct stresser *s, const struct stress_counts *n, enum stress_end end,
                   const struct stresser_finding *f);

/* -- child.c, rebuild.c: a case out of the last operations ------------------------- */
/* Runs `stress --rebuild` in a process of its own: in this one threads may be held inside a sanitizer. */
void stresser_start_rebuild(const struct stresser *s, struct stresser_finding *f);
/* `stress --rebuild FILE`: exit code. */
int stresser_rebuild_file(struct stresser *s);

#endif
