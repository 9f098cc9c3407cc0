/* SPDX-License-Identifier: MIT */
/*
 * The free runtime: every actor is a pthread and nobody decides anything.
 *
 * A point is nothing, or now and then a short delay, so that two cores show
 * what many would. Waiting sleeps on a futex word; the word carries no data
 * and orders nothing that a predicate reads. Whoever is asked "who am I"
 * answers from its own thread's memory: a thread is an actor of one world.
 *
 * Daemons end when every program has ended and all of them wait for more work
 * at once, so that nothing is left half done.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sched/state.h"

enum {
	TICK_NS = 200 * 1000 * 1000,
	SPIN_MAX = 1024, /* iterations of a spinning delay */
	NAP_NS = 20 * 1000,
};

struct free_actor {
	struct sched *s;
	int id;
	uint64_t random;
	uint32_t until; /* points until the next delay */
	uint32_t points;
	_Atomic uint32_t ops;              /* begun so far: what the watchdog looks at */
	_Atomic(struct sched_wq *) asleep; /* where it sleeps; NULL: it does not */
	pthread_t thread;
	bool exists; /* the thread; it is kept from run to run */
	bool go;     /* there is a run for it; under free_run's lock */
	jmp_buf end; /* of a daemon's run */
};

struct free_run {
	struct sched_free_options opt;
	struct free_actor actor[SCHED_MAX_ACTORS];
	pthread_mutex_t lock; /* what follows */
	pthread_cond_t start, ended, idle;
	bool quit;                  /* the threads may end */
	uint32_t programs, daemons; /* that have not ended */
	_Atomic bool ending;        /* the programs have; written with the lock */
	bool over;                  /* and so may the daemons */
	uint32_t idlers, wakes;
};

static _Thread_local struct free_actor *self;

/* -- life -------------------------------------------------------------------------- */

struct sched *sched_create_free(void)
{
	struct sched *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->free = calloc(1, sizeof(*s->free));
	if (!s->free) {
		free(s);
		return NULL;
	}
	pthread_mutex_init(&s->free->lock, NULL);
	pthread_cond_init(&s->free->start, NULL);
	pthread_cond_init(&s->free->ended, NULL);
	pthread_cond_init(&s->free->idle, NULL);
	sched_reset(s, NULL, 0);
	return s;
}

static void free_stop_threads(struct free_run *f)
{
	pthread_mutex_lock(&f->lock);
	f->quit = true;
	pthread_cond_broadcast(&f->start);
	pthread_mutex_unlock(&f->lock);
	for (int i = 0; i < SCHED_MAX_ACTORS; i++)
		if (f->actor[i].exists)
			pthread_join(f->actor[i].thread, NULL);
}

void free_destroy(struct sched *s)
{
	free_stop_threads(s->free);
	pthread_cond_destroy(&s->free->start);
	pthread_cond_destroy(&s->free->idle);
	pthread_cond_destroy(&s->free->ended);
	pthread_mutex_destroy(&s->free->lock);
	free(s->free);
}

void free_reset(struct sched *s)
{
	struct free_run *f = s->free;

	for (int p = 0; p < PT_COUNT; p++)
		s->hot.armed[p] = 1;
	f->opt = (struct sched_free_options){0};
	f->programs = f->daemons = f->idlers = f->wakes = 0;
	f->ending = f->over = false;
}

void sched_set_free(struct sched *s, const struct sched_free_options *opt) { s->free->opt = *opt; }

/* -- who am I ------------------------------------------------------------------------ */

static bool free_is_daemon(const struct free_actor *a) { return !(a->s->programs >> a->id & 1); }
int free_current(const struct sched *s) { return self && self->s == s ? self->id : -1; }
uint32_t free_points(const struct sched *s) { return self && self->s == s ? self->points : 0; }

void free_op_begin(void)
{
	if (self)
		atomic_fetch_add_explicit(&self->ops, 1, memory_order_relaxed);
}

/* -- delays ---------------------------------------------------------------------------- */

/* xorshift64* (Vigna): a thread's own, so that delays order nothing. */
static uint64_t free_draw(struct free_actor *a)
{
	a->random ^= a->random >> 12;
	a->random ^= a->random << 25;
	a->random ^= a->random >> 27;
	return a->random * 0x2545f4914f6cdd1d;
}

