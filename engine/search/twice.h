/* SPDX-License-Identifier: MIT */
/*
 * twice: an execution, and then the same once more.
 *
 * The second one replays the schedule that the first one recorded; one too
 * long to keep is asked of the same policy again. Both must be the same, event
 * for event: if not, something outside the case had an influence (memory that
 * outlives an execution, an address, the time), and what is found may not
 * replay.
 */
#ifndef ENGINE_TWICE_H
#define ENGINE_TWICE_H

#include "engine/run/exec.h"

enum { TWICE_LINE = 300 };

static const uint32_t TWICE_NO_EVENT = UINT32_MAX;

struct twice_difference {
	char what[TWICE_LINE]; /* "212, then 213 points; clean, then violation stale-use" */
	uint32_t event;        /* where the logs part, numbered as `shootdown show` does; or TWICE_NO_EVENT */
	char text[2][TWICE_LINE]; /* that event of each, in words */
};

struct twice;

struct twice *twice_create(void); /* NULL: no memory */
void twice_destroy(struct twice *t);
/*
 * exec_run() that also keeps the schedule and the log. The world must not run
 * anything else before twice_again().
 */
void twice_first(struct twice *t, struct world *w, const struct case_file *c,
                 const struct sched_policy *policy, const struct exec_options *opt, struct exec_result *out);
/* Is the first one's schedule too long to keep? Then twice_again() needs the policy. */
bool twice_is_long(const struct twice *t);
/*
 * Runs it again. policy: the first one's, as it was before it ran; not looked
 * at where the schedule was kept. false: it was not the same, see *d.
 */
bool twice_again(struct twice *t, const struct sched_policy *policy, struct twice_difference *d);
/* The case of the first execution, with its schedule if that was kept. */
const struct case_file *twice_case(const struct twice *t);

#endif
