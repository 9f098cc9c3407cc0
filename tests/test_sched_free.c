/* SPDX-License-Identifier: MIT */
/* The free runtime: locks exclude, waits wake, daemons drain and end, stuck runs are noticed. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sched/sched.h"

enum { THREADS = 6, ROUNDS = 2000, ITEMS = 500 };

struct bench {
	struct sched *s;
	struct sched_lock lock;
	struct sched_rwlock rw;
	struct sched_instant instant;
	struct sched_wq work, done;
	int plain, other; /* under a lock only: TSan looks, too */
	_Atomic int inside, readers, worst;
	_Atomic uint32_t made, eaten;
	uint32_t who; /* actors that asked, a bit each; under the lock */
	bool gave_up;
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->s = sched_create_free();
	assert_non_null(b->s);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	sched_destroy(b->s);
	free(b);
	return 0;
}

static enum sched_end run(struct bench *b, sched_body *body, int n, uint32_t delay)
{
	struct sched_free_options opt = {.seed = 7, .delay = delay};

	sched_set_free(b->s, &opt);
	for (int i = 0; i < n; i++)
		sched_spawn(b->s, i, body, b, false);
	return sched_run(b->s, -1);
}

/* -- locks ---------------------------------------------------------------------- */

static void add_one_locked(void *arg)
{
	struct bench *b = arg;

	for (int i = 0; i < ROUNDS; i++) {
		sched_lock(b->s, &b->lock, PT_OP_BEGIN);
		b->plain++;
		sched_point(b->s, PT_OP_BEGIN);
		b->plain++;
		sched_unlock(b->s, &b->lock);
	}
}

static void a_lock_excludes(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, add_one_locked, THREADS, 8), SCHED_DONE);
	assert_int_equal(b->plain, 2 * THREADS * ROUNDS);
}

static void try_to_add(void *arg)
{
	struct bench *b = arg;

	for (int i = 0; i < ROUNDS;) {
		if (!sched_trylock(b->s, &b->lock, PT_OP_BEGIN))
			continue;
		b->plain++;
		i++;
		sched_unlock(b->s, &b->lock);
	}
}

static void a_trylock_excludes_too(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, try_to_add, THREADS, 8), SCHED_DONE);
	assert_int_equal(b->plain, THREADS * ROUNDS);
}

static void add_in_an_instant(void *arg)
{
	struct bench *b = arg;

	for (int i = 0; i < ROUNDS; i++) {
		sched_enter(b->s, &b->instant);
		b->plain++;
		sched_leave(b->s, &b->instant);
	}
}

static void an_instant_excludes(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, add_in_an_instant, THREADS, 0), SCHED_DONE);
	assert_int_equal(b->plain, THREADS * ROUNDS);
}

static void read_or_write(void *arg)
{
	struct bench *b = arg;
	int me = sched_current(b->s);

	for (int i = 0; i < ROUNDS / 4; i++) {
		if (me == 0 || i % 8 == 0) {
			sched_write_lock(b->s, &b->rw, PT_OP_BEGIN);
			b->worst += b->readers != 0;
			b->plain++;
			b->other = b->plain;
			sched_write_unlock(b->s, &b->rw);
			continue;
		}
		sched_read_lock(b->s, &b->rw, PT_OP_BEGIN);
		b->readers++;
		sched_point(b->s, PT_OP_BEGIN);
		b->worst += b->other != b->plain;
		b->readers--;
		sched_read_unlock(b->s, &b->rw);
	}
}

static void writers_exclude_readers(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, read_or_write, THREADS, 4), SCHED_DONE);
	assert_int_equal(b->worst, 0);
	assert_true(b->plain >= ROUNDS / 4);
}

static void note_who(void *arg)
{
	struct bench *b = arg;

	sched_lock(b->s, &b->lock, PT_OP_BEGIN);
	b->who |= 1u << sched_current(b->s);
	b->worst += sched_points(b->s) == 0;
	sched_unlock(b->s, &b->lock);
}

static void everybody_knows_who_he_is(void **state)
{
	struct bench *b = *state;

	assert_int_equal(sched_current(b->s), -1);
	assert_int_equal(run(b, note_who, THREADS, 0), SCHED_DONE);
	assert_int_equal(b->who, (1u << THREADS) - 1);
	assert_int_equal(b->worst, 0);
	assert_true(sched_finished(b->s, THREADS - 1));
}

