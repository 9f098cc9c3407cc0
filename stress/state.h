/* SPDX-License-Identifier: MIT */
/* state: one run. For the files of stress/ only. */
#ifndef STRESS_STATE_H
#define STRESS_STATE_H

#include "sched/sched.h"
#include "stress/actor.h"
#include "stress/ring.h"
#include "stress/stress.h"
#include "stress/worlds.h"

struct world;

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

#endif
