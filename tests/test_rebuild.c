/* SPDX-License-Identifier: MIT */
/*
 * The rebuild: from last operations to a case that replays. The operations
 * here are written down; that real ones do as well is for the stress lanes.
 */
#include "case_support.h"

#include <stdlib.h>

#include "engine/run/exec.h"
#include "engine/run/signature.h"
#include "engine/search/policy.h"
#include "event/event.h"
#include "stress/rebuild.h"

enum { FAMILY = 2 * REBUILD_ATTEMPTS, REPLAYS = 20, ATTEMPTS = 16 };

/* As a round leaves them: nothing says how the pages got there. */
static const char last_ops[] = "shootdown case 1\n"
                               "hw vtd mms=2\n"
                               "bug vtd-free-table-before-flush\n"
                               "cpu 0\n"
                               "  write a+1\n"
                               "  munmap d 2\n"
                               "  dma-unmap 0 b 3\n"
                               "cpu 1 mm 1\n"
                               "  write g\n"
                               "  read g+1\n"
                               "cpu 2\n"
                               "  dma-unmap 0 b 8\n"
                               "  dma-map 1 c 8 rw\n"
                               "dev 0 domain 0\n"
                               "  dma-read b+5\n"
                               "  dma-write b+1\n"
                               "  dma-read h\n" /* far from all others: it stays because it was the one */
                               "dev 1 pasid 1\n"
                               "  dma-write a+1\n"
                               "expect walk-freed-table\n";

static struct rebuild_focus focus_on(const struct case_file *c, int actor, int space, int region, int off)
{
	return (struct rebuild_focus){(uint8_t)actor, (uint8_t)space, case_page(c, region, off)};
}

static struct case_file parse(const char *text)
{
	struct case_file c;
	struct case_error err;

	assert_true(case_parse(&c, text, strlen(text), &err));
	return c;
}

static bool has_op(const struct case_program *p, uint8_t kind, uint8_t region)
{
	for (int i = 0; i < p->nops; i++)
		if (p->op[i].kind == kind && p->op[i].region == region)
			return true;
	return false;
}

static void candidates_are_small_cases_of_the_same_configuration(void **state)
{
	struct case_file last = parse(last_ops), c, fixed;
	struct rebuild_focus focus = focus_on(&last, ACTOR_DEV0, sd_space_of_domain(0), 1, 1);
	unsigned fewest = UINT32_MAX, most = 0;

	(void)state;
	for (uint32_t n = 0; n < FAMILY; n++) {
		unsigned ops;

		rebuild_candidate(&c, &last, &focus, n, 1);
		fixed = c;
		case_fix(&fixed);
		support_assert_equal(&c, &fixed);
		assert_int_equal(c.nsched, 0);
		assert_int_equal(c.expect, VC_CLEAN);
		assert_true(c.bugs == last.bugs);
		assert_int_equal(c.mms, last.mms);
		assert_memory_equal(&c.prof, &last.prof, sizeof(c.prof));
		/* who met it is there, with the operation in which he did */
		assert_true(c.prog[ACTOR_DEV0].present);
		assert_memory_equal(&c.prog[ACTOR_DEV0].op[c.prog[ACTOR_DEV0].nops - 1],
		                    &last.prog[ACTOR_DEV0].op[2], sizeof(last.prog[0].op[0]));
		assert_true(support_ops(&c, OP_WHO_CPU) > 0);
		ops = support_ops(&c, OP_WHO_CPU) + support_ops(&c, OP_WHO_DEV);
		fewest = ops < fewest ? ops : fewest;
		most = ops > most ? ops : most;
	}
	assert_true(fewest < 6);
	assert_true(most > 8);
}

