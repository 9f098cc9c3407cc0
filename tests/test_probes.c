/* SPDX-License-Identifier: MIT */
/* Probes: each is a state that really was there, and a hunt of the clean model reaches every one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine/search/hunt.h"
#include "event/walker.h"

static const struct oracle_near NOTHING_NEAR;

struct bench {
	struct event_sink ev;
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

static void tell(struct bench *b, struct event ev) { probes_listen(b->p, &ev, &NOTHING_NEAR); }

static uint64_t n(const struct bench *b, enum probe p) { return b->total.probe[p]; }

static void gathers_nest_in_one_mm_and_between_two_actors(void **state)
{
	struct bench *b = *state;

	tell(b, (struct event){.type = EV_NOTIFY_START, .actor = 0, .b = 1});
	tell(b, (struct event){.type = EV_NOTIFY_START, .actor = 1, .b = 2});
	assert_int_equal(n(b, PROBE_NESTED_GATHER), 0);
	tell(b, (struct event){.type = EV_NOTIFY_END, .actor = 0, .b = 1});
	tell(b, (struct event){.type = EV_NOTIFY_START, .actor = 1, .b = 1});
	assert_int_equal(n(b, PROBE_NESTED_GATHER), 0);
	tell(b, (struct event){.type = EV_NOTIFY_START, .actor = 0, .b = 1});
	assert_int_equal(n(b, PROBE_NESTED_GATHER), 1);
}

static void a_walker_in_a_table_counts_once_it_is_unlinked(void **state)
{
	struct bench *b = *state;
	const mem_entry link = mem_at(&b->m, 3, 0), inside = mem_at(&b->m, 5, 2);
	const pte_t table = pte_make(5, PTE_P);
	const struct event fill = {.type = EV_FILL, .actor = 4, .a = WALKER_IOMMU0, .c = inside};

	tell(b, (struct event){.type = EV_ENTRY, .c = link, .e = table});
	tell(b, fill);
	assert_int_equal(n(b, PROBE_WALK_UNLINKED), 0);
	tell(b, (struct event){.type = EV_ENTRY, .c = link, .d = table});
	tell(b, fill);
	assert_int_equal(n(b, PROBE_WALK_UNLINKED), 1);
}

static void waits_overlap_at_one_walker(void **state)
{
	struct bench *b = *state;

	tell(b, (struct event){.type = EV_WAIT_BEGIN, .a = WALKER_IOMMU0});
	tell(b, (struct event){.type = EV_WAIT_BEGIN, .a = WALKER_IOMMU0 + 1});
	tell(b, (struct event){.type = EV_WAIT_DONE, .a = WALKER_IOMMU0});
	tell(b, (struct event){.type = EV_WAIT_BEGIN, .a = WALKER_IOMMU0});
	assert_int_equal(n(b, PROBE_TWO_WAITS), 0);
	tell(b, (struct event){.type = EV_WAIT_BEGIN, .a = WALKER_IOMMU0});
	assert_int_equal(n(b, PROBE_TWO_WAITS), 1);
}

static void reuse_counts_only_within_one_request(void **state)
{
	struct bench *b = *state;
	const struct event freed = {.type = EV_FRAME_FREE, .a = MEM_DATA, .c = 9, .d = 1},
	                   alloc = {.type = EV_FRAME_ALLOC, .a = MEM_DATA, .c = 9, .d = 1},
	                   begin = {.type = EV_DMA_BEGIN, .actor = 4, .a = 0},
	                   end = {.type = EV_DMA_END, .actor = 4, .a = 0};

	tell(b, freed);
	tell(b, begin);
	tell(b, alloc);
	assert_int_equal(n(b, PROBE_REUSE_UNDER_DMA), 0);
	tell(b, freed);
	tell(b, end);
	tell(b, alloc);
	assert_int_equal(n(b, PROBE_REUSE_UNDER_DMA), 0);
	tell(b, begin);
	tell(b, freed);
	tell(b, alloc);
	assert_int_equal(n(b, PROBE_REUSE_UNDER_DMA), 1);
}

static void promises_are_counted_by_row(void **state)
{
	struct bench *b = *state;
	const struct event end = {.type = EV_OP_END, .actor = 0};

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
	static const uint8_t rows[] = {OP_MUNMAP,  OP_DONTNEED,  OP_MPROTECT, OP_MREMAP,    OP_FORK, OP_EXIT,
	                               OP_RECLAIM, OP_WRITEBACK, OP_TRUNCATE, OP_DMA_UNMAP, OP_COUNT};
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
	for (size_t i = 0; i < sizeof(rows); i++)
		if (!hunt_stats(h)->probes.row[rows[i]].tested)
			fail_msg("never relied on: %s", probe_row_name(rows[i]));
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
