/* SPDX-License-Identifier: MIT */
/*
 * The exhaustive engine on micro programs with locks and waits: how many
 * schedules there are, and how many of them end in a deadlock, is known by
 * formula, and once more from a plain recursion over a model of the scheduler
 * that shares nothing with it. One too few, and a clean model would mean
 * nothing; one too many, and the same schedule is run twice.
 *
 * A program is a letter for each step:
 *   p    a point                        y   one at which it gives way
 *   a A  take and give back a lock      b B  another one
 *   r R  take and give back for reading w W  for writing
 *   s S  wait for a flag, and set it
 * Small letters are points, and run only when their actor is chosen again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine/run/actors.h"
#include "engine/search/policy.h"

enum { ACTORS = 4, ANY = 60 };

/* -- on the scheduler ---------------------------------------------------------------- */

struct micro {
	struct sched *s;
	struct sched_lock lock[2];
	struct sched_rwlock rw;
	struct sched_wq wq;
	bool flag;
	struct micro_actor {
		struct micro *m;
		const char *program;
	} actor[ACTORS];
};

static bool is_set(void *arg) { return ((struct micro *)arg)->flag; }

static void do_step(struct micro *m, char what)
{
	if (what == 'p')
		sched_point(m->s, PT_OP_BEGIN);
	else if (what == 'y')
		sched_relax(m->s, PT_OP_BEGIN);
	else if (what == 'a' || what == 'b')
		sched_lock(m->s, &m->lock[what - 'a'], PT_OP_BEGIN);
	else if (what == 'A' || what == 'B')
		sched_unlock(m->s, &m->lock[what - 'A']);
	else if (what == 'r')
		sched_read_lock(m->s, &m->rw, PT_OP_BEGIN);
	else if (what == 'R')
		sched_read_unlock(m->s, &m->rw);
	else if (what == 'w')
		sched_write_lock(m->s, &m->rw, PT_OP_BEGIN);
	else if (what == 'W')
		sched_write_unlock(m->s, &m->rw);
	else if (what == 's')
		sched_wait(m->s, &m->wq, PT_OP_BEGIN, is_set, m);
	if (what != 'S')
		return;
	m->flag = true;
	sched_wake(m->s, &m->wq);
}

static void micro_body(void *arg)
{
	const struct micro_actor *a = arg;

	for (const char *at = a->program; *at; at++)
		do_step(a->m, *at);
}

struct count {
	uint64_t all, deadlocks;
};

static struct count enumerate(const char *const program[ACTORS], unsigned bound)
{
	static struct policy_exhaustive e;
	const struct sched_policy policy = policy_exhaustive(&e, bound);
	struct sched *const s = sched_create(NULL);
	struct count n = {0};

	assert_non_null(s);
	do {
		struct micro m = {.s = s};
		enum sched_end end;

		sched_reset(s, &policy, 0);
		for (int a = 0; a < ACTORS && program[a]; a++) {
			m.actor[a] = (struct micro_actor){&m, program[a]};
			sched_spawn(s, a, micro_body, &m.actor[a], false);
		}
		end = sched_run(s, -1);
		assert_true(end == SCHED_DONE || end == SCHED_DEADLOCK);
		n.all++;
		n.deadlocks += end == SCHED_DEADLOCK;
	} while (policy_exhaustive_next(&e));
	assert_false(e.truncated);
	sched_destroy(s);
	return n;
}

/* -- by recursion ---------------------------------------------------------------------- */

/* All that matters of an execution between two decisions; small enough to be copied at each. */
struct state {
	const char *program[ACTORS];
	uint8_t at[ACTORS];  /* the letter that runs next */
	uint8_t fresh, over; /* not begun; ended; a bit for each actor */
	uint8_t waits[4];    /* for lock a, lock b, the rwlock, the flag */
	uint8_t held[2];     /* locks a and b */
	uint8_t readers, writer;
	uint8_t flag;
};

enum { WAIT_RW = 2, WAIT_FLAG = 3 };

static uint8_t blocked(const struct state *st)
{
	return st->waits[0] | st->waits[1] | st->waits[WAIT_RW] | st->waits[WAIT_FLAG];
}

static void give_back(struct state *st, char what)
{
	const int of = what == 'A' ? 0 : what == 'B' ? 1 : what == 'S' ? WAIT_FLAG : WAIT_RW;

	if (of < WAIT_RW)
		st->held[of] = 0;
	st->flag |= what == 'S';
	st->writer &= what != 'W';
	st->readers -= what == 'R';
	if (of != WAIT_RW || !st->readers) /* the last reader lets a writer in */
		st->waits[of] = 0;
}

