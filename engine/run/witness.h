/* SPDX-License-Identifier: MIT */
/* witness: a run in which a ghost fills and uses what went stale, so that data shows it: exec_witness(). */
#ifndef ENGINE_WITNESS_H
#define ENGINE_WITNESS_H

#include "case/case.h"
#include "oracle/oracle.h"
#include "sched/sched.h"

struct world;

/* Fill and use wait for their places. */
struct witness {
	bool on;
	struct oracle_violation v;
	struct case_sched fill, refill, use; /* what to do; the place is filled in as it is met */
	bool filled, refilled, used;
};

/* At a point of a witness run: is it time? */
void witness_at_point(struct world *w, enum point p);
void witness_at_end(struct world *w);

#endif
