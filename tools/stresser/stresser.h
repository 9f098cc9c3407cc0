/* SPDX-License-Identifier: MIT */
/* stresser: the parts of the stress command. */
#ifndef TOOLS_STRESSER_H
#define TOOLS_STRESSER_H

#include <time.h>

#include "engine/search/search.h"
#include "stress/rebuild.h"
#include "stress/stress.h"
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

/* All that is known of a run that did not end clean. */
struct stresser_finding {
	enum stress_end end;
	struct stress_counts counts;
	uint64_t round;
	const struct watch_violation *violation; /* NULL: none */
	const struct stress_report *report;
	struct case_file last; /* the last operations; expect is the class */
	struct exec_result r;
	struct event_sink log;
	struct rebuild_focus focus;
	struct stresser_rebuilt rebuilt;
	char signature[SIGNATURE_MAX];
	char again[STRESSER_COMMAND];  /* the command that runs the same round */
	char base[STRESSER_PATH - 16]; /* of the files; "" if there are none */
	char text_file[STRESSER_PATH], ops_file[STRESSER_PATH], log_file[STRESSER_PATH]; /* "": not kept */
};

/* -- stresser.c: what a finding is ------------------------------------------- */
const char *stresser_end(enum stress_end end); /* "clean", "violation" */
/* "release", "address", "thread" */
const char *stresser_lane(void);
/* false: no memory for it. */
bool stresser_find(const struct stresser *s, const struct stress_run *r, enum stress_end end,
                   struct stresser_finding *f);
void stresser_free(struct stresser_finding *f);
/* A file name made of the signature. */
void stresser_name(const char *signature, char *buf, size_t cap);
/* "dev1,mm0,19"; what is not known is "-" and ends it. */
void stresser_print_focus(const struct rebuild_focus *focus, char buf[32]);
bool stresser_parse_focus(const char *text, struct rebuild_focus *focus);

/* -- stresser_files.c: what stays of it ----------------------------------------- */
/* Before the run: could what was asked for be written? false: it complained. */
bool stresser_can_write(const struct stresser *s);
/* The last operations, for the rebuild. Then, afterwards, the rest. false: it complained. */
bool stresser_keep_ops(const struct stresser *s, struct stresser_finding *f);
bool stresser_keep(const struct stresser *s, struct stresser_finding *f);
/* f: NULL if it was clean. */
bool stresser_junit(const struct stresser *s, const struct stress_counts *n,
                    const struct stresser_finding *f);

/* -- stresser_print.c: what it says --------------------------------------------- */
void stresser_print_counts(FILE *out, const struct stresser *s, const struct stress_counts *n,
                           const char *end);
void stresser_print(FILE *out, const struct stresser *s, const struct stresser_finding *f);
void stresser_print_rebuilt(FILE *out, const struct stresser_finding *f);
/* f: NULL if there is nothing more to tell. */
void stresser_json(const struct stresser *s, const struct stress_counts *n, enum stress_end end,
                   const struct stresser_finding *f);

/* -- stresser_rebuild.c: a case out of the last operations ------------------------ */
/* In a process of its own: in this one threads may be held inside a sanitizer. */
void stresser_rebuild(const struct stresser *s, struct stresser_finding *f);
/* `stress --rebuild FILE`: exit code. */
int stresser_rebuild_file(struct stresser *s);

#endif
