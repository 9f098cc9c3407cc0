/* SPDX-License-Identifier: MIT */
/*
 * The model under TSan: silent on generated cases, and each lock taken out is
 * a race. So is each missed wait that lets a frame be filled anew while a
 * device can still use it: nothing else orders the two.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_hw.h"

#include "engine/run/measure.h"
#include "engine/search/generate.h"
#include "engine/search/search.h"

enum {
	CLEAN = 6000,
	BUDGET = 4000,
	RUNS = 16,      /* of one program */
	COMMANDS = 200, /* more than the ring holds */
};

static const enum step seen[] = {
        STEP_MM_MMAP_READ, STEP_MM_MMAP_WRITE,  STEP_MM_PTL,          STEP_MM_RMAP_LOCK,
        STEP_MM_PAGE_LOCK, STEP_DRV_QUEUE_LOCK, STEP_DMA_CLAIM,       STEP_DRV_WAIT,
        STEP_DRV_IOTLB,    STEP_DRV_ATC,        STEP_MM_FLUSH_SYNC,   STEP_MM_FLUSH_CPU,
        STEP_HW_CPU_DRAIN, STEP_HW_ATC_DRAIN,   STEP_MM_GATHER_FLUSH, STEP_MM_RECLAIM_FLUSH,
};

struct search {
	struct world *w;
	struct case_file c;
	struct exec_result r;
};

/* Executions until TSan reports something, at most `budget`; skip < 0: of the clean model. */
static unsigned search(struct search *x, int skip, unsigned budget)
{
	const struct exec_options no_oracle = {.no_oracle = true};
	union search_state state;
	struct search_try t;
	uint32_t points = 0;
	struct rng rng;

	rng_seed(&rng, 1);
	for (unsigned n = 0; n < budget; n++) {
		struct sched_policy policy;

		if (n % RUNS == 0) {
			struct generate_config cfg = {.profile = (int)(n / RUNS % PROFILE_COUNT)};

			if (skip >= 0)
				cfg.skip[skip / 64] = (uint64_t)1 << (skip % 64);
			generate_case(&x->c, &rng, &cfg);
			points = 0;
		}
		search_draw(&t, &rng, SEARCH_MIX, points, measure_actors(&x->c));
		policy = search_policy(&state, &t);
		exec_run(x->w, &x->c, &policy, &no_oracle, &x->r);
		if (x->r.verdict != EXEC_CLEAN && x->r.verdict != EXEC_INCONCLUSIVE)
			return n + 1;
		points = x->r.points > points ? x->r.points : points;
	}
	return 0;
}

static int begin(void **state)
{
	struct search *x = calloc(1, sizeof(*x));

	*state = x;
	if (x)
		x->w = world_create();
	return x && x->w ? 0 : -1;
}

static int end(void **state)
{
	struct search *x = *state;

	world_destroy(x->w);
	free(x);
	return 0;
}

static void generated_cases_are_silent(void **state)
{
	struct search *x = *state;
	char signature[SIGNATURE_MAX];
	unsigned n = search(x, -1, CLEAN);

	if (n) {
		signature_of(&x->r, &x->c, signature, sizeof(signature));
		fail_msg("execution %u: %s", n, signature);
	}
}

static void each_lock_and_wait_that_is_gone_is_a_race(void **state)
{
	struct search *x = *state;
	char signature[SIGNATURE_MAX];
	int missed = 0;

	for (unsigned i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
		unsigned n = search(x, (int)seen[i], BUDGET);

		signature_of(&x->r, &x->c, signature, sizeof(signature));
		printf("%-24s %5u executions  %s\n", step_name(seen[i]), n, n ? signature : "NOT SEEN");
		missed += !n || x->r.violation.class_ != VC_RACE;
	}
	assert_int_equal(missed, 0);
}

/* -- the ring of the invalidation queue -------------------------------------------------- */

static void produce(void *arg)
{
	const struct sd_inv_cmd all = {{0x12, 0}}; /* VT-d: every IOTLB entry */
	struct box *b = arg;

	for (int i = 0; i < COMMANDS; i++)
		while (hw_model_ops.inv_submit(b->hw, 0, &all, 1) < 0)
			sched_relax(b->s, PT_DRV_QUEUE_FULL);
}

static void consume(void *arg) { hw_queue_actor(((struct box *)arg)->hw, 0); }

/* Nobody waits for a command: the tail alone says that a slot is full, the head alone that it is free again.
 */
static void slots_go_round_in_order(void **state)
{
	struct box *b = box_new(PROFILE_VTD);
	struct race unused;

	(void)state;
	box_begin(b);
	sched_spawn(b->s, 0, produce, b, false);
	sched_spawn(b->s, 8, consume, b, true);
	race_begin();
	assert_int_equal(box_run(b, 0), SCHED_DONE);
	assert_false(race_found(&unused));
	assert_int_equal(box_count(b, EV_INV, WALKER_IOMMU0, 0), COMMANDS);
	box_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(generated_cases_are_silent),
	        cmocka_unit_test(slots_go_round_in_order),
	        cmocka_unit_test(each_lock_and_wait_that_is_gone_is_a_race),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
