/* SPDX-License-Identifier: MIT */
/* hunter: the parts of the hunt command. */
#ifndef TOOLS_HUNTER_H
#define TOOLS_HUNTER_H

#include "engine/search/hunt.h"
#include "tools/tool.h"

enum { HUNTER_SEEDS = 1000 };

struct hunter_options {
	uint64_t skip[2]; /* steps taken out, a bit each */
	bool all, clean, json, verbose, minimize, oracle, both, twice;
	int bug, profile, engine;
	uint64_t budget, seed, seeds, runs, seconds, depth;
	const char *out;
};

/* One hunt, when it is over. */
struct hunter_result {
	int bug;
	uint64_t seed;
	enum hunt_end end;
	struct hunt_stats stats;
	struct hunt_find find; /* if found, or a defect */
	double seconds;
	const char *file; /* where the case is; NULL: nowhere */
};

/* "mremap-secondary-flush-late", "clean" */
const char *hunter_target(int bug);
/* The profile's name, or "all". */
const char *hunter_hw(const struct hunter_options *opt, int bug);
void hunter_print(const struct hunter_options *opt, const struct hunter_result *r);
/* The operations and events that were really run. */
void hunter_print_coverage(const struct hunt_stats *st);
void hunter_json(const struct hunter_options *opt, const struct hunter_result *r, const char *kind);
/* Median over seeds; executions of what was not found count as the whole budget. */
void hunter_print_seeds(const struct hunter_options *opt, int bug, const struct hunter_result *r,
                        uint64_t executions[], double seconds[], uint64_t n, uint64_t found);

#endif
