/* SPDX-License-Identifier: MIT */
/*
 * lock: waiting, locks and instants, the same in both runtimes. What is inline
 * here, and sched_point(), is in sched_inline.h.
 */
#ifndef SCHED_LOCK_H
#define SCHED_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sched/points.h"

struct sched;

/* -- waiting ------------------------------------------------------------- */
/*
 * Zeroed: nobody waits. What pred reads must have been stored with release and
 * is read with acquire: waking orders nothing by itself.
 */
struct sched_wq {
	/* controlled: actors that wait, a bit each; free: wakes so far, bit 0: somebody sleeps */
	_Atomic uint32_t word;
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
/*
 * Takes a lock that is free and gives it back: no point, only the order. For
 * ghosts, which act where nobody holds one.
 */
void sched_pass(struct sched *s, struct sched_lock *l);
static inline void sched_read_lock(struct sched *s, struct sched_rwlock *l, enum point p);
void sched_read_unlock(struct sched *s, struct sched_rwlock *l);
static inline void sched_write_lock(struct sched *s, struct sched_rwlock *l, enum point p);
void sched_write_unlock(struct sched *s, struct sched_rwlock *l);

/* -- instants -------------------------------------------------------------- */
/*
 * Bookkeeping that no point interrupts, a few instructions long. Entering is no
 * point; in the controlled runtime nobody else can be inside.
 */
struct sched_instant {
	_Atomic uint32_t word;
};
static inline void sched_enter(struct sched *s, struct sched_instant *i);
static inline void sched_leave(struct sched *s, struct sched_instant *i);

#include "sched/sched_inline.h"

#endif
