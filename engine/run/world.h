/* SPDX-License-Identifier: MIT */
/*
 * world: what one execution owns. For the files of engine/run/, for those that
 * are policies of their own (minimize_few.c, turns.c), and for stress/, which
 * runs the same two sides on threads.
 */
#ifndef ENGINE_WORLD_H
#define ENGINE_WORLD_H

#include "dev/dev.h"
#include "dma/dma.h"
#include "drv/drv.h"
#include "engine/run/exec.h"
#include "engine/run/replay.h"
#include "engine/run/witness.h"
#include "mm/mm.h"

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
	enum sched_end end; /* how it ended */
	/* then, if it came to SCHED_DONE: somebody owns the frame */
	uint8_t mark[MEM_FRAMES];
};

/* Everything for one geometry; false: no memory, and world_tear() has to come. */
bool world_build(struct world *w, struct mem_geometry geo);
void world_tear(struct world *w);
/* What the case needs before its actors run. */
void world_set_up(struct world *w, const struct case_file *c);
/* Marks every frame that somebody owns. */
void world_mark_frames(const struct world *w, uint8_t mark[MEM_FRAMES]);
/* The space that the addresses of the actor's program mean. */
int world_space_of(const struct case_file *c, int actor);
/* Where the current actor is, as a schedule names places; *out has nothing else. */
void world_place(struct world *w, enum point p, struct case_sched *out);

#endif
