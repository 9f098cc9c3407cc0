/* SPDX-License-Identifier: MIT */
/* The oracle alone: promises, devices that do not answer, data, self-checks. */
#include "test_oracle_setup.h"

/* -- promises ------------------------------------------------------------------------ */

static void clean_when_flushed_and_waited(void **state)
{
	struct bench *b = *state;
	sd_page pfn = map(b, 0, RW);

	begin(b, OP_MUNMAP, 0, 1);
	store(b, pte_of(b, 0), 0);
	invalidate(b, IOMMU, INV_LEAF_ONLY, 0, 0);
	invalidate(b, ATC, 0, 0, 0);
	wait(b, SEEN_DRAINED);
	mem_free(&b->m, pfn, 1);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_CLEAN);
}

static void stale_map_when_nothing_was_invalidated(void **state)
{
	struct bench *b = *state;

	map(b, 0, RW);
	begin(b, OP_MUNMAP, 0, 1);
	store(b, pte_of(b, 0), 0);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_STALE_MAP);
	assert_int_equal(oracle_violation(b->o)->missing, MISSING_INVALIDATION);
	assert_int_equal(oracle_violation(b->o)->walkers, 1u << IOMMU | 1u << ATC);
	assert_true(oracle_violation(b->o)->latent);
}

static void stale_map_when_the_wait_began_too_early(void **state)
{
	struct bench *b = *state;

	map(b, 0, RW);
	begin(b, OP_MUNMAP, 0, 1);
	store(b, pte_of(b, 0), 0);
	event_wait_begin(&b->ev, IOMMU, 2);
	invalidate(b, IOMMU, 0, 0, 0);
	invalidate(b, ATC, 0, 0, 0);
	event_wait_seen(&b->ev, IOMMU, SEEN_DRAINED, 2);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_STALE_MAP);
	assert_int_equal(oracle_violation(b->o)->missing, MISSING_WAIT);
}

static void stale_map_when_the_wait_did_not_drain(void **state)
{
	struct bench *b = *state;

	map(b, 0, RW);
	begin(b, OP_MUNMAP, 0, 1);
	store(b, pte_of(b, 0), 0);
	invalidate(b, IOMMU, 0, 0, 0);
	invalidate(b, ATC, 0, 0, 0);
	wait(b, 0);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_STALE_MAP);
	assert_int_equal(oracle_violation(b->o)->walkers, 1u << IOMMU);
}

static void stale_use_when_the_frame_is_freed_early(void **state)
{
	struct bench *b = *state;
	sd_page pfn = map(b, 0, RW);

	begin(b, OP_MUNMAP, 0, 1);
	store(b, pte_of(b, 0), 0);
	mem_free(&b->m, pfn, 1);
	assert_int_equal(verdict(b), VC_STALE_USE);
}

static void an_op_answers_for_what_others_took_out(void **state)
{
	struct bench *b = *state;

	map(b, 0, RW);
	b->ev.actor = 1;
	begin(b, OP_RECLAIM, 0, 1);
	store(b, pte_of(b, 0), 0);
	b->ev.actor = 0;
	begin(b, OP_DONTNEED, 0, 1);
	end(b, OP_DONTNEED);
	assert_int_equal(verdict(b), VC_STALE_MAP);
	assert_int_equal(oracle_violation(b->o)->killer_op, OP_RECLAIM);
}

static void an_op_does_not_answer_for_younger_instances(void **state)
{
	struct bench *b = *state;

	b->ev.actor = 1;
	begin(b, OP_DONTNEED, 0, 1);
	b->ev.actor = 0;
	map(b, 0, RW);
	begin(b, OP_RECLAIM, 0, 1);
	store(b, pte_of(b, 0), 0);
	b->ev.actor = 1;
	end(b, OP_DONTNEED);
	assert_int_equal(verdict(b), VC_CLEAN);
}

/* A page that two entries share loses its write permission, and nobody is there to flush. */
static void share_beside_fork(struct bench *b, bool before)
{
	sd_page pfn;

	if (before)
		begin(b, OP_FORK, 0, 0);
	pfn = map(b, 0, RW);
	store(b, pte_of(b, 1), pte_make(pfn, RO));
	if (!before)
		begin(b, OP_FORK, 0, 0);
	b->ev.actor = EVENT_NOBODY;
	store(b, pte_of(b, 0), pte_make(pfn, RO));
	b->ev.actor = 0;
	end(b, OP_FORK);
}

static void fork_answers_for_older_instances(void **state)
{
	share_beside_fork(*state, false);
	assert_int_equal(verdict(*state), VC_STALE_PERM);
}

