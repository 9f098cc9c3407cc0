/* SPDX-License-Identifier: MIT */
/*
 * rebuild: from the last operations of a stress run to a case that replays.
 *
 * What happened on threads cannot be run again, but what led there can be
 * tried: a family of small programs is cut out of the last operations, each is
 * searched in the controlled runtime, and the best finding is made small.
 * Budgets are executions, so the same input gives the same output everywhere.
 */
#ifndef STRESS_REBUILD_H
#define STRESS_REBUILD_H

#include <signal.h>

#include "engine/run/signature.h"
#include "stress/focus.h"
#include "stress/sanitizer.h"

enum {
	REBUILD_ATTEMPTS = 64,
	REBUILD_RUNS = 400,       /* executions of one attempt */
	REBUILD_MINIMIZE = 40000, /* executions */
};

struct rebuild_stats {
	uint32_t attempts, reproduced, same; /* same: and of the class that was seen */
	uint64_t executions;
};

struct rebuild_config {
	uint64_t seed;
	uint32_t attempts, runs;                                     /* 0: the defaults */
	uint64_t minimize;                                           /* 0: the default */
	const volatile sig_atomic_t *stop;                           /* may be NULL */
	void (*progress)(void *ctx, const struct rebuild_stats *st); /* after each attempt; may be NULL */
	/* An attempt begins: *c is what the world runs, until the next call; NULL: minimising. May be NULL. */
	void (*about_to)(void *ctx, const struct case_file *c);
	void *ctx;
};

struct rebuild_result {
	struct rebuild_stats st;
	struct case_file c; /* if reproduced: small, witnessed, with its schedule and expect */
	struct exec_result r;
	char signature[SIGNATURE_MAX];
};

enum rebuild_end { REBUILD_FOUND, REBUILD_NOTHING, REBUILD_NO_MEMORY };

/*
 * last: the programs are each actor's last operations, expect is the class that
 * was seen (clean: not known).
 */
enum rebuild_end rebuild_case(struct world *w, const struct case_file *last,
                              const struct rebuild_focus *focus, const struct rebuild_config *cfg,
                              struct rebuild_result *out);

/*
 * A sanitizer is about to end the process while the world runs *running: the
 * case is the program with the schedule up to here. false: that is too long to keep.
 */
bool rebuild_from_report(const struct world *w, const struct case_file *running,
                         const struct sanitizer_report *report, struct rebuild_result *out);

/* The n-th program of the family; the same for the same arguments. */
void rebuild_candidate(struct case_file *c, const struct case_file *last, const struct rebuild_focus *focus,
                       uint32_t n, uint64_t seed);

#endif