static void free_delay(struct free_actor *a)
{
	uint64_t kind = free_draw(a);

	if (kind % 16 == 0) {
		nanosleep(&(struct timespec){0, (long)(kind >> 8) % NAP_NS}, NULL);
	} else if (kind % 4 == 0) {
		for (volatile uint64_t i = (kind >> 8) % SPIN_MAX; i; i--)
			;
	} else {
		sched_yield();
	}
	a->until = 1 + (uint32_t)(free_draw(a) % (2 * (uint64_t)a->s->free->opt.delay));
}

void free_point(struct sched *s)
{
	if (!self)
		return; /* set-up and audits are nobody's */
	self->points++;
	if (s->free->opt.delay && --self->until == 0)
		free_delay(self);
}

void free_relax(struct sched *s)
{
	free_point(s);
	sched_yield();
}

/* -- waiting ----------------------------------------------------------------------------- */

static void free_futex_wait(_Atomic uint32_t *word, uint32_t seen)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void free_futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* The word moves on; whoever announced that he sleeps is woken. */
static void free_wq_bump(struct sched_wq *wq)
{
	uint32_t w = atomic_load_explicit(&wq->word, memory_order_relaxed);

	while (!atomic_compare_exchange_weak_explicit(&wq->word, &w, (w & ~1u) + 2, memory_order_acq_rel,
	                                              memory_order_relaxed))
		;
	if (w & 1)
		free_futex_wake(&wq->word);
}

/* A daemon with nothing to do while the run ends. true: so have all the others, it is over. */
static bool free_idle_until(struct free_run *f, bool (*pred)(void *arg), void *arg)
{
	bool over;

	pthread_mutex_lock(&f->lock);
	while (!f->over && !pred(arg)) {
		uint32_t wakes = f->wakes;

		if (++f->idlers == (uint32_t)__builtin_popcount(self->s->spawned & ~self->s->programs)) {
			f->over = true;
			pthread_cond_broadcast(&f->idle);
		}
		while (!f->over && f->wakes == wakes)
			pthread_cond_wait(&f->idle, &f->lock);
	}
	over = f->over;
	pthread_mutex_unlock(&f->lock);
	return over;
}

static void free_actor_ended(struct free_run *f, uint32_t *of)
{
	pthread_mutex_lock(&f->lock);
	(*of)--;
	pthread_cond_signal(&f->ended);
	pthread_mutex_unlock(&f->lock);
}

/* Somebody may have work again: all idlers look once more. */
static void free_wake_idlers(struct free_run *f)
{
	pthread_mutex_lock(&f->lock);
	f->idlers = 0;
	f->wakes++;
	pthread_cond_broadcast(&f->idle);
	pthread_mutex_unlock(&f->lock);
}

void free_wake(struct sched *s, struct sched_wq *wq)
{
	free_wq_bump(wq);
	if (atomic_load(&s->free->ending))
		free_wake_idlers(s->free);
}

/* Announces, then looks again: a wake in between moves the word, and the futex does not sleep. */
static bool free_sleep_once(struct sched_wq *wq, bool (*pred)(void *arg), void *arg)
{
	uint32_t w = atomic_fetch_or_explicit(&wq->word, 1, memory_order_acq_rel) | 1;

	if (pred(arg))
		return true;
	atomic_store(&self->asleep, wq);
	if (!atomic_load(&self->s->free->ending) || !free_is_daemon(self))
		free_futex_wait(&wq->word, w);
	atomic_store(&self->asleep, NULL);
	return false;
}

void free_wait(struct sched *s, struct sched_wq *wq, enum point p, bool (*pred)(void *arg), void *arg)
{
	sched_set_where(s, self->id, p);
	do {
		if (free_is_daemon(self) && atomic_load(&s->free->ending)) {
			if (!free_idle_until(s->free, pred, arg))
				return;
			longjmp(self->end, 1);
		}
	} while (!free_sleep_once(wq, pred, arg) && !pred(arg));
}

/* -- a run -------------------------------------------------------------------------------- */

static void free_actor_run(struct free_actor *a)
{
	struct free_run *f = a->s->free;
	struct sched_actor *what = &a->s->actor[a->id];

	if (!setjmp(a->end)) {
		sched_point(a->s, PT_ACTOR_START);
		what->body(what->arg);
		sched_set_where(a->s, a->id, PT_ACTOR_END);
	}
	free_actor_ended(f, free_is_daemon(a) ? &f->daemons : &f->programs);
}