static void fork_does_not_answer_for_younger_instances(void **state)
{
	share_beside_fork(*state, true);
	assert_int_equal(verdict(*state), VC_CLEAN);
}

/* That its neighbour is shared says nothing of a page. */
static void fork_does_not_answer_for_the_page_beside(void **state)
{
	struct bench *b = *state;
	sd_page pfn = mem_alloc(&b->m, MEM_DATA, 2);

	store(b, pte_of(b, 0), pte_make(pfn, RW));
	store(b, pte_of(b, 1), pte_make(pfn + 1, RO));
	store(b, pte_of(b, 2), pte_make(pfn + 1, RO));
	begin(b, OP_FORK, 0, 0);
	b->ev.actor = EVENT_NOBODY;
	store(b, pte_of(b, 0), pte_make(pfn, RO));
	b->ev.actor = 0;
	end(b, OP_FORK);
	assert_int_equal(verdict(b), VC_CLEAN);
}

static void a_weaker_permission_may_stay(void **state)
{
	struct bench *b = *state;
	sd_page pfn = map(b, 0, RO);

	begin(b, OP_WRITE, 0, 1);
	store(b, pte_of(b, 0), pte_make(pfn, RW));
	end(b, OP_WRITE);
	assert_int_equal(verdict(b), VC_CLEAN);
}

static void but_not_when_a_handler_says_success(void **state)
{
	struct bench *b = *state;
	sd_page pfn = map(b, 0, RO);

	store(b, pte_of(b, 0), pte_make(pfn, RW));
	event_prq_served(&b->ev, DEV, 0, 0, PASID, 1, mem_serial(&b->m, pte_of(b, 0)));
	assert_int_equal(verdict(b), VC_NO_PROGRESS);
}

static void lost_dirty_when_clean_is_relied_on_unflushed(void **state)
{
	struct bench *b = *state;
	sd_page pfn = map(b, 0, RW);

	begin(b, OP_WRITEBACK, 0, 1);
	store(b, pte_of(b, 0), pte_make(pfn, RO));
	event_cleaned(&b->ev, SPACE, 0, 1);
	assert_int_equal(verdict(b), VC_LOST_DIRTY);
}

/* The page goes and is flushed everywhere but in the ATC, which does not answer. */
static void take_out_unanswered(struct bench *b)
{
	map(b, 0, RW);
	begin(b, OP_MUNMAP, 0, 1);
	store(b, pte_of(b, 0), 0);
	invalidate(b, IOMMU, 0, 0, 0);
	event_inv_timeout(&b->ev, ATC, 0, 1);
	wait(b, SEEN_DRAINED);
}

static void drop_contexts(struct bench *b)
{
	event_ctx(&b->ev, DEV, 0, PASID, b->root, TAG, 0);
	event_inv_ctx(&b->ev, IOMMU, DEV, PASID, TAG, 3);
	invalidate(b, IOMMU, INV_TAG_ALL, 0, UINT32_MAX);
}

/* That a device is shut out says nothing of a CPU. */
static void stale_map_when_a_cpu_was_not_told(void **state)
{
	struct bench *b = *state;

	event_cpu_mask(&b->ev, SPACE, 1);
	take_out_unanswered(b);
	drop_contexts(b);
	wait(b, SEEN_DRAINED);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_STALE_MAP);
	assert_int_equal(oracle_violation(b->o)->walkers, 1u << WALKER_CPU0);
}

static void stale_map_when_a_time_out_is_taken_for_an_answer(void **state)
{
	struct bench *b = *state;

	take_out_unanswered(b);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_STALE_MAP);
	assert_int_equal(oracle_violation(b->o)->walkers, 1u << ATC);
}

static void clean_when_a_silent_device_was_shut_out(void **state)
{
	struct bench *b = *state;

	take_out_unanswered(b);
	drop_contexts(b);
	wait(b, SEEN_DRAINED);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_CLEAN);
}

static void stale_map_when_the_shutting_out_was_not_waited_for(void **state)
{
	struct bench *b = *state;

	take_out_unanswered(b);
	drop_contexts(b);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_STALE_MAP);
}

static void stale_map_when_only_the_entry_was_cleared(void **state)
{
	struct bench *b = *state;

	take_out_unanswered(b);
	event_ctx(&b->ev, DEV, 0, PASID, b->root, TAG, 0);
	wait(b, SEEN_DRAINED);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_STALE_MAP);
}

