/* SPDX-License-Identifier: MIT */
/* The controlled runtime: order, locks, waits, deadlock, limits, passages. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sched/sched.h"

struct bench {
	struct sched *s;
	uint8_t current;
	char trace[64];
	struct sched_lock lock, lock2;
	struct sched_rwlock rw;
	struct sched_wq wq;
	bool flag;
	int inside, worst;
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->s = sched_create(&b->current);
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

/* At every point, whoever comes next in the order. */
static int rotate(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	(void)ctx;
	(void)p;
	(void)kind;
	sched_set_fuse(s, 1);
	return sched_next_in_order(s, runnable);
}

static void rotate_start(void *ctx, struct sched *s)
{
	(void)ctx;
	sched_set_fuse(s, 1);
}

static const struct sched_policy ROTATE = {rotate_start, rotate, NULL};

static void mark(struct bench *b)
{
	size_t n = strlen(b->trace);

	assert_in_range(n, 0, sizeof(b->trace) - 2);
	b->trace[n] = (char)('0' + sched_current(b->s));
}

static void three_marks(void *arg)
{
	struct bench *b = arg;

	for (int i = 0; i < 3; i++) {
		sched_point(b->s, PT_OP_BEGIN);
		mark(b);
	}
}

static void stays_without_a_policy(void **state)
{
	struct bench *b = *state;

	sched_spawn(b->s, 0, three_marks, b, false);
	sched_spawn(b->s, 1, three_marks, b, false);
	assert_int_equal(sched_run(b->s, -1), SCHED_DONE);
	assert_string_equal(b->trace, "000111");
}

static void follows_the_fixed_order(void **state)
{
	static const uint8_t order[] = {1, 0};
	struct bench *b = *state;

	sched_set_order(b->s, order, 2);
	sched_spawn(b->s, 0, three_marks, b, false);
	sched_spawn(b->s, 1, three_marks, b, false);
	assert_int_equal(sched_run(b->s, -1), SCHED_DONE);
	assert_string_equal(b->trace, "111000");
}

static void a_policy_switches_at_every_point(void **state)
{
	struct bench *b = *state;

	sched_reset(b->s, &ROTATE, 0);
	sched_spawn(b->s, 0, three_marks, b, false);
	sched_spawn(b->s, 1, three_marks, b, false);
	assert_int_equal(sched_run(b->s, -1), SCHED_DONE);
	assert_string_equal(b->trace, "010101");
	assert_true(sched_switches(b->s) >= 6);
}

static void critical(void *arg)
{
	struct bench *b = arg;

	for (int i = 0; i < 3; i++) {
		sched_lock(b->s, &b->lock, PT_OP_BEGIN);
		b->inside++;
		sched_point(b->s, PT_OP_END);
		b->worst = b->inside > b->worst ? b->inside : b->worst;
		b->inside--;
		sched_unlock(b->s, &b->lock);
	}
}

static void a_lock_excludes(void **state)
{
	struct bench *b = *state;

	sched_reset(b->s, &ROTATE, 0);
	for (int i = 0; i < 4; i++)
		sched_spawn(b->s, i, critical, b, false);
	assert_int_equal(sched_run(b->s, -1), SCHED_DONE);
	assert_int_equal(b->worst, 1);
}

static void reader(void *arg)
{
	struct bench *b = arg;

	sched_read_lock(b->s, &b->rw, PT_OP_BEGIN);
	b->inside++;
	sched_point(b->s, PT_OP_END);
	sched_point(b->s, PT_OP_END);
	b->worst = b->inside > b->worst ? b->inside : b->worst;
	b->inside--;
	sched_read_unlock(b->s, &b->rw);
}

static void writer(void *arg)
{
	struct bench *b = arg;

	sched_write_lock(b->s, &b->rw, PT_OP_BEGIN);
	assert_int_equal(b->inside, 0);
	sched_point(b->s, PT_OP_END);
	assert_int_equal(b->inside, 0);
	sched_write_unlock(b->s, &b->rw);
}

static void readers_share_and_writers_do_not(void **state)
{
	struct bench *b = *state;

	sched_reset(b->s, &ROTATE, 0);
	sched_spawn(b->s, 0, reader, b, false);
	sched_spawn(b->s, 1, reader, b, false);
	sched_spawn(b->s, 2, writer, b, false);
	assert_int_equal(sched_run(b->s, -1), SCHED_DONE);
	assert_int_equal(b->worst, 2);
}

static void one_two(void *arg)
{
	struct bench *b = arg;

	sched_lock(b->s, &b->lock, PT_OP_BEGIN);
	sched_lock(b->s, &b->lock2, PT_OP_BEGIN);
}

static void two_one(void *arg)
{
	struct bench *b = arg;

	sched_lock(b->s, &b->lock2, PT_OP_BEGIN);
	sched_lock(b->s, &b->lock, PT_OP_BEGIN);
}