/* Whoever gives way has passed a point, and may be held up there as at any other. */
static void give_way(void *arg)
{
	struct bench *b = arg;
	uint32_t before = sched_points(b->s);

	for (int i = 0; i < ROUNDS; i++)
		sched_relax(b->s, PT_OP_BEGIN);
	b->plain = (int)(sched_points(b->s) - before);
}

static void giving_way_is_a_point(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, give_way, 1, 0), SCHED_DONE);
	assert_int_equal(b->plain, ROUNDS);
}

/* -- waits and daemons -------------------------------------------------------------- */

static bool has_item(void *arg)
{
	struct bench *b = arg;

	return atomic_load_explicit(&b->made, memory_order_acquire) >
	       atomic_load_explicit(&b->eaten, memory_order_acquire);
}

static bool all_eaten(void *arg)
{
	struct bench *b = arg;

	return atomic_load_explicit(&b->eaten, memory_order_acquire) >= ITEMS;
}

static void eat(void *arg)
{
	struct bench *b = arg;

	for (;;) {
		sched_wait(b->s, &b->work, PT_OP_BEGIN, has_item, b);
		b->plain++; /* made before it was told of */
		atomic_fetch_add_explicit(&b->eaten, 1, memory_order_release);
		sched_wake(b->s, &b->done);
	}
}

static void make(void *arg)
{
	struct bench *b = arg;

	for (int i = 0; i < ITEMS; i++) {
		sched_op_begin(b->s);
		sched_point(b->s, PT_OP_BEGIN);
		atomic_fetch_add_explicit(&b->made, 1, memory_order_release);
		sched_wake(b->s, &b->work);
	}
}

static void make_and_wait(void *arg)
{
	struct bench *b = arg;

	make(arg);
	sched_wait(b->s, &b->done, PT_OP_END, all_eaten, b);
	b->worst += b->plain < ITEMS;
}

static void a_waiter_is_woken(void **state)
{
	struct bench *b = *state;
	struct sched_free_options opt = {.seed = 3, .delay = 4};

	sched_set_free(b->s, &opt);
	sched_spawn(b->s, 0, make_and_wait, b, false);
	sched_spawn(b->s, 9, eat, b, true);
	assert_int_equal(sched_run(b->s, -1), SCHED_DONE);
	assert_int_equal(b->plain, ITEMS);
	assert_int_equal(b->worst, 0);
	assert_int_equal(sched_where(b->s, 9), PT_OP_BEGIN);
}

/* Looks are counted: who sleeps does not look. */
static bool look(void *arg)
{
	struct bench *b = arg;

	atomic_fetch_add_explicit(&b->eaten, 1, memory_order_relaxed);
	return atomic_load_explicit(&b->inside, memory_order_acquire);
}

static void look_and_sleep(void *arg)
{
	struct bench *b = arg;

	sched_wait(b->s, &b->work, PT_OP_BEGIN, look, b);
}

static void let_him_sleep(void *arg)
{
	struct bench *b = arg;

	while (atomic_load(&b->eaten) < 2) /* the last look before he sleeps */
		sched_relax(b->s, PT_OP_BEGIN);
	for (int i = 0; i < ROUNDS; i++)
		sched_relax(b->s, PT_OP_BEGIN);
	atomic_store_explicit(&b->inside, 1, memory_order_release);
	sched_wake(b->s, &b->work);
}

static void who_waits_sleeps(void **state)
{
	struct bench *b = *state;

	sched_set_free(b->s, &(struct sched_free_options){.seed = 2});
	sched_spawn(b->s, 0, look_and_sleep, b, false);
	sched_spawn(b->s, 1, let_him_sleep, b, false);
	assert_int_equal(sched_run(b->s, -1), SCHED_DONE);
	assert_in_range(b->eaten, 3, 20); /* a futex may wake without a reason, now and then */
}

static void daemons_finish_their_work_first(void **state)
{
	struct bench *b = *state;

	for (int k = 0; k < 20; k++) {
		struct sched_free_options opt = {.seed = (uint64_t)k, .delay = 3};

		sched_reset(b->s, NULL, 0);
		b->made = b->eaten = 0;
		sched_set_free(b->s, &opt);
		sched_spawn(b->s, 0, make, b, false);
		sched_spawn(b->s, 9, eat, b, true);
		assert_int_equal(sched_run(b->s, -1), SCHED_DONE);
		assert_int_equal(b->eaten, ITEMS);
	}
}

/* A daemon that makes work for another one: neither may end before both are idle. */
static void pass_on(void *arg)
{
	struct bench *b = arg;

	for (;;) {
		sched_wait(b->s, &b->done, PT_OP_END, has_item, b);
		atomic_fetch_add_explicit(&b->eaten, 1, memory_order_release);
		atomic_fetch_add_explicit(&b->inside, 1, memory_order_release);
		sched_wake(b->s, &b->work);
	}
}