/* A device that answers keeps its entries, whatever becomes of its context: nobody checks what it sends. */
static void stale_map_when_a_device_that_answers_was_not_told(void **state)
{
	struct bench *b = *state;

	map(b, 0, RW);
	begin(b, OP_MUNMAP, 0, 1);
	store(b, pte_of(b, 0), 0);
	drop_contexts(b);
	wait(b, SEEN_DRAINED);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_STALE_MAP);
	assert_int_equal(oracle_violation(b->o)->walkers, 1u << ATC);
}

static void clean_when_the_device_was_pulled_out(void **state)
{
	struct bench *b = *state;

	map(b, 0, RW);
	begin(b, OP_MUNMAP, 0, 1);
	store(b, pte_of(b, 0), 0);
	event_dev_gone(&b->ev, DEV);
	invalidate(b, IOMMU, 0, 0, 0);
	wait(b, SEEN_DRAINED);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_CLEAN);
}

static void a_device_that_is_gone_does_not_excuse_the_iotlb(void **state)
{
	struct bench *b = *state;

	map(b, 0, RW);
	begin(b, OP_MUNMAP, 0, 1);
	event_dev_gone(&b->ev, DEV);
	store(b, pte_of(b, 0), 0);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_STALE_MAP);
	assert_int_equal(oracle_violation(b->o)->walkers, 1u << IOMMU);
}

/* -- data and self-checks ---------------------------------------------------------------- */

static void access_through_a_freed_frame_is_shown(void **state)
{
	struct bench *b = *state;
	sd_page pfn = map(b, 0, RW);
	uint32_t serial = mem_serial(&b->m, pte_of(b, 0));

	mem_free(&b->m, pfn, 1); /* still mapped: violates by itself */
	event_access(&b->ev, ATC, ACC_WRITE, pfn, 0, TAG, 0, serial);
	assert_non_null(oracle_shown(b->o));
	assert_int_equal(oracle_shown(b->o)->class_, VC_STALE_USE);
	assert_int_equal(oracle_shown(b->o)->space, SPACE);
	assert_int_equal(oracle_shown(b->o)->page, 0);
}

/* Unmapped by the book, and then a CPU reads there: only the access itself tells. */
static void a_cpu_that_reads_what_it_cannot_hold_is_shown(void **state)
{
	struct bench *b = *state;
	uint32_t serial;
	sd_page pfn;

	event_cpu_mask(&b->ev, SPACE, 1);
	pfn = map(b, 0, RW);
	serial = mem_serial(&b->m, pte_of(b, 0));
	begin(b, OP_MUNMAP, 0, 1);
	store(b, pte_of(b, 0), 0);
	event_inv(&b->ev, WALKER_CPU0, 0, SPACE + 1, 0, 0, 1);
	event_wait_begin(&b->ev, WALKER_CPU0, 1);
	event_wait_seen(&b->ev, WALKER_CPU0, SEEN_DRAINED, 1);
	invalidate(b, IOMMU, 0, 0, 0);
	invalidate(b, ATC, 0, 0, 0);
	wait(b, SEEN_DRAINED);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_CLEAN);
	event_access(&b->ev, WALKER_CPU0, 0, pfn, 0, SPACE + 1, 0, serial);
	assert_int_equal(verdict(b), VC_STALE_MAP);
	assert_non_null(oracle_shown(b->o));
}

/* Nobody could hold the pointer: a walk through it is no violation that was missed, it is a defect. */
static void a_walk_outside_the_may_set_is_a_defect(void **state)
{
	struct bench *b = *state;
	mem_entry e = mem_at(&b->m, b->pmd, 0);
	uint32_t serial = mem_serial(&b->m, e);

	begin(b, OP_MUNMAP, 0, 8);
	store(b, e, 0);
	invalidate(b, IOMMU, 0, 0, 7);
	invalidate(b, ATC, 0, 0, 7);
	wait(b, SEEN_DRAINED);
	mem_free(&b->m, b->pte, 1);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_CLEAN);
	event_hit_table(&b->ev, IOMMU, 1, e, pte_make(b->pte, PTE_P), 0, serial, TAG);
	assert_non_null(oracle_defect(b->o));
}

static void a_fill_outside_the_may_set_is_a_defect(void **state)
{
	struct bench *b = *state;
	sd_page pfn = map(b, 0, RW);
	uint32_t serial = mem_serial(&b->m, pte_of(b, 0));

	event_fill(&b->ev, IOMMU, 0, pte_of(b, 0), pte_make(pfn, RW), 0, serial, TAG);
	assert_null(oracle_defect(b->o));
	store(b, pte_of(b, 0), 0);
	event_hit(&b->ev, IOMMU, 0, pte_of(b, 0), pte_make(pfn, RW), 0, serial, TAG);
	assert_null(oracle_defect(b->o)); /* stale, and still held */
	invalidate(b, IOMMU, 0, 0, 0);
	event_hit(&b->ev, IOMMU, 0, pte_of(b, 0), pte_make(pfn, RW), 0, serial, TAG);
	assert_non_null(oracle_defect(b->o));
}

