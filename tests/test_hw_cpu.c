/* SPDX-License-Identifier: MIT */
/* CPU TLBs, shootdowns, and broadcast maintenance that an IOMMU snoops. */
#include "support_hw.h"

enum { TAG = 1, CPU0 = WALKER_CPU0, CPU1 = WALKER_CPU0 + 1, IOMMU = WALKER_IOMMU0, ACTOR_DEV = 4 };

static enum sd_status touch(struct box *b, int cpu, sd_page page, bool write)
{
	return hw_cpu_access(b->hw, cpu, TAG, b->root, page, write);
}

static void shootdown(struct box *b, uint32_t cpus, sd_page first, sd_page last, unsigned flags)
{
	hw_cpu_sync(b->hw, cpus, hw_cpu_invalidate(b->hw, cpus, TAG, first, last, flags));
}

static void an_access_fills_hits_and_faults(void **state)
{
	struct box *b = box_new(PROFILE_VTD);
	sd_page pfn = box_map(b, b->root, 13, 0, PTE_P);
	const struct event *e;

	(void)state;
	assert_int_equal(touch(b, 0, 14, false), SD_FAULT);
	assert_int_equal(touch(b, 0, 13, true), SD_PERM);
	assert_int_equal(box_event(b, EV_FAULT, CPU0, 0)->fault.flags, 0);
	assert_int_equal(box_count(b, EV_FAULT, CPU0, 0), 2);
	assert_int_equal(touch(b, 0, 13, false), SD_OK);
	assert_int_equal(touch(b, 0, 13, false), SD_OK);
	assert_int_equal(box_count(b, EV_FILL, CPU0, 0), 1);
	assert_int_equal(box_count(b, EV_HIT, CPU0, 0), 1);
	e = box_event(b, EV_ACCESS, CPU0, 0);
	assert_int_equal(e->access.pfn, pfn);
	assert_int_equal(e->access.page, 13);
	assert_int_equal(e->access.tag, TAG);
	assert_int_equal(e->access.serial, mem_serial(&b->m, box_entry(b, b->root, 13, 0)));
	box_free(b);
}

static void a_weaker_entry_goes_on_the_fault_or_stays(void **state)
{
	(void)state;
	for (int keep = 0; keep < 2; keep++) {
		struct box *b = box_new(PROFILE_VTD);

		b->cfg.prof.cpu_keep_weak = (uint8_t)keep;
		box_reset(b);
		box_map(b, b->root, 13, 0, PTE_P);
		assert_int_equal(touch(b, 0, 13, false), SD_OK);
		box_set_entry(b, b->root, 13, 0, mem_peek(&b->m, box_entry(b, b->root, 13, 0)) | PTE_W);
		assert_int_equal(touch(b, 0, 13, true), keep ? SD_PERM : SD_OK);
		shootdown(b, 1, 13, 13, 0);
		assert_int_equal(touch(b, 0, 13, true), SD_OK);
		box_free(b);
	}
}

static void a_shootdown_reaches_the_cpus_it_names(void **state)
{
	struct box *b = box_new(PROFILE_VTD);

	(void)state;
	box_map(b, b->root, 13, 0, BOX_RW);
	assert_int_equal(touch(b, 0, 13, false), SD_OK);
	assert_int_equal(touch(b, 1, 13, false), SD_OK);
	box_set_entry(b, b->root, 13, 0, 0);
	shootdown(b, 1u << 1, 8, 14, INV_LEAF_ONLY);
	assert_int_equal(touch(b, 0, 13, false), SD_OK);
	assert_int_equal(touch(b, 1, 13, false), SD_FAULT);
	assert_int_equal(box_count(b, EV_INV, CPU0, 0), 0);
	assert_int_equal(box_event(b, EV_INV, CPU1, 0)->inv.seq,
	                 box_event(b, EV_WAIT_SEEN, CPU1, 0)->wait.seq);
	assert_int_equal(box_count(b, EV_WAIT_SEEN, -1, 0), 1);
	box_free(b);
}

