/* SPDX-License-Identifier: MIT */
/* Probes: each is a state that really was there, and a hunt of the clean model reaches every one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine/search/hunt.h"
#include "event/tell.h"
#include "event/walker.h"

static const struct oracle_near NOTHING_NEAR;

struct bench {
	struct event_sink ev;
	struct event_sink told; /* by the test */
	struct sched *s;
	struct mem m;
	struct probes_total total;
	struct probes *p;
};

static int set_up(void **state)
{
	static struct bench b;

	b = (struct bench){0};
	b.s = sched_create(NULL);
	assert_non_null(b.s);
	assert_true(mem_init(&b.m, (struct mem_geometry){3, 3}, b.s, &b.ev));
	b.p = probes_create(&b.total);
	assert_non_null(b.p);
	probes_begin(b.p, &b.m);
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	probes_destroy(b->p);
	mem_fini(&b->m);
	sched_destroy(b->s);
	return 0;
}

static void listen(void *probes, const struct event *ev) { probes_listen(probes, ev, &NOTHING_NEAR); }

static struct event_sink *as(struct bench *b, int actor)
{
	b->told = (struct event_sink){.listen = listen, .ctx = b->p, .actor = (uint8_t)actor};
	return &b->told;
}

static uint64_t n(const struct bench *b, enum probe p) { return b->total.probe[p]; }

static void gathers_nest_in_one_mm_and_between_two_actors(void **state)
{
	struct bench *b = *state;

	event_notify_start(as(b, 0), 1, 0, 1);
	event_notify_start(as(b, 1), 2, 0, 1);
	assert_int_equal(n(b, PROBE_NESTED_GATHER), 0);
	event_notify_end(as(b, 0), 1, 0, 1);
	event_notify_start(as(b, 1), 1, 0, 1);
	assert_int_equal(n(b, PROBE_NESTED_GATHER), 0);
	event_notify_start(as(b, 0), 1, 0, 1);
	assert_int_equal(n(b, PROBE_NESTED_GATHER), 1);
}

static void a_walker_in_a_table_counts_once_it_is_unlinked(void **state)
{
	struct bench *b = *state;
	const mem_entry link = mem_at(&b->m, 3, 0), inside = mem_at(&b->m, 5, 2);
	const pte_t table = pte_make(5, PTE_P);

	event_entry(as(b, 0), link, 0, table, 0, 0);
	event_fill(as(b, 4), WALKER_IOMMU0, 0, inside, 0, 0, 0, 0);
	assert_int_equal(n(b, PROBE_WALK_UNLINKED), 0);
	event_entry(as(b, 0), link, table, 0, 0, 0);
	event_fill(as(b, 4), WALKER_IOMMU0, 0, inside, 0, 0, 0, 0);
	assert_int_equal(n(b, PROBE_WALK_UNLINKED), 1);
}

static void waits_overlap_at_one_walker(void **state)
{
	struct bench *b = *state;

	event_wait_begin(as(b, 0), WALKER_IOMMU0, 0);
	event_wait_begin(as(b, 0), WALKER_IOMMU0 + 1, 0);
	event_wait_done(as(b, 0), WALKER_IOMMU0, 0, 0);
	event_wait_begin(as(b, 0), WALKER_IOMMU0, 0);
	assert_int_equal(n(b, PROBE_TWO_WAITS), 0);
	event_wait_begin(as(b, 0), WALKER_IOMMU0, 0);
	assert_int_equal(n(b, PROBE_TWO_WAITS), 1);
}

static void reuse_counts_only_within_one_request(void **state)
{
	struct bench *b = *state;

	event_free(as(b, 0), MEM_DATA, 9, 1);
	event_dma_begin(as(b, 4), 0, 0, 0, 0);
	event_alloc(as(b, 0), MEM_DATA, 9, 1);
	assert_int_equal(n(b, PROBE_REUSE_UNDER_DMA), 0);
	event_free(as(b, 0), MEM_DATA, 9, 1);
	event_dma_end(as(b, 4), 0, 0, 0, 0);
	event_alloc(as(b, 0), MEM_DATA, 9, 1);
	assert_int_equal(n(b, PROBE_REUSE_UNDER_DMA), 0);
	event_dma_begin(as(b, 4), 0, 0, 0, 0);
	event_free(as(b, 0), MEM_DATA, 9, 1);
	event_alloc(as(b, 0), MEM_DATA, 9, 1);
	assert_int_equal(n(b, PROBE_REUSE_UNDER_DMA), 1);
}

static void promises_are_counted_by_row(void **state)
{
	struct bench *b = *state;
	struct event end;

	event_set_op_end(&end, EV_OP_END, 0, 0, 0, 1, 0, 0);
	probes_listen(b->p, &end, &(struct oracle_near){true, OP_MUNMAP, 1});
	probes_listen(b->p, &end, &(struct oracle_near){true, OP_MUNMAP, 9});
	probes_listen(b->p, &end, &(struct oracle_near){true, OP_COUNT, 9});
	probes_listen(b->p, &end, &NOTHING_NEAR);
	assert_int_equal(b->total.row[OP_MUNMAP].tested, 2);
	assert_int_equal(b->total.row[OP_MUNMAP].near, 1);
	assert_int_equal(b->total.row[OP_COUNT].tested, 1);
	assert_int_equal(b->total.row[OP_COUNT].near, 0);
}

/* A state that no search can reach would be no probe, but a hole in the model. */
static void a_hunt_reaches_every_state(void **state)
{
	const struct hunt_config cfg = {
	        .bug = HUNT_CLEAN, .profile = HUNT_ANY_PROFILE, .seed = 1, .budget = 60000, .probes = true};
	struct world *w = world_create();
	struct hunt *h;
	struct hunt_find find;

	(void)state;
	assert_non_null(w);
	h = hunt_create(w, &cfg);
	assert_non_null(h);
	assert_int_equal(hunt_next(h, &find), HUNT_BUDGET);
	for (int i = 0; i < PROBE_COUNT; i++)
		if (!hunt_stats(h)->probes.probe[i])
			fail_msg("never reached: %s", probe_name((enum probe)i));
	for (int i = 0; i <= OP_COUNT; i++) {
		const enum op_promise promise = op_promise((enum op_kind)i);
		const bool relies = i == OP_COUNT || (promise != PROMISE_NOTHING && promise != PROMISE_MAPS);

		if (relies && !hunt_stats(h)->probes.row[i].tested)
			fail_msg("never relied on: %s", probe_row_name(i));
	}
	hunt_destroy(h);
	world_destroy(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(gathers_nest_in_one_mm_and_between_two_actors, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(a_walker_in_a_table_counts_once_it_is_unlinked, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(waits_overlap_at_one_walker, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(reuse_counts_only_within_one_request, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(promises_are_counted_by_row, set_up, tear_down),
	        cmocka_unit_test(a_hunt_reaches_every_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
