/* SPDX-License-Identifier: MIT */
/*
 * The fast paths of points and of what begins with one; included by lock.h only.
 *
 * The processor predicts where a return goes from the calls that it saw last.
 * After a switch those are another fiber's, so each return from a function in
 * which a switch took place is predicted wrongly. Therefore points are inline,
 * in the frame of whoever passes them, and what is called behind a point
 * switches only if the actor cannot go on.
 */
#ifndef SCHED_SCHED_INLINE_H
#define SCHED_SCHED_INLINE_H

#include "event/quiet.h"

/* What the fast path reads. It is the head of struct sched. */
struct sched_hot {
	uint16_t *passage; /* of the current actor's current op, by point */
	uint32_t fuse;     /* points until the policy is asked */
	uint32_t points;
	bool single; /* one thread, and nobody who takes fibers for threads: words need no atomic update */
	uint8_t armed[PT_COUNT]; /* free runtime: all of them, so that nothing shared is written here */
};

void sched_point_armed(struct sched *s, enum point p);
void sched_point_slow(struct sched *s, enum point p);

QUIET static inline void sched_point(struct sched *s, enum point p)
{
	struct sched_hot *h = (struct sched_hot *)s;

	if (__builtin_expect(h->armed[p], 0)) {
		sched_point_armed(s, p);
		return;
	}
	h->points++;
	h->passage[p]++;
	if (__builtin_expect(--h->fuse == 0, 0))
		sched_point_slow(s, p);
}

/* After a point: take the lock, however long that takes. p: where it waits. */
void sched_lock_now(struct sched *s, struct sched_lock *l, enum point p);
void sched_read_lock_now(struct sched *s, struct sched_rwlock *l, enum point p);
void sched_write_lock_now(struct sched *s, struct sched_rwlock *l, enum point p);
bool sched_trylock_now(struct sched *s, struct sched_lock *l);
/* Where words need an atomic update. */
void sched_enter_shared(struct sched *s, struct sched_instant *i);
/* Gives way until the queue was woken. */
void sched_block(struct sched *s, struct sched_wq *wq, enum point p);
/* The same where `single` is not. true: pred(arg) was found to hold, and is not to be asked again. */
bool sched_sleep(struct sched *s, struct sched_wq *wq, enum point p, bool (*pred)(void *arg), void *arg);

static inline void sched_lock(struct sched *s, struct sched_lock *l, enum point p)
{
	sched_point(s, p);
	sched_lock_now(s, l, p);
}

static inline bool sched_trylock(struct sched *s, struct sched_lock *l, enum point p)
{
	sched_point(s, p);
	return sched_trylock_now(s, l);
}

static inline void sched_read_lock(struct sched *s, struct sched_rwlock *l, enum point p)
{
	sched_point(s, p);
	sched_read_lock_now(s, l, p);
}

static inline void sched_write_lock(struct sched *s, struct sched_rwlock *l, enum point p)
{
	sched_point(s, p);
	sched_write_lock_now(s, l, p);
}

static inline void sched_wait(struct sched *s, struct sched_wq *wq, enum point p, bool (*pred)(void *arg),
                              void *arg)
{
	sched_point(s, p);
	while (!pred(arg)) {
		if (((struct sched_hot *)s)->single)
			sched_block(s, wq, p);
		else if (sched_sleep(s, wq, p, pred, arg))
			return;
	}
}

QUIET static inline void sched_enter(struct sched *s, struct sched_instant *i)
{
	if (((struct sched_hot *)s)->single)
		atomic_store_explicit(&i->word, 1, memory_order_relaxed); /* nobody can be inside */
	else
		sched_enter_shared(s, i);
}

/* Not quiet: whoever enters next comes after this. */
static inline void sched_leave(struct sched *s, struct sched_instant *i)
{
	(void)s;
	atomic_store_explicit(&i->word, 0, memory_order_release);
}

#endif