static bool free_wait_for_go(struct free_actor *a)
{
	struct free_run *f = a->s->free;
	bool go;

	pthread_mutex_lock(&f->lock);
	while (!a->go && !f->quit)
		pthread_cond_wait(&f->start, &f->lock);
	go = a->go;
	a->go = false;
	pthread_mutex_unlock(&f->lock);
	return go;
}

static void *free_actor_main(void *arg)
{
	self = arg;
	while (free_wait_for_go(self))
		free_actor_run(self);
	return NULL;
}

/* With the lock held. */
static bool free_launch(struct sched *s, int id)
{
	struct free_run *f = s->free;
	struct free_actor *a = &f->actor[id];

	a->random = (f->opt.seed + 1) * 0x9e3779b97f4a7c15 + (uint64_t)id;
	a->until = f->opt.delay ? 1 + (uint32_t)(free_draw(a) % (2 * (uint64_t)f->opt.delay)) : 0;
	a->points = 0;
	if (!a->exists) {
		a->s = s;
		a->id = id;
		a->exists = pthread_create(&a->thread, NULL, free_actor_main, a) == 0;
	}
	a->go = a->exists;
	return a->exists;
}

/* Signals are for the thread that called sched_run(): the actors inherit a mask that blocks them. */
static bool free_launch_all(struct sched *s)
{
	uint32_t left = s->spawned;
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	while (left && free_launch(s, __builtin_ctz(left)))
		left &= left - 1;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_cond_broadcast(&s->free->start);
	return !left;
}

static uint32_t free_ops_begun(const struct free_run *f)
{
	uint32_t n = 0;

	for (int i = 0; i < SCHED_MAX_ACTORS; i++)
		n += atomic_load_explicit(&f->actor[i].ops, memory_order_relaxed);
	return n;
}

static void free_next_tick(struct timespec *t)
{
	clock_gettime(CLOCK_REALTIME, t);
	t->tv_nsec += TICK_NS;
	t->tv_sec += t->tv_nsec / 1000000000;
	t->tv_nsec %= 1000000000;
}

/* With the lock held. */
static bool free_tick_says_leave(struct free_run *f)
{
	bool on;

	if (!f->opt.tick)
		return false;
	pthread_mutex_unlock(&f->lock);
	on = f->opt.tick(f->opt.ctx);
	pthread_mutex_lock(&f->lock);
	return !on;
}

/* With the lock held, until *left is 0. DEADLOCK: nobody began an op for too long. */
static enum sched_end free_wait_for_actors(struct free_run *f, const uint32_t *left)
{
	uint32_t ticks = 0, ops = 0;
	struct timespec until;

	while (*left) {
		free_next_tick(&until);
		if (pthread_cond_timedwait(&f->ended, &f->lock, &until) != ETIMEDOUT)
			continue;
		if (free_tick_says_leave(f))
			return SCHED_STOPPED;
		if (!*left)
			break; /* ended just now: the wait and the tick both gave up the lock */
		ticks = ops == free_ops_begun(f) ? ticks + 1 : 0;
		ops = free_ops_begun(f);
		if (f->opt.patience && ticks > f->opt.patience * (uint64_t)(1000000000 / TICK_NS))
			return SCHED_DEADLOCK;
	}
	return SCHED_DONE;
}

/* The last time anybody is woken; from here on free_idle_until() knows. */
static void free_rouse(struct sched *s, uint32_t daemons)
{
	for (; daemons; daemons &= daemons - 1) {
		struct sched_wq *wq = atomic_load(&s->free->actor[__builtin_ctz(daemons)].asleep);

		if (wq)
			free_wq_bump(wq);
	}
}

/* With the lock held. */
static enum sched_end free_wait_for_all(struct sched *s)
{
	struct free_run *f = s->free;
	enum sched_end end = free_wait_for_actors(f, &f->programs);

	if (end != SCHED_DONE)
		return end;
	atomic_store(&f->ending, true);
	free_rouse(s, s->spawned & ~s->programs);
	return free_wait_for_actors(f, &f->daemons);
}

enum sched_end free_run(struct sched *s)
{
	struct free_run *f = s->free;
	enum sched_end end = SCHED_LIMIT;

	pthread_mutex_lock(&f->lock);
	f->daemons = (uint32_t)__builtin_popcount(s->spawned & ~s->programs);
	f->programs = (uint32_t)__builtin_popcount(s->programs);
	if (free_launch_all(s))
		end = free_wait_for_all(s);
	pthread_mutex_unlock(&f->lock);
	if (end == SCHED_DONE)
		s->finished = s->spawned;
	return end;
}
