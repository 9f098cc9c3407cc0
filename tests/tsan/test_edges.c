/* SPDX-License-Identifier: MIT */
/*
 * What orders two actors in the controlled runtime, as TSan sees it: locks,
 * and release with acquire, do; the scheduler, wait queues, a lock that was
 * not had, and readers among themselves do not. The referee is not seen at all.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engine/run/race.h"
#include "event/event.h"
#include "event/tell.h"
#include "sched/sched.h"

/* Fresh for each run: TSan remembers what the last one did to a word. */
struct bench {
	struct sched *s;
	struct event_sink ev;
	struct sched_lock lock;
	struct sched_rwlock rwlock;
	struct sched_instant instant;
	struct sched_wq wq;
	atomic_bool flag;
	_Alignas(8) int plain;
	_Alignas(8) int referee;
};

static void two(struct bench *b, sched_body *first, sched_body *second)
{
	b->s = sched_create(NULL);
	assert_non_null(b->s);
	sched_reset(b->s, NULL, 0);
	sched_spawn(b->s, 0, first, b, false);
	sched_spawn(b->s, 1, second, b, false);
	race_begin();
	assert_int_equal(sched_run(b->s, 0), SCHED_DONE);
	sched_destroy(b->s);
}

static bool races(sched_body *first, sched_body *second)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct race unused;

	assert_non_null(b);
	two(b, first, second);
	b->plain++; /* the caller comes after everybody */
	free(b);
	return race_found(&unused);
}

static void touch(void *arg)
{
	struct bench *b = arg;

	sched_point(b->s, PT_OP_BEGIN);
	b->plain++;
}

/* The canary: if this one is silent, all of this proves nothing. */
static void a_plain_counter_is_a_race(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct race r;
	char where[RACE_PLACE];

	(void)state;
	assert_true(race_is_watched());
	assert_non_null(b);
	two(b, touch, touch);
	assert_true(race_found(&r));
	free(b);
	for (int i = 0; i < 2; i++)
		assert_non_null(strstr(race_place(&r.access[i], where), "touch tests/tsan/test_edges.c:"));
	race_begin();
	assert_false(race_found(&r));
}

static void touch_locked(void *arg)
{
	struct bench *b = arg;

	sched_lock(b->s, &b->lock, PT_OP_BEGIN);
	b->plain++;
	sched_relax(b->s, PT_OP_END); /* the other one waits */
	b->plain++;
	sched_unlock(b->s, &b->lock);
}

static void try_and_touch(void *arg)
{
	struct bench *b = arg;

	assert_false(sched_trylock(b->s, &b->lock, PT_OP_BEGIN));
	b->plain++;
}

static void touch_passed(void *arg)
{
	struct bench *b = arg;

	b->plain++;
	sched_pass(b->s, &b->lock);
}

static void pass_and_touch(void *arg)
{
	struct bench *b = arg;

	sched_pass(b->s, &b->lock);
	b->plain++;
}

static void a_lock_orders_and_one_that_was_not_had_does_not(void **state)
{
	(void)state;
	assert_false(races(touch_locked, touch_locked));
	assert_true(races(touch_locked, touch));
	assert_true(races(touch_locked, try_and_touch));
	assert_false(races(touch_passed, pass_and_touch));
}

static void touch_instantly(void *arg)
{
	struct bench *b = arg;

	sched_point(b->s, PT_OP_BEGIN);
	sched_enter(b->s, &b->instant);
	b->plain++;
	sched_leave(b->s, &b->instant);
}

static void an_instant_orders(void **state)
{
	(void)state;
	assert_false(races(touch_instantly, touch_instantly));
	assert_true(races(touch_instantly, touch));
}

static void touch_as_writer(void *arg)
{
	struct bench *b = arg;

	sched_write_lock(b->s, &b->rwlock, PT_OP_BEGIN);
	b->plain++;
	sched_write_unlock(b->s, &b->rwlock);
}

static void touch_as_reader(void *arg)
{
	struct bench *b = arg;

	sched_read_lock(b->s, &b->rwlock, PT_OP_BEGIN);
	b->plain++;
	sched_read_unlock(b->s, &b->rwlock);
}

static void look_as_reader(void *arg)
{
	struct bench *b = arg;
	volatile int seen;

	sched_read_lock(b->s, &b->rwlock, PT_OP_BEGIN);
	seen = b->plain;
	(void)seen;
	sched_read_unlock(b->s, &b->rwlock);
}

static void writers_order_and_readers_only_after_writers(void **state)
{
	(void)state;
	assert_false(races(touch_as_writer, touch_as_writer));
	assert_false(races(touch_as_writer, look_as_reader));
	assert_false(races(look_as_reader, touch_as_writer));
	assert_false(races(look_as_reader, look_as_reader));
	assert_true(races(touch_as_reader, look_as_reader));
}