static bool has_inside(void *arg)
{
	return atomic_load_explicit(&((struct bench *)arg)->inside, memory_order_acquire);
}

static void take_on(void *arg)
{
	struct bench *b = arg;

	for (;;) {
		sched_wait(b->s, &b->work, PT_OP_BEGIN, has_inside, b);
		atomic_fetch_sub_explicit(&b->inside, 1, memory_order_release);
		b->plain++;
	}
}

static void make_for_daemons(void *arg)
{
	struct bench *b = arg;

	for (int i = 0; i < ITEMS; i++) {
		atomic_fetch_add_explicit(&b->made, 1, memory_order_release);
		sched_wake(b->s, &b->done);
	}
}

static void daemons_wait_for_each_other(void **state)
{
	struct bench *b = *state;

	sched_set_free(b->s, &(struct sched_free_options){.seed = 1, .delay = 6});
	sched_spawn(b->s, 0, make_for_daemons, b, false);
	sched_spawn(b->s, 8, pass_on, b, true);
	sched_spawn(b->s, 9, take_on, b, true);
	assert_int_equal(sched_run(b->s, -1), SCHED_DONE);
	assert_int_equal(b->plain, ITEMS);
}

/* -- runs that do not end by themselves ------------------------------------------------ */

static bool released(void *arg)
{
	return atomic_load_explicit(&((struct bench *)arg)->inside, memory_order_acquire);
}

static void wait_for_release(void *arg)
{
	struct bench *b = arg;

	sched_wait(b->s, &b->work, PT_OP_BEGIN, released, b);
}

static bool leave(void *ctx)
{
	struct bench *b = ctx;

	b->gave_up = true;
	return false;
}

/* The threads are left where they are, so the bench is leaked with them. */
static void whoever_ticks_may_leave(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	(void)state;
	b->s = sched_create_free();
	sched_set_free(b->s, &(struct sched_free_options){.tick = leave, .ctx = b});
	sched_spawn(b->s, 0, wait_for_release, b, false);
	assert_int_equal(sched_run(b->s, -1), SCHED_STOPPED);
	assert_true(b->gave_up);
	assert_false(sched_finished(b->s, 0));
	assert_int_equal(sched_where(b->s, 0), PT_OP_BEGIN);
}

static void nobody_moves_is_a_deadlock(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	(void)state;
	b->s = sched_create_free();
	sched_set_free(b->s, &(struct sched_free_options){.patience = 1});
	sched_spawn(b->s, 0, wait_for_release, b, false);
	assert_int_equal(sched_run(b->s, -1), SCHED_DEADLOCK);
	assert_int_equal(sched_where(b->s, 0), PT_OP_BEGIN);
}

/* Still busy when the programs have ended; goes on when whoever ticks says so, and tells others. */
static void answer(void *arg)
{
	struct bench *b = arg;

	while (!atomic_load(&b->made))
		sched_relax(b->s, PT_OP_BEGIN);
	sched_wake(b->s, &b->done);
	atomic_store(&b->eaten, 1);
	sched_wait(b->s, &b->work, PT_OP_END, released, b);
}

static void nothing(void *arg) { (void)arg; }

static bool ask_and_wait(void *ctx)
{
	struct bench *b = ctx;

	atomic_store(&b->made, 1);
	sched_wake(b->s, &b->work);
	while (!atomic_load(&b->eaten))
		;
	return true;
}

static void whoever_ticks_holds_nobody_up(void **state)
{
	struct bench *b = *state;

	sched_set_free(b->s, &(struct sched_free_options){.tick = ask_and_wait, .ctx = b});
	sched_spawn(b->s, 0, nothing, b, false);
	sched_spawn(b->s, 9, answer, b, true);
	assert_int_equal(sched_run(b->s, -1), SCHED_DONE);
	assert_int_equal(b->eaten, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_lock_excludes, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_trylock_excludes_too, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(an_instant_excludes, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(writers_exclude_readers, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(everybody_knows_who_he_is, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(giving_way_is_a_point, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_waiter_is_woken, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(who_waits_sleeps, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(daemons_finish_their_work_first, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(daemons_wait_for_each_other, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(whoever_ticks_holds_nobody_up, set_up, tear_down),
	        cmocka_unit_test(whoever_ticks_may_leave),
	        cmocka_unit_test(nobody_moves_is_a_deadlock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
