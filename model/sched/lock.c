/* SPDX-License-Identifier: MIT */
/*
 * Locks of both runtimes. Taking one is a point; a taken one makes the actor
 * wait until the holder wakes the queue, and all waiters then compete again,
 * as with a kernel spinlock. A lock that its holder takes again is a deadlock.
 *
 * The word is taken with acquire and given back with release. Where nobody
 * else runs, loads and stores do that. TSan, which takes fibers for threads,
 * wants the real thing: a plain store would end the release sequence of those
 * readers that left before. And a reader comes after the writers before it,
 * not after other readers, as their common word would have it: in TSan's
 * sight readers learn of writers by a word of its own.
 */
#include "sched/state.h"

static const uint32_t WRITER = 1u << 31, ANYBODY = UINT32_MAX;

/* A way to take a lock: none of the bits in busy may be set, add is added. */
struct lock_mode {
	uint32_t busy, add;
	memory_order order;
};
static const struct lock_mode ALONE = {ANYBODY, 1, memory_order_acquire},
                              READ = {WRITER, 1, SCHED_WATCHED ? memory_order_relaxed : memory_order_acquire},
                              WRITE = {ANYBODY, WRITER, memory_order_acquire};

static bool lock_take(const struct sched *s, _Atomic uint32_t *word, struct lock_mode how)
{
	uint32_t v = atomic_load_explicit(word, memory_order_relaxed);

	if (s->hot.single) {
		if (v & how.busy)
			return false;
		atomic_store_explicit(word, v + how.add, memory_order_relaxed);
		return true;
	}
	while (!(v & how.busy))
		if (atomic_compare_exchange_weak_explicit(word, &v, v + how.add, how.order,
		                                          memory_order_relaxed))
			return true;
	return false;
}

/* Somebody who waits for it. */
struct lock_claim {
	const struct sched *s;
	_Atomic uint32_t *word;
	struct lock_mode how;
};

static bool lock_take_claim(void *arg)
{
	const struct lock_claim *c = arg;

	return lock_take(c->s, c->word, c->how);
}

/* Out of line, so that what is left of taking a lock is small. */
__attribute__((noinline)) static void lock_wait(struct sched *s, _Atomic uint32_t *word, struct lock_mode how,
                                                struct sched_wq *wq, enum point p)
{
	struct lock_claim c = {s, word, how};

	if (s->free)
		free_wait(s, wq, p, lock_take_claim, &c);
	else
		do
			sched_block(s, wq, p);
		while (!lock_take_claim(&c));
}

static void lock_word(struct sched *s, _Atomic uint32_t *word, struct lock_mode how, struct sched_wq *wq,
                      enum point p)
{
	if (!lock_take(s, word, how))
		lock_wait(s, word, how, wq, p);
}

/* The last one out wakes whoever waits. */
static void lock_give_back(struct sched *s, _Atomic uint32_t *word, uint32_t add, struct sched_wq *wq)
{
	uint32_t left;

	if (s->hot.single) {
		left = atomic_load_explicit(word, memory_order_relaxed) - add;
		atomic_store_explicit(word, left, memory_order_release);
		if (left || !atomic_load_explicit(&wq->word, memory_order_relaxed))
			return;
	} else {
		left = atomic_fetch_sub_explicit(word, add, memory_order_release) - add;
	}
	if (!left)
		sched_wake(s, wq);
}

void sched_lock_now(struct sched *s, struct sched_lock *l, enum point p)
{
	lock_word(s, &l->word, ALONE, &l->wq, p);
}

void sched_pass(struct sched *s, struct sched_lock *l)
{
	if (lock_take(s, &l->word, ALONE))
		sched_unlock(s, l);
}

bool sched_trylock_now(struct sched *s, struct sched_lock *l) { return lock_take(s, &l->word, ALONE); }

void sched_unlock(struct sched *s, struct sched_lock *l) { lock_give_back(s, &l->word, 1, &l->wq); }

void sched_read_lock_now(struct sched *s, struct sched_rwlock *l, enum point p)
{
	lock_word(s, &l->word, READ, &l->wq, p);
	if (SCHED_WATCHED)
		atomic_load_explicit(&l->written, memory_order_acquire);
}

void sched_read_unlock(struct sched *s, struct sched_rwlock *l) { lock_give_back(s, &l->word, 1, &l->wq); }

void sched_write_lock_now(struct sched *s, struct sched_rwlock *l, enum point p)
{
	lock_word(s, &l->word, WRITE, &l->wq, p);
}

void sched_write_unlock(struct sched *s, struct sched_rwlock *l)
{
	if (SCHED_WATCHED)
		atomic_store_explicit(&l->written, 1, memory_order_release);
	lock_give_back(s, &l->word, WRITER, &l->wq);
}

void sched_enter_shared(struct sched *s, struct sched_instant *i)
{
	while (!lock_take(s, &i->word, ALONE))
		free_relax(s);
}
