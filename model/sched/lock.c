// SPDX-License-Identifier: MIT
/*
 * Locks of both runtimes. Taking one is a point; a taken one makes the actor
 * wait until the holder wakes the queue, and all waiters then compete again,
 * as with a kernel spinlock. A lock that its holder takes again is a deadlock.
 *
 * The word is taken with acquire and given back with release: in the
 * controlled runtime that costs nothing and is what tells TSan of the edge.
 */
#include "sched/internal.h"

static const uint32_t WRITER = 1u << 31, ANYBODY = UINT32_MAX;

static bool take(const struct sched *s, _Atomic uint32_t *word, uint32_t busy, uint32_t add)
{
	uint32_t v = atomic_load_explicit(word, memory_order_acquire);

	if (!s->free) {
		if (v & busy)
			return false;
		atomic_store_explicit(word, v + add, memory_order_relaxed);
		return true;
	}
	while (!(v & busy))
		if (atomic_compare_exchange_weak_explicit(word, &v, v + add, memory_order_acquire,
		                                          memory_order_relaxed))
			return true;
	return false;
}

/* Somebody who waits for it. */
struct claim {
	const struct sched *s;
	_Atomic uint32_t *word;
	uint32_t busy, add;
};

static bool take_claim(void *arg)
{
	const struct claim *c = arg;

	return take(c->s, c->word, c->busy, c->add);
}

static void wait_for(struct sched *s, struct sched_wq *wq, const struct claim *what, enum point p)
{
	struct claim c = *what;

	if (s->free)
		free_wait(s, wq, p, take_claim, &c);
	else
		do
			sched_block(s, wq, p);
		while (!take_claim(&c));
}

/* The last one out wakes whoever waits. */
static void give_back(struct sched *s, _Atomic uint32_t *word, uint32_t add, struct sched_wq *wq)
{
	uint32_t left;

	if (s->free) {
		left = atomic_fetch_sub_explicit(word, add, memory_order_release) - add;
	} else {
		left = atomic_load_explicit(word, memory_order_relaxed) - add;
		atomic_store_explicit(word, left, memory_order_release);
	}
	if (!left)
		sched_wake(s, wq);
}

void sched_lock(struct sched *s, struct sched_lock *l, enum point p)
{
	sched_point(s, p);
	if (!take(s, &l->word, ANYBODY, 1))
		wait_for(s, &l->wq, &(struct claim){s, &l->word, ANYBODY, 1}, p);
}

bool sched_trylock(struct sched *s, struct sched_lock *l, enum point p)
{
	sched_point(s, p);
	return take(s, &l->word, ANYBODY, 1);
}

void sched_unlock(struct sched *s, struct sched_lock *l) { give_back(s, &l->word, 1, &l->wq); }

void sched_read_lock(struct sched *s, struct sched_rwlock *l, enum point p)
{
	sched_point(s, p);
	if (!take(s, &l->word, WRITER, 1))
		wait_for(s, &l->wq, &(struct claim){s, &l->word, WRITER, 1}, p);
}

void sched_read_unlock(struct sched *s, struct sched_rwlock *l) { give_back(s, &l->word, 1, &l->wq); }

void sched_write_lock(struct sched *s, struct sched_rwlock *l, enum point p)
{
	sched_point(s, p);
	if (!take(s, &l->word, ANYBODY, WRITER))
		wait_for(s, &l->wq, &(struct claim){s, &l->word, ANYBODY, WRITER}, p);
}

void sched_write_unlock(struct sched *s, struct sched_rwlock *l) { give_back(s, &l->word, WRITER, &l->wq); }

void sched_enter(struct sched *s, struct sched_instant *i)
{
	while (!take(s, &i->word, ANYBODY, 1))
		free_relax(s);
}

void sched_leave(struct sched *s, struct sched_instant *i)
{
	(void)s;
	atomic_store_explicit(&i->word, 0, memory_order_release);
}