static void tables_go_for_the_whole_tag_if_asked(void **state)
{
	struct box *b = box_new(PROFILE_VTD);
	uint32_t from;

	(void)state;
	box_map(b, b->root, 13, 0, BOX_RW);
	box_map(b, b->root, 200, 0, BOX_RW);
	assert_int_equal(touch(b, 0, 13, false), SD_OK);
	assert_int_equal(touch(b, 0, 200, false), SD_OK);
	shootdown(b, 1, 13, 13, INV_TABLES_ALL);
	from = b->ev.len;
	assert_int_equal(touch(b, 0, 200, false), SD_OK);
	assert_int_equal(box_count(b, EV_HIT, CPU0, from), 1);
	box_map(b, b->root, 201, 0, BOX_RW);
	from = b->ev.len;
	assert_int_equal(touch(b, 0, 201, false), SD_OK);
	assert_int_equal(box_count(b, EV_HIT_TABLE, CPU0, from), 0);
	box_free(b);
}

/* -- with actors ------------------------------------------------------------------------------ */

static void access_actor(void *arg) { touch(arg, 1, 13, true); }

static void shootdown_actor(void *arg) { shootdown(arg, 1u << 1, 13, 13, 0); }

static void sync_waits_for_accesses_that_began_before(void **state)
{
	(void)state;
	for (int drain = 0; drain < 2; drain++) {
		struct box *b = box_new(PROFILE_VTD);
		const struct event *access, *seen;

		box_map(b, b->root, 13, 0, BOX_RW);
		if (!drain)
			b->bugs.skip[STEP_HW_CPU_DRAIN / 64] |= 1ull << (STEP_HW_CPU_DRAIN % 64);
		box_begin(b);
		sched_spawn(b->s, 0, shootdown_actor, b, false);
		sched_spawn(b->s, 1, access_actor, b, false);
		box_switch_at(b, 1, PT_HW_DATA, 1, 0);
		assert_int_equal(box_run(b, 1), SCHED_DONE);
		access = box_event(b, EV_ACCESS, CPU1, 0);
		seen = box_event(b, EV_WAIT_SEEN, CPU1, 0);
		assert_true(box_event(b, EV_INV, CPU1, 0) < access);
		assert_true(drain ? access < seen : seen < access);
		assert_int_equal(seen->wait.flags, drain);
		box_free(b);
	}
}

static void a_shootdown_cancels_the_walk_it_overtakes(void **state)
{
	struct box *b = box_new(PROFILE_SMMUV3);

	(void)state;
	box_map(b, b->root, 13, 0, BOX_RW);
	box_begin(b);
	sched_spawn(b->s, 0, shootdown_actor, b, false);
	sched_spawn(b->s, 1, access_actor, b, false);
	box_switch_at(b, 1, PT_HW_WALK_LEVEL0, 1, 0);
	assert_int_equal(box_run(b, 1), SCHED_DONE);
	assert_int_equal(box_count(b, EV_FILL_TABLE, CPU1, 0), 4);
	assert_int_equal(box_count(b, EV_FILL, CPU1, 0), 1);
	assert_int_equal(box_count(b, EV_ACCESS, CPU1, 0), 1);
	box_free(b);
}

/* -- snooping ------------------------------------------------------------------------------------ */

static struct box *shared_space(enum profile_id id)
{
	struct box *b = box_new(id);

	box_ctx(b, 0, 1, b->root, TAG);
	box_map(b, b->root, 13, 0, BOX_RW);
	assert_int_equal(box_translate(b, 0, 1, 13, false, NULL), SD_OK);
	assert_int_equal(dev_dma(b->dev, 0, 1, 13, false), SD_OK);
	return b;
}