static void map_and_unmap_often(struct bench *b)
{
	for (int i = 0; i < 1000; i++) {
		store(b, pte_of(b, 0), pte_make(200, RW));
		store(b, pte_of(b, 0), 0);
	}
}

static void a_full_pool_is_inconclusive(void **state)
{
	struct bench *b = *state;

	map_and_unmap_often(b);
	assert_true(oracle_inconclusive(b->o));
}

/* A table that eight entries name: each of its leaves is eight items. */
static void too_many_items_are_inconclusive_for_the_second_opinion(void **state)
{
	struct bench *b = *state;
	sd_page pfn = mem_alloc(&b->m, MEM_DATA, 1);
	struct history_result said;

	for (sd_page i = 1; i < 8; i++)
		store(b, mem_at(&b->m, b->pmd, i), pte_make(b->pte, PTE_P));
	ask_second(b, &said);
	assert_int_equal(said.verdict, HISTORY_CLEAN);
	for (int i = 0; i < 1200; i++) {
		store(b, pte_of(b, 0), pte_make(pfn, RW));
		store(b, pte_of(b, 0), 0);
	}
	assert_int_equal(b->ev.lost, 0);
	ask_second(b, &said);
	assert_int_equal(said.verdict, HISTORY_INCONCLUSIVE);
}

/* What nobody can hold takes no place in the pool. */
static void conclusive_when_nobody_walks(void **state)
{
	struct bench *b = *state;

	drop_contexts(b);
	invalidate(b, ATC, INV_TAG_ALL, 0, UINT32_MAX);
	wait(b, SEEN_DRAINED);
	map_and_unmap_often(b);
	assert_false(oracle_inconclusive(b->o));
	assert_int_equal(verdict(b), VC_CLEAN);
}

/* A device that never answered and was shut out: its ATC holds nothing new. */
static void conclusive_when_who_was_shut_out_could_walk_before(void **state)
{
	struct bench *b = *state;

	take_out_unanswered(b);
	drop_contexts(b);
	wait(b, SEEN_DRAINED);
	map_and_unmap_often(b);
	end(b, OP_MUNMAP);
	assert_false(oracle_inconclusive(b->o));
	assert_int_equal(verdict(b), VC_CLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(clean_when_flushed_and_waited),
	        TEST(stale_map_when_nothing_was_invalidated),
	        TEST(stale_map_when_the_wait_began_too_early),
	        TEST(stale_map_when_the_wait_did_not_drain),
	        TEST(stale_use_when_the_frame_is_freed_early),
	        TEST(an_op_answers_for_what_others_took_out),
	        TEST(an_op_does_not_answer_for_younger_instances),
	        TEST(fork_answers_for_older_instances),
	        TEST(fork_does_not_answer_for_younger_instances),
	        TEST(fork_does_not_answer_for_the_page_beside),
	        TEST(a_weaker_permission_may_stay),
	        TEST(but_not_when_a_handler_says_success),
	        TEST(lost_dirty_when_clean_is_relied_on_unflushed),
	        TEST(stale_map_when_a_time_out_is_taken_for_an_answer),
	        TEST(stale_map_when_a_cpu_was_not_told),
	        TEST(clean_when_a_silent_device_was_shut_out),
	        TEST(stale_map_when_the_shutting_out_was_not_waited_for),
	        TEST(stale_map_when_only_the_entry_was_cleared),
	        TEST(stale_map_when_a_device_that_answers_was_not_told),
	        TEST(clean_when_the_device_was_pulled_out),
	        TEST(a_device_that_is_gone_does_not_excuse_the_iotlb),
	        TEST(access_through_a_freed_frame_is_shown),
	        TEST(a_cpu_that_reads_what_it_cannot_hold_is_shown),
	        TEST(a_walk_outside_the_may_set_is_a_defect),
	        TEST(a_fill_outside_the_may_set_is_a_defect),
	        TEST(a_full_pool_is_inconclusive),
	        TEST(too_many_items_are_inconclusive_for_the_second_opinion),
	        TEST(conclusive_when_nobody_walks),
	        TEST(conclusive_when_who_was_shut_out_could_walk_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
