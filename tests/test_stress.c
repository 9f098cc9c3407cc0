/* SPDX-License-Identifier: MIT */
/*
 * Rounds of the model on real threads: they do what they were asked for, the
 * programs depend on the seed alone, and a violation leaves all that is needed
 * to tell of it. Threads that met one are held for good, so each such run is
 * in a process of its own.
 */
#define _DEFAULT_SOURCE
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/search/hunt.h"
#include "engine/tell/report.h"
#include "stress/finding.h"
#include "stress/ring.h"
#include "stress/sanitizer.h"
#include "stress/stress.h"

enum { THREADS = 3, DEVICES = 2, ROUND = (THREADS + DEVICES) * STRESS_ROUND_OPS, PATIENCE = 60, SEEDS = 5 };

static const struct stress_options plain = {
        .threads = THREADS, .devices = DEVICES, .profile = -1, .seed = 1, .delay = 24, .patience = PATIENCE};

/* -- rings ------------------------------------------------------------------------- */

static void a_ring_keeps_the_last_events_oldest_first(void **state)
{
	struct ring *r = calloc(1, sizeof(*r));
	struct event ev = {0};

	(void)state;
	assert_non_null(r);
	assert_null(ring_at(r, 0));
	for (uint64_t i = 0; i < 3; i++)
		ring_add(r, 10 + i, &ev);
	assert_int_equal(ring_at(r, 0)->stamp, 10);
	assert_int_equal(ring_at(r, 2)->stamp, 12);
	assert_null(ring_at(r, 3));
	for (uint64_t i = 3; i < STRESS_RING + 7; i++) {
		ev.frame.pfn = (uint32_t)i;
		ring_add(r, 10 + i, &ev);
	}
	assert_int_equal(ring_at(r, 0)->stamp, 10 + 7);
	assert_int_equal(ring_at(r, 0)->ev.frame.pfn, 7);
	assert_int_equal(ring_at(r, STRESS_RING - 1)->stamp, 10 + STRESS_RING + 6);
	assert_null(ring_at(r, STRESS_RING));
	free(r);
}

/* -- clean runs ----------------------------------------------------------------------- */

static struct stress_run *go(const struct stress_options *opt, enum stress_end want)
{
	struct stress_run *r = stress_create(opt);

	assert_non_null(r);
	assert_int_equal(stress_go(r), want);
	return r;
}

static void a_bound_on_operations_ends_after_whole_rounds(void **state)
{
	struct stress_options opt = plain;
	struct stress_counts n;
	struct stress_run *r;

	(void)state;
	opt.ops = ROUND + 1;
	r = go(&opt, STRESS_CLEAN);
	n = stress_counts(r);
	assert_int_equal(n.rounds, 2);
	assert_int_equal(n.ops, 2 * ROUND);
	assert_int_equal(n.dma, 2 * DEVICES * STRESS_ROUND_OPS);
	assert_true(n.invalidations > 0);
	assert_true(n.failed_ops > 0 && n.failed_ops < n.ops);
	assert_null(stress_violation(r));
	assert_null(stress_report(r));
	stress_destroy(r);
}

static void only_the_interleaving_differs_between_runs_of_a_seed(void **state)
{
	struct stress_options opt = plain;
	struct case_file last[3];

	(void)state;
	opt.ops = 1;
	for (int i = 0; i < 3; i++) {
		struct stress_run *r;

		opt.seed = i < 2 ? 5 : 6;
		r = go(&opt, STRESS_CLEAN);
		stress_last_ops(r, &last[i]);
		stress_destroy(r);
	}
	for (int a = 0; a < CASE_PROGRAMS; a++)
		if (last[0].prog[a].present)
			assert_int_equal(last[0].prog[a].nops, CASE_MAX_OPS);
	assert_memory_equal(last[0].prog, last[1].prog, sizeof(last[0].prog));
	assert_memory_not_equal(last[0].prog, last[2].prog, sizeof(last[0].prog));
}

static void one_round_again_is_that_round(void **state)
{
	struct stress_options opt = plain;
	struct case_file third, again;
	struct stress_run *r;

	(void)state;
	opt.ops = 3 * ROUND;
	r = go(&opt, STRESS_CLEAN);
	assert_int_equal(stress_round(r), 2);
	stress_last_ops(r, &third);
	stress_destroy(r);
	opt.one_round = true;
	opt.round = 2;
	opt.ops = 2 * ROUND;
	r = go(&opt, STRESS_CLEAN);
	assert_int_equal(stress_round(r), 2);
	assert_int_equal(stress_counts(r).rounds, 2);
	stress_last_ops(r, &again);
	stress_destroy(r);
	assert_memory_equal(third.prog, again.prog, sizeof(third.prog));
	assert_memory_equal(&third.prof, &again.prof, sizeof(third.prof));
}

/* -- a violation ------------------------------------------------------------------------- */

static bool holds(bool what, const char *name)
{
	if (!what)
		print_message("not so: %s\n", name);
	return what;
}
#define HOLDS(what) holds(what, #what)

/* The operation under way is the last one that is remembered. */
static bool remembers_the_operation(const struct case_file *c, const struct watch_violation *v)
{
	const struct case_program *p = &c->prog[v->actor];

	return v->actor >= CASE_PROGRAMS || v->op_kind == OP_COUNT ||
	       (p->present && p->nops > 0 && p->op[p->nops - 1].kind == v->op_kind);
}