static void opposite_orders_deadlock(void **state)
{
	struct bench *b = *state;

	sched_reset(b->s, &ROTATE, 0);
	sched_spawn(b->s, 0, one_two, b, false);
	sched_spawn(b->s, 1, two_one, b, false);
	assert_int_equal(sched_run(b->s, -1), SCHED_DEADLOCK);
	assert_int_equal(sched_blocked(b->s), 3);
}

static bool flag_is_set(void *arg) { return ((struct bench *)arg)->flag; }

static void waiter(void *arg)
{
	struct bench *b = arg;

	sched_wait(b->s, &b->wq, PT_OP_BEGIN, flag_is_set, b);
	mark(b);
}

static void setter(void *arg)
{
	struct bench *b = arg;

	sched_wake(b->s, &b->wq); /* too early: the waiter must ask again */
	sched_point(b->s, PT_OP_BEGIN);
	b->flag = true;
	sched_wake(b->s, &b->wq);
	mark(b);
}

static void a_wait_asks_again_after_a_wake(void **state)
{
	struct bench *b = *state;

	sched_reset(b->s, &ROTATE, 0);
	sched_spawn(b->s, 0, waiter, b, false);
	sched_spawn(b->s, 1, setter, b, false);
	assert_int_equal(sched_run(b->s, -1), SCHED_DONE);
	assert_string_equal(b->trace, "10");
}

static void a_lost_wake_up_is_a_deadlock(void **state)
{
	struct bench *b = *state;

	sched_spawn(b->s, 0, waiter, b, false);
	assert_int_equal(sched_run(b->s, -1), SCHED_DEADLOCK);
}

static void nobody_waits_for_a_daemon(void **state)
{
	struct bench *b = *state;

	sched_spawn(b->s, 0, three_marks, b, false);
	sched_spawn(b->s, 1, waiter, b, true);
	assert_int_equal(sched_run(b->s, -1), SCHED_DONE);
	assert_string_equal(b->trace, "000");
}

static void for_ever(void *arg)
{
	struct bench *b = arg;

	for (;;)
		sched_relax(b->s, PT_OP_BEGIN);
}

static void a_loop_meets_the_limit(void **state)
{
	struct bench *b = *state;

	sched_reset(b->s, NULL, 500);
	sched_spawn(b->s, 0, for_ever, b, false);
	sched_spawn(b->s, 1, for_ever, b, false);
	assert_int_equal(sched_run(b->s, -1), SCHED_LIMIT);
	assert_int_equal(sched_points(b->s), 500);
}

static void stopper(void *arg)
{
	struct bench *b = arg;

	sched_lock(b->s, &b->lock, PT_OP_BEGIN);
	sched_stop(b->s);
}

static void an_abandoned_run_leaves_no_trace(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 100; i++) {
		sched_reset(b->s, &ROTATE, 0);
		memset(&b->lock, 0, sizeof(b->lock));
		sched_spawn(b->s, 0, critical, b, false);
		sched_spawn(b->s, 1, stopper, b, false);
		assert_int_equal(sched_run(b->s, -1), SCHED_STOPPED);
	}
	sched_reset(b->s, NULL, 0);
	sched_spawn(b->s, 0, three_marks, b, false);
	assert_int_equal(sched_run(b->s, -1), SCHED_DONE);
	assert_string_equal(b->trace, "000");
}

static void two_ops(void *arg)
{
	struct bench *b = arg;

	for (int i = 0; i < 2; i++) {
		sched_op_begin(b->s);
		sched_point(b->s, PT_OP_END);
		sched_point(b->s, PT_OP_END);
		b->worst = (int)sched_passage(b->s, PT_OP_END);
	}
}

static void passages_count_within_an_op(void **state)
{
	struct bench *b = *state;

	sched_spawn(b->s, 0, two_ops, b, false);
	assert_int_equal(sched_run(b->s, -1), SCHED_DONE);
	assert_int_equal(b->worst, 2);
}

static void points_have_names(void **state)
{
	(void)state;
	for (int p = 0; p < PT_COUNT; p++) {
		const char *name = point_name((enum point)p);

		assert_int_equal(point_find(name, (unsigned)strlen(name)), p);
		assert_true(strlen(point_what((enum point)p)) > 0);
	}
	assert_int_equal(point_find("op.beg", 6), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(stays_without_a_policy),           TEST(follows_the_fixed_order),
	        TEST(a_policy_switches_at_every_point), TEST(a_lock_excludes),
	        TEST(readers_share_and_writers_do_not), TEST(opposite_orders_deadlock),
	        TEST(a_wait_asks_again_after_a_wake),   TEST(a_lost_wake_up_is_a_deadlock),
	        TEST(nobody_waits_for_a_daemon),        TEST(a_loop_meets_the_limit),
	        TEST(an_abandoned_run_leaves_no_trace), TEST(passages_count_within_an_op),
	        cmocka_unit_test(points_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
