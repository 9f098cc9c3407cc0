/* SPDX-License-Identifier: MIT */
/*
 * Cooperative locks. Taking one is a point; a taken one blocks the actor until
 * the holder wakes the queue, and all waiters then compete again, as with a
 * kernel spinlock. A lock that its holder takes again is a deadlock.
 */
#include "sched/internal.h"

static uint32_t me(const struct sched *s) { return 1u << s->current; }

void sched_lock(struct sched *s, struct sched_lock *l, enum point p)
{
	sched_point(s, p);
	while (l->owner1)
		sched_block(s, &l->wq, p);
	l->owner1 = (int8_t)(s->current + 1);
}

bool sched_trylock(struct sched *s, struct sched_lock *l, enum point p)
{
	sched_point(s, p);
	if (l->owner1)
		return false;
	l->owner1 = (int8_t)(s->current + 1);
	return true;
}

void sched_unlock(struct sched *s, struct sched_lock *l)
{
	l->owner1 = 0;
	sched_wake(s, &l->wq);
}

bool sched_holds(const struct sched *s, const struct sched_lock *l) { return l->owner1 == s->current + 1; }

void sched_read_lock(struct sched *s, struct sched_rwlock *l, enum point p)
{
	sched_point(s, p);
	while (l->writer1)
		sched_block(s, &l->wq, p);
	l->readers |= me(s);
}

void sched_read_unlock(struct sched *s, struct sched_rwlock *l)
{
	l->readers &= ~me(s);
	if (!l->readers)
		sched_wake(s, &l->wq);
}

void sched_write_lock(struct sched *s, struct sched_rwlock *l, enum point p)
{
	sched_point(s, p);
	while (l->writer1 || l->readers)
		sched_block(s, &l->wq, p);
	l->writer1 = (int8_t)(s->current + 1);
}

void sched_write_unlock(struct sched *s, struct sched_rwlock *l)
{
	l->writer1 = 0;
	sched_wake(s, &l->wq);
}