/* false: the actor has to wait. */
static bool take(struct state *st, char what, uint8_t me)
{
	const int lock = what == 'a' ? 0 : what == 'b' ? 1 : what == 's' ? WAIT_FLAG : WAIT_RW;
	const bool busy = what == 'p' || what == 'y' ? false
	                  : what == 's'              ? !st->flag
	                  : what == 'r'              ? st->writer
	                  : what == 'w'              ? st->writer || st->readers
	                                             : st->held[lock];

	if (busy) {
		st->waits[lock] |= me;
		return false;
	}
	if (what == 'a' || what == 'b')
		st->held[lock] = 1;
	st->readers += what == 'r';
	st->writer |= what == 'w';
	return true;
}

/* From one decision to the next. true: it stands at a point and could go on. */
static bool go(struct state *st, int actor)
{
	const uint8_t me = (uint8_t)actors_bit(actor);
	const char *const program = st->program[actor];

	if (!(st->fresh & me) && !take(st, program[st->at[actor]++], me)) {
		st->at[actor]--;
		return false;
	}
	st->fresh &= (uint8_t)~me;
	for (; program[st->at[actor]]; st->at[actor]++) {
		if (program[st->at[actor]] >= 'a')
			return true;
		give_back(st, program[st->at[actor]]);
	}
	st->over |= me;
	return false;
}

static struct count count_from(struct state st, int actors, int actor, unsigned budget)
{
	bool could_go_on = go(&st, actor);
	uint32_t runnable = (actors_bit(actors) - 1) & ~(st.over | blocked(&st));
	struct count n = {0};

	if (!runnable)
		return (struct count){1, blocked(&st) != 0};
	if (could_go_on && st.program[actor][st.at[actor]] == 'y' && runnable != actors_bit(actor)) {
		runnable &= ~actors_bit(actor);
		could_go_on = false;
	}
	for (int a = 0; a < actors; a++) {
		const bool preempts = could_go_on && a != actor;
		struct count more;

		if (!(runnable >> a & 1) || (preempts && !budget))
			continue;
		more = count_from(st, actors, a, budget - preempts);
		n.all += more.all;
		n.deadlocks += more.deadlocks;
	}
	return n;
}

static struct count expected(const char *const program[ACTORS], unsigned bound)
{
	struct state st = {0};
	struct count n = {0};
	int actors = 0;

	for (; actors < ACTORS && program[actors]; actors++)
		st.program[actors] = program[actors];
	st.fresh = (uint8_t)(actors_bit(actors) - 1);
	for (int first = 0; first < actors; first++) {
		const struct count more = count_from(st, actors, first, bound);

		n.all += more.all;
		n.deadlocks += more.deadlocks;
	}
	return n;
}

/* -- by formula --------------------------------------------------------------------------- */

static uint64_t choose(unsigned n, unsigned k)
{
	uint64_t c = 1;

	if (k > n)
		return 0;
	for (unsigned i = 1; i <= k; i++)
		c = c * (n - k + i) / i;
	return c;
}

/* An actor of n points has n + 1 segments: interleavings of up to four. */
static uint64_t merge(const unsigned *points, int actors)
{
	unsigned all = 0;
	uint64_t n = 1;

	for (int a = 0; a < actors; a++) {
		all += points[a] + 1;
		n *= choose(all, points[a] + 1);
	}
	return n;
}

static uint64_t merge2(unsigned a, unsigned b) { return merge((const unsigned[]){a, b}, 2); }
static uint64_t merge3(unsigned a, unsigned b, unsigned c) { return merge((const unsigned[]){a, b, c}, 3); }

/*
 * Two actors of m and n points with at most c preemptions: their m + 1 and
 * n + 1 segments in t turns by turns. The last change of turns is an end, the
 * other t - 2 are preemptions; x segments fall into y turns in C(x-1, y-1) ways.
 */
static uint64_t two(unsigned m, unsigned n, unsigned c)
{
	uint64_t sum = 0;

	for (unsigned t = 2; t <= c + 2; t++) {
		const unsigned first = (t + 1) / 2,
		               second = t / 2; /* turns of who begins, and of the other */

		sum += choose(m, first - 1) * choose(n, second - 1);
		sum += choose(n, first - 1) * choose(m, second - 1);
	}
	return sum;
}

/*
 * Two actors that take a lock, pass c points and give it back. One has it
 * first; q = c + 1 segments under it. The other tries after the j-th of them: it
 * waits if j < q, and its first segment was at any of j + 2 places before.
 */
static uint64_t locked(unsigned c)
{
	const uint64_t q = c + 1;

	return 2 * (q * (q + 1) / 2 + 2 * q);
}

