/* SPDX-License-Identifier: MIT */
/*
 * hunt: search with a budget of executions. A random program, then many
 * schedules of it under mixed engines, then the next program, until something
 * is found. What is found is recorded, replayed and witnessed before it counts.
 */
#ifndef ENGINE_HUNT_H
#define ENGINE_HUNT_H

#include <signal.h>

#include "engine/run/probes.h"
#include "engine/search/search.h"
#include "engine/search/twice.h"

enum { HUNT_CLEAN = -1, HUNT_ANY_PROFILE = -1, HUNT_HOW = 120 };

struct hunt_config {
	int bug;          /* enum bug, or HUNT_CLEAN: no bug at all, any violation counts */
	uint64_t skip[2]; /* steps of the model taken out; with HUNT_CLEAN */
	int profile;      /* enum profile_id; HUNT_ANY_PROFILE: the bug's own, or all in turn */
	enum search_engine engine;
	uint64_t seed;
	uint64_t budget; /* executions */
	uint32_t runs;   /* of one program; 0: the default, 4 */
	uint8_t depth;   /* of PCT; 0: drawn */
	bool twice;      /* run each execution again: a defect if it is not the same */
	bool no_oracle;
	bool probes;         /* count rare states, too */
	bool second_opinion; /* both oracles judge each execution; only where they differ it ends */
	const volatile sig_atomic_t *stop; /* non-zero: end soon; may be NULL */
	void (*progress)(void *ctx);       /* every few thousand executions; may be NULL */
	void *progress_ctx;
};

struct hunt_stats {
	uint64_t executions, points, switches, programs;
	uint64_t violations, other;      /* other: of a class that is not this bug's */
	uint64_t healthy;                /* violations that are there without the bug too: the model's own */
	uint64_t inconclusive, too_long; /* item pool full; schedule too long to record */
	uint64_t unsettled;              /* races whose replay showed another one first */
	uint64_t compared;               /* executions of which both oracles said the same */
	uint64_t replayed, rerun;        /* with twice: by the recorded schedule; by the same policy */
	struct {
		uint64_t op[OP_COUNT], op_ok[OP_COUNT], event[EV_COUNT];
	} seen;
	struct probes_total probes; /* if asked for */
};

struct hunt_find {
	struct case_file c; /* with its schedule, and expect */
	struct exec_result r;
	char signature[SIGNATURE_MAX];
	char how[HUNT_HOW]; /* the engine, and PCT's bound */
	bool differs;       /* with HUNT_DEFECT: the second execution was another one */
	struct twice_difference difference;
};

enum hunt_end {
	HUNT_FOUND,
	HUNT_BUDGET, /* spent */
	HUNT_STOPPED,
	/*
	 * the harness itself, or its oracles differ: find->r.why (good until the next call); the case
	 * is find->c
	 */
	HUNT_DEFECT,
};

struct hunt;

/* NULL: no memory. The world stays the caller's. */
struct hunt *hunt_create(struct world *w, const struct hunt_config *cfg);
void hunt_destroy(struct hunt *h);
/* Searches on; a found case first fills *find. May be called again, for more. */
enum hunt_end hunt_next(struct hunt *h, struct hunt_find *find);
const struct hunt_stats *hunt_stats(const struct hunt *h);
/* Is the class one that the planted bug may show as? */
bool hunt_class_of(int bug, enum violation_class c);

#endif
