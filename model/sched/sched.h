/* SPDX-License-Identifier: MIT */
/*
 * sched: who runs next.
 *
 * An actor is a thread of control; a point is a labelled place where another
 * actor may run. Model code calls sched_point() before every access to shared
 * state and uses the locks and waits below; it never learns which runtime is
 * on. In the controlled runtime every actor is a fiber on one OS thread and a
 * policy (engine/) decides at each point; locks block cooperatively. In the
 * free runtime every actor is a pthread, a point is at most a short seeded
 * delay, and locks are real ones.
 *
 * Nothing in here allocates after sched_create(), but for the threads.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sched/points.h"

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

/*
 * A policy is asked at a point (kind PLAIN), where staying is the default, and
 * where the actor cannot go on (FORCED: blocked, finished, or a retry loop
 * that yields). It returns the actor to run, which must be in `runnable`; at a
 * PLAIN point that includes the current one.
 *
 * To keep the fast path to a decrement, the policy is only asked at a PLAIN
 * point when sched_set_fuse() has burned down, or the point is armed.
 */
enum sched_kind { SCHED_PLAIN, SCHED_FORCED };

struct sched_policy {
	void (*start)(void *ctx,
	              struct sched *s); /* before the first actor runs: sets the first fuse; may be NULL */
	int (*next)(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable);
	void *ctx;
};

/* -- life ---------------------------------------------------------------- */
/* current: where to keep the running actor's number (the event sink's field). NULL: no memory. */
struct sched *sched_create(uint8_t *current);
/*
 * The free runtime. Policies, limits, fuses and orders mean nothing to it.
 * After SCHED_DEADLOCK, SCHED_STOPPED (tick said so) and SCHED_LIMIT (no more
 * threads) there are threads left: all that remains to be done is to report
 * and to end the process.
 */
struct sched_free_options {
	uint64_t seed;     /* of the delays */
	uint32_t delay;    /* points from one delay to the next of an actor, on average; 0: no delays */
	uint32_t patience; /* seconds without a new op anywhere after which it is stuck; 0: for ever */
	bool (*tick)(
	        void *ctx); /* a few times a second, by the caller of sched_run(); false: leave; may be NULL */
	void *ctx;
};
struct sched *sched_create_free(void);                                      /* NULL: no memory */
void sched_set_free(struct sched *s, const struct sched_free_options *opt); /* after sched_reset() */
void sched_destroy(struct sched *s);
/* Forgets the last execution. limit: points after which it ends. */
void sched_reset(struct sched *s, const struct sched_policy *policy, uint32_t limit);
/* daemon: an actor whose end nobody waits for (queue processor, page-request handler). */
void sched_spawn(struct sched *s, int actor, sched_body *body, void *arg, bool daemon);
/* Starts with `first` (-1: the first in the fixed order). */
enum sched_end sched_run(struct sched *s, int first);
/* Ends the execution from inside an actor; does not return. Controlled runtime only. */
_Noreturn void sched_stop(struct sched *s);

/* -- points (sched_point() itself is in sched_inline.h) -------------------- */
/* A retry loop gives way: someone else runs if anyone can. */
void sched_relax(struct sched *s, enum point p);
/* A new op of the current actor begins: passages count from zero. */
void sched_op_begin(struct sched *s);

/* -- waiting ------------------------------------------------------------- */
/*
 * Zeroed: nobody waits. What pred reads must have been stored with release and
 * is read with acquire: waking orders nothing by itself.
 */
struct sched_wq {
	_Atomic uint32_t
	        word; /* controlled: actors that wait, a bit each; free: wakes so far, bit 0: somebody sleeps */
};
/* Returns once pred(arg) holds; it is asked again after every wake. */
static inline void sched_wait(struct sched *s, struct sched_wq *wq, enum point p, bool (*pred)(void *arg),
                              void *arg);
void sched_wake(struct sched *s, struct sched_wq *wq);

/* -- locks; zeroed: free --------------------------------------------------- */
struct sched_lock {
	_Atomic uint32_t word;
	struct sched_wq wq;
};
struct sched_rwlock {
	_Atomic uint32_t word;    /* readers, and a bit for a writer */
	_Atomic uint32_t written; /* by writers that left; for TSan */
	struct sched_wq wq;
};
static inline void sched_lock(struct sched *s, struct sched_lock *l, enum point p);
static inline bool sched_trylock(struct sched *s, struct sched_lock *l, enum point p);
void sched_unlock(struct sched *s, struct sched_lock *l);
/* Takes a lock that is free and gives it back: no point, only the order. For ghosts, who act where nobody holds one. */
void sched_pass(struct sched *s, struct sched_lock *l);
static inline void sched_read_lock(struct sched *s, struct sched_rwlock *l, enum point p);
void sched_read_unlock(struct sched *s, struct sched_rwlock *l);
static inline void sched_write_lock(struct sched *s, struct sched_rwlock *l, enum point p);
void sched_write_unlock(struct sched *s, struct sched_rwlock *l);
/*
 * An instant: bookkeeping that no point interrupts, a few instructions long.
 * Entering is no point; in the controlled runtime nobody else can be inside.
 */
struct sched_instant {
	_Atomic uint32_t word;
};
static inline void sched_enter(struct sched *s, struct sched_instant *i);
static inline void sched_leave(struct sched *s, struct sched_instant *i);

/* -- what an execution can be asked -------------------------------------- */
int sched_current(const struct sched *s); /* free: of the calling thread; -1: it is no actor */
uint32_t
sched_points(const struct sched *s); /* points passed so far, all actors; free: of the calling actor */
uint32_t sched_switches(const struct sched *s);
uint32_t sched_passage(const struct sched *s, enum point p); /* of the current actor's current op */
uint32_t sched_blocked(const struct sched *s);               /* actors that wait, a bit each */
uint32_t
sched_runnable(const struct sched *s); /* actors that could run, a bit each; the current one included */
enum point sched_where(const struct sched *s,
                       int actor); /* where it was switched out; free: where it waits or ended */
bool sched_finished(const struct sched *s, int actor);
bool sched_yielding(
        const struct sched *s); /* inside a FORCED decision: the current actor could go on, but gives way */

/* -- for policies -------------------------------------------------------- */
void sched_set_fuse(struct sched *s, uint32_t points);          /* ask after so many points; 0: never */
void sched_arm(struct sched *s, const uint8_t armed[PT_COUNT]); /* ask at these points; copied */
/* The fixed order of actors; forced switches go to the next runnable after the current one. */
void sched_set_order(struct sched *s, const uint8_t *actors, int n);
int sched_next_in_order(const struct sched *s, uint32_t runnable);

#include "sched/sched_inline.h"

#endif
