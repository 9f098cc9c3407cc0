/* SPDX-License-Identifier: MIT */
/*
 * lock_if: locks that a test can take out of the model.
 *
 * Whoever owns a lock has one function that returns it, or NULL where its step
 * is deleted; these do nothing with NULL. So the step is looked up in one place
 * for taking and for giving back.
 */
#ifndef SCHED_LOCK_IF_H
#define SCHED_LOCK_IF_H

#include "sched/sched.h"

static inline void sched_lock_if(struct sched *s, struct sched_lock *l, enum point p)
{
	if (l)
		sched_lock(s, l, p);
}

/* true for NULL: where there is no lock, nobody holds it. */
static inline bool sched_trylock_if(struct sched *s, struct sched_lock *l, enum point p)
{
	return !l || sched_trylock(s, l, p);
}

static inline void sched_unlock_if(struct sched *s, struct sched_lock *l)
{
	if (l)
		sched_unlock(s, l);
}

static inline void sched_read_lock_if(struct sched *s, struct sched_rwlock *l, enum point p)
{
	if (l)
		sched_read_lock(s, l, p);
}

static inline void sched_read_unlock_if(struct sched *s, struct sched_rwlock *l)
{
	if (l)
		sched_read_unlock(s, l);
}

static inline void sched_write_lock_if(struct sched *s, struct sched_rwlock *l, enum point p)
{
	if (l)
		sched_write_lock(s, l, p);
}

static inline void sched_write_unlock_if(struct sched *s, struct sched_rwlock *l)
{
	if (l)
		sched_write_unlock(s, l);
}

#endif