static void candidates_are_the_same_for_the_same_seed(void **state)
{
	struct case_file last = parse(last_ops), a, b;
	struct rebuild_focus focus = focus_on(&last, ACTOR_DEV0, sd_space_of_domain(0), 1, 1);
	unsigned different = 0;

	(void)state;
	for (uint32_t n = 0; n < FAMILY; n++) {
		rebuild_candidate(&a, &last, &focus, n, 7);
		rebuild_candidate(&b, &last, &focus, n, 7);
		support_assert_equal(&a, &b);
		rebuild_candidate(&b, &last, &focus, n, 8);
		different += memcmp(a.prog, b.prog, sizeof(a.prog)) != 0;
	}
	assert_true(different > FAMILY / 2);
}

/* What is unmapped or accessed was mapped before, by a CPU of that space, and first of all. */
static void candidates_put_back_what_they_need(void **state)
{
	struct case_file last = parse(last_ops), c;
	struct rebuild_focus focus = focus_on(&last, ACTOR_DEV0 + 1, sd_space_of_mm(0), 0, 1);
	unsigned mapped = 0;

	(void)state;
	for (uint32_t n = 0; n < FAMILY; n++) {
		bool first = false;

		rebuild_candidate(&c, &last, &focus, n, 1);
		for (int a = ACTOR_CPU0; a < ACTOR_DEV0; a++) {
			const struct case_program *p = &c.prog[a];

			if (!p->present || p->mm != 0 || !has_op(p, OP_MMAP, 0))
				continue;
			mapped++;
			first |= p->op[0].kind == OP_MMAP || p->op[0].kind == OP_DMA_MAP;
			for (int i = 0; i < p->nops; i++)
				if (p->op[i].kind == OP_MMAP)
					assert_int_equal(p->op[i].prot, PROT_RW);
		}
		if (c.prog[ACTOR_CPU0].present && c.prog[ACTOR_CPU0].nops)
			assert_true(first || !has_op(&c.prog[ACTOR_CPU0], OP_MMAP, 0));
	}
	assert_true(mapped > FAMILY / 2);
}

static void a_planted_bug_comes_back_and_replays(void **state)
{
	struct case_file last = parse(last_ops), healthy;
	struct rebuild_focus focus = focus_on(&last, ACTOR_DEV0, sd_space_of_domain(0), 1, 1);
	const struct rebuild_config cfg = {.seed = 1, .attempts = ATTEMPTS, .minimize = 5000};
	const struct exec_options log = {.log = true};
	struct rebuild_result *res = calloc(1, sizeof(*res));
	struct world *w = world_create();
	struct exec_result r;
	uint64_t hash = 0;

	(void)state;
	assert_non_null(res);
	assert_non_null(w);
	assert_int_equal(rebuild_case(w, &last, &focus, &cfg, res), REBUILD_FOUND);
	assert_int_equal(res->st.attempts, ATTEMPTS);
	assert_true(res->st.reproduced > 0 && res->st.reproduced <= ATTEMPTS);
	assert_true(res->st.same > 0 && res->st.same <= res->st.reproduced);
	assert_true(res->st.executions > 0);
	assert_int_equal(res->c.expect, VC_WALK_FREED_TABLE);
	assert_true(support_ops(&res->c, OP_WHO_CPU) + support_ops(&res->c, OP_WHO_DEV) <= 4);
	for (int i = 0; i < REPLAYS; i++) {
		exec_run(w, &res->c, NULL, &log, &r);
		assert_int_equal(r.verdict, EXEC_VIOLATION);
		assert_int_equal(r.violation.class_, VC_WALK_FREED_TABLE);
		assert_true(signature_is(&r, &res->c, res->signature));
		assert_true(i == 0 || r.trace_hash == hash);
		hash = r.trace_hash;
	}
	healthy = res->c;
	healthy.bugs = 0;
	exec_run(w, &healthy, NULL, &log, &r);
	assert_int_equal(r.verdict, EXEC_CLEAN);
	world_destroy(w);
	free(res);
}

