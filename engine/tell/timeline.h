/* SPDX-License-Identifier: MIT */
/*
 * timeline: an execution as people read it. A lane for every actor, a row for
 * every event that has to do with the violation; marked are the fill, the step
 * that killed the translation, what was missing, and where it broke.
 */
#ifndef ENGINE_TIMELINE_H
#define ENGINE_TIMELINE_H

#include <stdio.h>

#include "engine/run/exec.h"

struct timeline_options {
	bool color;    /* ANSI: for a terminal */
	bool all;      /* every event, not only those about the violation's page */
	int width;     /* of the terminal; 0: 120 */
	uint32_t rows; /* at most, the last ones, and none of operations that went by; 0: all */
};

/* log: what the execution of c with result r left. */
void timeline_print(FILE *out, const struct case_file *c, const struct exec_result *r,
                    const struct event_sink *log, const struct timeline_options *opt);

#endif
