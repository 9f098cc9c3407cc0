/* SPDX-License-Identifier: MIT */
/*
 * opinion: runs a case and asks both oracles, the one that listens and the one
 * that reads the log afterwards (oracle/history/history.h). They agree if both find
 * nothing, or both find the same class at the same event; where the schedule
 * has ghosts a run goes on after its violation, and only the class counts.
 * Runs without a verdict are not compared: those that either oracle calls
 * inconclusive or a defect of the harness, and races, which only TSan sees.
 */
#ifndef ENGINE_OPINION_H
#define ENGINE_OPINION_H

#include "engine/run/exec.h"
#include "oracle/history/history.h"

enum opinion_is { OPINION_SAME, OPINION_DIFFERS, OPINION_NONE };

struct opinion {
	uint8_t is;                   /* enum opinion_is */
	struct exec_result first;     /* who listened */
	struct history_result second; /* who read */
	uint32_t events, at;          /* in the log; where the first one stopped */
};

enum { OPINION_LINE = 300 };

struct opinions;

struct opinions *opinions_create(void); /* NULL: no memory */
void opinions_destroy(struct opinions *o);
/* As exec_run(), with the log kept. */
void opinion_run(struct opinions *o, struct world *w, const struct case_file *c,
                 const struct sched_policy *policy, const struct exec_options *opt, struct opinion *out);
/* "the listening oracle says stale-use at event 61 (free), the history says clean" */
const char *opinion_says(const struct opinion *p, const struct world *w, char line[OPINION_LINE]);

#endif