/* Two readers that have left, and then a writer: he comes after both. */
static void a_writer_comes_after_all_readers(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct race unused;

	(void)state;
	assert_non_null(b);
	b->s = sched_create(NULL);
	sched_reset(b->s, NULL, 0);
	sched_spawn(b->s, 0, look_as_reader, b, false);
	sched_spawn(b->s, 1, look_as_reader, b, false);
	sched_spawn(b->s, 2, touch_as_writer, b, false);
	race_begin();
	assert_int_equal(sched_run(b->s, 0), SCHED_DONE);
	assert_false(race_found(&unused));
	sched_destroy(b->s);
	free(b);
}

static bool flag_is_set(void *arg)
{
	return atomic_load_explicit(&((struct bench *)arg)->flag, memory_order_relaxed);
}

static bool flag_is_seen(void *arg)
{
	return atomic_load_explicit(&((struct bench *)arg)->flag, memory_order_acquire);
}

static void wait_relaxed(void *arg)
{
	struct bench *b = arg;

	sched_wait(b->s, &b->wq, PT_OP_BEGIN, flag_is_set, b);
	b->plain++;
}

static void wait_acquire(void *arg)
{
	struct bench *b = arg;

	sched_wait(b->s, &b->wq, PT_OP_BEGIN, flag_is_seen, b);
	b->plain++;
}

static void touch_and_wake(void *arg)
{
	struct bench *b = arg;

	b->plain++;
	atomic_store_explicit(&b->flag, true, memory_order_release);
	sched_wake(b->s, &b->wq);
}

static void touch_and_wake_relaxed(void *arg)
{
	struct bench *b = arg;

	b->plain++;
	atomic_store_explicit(&b->flag, true, memory_order_relaxed);
	sched_wake(b->s, &b->wq);
}

static void waking_orders_nothing_by_itself(void **state)
{
	(void)state;
	assert_false(races(wait_acquire, touch_and_wake));
	assert_true(races(wait_relaxed, touch_and_wake));
	assert_true(races(wait_acquire, touch_and_wake_relaxed));
	assert_true(races(wait_relaxed, touch_and_wake_relaxed));
}

/* -- the referee ------------------------------------------------------------------- */

static int next(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	struct bench *b = ctx;

	(void)p;
	b->referee++;
	sched_set_fuse(s, 1);
	return kind == SCHED_PLAIN ? sched_current(s) : sched_next_in_order(s, runnable);
}

static void start(void *ctx, struct sched *s)
{
	(void)ctx;
	sched_set_fuse(s, 1);
}

static void listen(void *ctx, const struct event *ev)
{
	struct bench *b = ctx;

	b->referee++;
	if (ev->type == EV_SWITCH) {
		quiet_end(); /* as engine/run/exec.c: event_told() is not returned to */
		sched_stop(b->s);
	}
}

static void told(void *arg)
{
	struct bench *b = arg;

	for (int i = 0; i < 3; i++) {
		sched_relax(b->s, PT_OP_BEGIN);
		event_cpu_flush(&b->ev, 0, 0, 0, 0);
	}
}

static void told_and_stopped(void *arg)
{
	struct bench *b = arg;

	told(arg);
	event_switch(&b->ev, 0, 0, 0, 0);
}

/* Many executions, of which half are left in the middle: what is ignored must be even at the end. */
static void policies_and_listeners_are_not_seen(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct sched_policy policy = {start, next, b};
	struct event log[64];
	struct race unused;

	(void)state;
	assert_non_null(b);
	b->s = sched_create(NULL);
	race_begin();
	for (int i = 0; i < 300; i++) {
		b->ev = (struct event_sink){.listen = listen, .ctx = b, .log = log, .cap = 64};
		sched_reset(b->s, &policy, 0);
		sched_spawn(b->s, 0, told, b, false);
		sched_spawn(b->s, 1, i % 2 ? told_and_stopped : told, b, false);
		assert_int_equal(sched_run(b->s, 0), i % 2 ? SCHED_STOPPED : SCHED_DONE);
	}
	assert_false(race_found(&unused));
	assert_true(b->referee > 600);
	/* and afterwards the actors are seen again */
	sched_reset(b->s, &policy, 0);
	sched_spawn(b->s, 0, touch, b, false);
	sched_spawn(b->s, 1, touch, b, false);
	sched_run(b->s, 0);
	assert_true(race_found(&unused));
	sched_destroy(b->s);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_plain_counter_is_a_race),
	        cmocka_unit_test(a_lock_orders_and_one_that_was_not_had_does_not),
	        cmocka_unit_test(an_instant_orders),
	        cmocka_unit_test(writers_order_and_readers_only_after_writers),
	        cmocka_unit_test(a_writer_comes_after_all_readers),
	        cmocka_unit_test(waking_orders_nothing_by_itself),
	        cmocka_unit_test(policies_and_listeners_are_not_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