/*
 * Who waits for a flag that the other sets at its end: whether it comes before
 * or after, there is one way to go on, so as many as if nobody waited.
 */
static uint64_t signalled(unsigned c) { return merge2(c, 1); }

/*
 * One gives way in its middle to another of c points: its two segments do not
 * follow each other directly, in whose stead the other's c + 1 places are, but
 * for the last, when the other has ended.
 */
static uint64_t yielding(unsigned c) { return merge2(1, c) - (c + 1); }

static void check(const char *const program[ACTORS], unsigned bound, struct count formula)
{
	const struct count plain = expected(program, bound), engine = enumerate(program, bound);

	if (engine.all != formula.all || engine.deadlocks != formula.deadlocks || plain.all != formula.all ||
	    plain.deadlocks != formula.deadlocks)
		fail_msg("\"%s\" \"%s\" \"%s\", bound %u: %u schedules, %u of them deadlocks; by recursion "
		         "%u and "
		         "%u; by formula %u and %u",
		         program[0], program[1] ? program[1] : "", program[2] ? program[2] : "", bound,
		         (unsigned)engine.all, (unsigned)engine.deadlocks, (unsigned)plain.all,
		         (unsigned)plain.deadlocks, (unsigned)formula.all, (unsigned)formula.deadlocks);
}