static void another_class_is_kept_but_does_not_count_as_the_same(void **state)
{
	struct case_file last = parse(last_ops);
	struct rebuild_focus focus = focus_on(&last, ACTOR_DEV0, sd_space_of_domain(0), 1, 1);
	const struct rebuild_config cfg = {.seed = 1, .attempts = ATTEMPTS, .runs = 100, .minimize = 2000};
	struct rebuild_result *res = calloc(1, sizeof(*res));
	struct world *w = world_create();

	(void)state;
	assert_non_null(res);
	assert_non_null(w);
	last.expect = VC_REFCOUNT;
	assert_int_equal(rebuild_case(w, &last, &focus, &cfg, res), REBUILD_FOUND);
	assert_true(res->st.reproduced > 0);
	assert_int_equal(res->st.same, 0);
	assert_int_not_equal(res->c.expect, VC_REFCOUNT);
	world_destroy(w);
	free(res);
}

/* Two bugs at once: the case shows the one that the threads met. */
static void the_class_that_was_seen_wins(void **state)
{
	static const char two_bugs[] = "shootdown case 1\n"
	                               "hw vtd\n"
	                               "bug vtd-free-table-before-flush\n"
	                               "bug skip-notify-on-downgrade\n"
	                               "cpu 0\n"
	                               "  write a+1\n"
	                               "  mprotect a 4 r\n"
	                               "  dma-unmap 0 b 3\n"
	                               "cpu 1\n"
	                               "  write a+1\n"
	                               "  dma-unmap 0 b 8\n"
	                               "dev 0 pasid 1\n"
	                               "  dma-write a+1\n"
	                               "dev 1 domain 0\n"
	                               "  dma-write b+1\n";
	static const struct {
		uint8_t class_, actor, space, region;
	} met[] = {
	        {VC_STALE_PERM, ACTOR_DEV0, 0, 0},
	        {VC_WALK_FREED_TABLE, ACTOR_DEV0 + 1, SD_MAX_MMS, 1},
	};
	const struct rebuild_config cfg = {.seed = 1, .attempts = 2 * ATTEMPTS, .minimize = 2000};
	struct rebuild_result *res = calloc(1, sizeof(*res));
	struct world *w = world_create();

	(void)state;
	assert_non_null(res);
	assert_non_null(w);
	for (unsigned i = 0; i < sizeof(met) / sizeof(met[0]); i++) {
		struct case_file last = parse(two_bugs);
		struct rebuild_focus focus = focus_on(&last, met[i].actor, met[i].space, met[i].region, 1);

		last.expect = met[i].class_;
		assert_int_equal(rebuild_case(w, &last, &focus, &cfg, res), REBUILD_FOUND);
		assert_true(res->st.same > 0 && res->st.same < res->st.reproduced); /* both are met */
		assert_int_equal(res->c.expect, met[i].class_);
	}
	world_destroy(w);
	free(res);
}

static void the_clean_model_gives_no_case(void **state)
{
	struct case_file last = parse(last_ops);
	struct rebuild_focus focus = focus_on(&last, ACTOR_DEV0, sd_space_of_domain(0), 1, 1);
	const struct rebuild_config cfg = {.seed = 1, .attempts = ATTEMPTS, .runs = 50};
	struct rebuild_result *res = calloc(1, sizeof(*res));
	struct world *w = world_create();

	(void)state;
	assert_non_null(res);
	assert_non_null(w);
	last.bugs = 0;
	assert_int_equal(rebuild_case(w, &last, &focus, &cfg, res), REBUILD_NOTHING);
	assert_int_equal(res->st.attempts, ATTEMPTS);
	assert_int_equal(res->st.reproduced, 0);
	assert_int_equal(res->st.executions, ATTEMPTS * 50);
	world_destroy(w);
	free(res);
}

static void the_same_rebuild_twice_is_the_same(void **state)
{
	struct case_file last = parse(last_ops);
	struct rebuild_focus focus = focus_on(&last, ACTOR_DEV0, sd_space_of_domain(0), 1, 1);
	const struct rebuild_config cfg = {.seed = 3, .attempts = ATTEMPTS, .minimize = 2000};
	struct rebuild_result *res = calloc(2, sizeof(*res));

	(void)state;
	assert_non_null(res);
	for (int i = 0; i < 2; i++) {
		struct world *w = world_create();

		assert_non_null(w);
		assert_int_equal(rebuild_case(w, &last, &focus, &cfg, &res[i]), REBUILD_FOUND);
		world_destroy(w);
	}
	support_assert_equal(&res[0].c, &res[1].c);
	assert_string_equal(res[0].signature, res[1].signature);
	assert_true(res[0].st.executions == res[1].st.executions);
	free(res);
}

