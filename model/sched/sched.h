/* SPDX-License-Identifier: MIT */
/*
 * sched: actors, and the points at which another one may run.
 *
 * An actor is a thread of control; a point is a labelled place where another
 * actor may run. Model code calls sched_point() before every access to shared
 * state and uses the locks and waits of lock.h; it never learns which runtime is
 * on. In the controlled runtime every actor is a fiber on one OS thread and a
 * policy (engine/) decides at each point; locks block cooperatively. In the
 * free runtime every actor is a pthread, a point is at most a short seeded
 * delay, and locks are real ones.
 *
 * Nothing in here allocates after sched_create(), but for the threads.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "sched/free.h"
#include "sched/lock.h"
#include "sched/points.h"
#include "sched/policy.h"

enum { SCHED_MAX_ACTORS = 16 };

struct sched;

typedef void sched_body(void *arg);

/* How an execution ended. */
enum sched_end {
	SCHED_DONE,     /* every program actor ran to its end */
	SCHED_DEADLOCK, /* a program actor waits and nobody can run; free: nobody began an op for too long */
	SCHED_LIMIT,    /* the budget of points is spent */
	SCHED_STOPPED,  /* somebody called sched_stop() */
};

/* -- life ---------------------------------------------------------------- */
/* current: where to keep the running actor's number (the event sink's field). NULL: no memory. */
struct sched *sched_create(uint8_t *current);
void sched_destroy(struct sched *s);
/* Forgets the last execution. limit: points after which it ends. */
void sched_reset(struct sched *s, const struct sched_policy *policy, uint32_t limit);
/* daemon: an actor whose end nobody waits for (queue processor, page-request handler). */
void sched_spawn(struct sched *s, int actor, sched_body *body, void *arg, bool daemon);
/* Starts with `first` (-1: the first in the fixed order). */
enum sched_end sched_run(struct sched *s, int first);
/* Ends the execution from inside an actor; does not return. Controlled runtime only. */
_Noreturn void sched_stop(struct sched *s);

/* -- what an actor does besides points, waits and locks ------------------- */
/* A retry loop gives way: someone else runs if anyone can. */
void sched_relax(struct sched *s, enum point p);
/* A new op of the current actor begins: passages count from zero. */
void sched_op_begin(struct sched *s);

/* -- what an execution can be asked -------------------------------------- */
/* free: the actor of the calling thread; -1: it is none */
int sched_current(const struct sched *s);
/* points passed so far, all actors; free: of the calling actor */
uint32_t sched_points(const struct sched *s);
uint32_t sched_switches(const struct sched *s);
/* of the current actor's current op */
uint32_t sched_passage(const struct sched *s, enum point p);
/* actors that wait, a bit each */
uint32_t sched_blocked(const struct sched *s);
/* actors that could run, a bit each; the current one included */
uint32_t sched_runnable(const struct sched *s);
/* where it was switched out; free: where it waits or ended */
enum point sched_where(const struct sched *s, int actor);
bool sched_finished(const struct sched *s, int actor);
/* inside a FORCED decision: the current actor could go on, but gives way */
bool sched_yielding(const struct sched *s);

#endif