/* What is checked, and how many there must be. */
struct row {
	const char *program[ACTORS];
	unsigned bound;
	struct count formula;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(rows[i].program, rows[i].bound, rows[i].formula);
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void formulas_are_what_they_should_be(void **state)
{
	(void)state;
	assert_int_equal(merge2(3, 4), 126);     /* 9! / (4! 5!) */
	assert_int_equal(merge3(2, 3, 1), 1260); /* 9! / (3! 4! 2!) */
	assert_int_equal(two(3, 4, 2), 2 + 3 + 4 + 2 * 3 * 4);
	for (unsigned m = 0; m < 8; m++)
		for (unsigned n = 0; n < 8; n++)
			assert_int_equal(two(m, n, m + n), merge2(m, n));
}

static void points_alone(void **state)
{
	const struct row rows[] = {
	        {{"p"}, ANY, {1, 0}},
	        {{"", ""}, ANY, {merge2(0, 0), 0}},
	        {{"p", "p"}, ANY, {merge2(1, 1), 0}},
	        {{"ppp", "pppp"}, 0, {two(3, 4, 0), 0}},
	        {{"ppp", "pppp"}, 1, {two(3, 4, 1), 0}},
	        {{"ppp", "pppp"}, 2, {two(3, 4, 2), 0}},
	        {{"ppp", "pppp"}, 3, {two(3, 4, 3), 0}},
	        {{"ppp", "pppp"}, ANY, {merge2(3, 4), 0}},
	        {{"pppppppp", "pppppppp"}, 3, {two(8, 8, 3), 0}},
	        {{"pppppppp", "pppppppp"}, ANY, {merge2(8, 8), 0}},
	        {{"pp", "ppp", "p"}, ANY, {merge3(2, 3, 1), 0}},
	        {{"pppp", "", "pp"}, ANY, {merge3(4, 0, 2), 0}},
	        {{"", "", "", ""}, ANY, {24, 0}},
	        {{"p", "p", "p", "p"}, ANY, {merge((const unsigned[]){1, 1, 1, 1}, 4), 0}},
	};

	(void)state;
	CHECK(rows);
}

static void locks(void **state)
{
	const struct row rows[] = {
	        {{"aA", "aA"}, ANY, {locked(0), 0}},
	        {{"apA", "apA"}, ANY, {locked(1), 0}},
	        {{"appA", "appA"}, ANY, {locked(2), 0}},
	        {{"apppppA", "apppppA"}, ANY, {locked(5), 0}},
	        {{"apA", "aA"}, ANY, {(locked(1) + locked(0)) / 2, 0}},
	        /* with no points inside nobody ever waits, and a lock nobody else wants is a point */
	        {{"aA", "aA", "aA"}, ANY, {merge3(1, 1, 1), 0}},
	        {{"apA", "p"}, ANY, {merge2(2, 1), 0}},
	        {{"apA", "bpB"}, ANY, {merge2(2, 2), 0}},
	        /* one preemption: at one of three points each; who then waits costs nothing */
	        {{"appA", "appA"}, 0, {2, 0}},
	        {{"appA", "appA"}, 1, {two(3, 3, 1), 0}},
	        /* readers share; a writer is as good as a lock */
	        {{"rpR", "rpR"}, ANY, {merge2(2, 2), 0}},
	        {{"rpR", "rpR", "rpR"}, ANY, {merge3(2, 2, 2), 0}},
	        {{"wpW", "rpR"}, ANY, {locked(1), 0}},
	        {{"wppW", "wppW"}, ANY, {locked(2), 0}},
	        /* the second lock of a fixed order is a point inside the first */
	        {{"abBA", "abBA"}, ANY, {locked(1), 0}},
	};

	(void)state;
	CHECK(rows);
}

static void waits(void **state)
{
	const struct row rows[] = {
	        {{"ppS", "s"}, ANY, {signalled(2), 0}},
	        {{"ppppppS", "s"}, ANY, {signalled(6), 0}},
	        {{"ppS", "s"}, 0, {2, 0}},
	        {{"y", ""}, ANY, {yielding(0), 0}},
	        {{"y", "p"}, ANY, {yielding(1), 0}},
	        {{"y", "pppp"}, ANY, {yielding(4), 0}},
	};

	(void)state;
	CHECK(rows);
}

static void deadlocks(void **state)
{
	const struct row rows[] = {
	        {{"aa"}, ANY, {1, 1}},
	        /* nobody sets the flag: however they interleave */
	        {{"s", "p"}, ANY, {merge2(1, 1), merge2(1, 1)}},
	        {{"s", "pp", "p"}, ANY, {merge3(1, 2, 1), merge3(1, 2, 1)}},
	        /*
	         * Both hold their first lock, in one of C(4, 2) interleavings, and either is the first to wait;
	         * or one is through before the other has its first, which began at one of 4 places
	         */
	        {{"abBA", "baAB"}, ANY, {2 * choose(4, 2) + 2 * 4, 2 * choose(4, 2)}},
	        /* a preemption at the second lock is what it takes; at the first it is harmless */
	        {{"abBA", "baAB"}, 0, {2, 0}},
	        {{"abBA", "baAB"}, 1, {2 + 4, 2}},
	        /*
	         * Waits for the flag under the lock that the other needs to set it. Well only if the other was
	         * quicker: its two segments before this one's second, whose first is at one of 3 places
	         */
	        {{"asA", "aSA"}, ANY, {merge2(2, 1), merge2(2, 1) - 3}},
	};

	(void)state;
	CHECK(rows);
}

/* No formula for these: two counts that share no code. */
static void engine_and_recursion_agree(void **state)
{
	static const char *const programs[][ACTORS] = {
	        {"apA", "apA", "apA"},     {"abBA", "baAB", "p"},    {"wpW", "rpR", "rR"},
	        {"rpR", "wW", "rpR", "p"}, {"pS", "s", "sp"},        {"asA", "aSA", "aA"},
	        {"apyA", "yaA", "p"},      {"aAbB", "bBaA", "abBA"}, {"apA", "aA", "aA", "p"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		uint64_t before = 0;

		for (unsigned bound = 0; bound < 5; bound++) {
			const struct count n = expected(programs[i], bound);

			check(programs[i], bound, n);
			assert_true(n.all > before); /* each preemption makes for new ones */
			before = n.all;
		}
		check(programs[i], ANY, expected(programs[i], ANY));
	}
}

/* A path longer than what is remembered makes a search that is not exhaustive, and says so. */
static void too_many_choices_are_told(void **state)
{
	static char program[POLICY_EXHAUSTIVE_DEPTH + 2];
	static struct policy_exhaustive e;

	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		struct sched *s = sched_create(NULL);
		struct micro m = {.s = s};
		const struct sched_policy policy = policy_exhaustive(&e, 1);

		assert_non_null(s);
		/* a choice at each point, and one of who begins */
		memset(program, 'p', POLICY_EXHAUSTIVE_DEPTH);
		program[POLICY_EXHAUSTIVE_DEPTH - 1 + more] = '\0';
		sched_reset(s, &policy, 0);
		for (int a = 0; a < 2; a++) {
			m.actor[a] = (struct micro_actor){&m, a ? "" : program};
			sched_spawn(s, a, micro_body, &m.actor[a], false);
		}
		assert_int_equal(sched_run(s, -1), SCHED_DONE);
		assert_int_equal(e.truncated, more);
		assert_int_equal(e.depth, POLICY_EXHAUSTIVE_DEPTH);
		sched_destroy(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(formulas_are_what_they_should_be),
	        cmocka_unit_test(points_alone),
	        cmocka_unit_test(locks),
	        cmocka_unit_test(waits),
	        cmocka_unit_test(deadlocks),
	        cmocka_unit_test(engine_and_recursion_agree),
	        cmocka_unit_test(too_many_choices_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