/* -- what it tells on the way --------------------------------------------------------- */

struct listener {
	volatile sig_atomic_t stop;
	uint32_t attempts, programs;
	bool shrinking;
};

static void count(void *ctx, const struct rebuild_stats *st)
{
	struct listener *l = ctx;

	l->attempts = st->attempts;
	l->stop = l->attempts == 3;
}

static void about(void *ctx, const struct case_file *c)
{
	struct listener *l = ctx;

	assert_false(l->shrinking);
	l->programs += c != NULL;
	l->shrinking = !c;
}

static void it_says_what_it_does_and_stops_when_told(void **state)
{
	struct case_file last = parse(last_ops);
	struct rebuild_focus focus = focus_on(&last, ACTOR_DEV0, sd_space_of_domain(0), 1, 1);
	struct listener l = {0};
	const struct rebuild_config cfg = {
	        .seed = 1, .stop = &l.stop, .progress = count, .about_to = about, .ctx = &l};
	struct rebuild_result *res = calloc(1, sizeof(*res));
	struct world *w = world_create();

	(void)state;
	assert_non_null(res);
	assert_non_null(w);
	rebuild_case(w, &last, &focus, &cfg, res);
	assert_int_equal(l.attempts, 3);
	assert_int_equal(l.programs, 3);
	assert_int_equal(res->st.attempts, 3);
	assert_true(l.shrinking);
	world_destroy(w);
	free(res);
}

/* -- a sanitizer that ends it ------------------------------------------------------------ */

static const char small_case[] = "shootdown case 1\n"
                                 "hw vtd mms=1\n"
                                 "cpu 0\n"
                                 "  write a\n"
                                 "  munmap a 2\n"
                                 "cpu 1\n"
                                 "  read a+1\n"
                                 "expect clean\n";

static void what_a_sanitizer_interrupts_is_kept_with_its_schedule(void **state)
{
	const struct sanitizer_report report = {.by = "AddressSanitizer", .what = "heap-use-after-free"};
	const struct exec_options opt = {.record = true, .log = true};
	const struct case_file program = parse(small_case);
	struct rebuild_result *res = calloc(1, sizeof(*res));
	struct world *w = world_create();
	struct policy_uniform uniform;
	struct sched_policy policy = policy_uniform(&uniform, 3);
	struct exec_result first, again;

	(void)state;
	assert_non_null(res);
	assert_non_null(w);
	exec_run(w, &program, &policy, &opt, &first);
	assert_true(rebuild_from_report(w, &program, &report, res));
	assert_string_equal(res->signature, "AddressSanitizer:heap-use-after-free:vtd");
	assert_int_equal(res->st.attempts, 1);
	assert_int_equal(res->st.reproduced, 1);
	assert_true(res->c.nsched > 0);
	exec_run(w, &res->c, NULL, &opt, &again);
	assert_true(first.trace_hash == again.trace_hash);
	world_destroy(w);
	free(res);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(candidates_are_small_cases_of_the_same_configuration),
	        cmocka_unit_test(candidates_are_the_same_for_the_same_seed),
	        cmocka_unit_test(candidates_put_back_what_they_need),
	        cmocka_unit_test(a_planted_bug_comes_back_and_replays),
	        cmocka_unit_test(another_class_is_kept_but_does_not_count_as_the_same),
	        cmocka_unit_test(the_class_that_was_seen_wins),
	        cmocka_unit_test(the_clean_model_gives_no_case),
	        cmocka_unit_test(the_same_rebuild_twice_is_the_same),
	        cmocka_unit_test(it_says_what_it_does_and_stops_when_told),
	        cmocka_unit_test(what_a_sanitizer_interrupts_is_kept_with_its_schedule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
