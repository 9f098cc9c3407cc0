/* SPDX-License-Identifier: MIT */
/*
 * policy: the engines that decide who runs. Each is a struct sched_policy with
 * its state; exec_run() takes it. Random numbers come from one seeded
 * generator (engine/search/rng.h). A policy is good for one execution, except the
 * exhaustive one, which remembers where it was.
 */
#ifndef ENGINE_POLICY_H
#define ENGINE_POLICY_H

#include "engine/search/rng.h"
#include "sched/sched.h"

/* Uniform: at every point each runnable actor is as likely. */
struct policy_uniform {
	struct rng rng;
	uint32_t set, count;              /* the actors it chose from last ... */
	uint8_t member[SCHED_MAX_ACTORS]; /* ... from the lowest */
};

/* Sticky: stays for a geometric number of points, mean `mean`. */
struct policy_sticky {
	struct rng rng;
	uint32_t mean;
};

enum { POLICY_PCT_DEPTH = 8 };

/*
 * PCT (Burckhardt et al., ASPLOS 2010): random priorities and depth - 1
 * change points among `points` (measured); finds a bug of that depth with
 * probability at least 1 / (n * k^(d-1)).
 */
struct policy_pct {
	struct rng rng;
	uint32_t points;                /* k */
	uint8_t depth;                  /* d, 1..8 */
	int32_t prio[SCHED_MAX_ACTORS]; /* larger runs first */
	int32_t yields;                 /* retry loops so far: each goes to the very bottom */
	struct {
		uint32_t at;
		int32_t prio;
	} change[POLICY_PCT_DEPTH];
	uint8_t nchange, next;
};

/*
 * Exhaustive up to a number of preemptions (Musuvathi and Qadeer, PLDI 2007):
 * every choice where the actor cannot go on, at most `bound` switches where it
 * could. One execution a call of exec_run(), then policy_exhaustive_next().
 */
enum { POLICY_EXHAUSTIVE_DEPTH = 4096 };

struct policy_choice {
	uint32_t left; /* alternatives not tried yet, a bit each */
	uint8_t chosen;
	uint8_t preempts; /* what an alternative costs: 1 at a plain point, else 0 */
};

struct policy_exhaustive {
	uint8_t bound, used;
	bool keep_forced;   /* do not branch where the actor cannot go on: the fixed order decides */
	bool truncated;     /* a run had more choices than are remembered: the search is not exhaustive */
	uint32_t depth, at; /* choices on the path; how many of them this run has met */
	struct policy_choice path[POLICY_EXHAUSTIVE_DEPTH];
};

struct sched_policy policy_uniform(struct policy_uniform *p, uint64_t seed);
struct sched_policy policy_sticky(struct policy_sticky *p, uint64_t seed, uint32_t mean);
struct sched_policy policy_pct(struct policy_pct *p, uint64_t seed, uint32_t points, unsigned depth);
/* 1 / the probability that PCT promises for n actors; 0: larger than fits. */
uint64_t policy_pct_bound(unsigned n, uint32_t points, unsigned depth);
/* Begins a new enumeration; the first schedule is the one without preemptions. */
struct sched_policy policy_exhaustive(struct policy_exhaustive *p, unsigned bound);
/* Prepares the next schedule; false: all were run. */
bool policy_exhaustive_next(struct policy_exhaustive *p);

#endif
