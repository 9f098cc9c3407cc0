/* SPDX-License-Identifier: MIT */
/* What one execution owns; private to exec.c, program.c, replay.c, witness.c, turns.c, minimize_few.c,
 * opinion.c and to stress/. */
#ifndef ENGINE_WORLD_H
#define ENGINE_WORLD_H

#include "dev/dev.h"
#include "dma/dma.h"
#include "drv/drv.h"
#include "engine/run/exec.h"
#include "mm/mm.h"

enum { REPLAY_BUCKETS = 64, REPLAY_NONE = 0xffff };

/* The op that an actor is in. */
struct world_op {
	uint8_t kind, occurrence; /* OP_COUNT: outside any op */
	uint8_t seen[OP_COUNT];   /* occurrences begun */
};

/* An actor's body needs to know whose it is. */
struct world_actor {
	struct world *w;
	int actor;
};

/* The case's schedule, ready to be looked up. */
struct replay {
	uint16_t bucket[REPLAY_BUCKETS], chain[CASE_MAX_SCHED];
	uint8_t hit[CASE_MAX_SCHED];
};

/* A witness run: fill and use wait for their places. */
struct witness {
	bool on;
	struct oracle_violation v;
	struct case_sched fill, refill, use; /* what to do; the place is filled in as it is met */
	bool filled, refilled, used;
};

struct world {
	struct event_sink ev;
	struct sched *sched;
	struct mem mem;
	struct bugs_set bugs;
	struct hw *hw;
	struct dev_sys *dev;
	struct drv *drv;
	struct mm_sys *mm;
	struct dma_sys *dma;
	struct oracle *oracle;
	struct hw_config hw_cfg;
	struct mm_notifier_ops notifier;
	struct drv_fault_ops fault;

	/* of this execution */
	const struct case_file *c;
	const struct exec_options *opt;
	const struct sched_policy *policy; /* NULL: replay */
	struct exec_counts *counts;
	bool go_on;    /* past a latent violation, until data shows it */
	bool in_ghost; /* events of a ghost do not count for places */
	bool running;
	uint32_t events;
	struct world_op op[SCHED_MAX_ACTORS];
	struct world_actor actor[SCHED_MAX_ACTORS];
	uint32_t ran_op; /* actors that ran one, a bit each */
	uint32_t ops;
	struct replay replay;
	struct witness witness;
	struct case_sched recorded[CASE_MAX_SCHED];
	uint32_t nrecorded; /* may exceed the room: then too long to keep */
	struct event *log;
	enum sched_end end;        /* how it ended */
	uint8_t mark[MEM_FRAMES]; /* then, if it came to SCHED_DONE: somebody owns the frame */
};

/* -- world.c: what a case needs before its actors run --------------------------- */
bool world_build(struct world *w, struct mem_geometry geo);
void world_tear(struct world *w);
void world_set_up(struct world *w, const struct case_file *c);
void world_mark_frames(const struct world *w, uint8_t mark[MEM_FRAMES]);
int world_space_of(const struct case_file *c, int actor); /* space that a program's addresses mean */

/* -- program.c: actors' bodies ----------------------------------------------------- */
void program_spawn_all(struct world *w);
void program_spawn_daemons(struct world *w);
/* One op by the actor that calls, with its points and events; index: its number in the program. Returns its result. */
int program_op(struct world *w, int actor, const struct case_op *op, uint32_t index);

/* -- replay.c: whose turn ------------------------------------------------------------ */
struct sched_policy replay_policy(struct world *w);
uint16_t replay_skipped(const struct world *w);
bool replay_has_ghosts(const struct case_file *c);
/* A ghost walker or device acts now. */
void ghost_act(struct world *w, const struct case_sched *what);
/* At a point of a witness run: is it time? */
void witness_at_point(struct world *w, enum point p);
void witness_at_end(struct world *w);
void world_place(struct world *w, enum point p, struct case_sched *out);

enum { EXEC_LIMIT = 20000 };

#endif