static void a_snooping_iommu_takes_part_and_its_atc_does_not(void **state)
{
	struct box *b = shared_space(PROFILE_SMMUV3_BTM);
	const struct event *inv;
	uint32_t from = b->ev.len;

	(void)state;
	box_set_entry(b, b->root, 13, 0, 0);
	shootdown(b, 1, 13, 13, 0);
	inv = box_event(b, EV_INV, IOMMU, from);
	assert_non_null(inv);
	assert_int_equal(box_count(b, EV_INV, WALKER_ATC0, from), 0);
	assert_true(box_event(b, EV_WAIT_SEEN, IOMMU, from)->wait.seq >= inv->inv.seq);
	assert_int_equal(box_translate(b, 0, 1, 13, false, NULL), SD_FAULT);
	assert_int_equal(dev_dma(b->dev, 0, 1, 13, false), SD_OK);
	box_free(b);
}

static void without_broadcast_the_iommu_keeps_its_entries(void **state)
{
	struct box *b = shared_space(PROFILE_SMMUV3);

	(void)state;
	box_set_entry(b, b->root, 13, 0, 0);
	shootdown(b, 1, 13, 13, 0);
	assert_int_equal(box_count(b, EV_INV, IOMMU, 0), 0);
	assert_int_equal(box_translate(b, 0, 1, 13, false, NULL), SD_OK);
	box_free(b);
}

static void dma_actor(void *arg)
{
	struct box *b = arg;

	dev_dma(b->dev, 0, 1, 13, false);
}

static void a_snooped_shootdown_drains_untranslated_dma(void **state)
{
	struct box *b = shared_space(PROFILE_SMMUV3_BTM);
	uint32_t from;

	(void)state;
	b->cfg.prof.ats = 0;
	box_reset(b);
	from = b->ev.len;
	box_begin(b);
	sched_spawn(b->s, 0, shootdown_actor, b, false);
	sched_spawn(b->s, ACTOR_DEV, dma_actor, b, false);
	box_switch_at(b, ACTOR_DEV, PT_DEV_FLY, 1, 0);
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	assert_true(box_event(b, EV_INV, IOMMU, from) < box_event(b, EV_ACCESS, IOMMU, from));
	assert_true(box_event(b, EV_DMA_END, 0, from) < box_event(b, EV_WAIT_SEEN, IOMMU, from));
	box_free(b);
}

static void a_ghost_leaves_no_point_behind(void **state)
{
	struct box *b = box_new(PROFILE_VTD);
	uint32_t points;

	(void)state;
	box_map(b, b->root, 13, 0, BOX_RW);
	points = sched_points(b->s);
	assert_int_equal(hw_cpu_ghost(b->hw, 0, TAG, b->root, 13, true, true), SD_OK);
	assert_int_equal(sched_points(b->s), points);
	assert_int_equal(box_event(b, EV_ACCESS, CPU0, 0)->access.flags, ACC_WRITE | ACC_GHOST);
	assert_int_equal(hw_cpu_ghost(b->hw, 0, TAG, b->root, 14, true, true), SD_FAULT);
	assert_int_equal(box_count(b, EV_FAULT, -1, 0), 0);
	box_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_access_fills_hits_and_faults),
	        cmocka_unit_test(a_weaker_entry_goes_on_the_fault_or_stays),
	        cmocka_unit_test(a_shootdown_reaches_the_cpus_it_names),
	        cmocka_unit_test(tables_go_for_the_whole_tag_if_asked),
	        cmocka_unit_test(sync_waits_for_accesses_that_began_before),
	        cmocka_unit_test(a_shootdown_cancels_the_walk_it_overtakes),
	        cmocka_unit_test(a_snooping_iommu_takes_part_and_its_atc_does_not),
	        cmocka_unit_test(without_broadcast_the_iommu_keeps_its_entries),
	        cmocka_unit_test(a_snooped_shootdown_drains_untranslated_dma),
	        cmocka_unit_test(a_ghost_leaves_no_point_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
