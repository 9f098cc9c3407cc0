/* SPDX-License-Identifier: MIT */
/*
 * minimize: the smallest case that still fails the same way. Operations,
 * actors and operands go first; then the schedule, not by thinning out a long
 * one but by searching again on the small program. Every
 * step is checked against the signature of the case that came in.
 */
#ifndef ENGINE_MINIMIZE_H
#define ENGINE_MINIMIZE_H

#include <signal.h>

#include "engine/search/search.h"

struct minimize_stats {
	uint64_t executions;
	uint32_t tried, accepted; /* candidates */
	uint16_t ops_before, ops_after;
	uint16_t switches_before, switches_after; /* schedule entries that switch */
	bool stopped;                             /* by the budget or by *stop: it may be smaller yet */
};

struct minimize_config {
	uint64_t seed;
	uint64_t budget;                   /* executions; 0: the default, 200000 */
	uint32_t search;                   /* executions spent on one candidate; 0: the default, 200 */
	const volatile sig_atomic_t *stop; /* non-zero: end soon with the best so far; may be NULL */
	void (*progress)(void *ctx, const struct minimize_stats *st,
	                 const struct case_file *best); /* may be NULL */
	void *progress_ctx;
};

enum minimize_result {
	MINIMIZE_OK,
	MINIMIZE_SILENT, /* in's schedule shows no violation, nor did a search: nothing to keep */
	MINIMIZE_MEMORY,
};

/*
 * *out: the smallest found, witnessed, with its expect set; *r: its run. A
 * case that needs a search to fail is searched first.
 */
enum minimize_result minimize_case(struct world *w, const struct case_file *in,
                                   const struct minimize_config *cfg, struct case_file *out,
                                   struct exec_result *r, struct minimize_stats *st);

#endif
