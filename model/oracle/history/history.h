/* SPDX-License-Identifier: MIT */
/*
 * history: the second opinion. It reads the whole log of a controlled run that
 * is over and decides every class of violation from what the log says, slowly
 * and with as little cleverness as possible: every instance that ever was and
 * every item that a walker may ever have held stays in a list, what is
 * reachable is walked anew after each change, and every promise looks at all
 * items. With the oracle that listens (oracle.h) it has in common the events,
 * the numbering of walkers, case and profile data, the format of entries, the
 * names of the classes and which operation promises what (the promise column of
 * case/ops.def, which test_ops.c holds against a table of its own); all
 * else is its own code, so that a mistake has to be made twice to stay unseen.
 *
 * What is to agree: whether there is a violation, its class, and the event at
 * which it broke. Who may hold what, and where a witness belongs, is the
 * listening oracle's business alone.
 */
#ifndef ORACLE_HISTORY_H
#define ORACLE_HISTORY_H

#include "case/case.h"
#include "event/event.h"
#include "sched/sched.h"

enum history_verdict {
	HISTORY_CLEAN,
	HISTORY_VIOLATION,
	HISTORY_INCONCLUSIVE, /* events are missing, or there are more than it keeps track of */
	HISTORY_DEFECT,       /* the log contradicts itself */
};

struct history_run {
	const struct case_file *c;
	const struct event *log;
	uint32_t n, lost; /* events in the log, and those that found no room there */
	enum sched_end end;
	const uint8_t *marked; /* of each frame: somebody owns it; NULL: nobody asked */
};

struct history_result {
	uint8_t verdict; /* enum history_verdict */
	uint8_t class_;  /* enum violation_class */
	bool write;
	uint8_t space;
	sd_page page;
	uint32_t at;     /* the event of the log at which it broke; n: only when the run was over */
	const char *why; /* inconclusive or defect: one line, static */
};

struct history;

struct history *history_create(void); /* NULL: no memory */
void history_destroy(struct history *h);
void history_check(struct history *h, const struct history_run *run, struct history_result *out);

#endif
