/* SPDX-License-Identifier: MIT */
/* What the files of stress/ share. */
#ifndef STRESS_INTERNAL_H
#define STRESS_INTERNAL_H

#include "engine/run/world.h"
#include "engine/search/generate.h"
#include "stress/ring.h"
#include "stress/sanitizer.h"
#include "stress/stress.h"

enum { STRESS_AIM_OPS = 40 /* operations after which all actors look elsewhere */ };

/* One thread's own; nobody else writes here. */
struct stress_actor {
	struct stress_run *run;
	int id;
	struct rng rng;
	uint32_t nops;
	struct case_op last[STRESS_LAST_OPS]; /* slot = number % STRESS_LAST_OPS */
	_Atomic uint64_t ops, dma, failed;    /* of the whole run */
	struct ring ring;
};

enum { STRESS_WORLDS = 24 /* more than there are geometries */ };

struct stress_worlds {
	unsigned n;
	struct world *world[STRESS_WORLDS];
};

struct stress_run {
	struct stress_options opt;
	struct stress_worlds worlds;
	struct world *w; /* of the round */
	struct watch *watch;
	uint64_t round;          /* which decides what is done */
	uint64_t nth;            /* round that is run */
	struct case_file config; /* of the round; its programs are empty */
	_Atomic uint64_t stamp;
	_Atomic uint64_t invalidations;
	_Atomic bool failed;   /* from here on every actor stops where it is */
	_Atomic uint32_t held; /* those that have, a bit each */
	_Atomic bool reported; /* by a sanitizer: */
	struct stress_report report;
	struct ring nobody; /* what happened in no actor: set-up and audit */
	struct stress_actor actor[SCHED_MAX_ACTORS];
};

/* -- actor.c: what a thread does -------------------------------------------------- */
void stress_spawn(struct stress_run *r);

/* -- listen.c: what every event goes through ---------------------------------------- */
void stress_listen(void *run, const struct event *ev);
_Noreturn void stress_hold(struct stress_run *r, int actor); /* the thread that calls stays here for ever */

/* -- report.c: what came out ------------------------------------------------------------ */
void stress_on_report(void *run, const struct sanitizer_report *report);

/* -- worlds.c: where it happens --------------------------------------------------------- */
struct world *stress_world(struct stress_worlds *all, struct mem_geometry geo); /* NULL: no memory */
void stress_worlds_free(struct stress_worlds *all);

/* -- config.c: what a round looks like ------------------------------------------------ */
void stress_configure(struct stress_run *r);

#endif