/* Each actor's operations, as it did them. */
static bool in_order(const struct event_sink *log)
{
	uint32_t next[CASE_PROGRAMS] = {0}, seen = 0;

	for (uint32_t i = 0; i < log->len; i++) {
		const struct event *ev = &log->log[i];

		if (ev->type != EV_OP_BEGIN || ev->actor >= CASE_PROGRAMS)
			continue;
		if (next[ev->actor] && ev->op.index != next[ev->actor])
			return false;
		next[ev->actor] = ev->op.index + 1;
		seen++;
	}
	return seen > 0;
}

static bool tells_all(const struct stress_run *r)
{
	const struct watch_violation *v = stress_violation(r);
	struct stress_finding f;
	struct case_file fixed;
	char signature[SIGNATURE_MAX];
	bool ok = HOLDS(v != NULL) && HOLDS(stress_find(r, STRESS_VIOLATION, &f));

	if (!ok)
		return false;
	fixed = f.last;
	case_fix(&fixed);
	signature_of(&f.r, &f.last, signature, sizeof(signature));
	ok = HOLDS(hunt_class_of(BUG_RANGE_END_TOO_LATE, (enum violation_class)v->class_)) && ok;
	ok = HOLDS(in_order(&f.log)) && ok;
	ok = HOLDS(!memcmp(&f.last, &fixed, sizeof(fixed))) && ok;
	ok = HOLDS(remembers_the_operation(&f.last, v)) && ok;
	ok = HOLDS(f.violation == v && !f.report && f.last.expect == v->class_) && ok;
	ok = HOLDS(f.r.verdict == EXEC_VIOLATION && f.r.violation.class_ == v->class_) && ok;
	ok = HOLDS(f.r.violation.page == v->page && f.r.violation.pfn == v->pfn) && ok;
	ok = HOLDS(f.focus.actor == v->actor && f.focus.page == v->page) && ok;
	ok = HOLDS(!strcmp(f.signature, signature)) && ok;
	/* what broke it is in the log, and by whom */
	ok = HOLDS(report_bad_event(&f.r, &f.log) < f.log.len) && ok;
	ok = HOLDS(f.log.log[report_bad_event(&f.r, &f.log)].actor != EVENT_NOBODY) && ok;
	stress_finding_free(&f);
	return ok;
}

/* Exit code of a process: 0 as hoped. Seeds in turn: which of them shows the bug is the machine's doing. */
static int meet_a_bug(bool oracle)
{
	struct stress_options opt = plain;
	opt.ops = (oracle || sanitizer_name() ? 1000 : 4) * ROUND;
	opt.bugs = (uint64_t)1 << BUG_RANGE_END_TOO_LATE;
	opt.profile = PROFILE_VTD;
	opt.no_oracle = !oracle;
	for (int i = 0; i < SEEDS; i++) {
		struct stress_run *r = stress_create(&opt);
		enum stress_end end;

		if (!r)
			return 2;
		end = stress_go(r);
		if (end == STRESS_VIOLATION)
			return !oracle || !tells_all(r);
		if (end ==
		    STRESS_REPORT) /* a sanitizer may be first: TSan at a race, ASan at a freed table */
			return !HOLDS(sanitizer_name()) || !HOLDS(stress_report(r) && stress_report(r)->by);
		if (end != STRESS_CLEAN)
			return 3;
		stress_destroy(r);
		opt.seed++;
	}
	return 4;
}

static int in_a_process(int (*body)(bool oracle), bool oracle)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int code = body(oracle);

		fflush(NULL);
		sanitizer_loud();
		_exit(code);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_violation_leaves_all_that_there_is_to_tell(void **state)
{
	(void)state;
	assert_int_equal(in_a_process(meet_a_bug, true), 0);
}

static void without_the_oracle_only_sanitizers_look(void **state)
{
	(void)state;
	assert_int_equal(in_a_process(meet_a_bug, false), sanitizer_name() ? 0 : 4);
}

/* -- a report that no actor passes on ---------------------------------------------------- */

static struct {
	long plain;
	_Atomic int turn; /* relaxed: who is next, and no edge */
} raced;

static void *write_second(void *arg)
{
	(void)arg;
	while (!atomic_load_explicit(&raced.turn, memory_order_relaxed))
		sched_yield();
	raced.plain++;
	return NULL;
}

/* The thread that meets it has no event left: the run is told all the same. */
static int meet_a_late_race(bool oracle)
{
	struct stress_options opt = plain;
	struct stress_finding f;
	struct stress_run *r;
	pthread_t second;

	(void)oracle;
	if (pthread_create(&second, NULL, write_second, NULL))
		return 2;
	opt.ops = 1;
	raced.plain++;
	atomic_store_explicit(&raced.turn, 1, memory_order_relaxed);
	pthread_join(second, NULL);
	r = stress_create(&opt);
	if (!r || stress_go(r) != STRESS_REPORT || !HOLDS(!strcmp(stress_report(r)->what, "data-race")))
		return 3;
	return !HOLDS(stress_find(r, STRESS_REPORT, &f)) ||
	       !HOLDS(!strncmp(f.signature, "ThreadSanitizer:data-race:none:", 31));
}

static void a_report_after_the_last_event_is_told(void **state)
{
	(void)state;
	if (sanitizer_name() && !strcmp(sanitizer_name(), "thread"))
		assert_int_equal(in_a_process(meet_a_late_race, true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_ring_keeps_the_last_events_oldest_first),
	        cmocka_unit_test(a_bound_on_operations_ends_after_whole_rounds),
	        cmocka_unit_test(only_the_interleaving_differs_between_runs_of_a_seed),
	        cmocka_unit_test(one_round_again_is_that_round),
	        cmocka_unit_test(a_violation_leaves_all_that_there_is_to_tell),
	        cmocka_unit_test(without_the_oracle_only_sanitizers_look),
	        cmocka_unit_test(a_report_after_the_last_event_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
