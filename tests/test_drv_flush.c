/* SPDX-License-Identifier: MIT */
/* What the driver tells hardware, in which order, and what it waits for. */
#include "support_fake.h"

static const struct mem_geometry geo = {3, 3};
enum { SPACE = SD_MAX_MMS, MM_SPACE = 0, PASID = 1, ROOT = 9 };

static sd_addr bytes(sd_page n) { return (sd_addr)n << SD_PAGE_SHIFT; }

static int setup(void **state)
{
	*state = fake_new(geo);
	return 0;
}

static int teardown(void **state)
{
	fake_free(*state);
	return 0;
}

static void start(struct fake *f, enum profile_id prof, int niommu)
{
	fake_reset(f, prof, niommu, NULL);
	drv_space_init(f->drv, SPACE, SD_NO_PASID, ROOT);
	drv_space_init(f->drv, MM_SPACE, PASID, ROOT + 1);
	for (int dev = 0; dev < 2; dev++) {
		drv_attach(f->drv, SPACE, dev);
		drv_attach(f->drv, MM_SPACE, dev);
	}
	assert_int_equal(f->ncmd, 0); /* an entry that was not present is cached nowhere */
	fake_clear(f);
}

/* The index of the first command of that kind at one IOMMU from `from` on, or -1. */
static int find(const struct fake *f, enum hw_cmd_kind kind, int iommu, unsigned from)
{
	for (unsigned i = from; i < f->ncmd; i++)
		if (f->cmd[i].cmd.kind == kind && f->cmd[i].iommu == iommu)
			return (int)i;
	return -1;
}

/* Every command is ahead of a wait that somebody waited for. */
static void assert_all_waited_for(const struct fake *f, int iommu)
{
	uint64_t seen = 0;

	for (unsigned i = 0; i < f->nsync; i++)
		if (f->sync[i].iommu == iommu && f->sync[i].seq > seen)
			seen = f->sync[i].seq;
	for (unsigned i = 0; i < f->ncmd; i++)
		if (f->cmd[i].iommu == iommu)
			assert_true(f->cmd[i].seq <= seen);
}

static void a_flush_reaches_every_iommu_and_every_atc_and_waits(void **state)
{
	struct fake *f = *state;

	for (int prof = 0; prof < PROFILE_COUNT; prof++) {
		start(f, prof, 2);
		drv_flush_walk(f->drv, SPACE, bytes(8), bytes(8));
		for (int i = 0; i < 2; i++) {
			int tlb = find(f, HW_CMD_TLB, i, 0), atc = find(f, HW_CMD_ATC, i, 0);

			assert_true(tlb >= 0 && atc > tlb);
			assert_int_equal(f->cmd[tlb].cmd.tag, drv_tag(f->drv, SPACE));
			assert_int_equal(f->cmd[atc].cmd.dev, i);
			assert_true(find(f, HW_CMD_WAIT, i, (unsigned)atc) > atc);
			assert_all_waited_for(f, i);
		}
	}
}

static void without_ats_no_atc_is_told(void **state)
{
	struct fake *f = *state;
	struct drv_config cfg = {.prof = profiles[PROFILE_SMMUV3], .niommu = 1, .ndev = 1};

	fake_reset(f, PROFILE_SMMUV3, 1, NULL);
	cfg.prof.ats = 0;
	drv_reset(f->drv, &cfg, NULL);
	drv_space_init(f->drv, SPACE, SD_NO_PASID, ROOT);
	drv_attach(f->drv, SPACE, 0);
	drv_flush_all(f->drv, SPACE);
	assert_int_equal(find(f, HW_CMD_ATC, 0, 0), -1);
	assert_true(find(f, HW_CMD_TLB, 0, 0) >= 0);
}

/* Without order in the queue, the IOTLB's wait is over before the ATC's command is queued. */
static void unordered_queues_wait_between_iotlb_and_atc(void **state)
{
	static const enum profile_id unordered[] = {PROFILE_SMMUV3, PROFILE_RISCV};
	struct fake *f = *state;

	for (int k = 0; k < 2; k++) {
		start(f, unordered[k], 1);
		drv_flush_all(f->drv, SPACE);
		assert_int_equal(f->nsync, 2);
		assert_true(f->sync[0].seq < f->cmd[find(f, HW_CMD_ATC, 0, 0)].seq);
		assert_true(f->sync[0].seq > f->cmd[find(f, HW_CMD_TLB, 0, 0)].seq);
	}
	start(f, PROFILE_VTD, 1);
	drv_flush_all(f->drv, SPACE);
	assert_int_equal(f->nsync, 1);
}

static void bug_atc_before_iotlb_swaps_them(void **state)
{
	struct fake *f = *state;

	for (int prof = 0; prof < PROFILE_COUNT; prof++) {
		start(f, prof, 1);
		fake_bug(f, BUG_ATC_BEFORE_IOTLB);
		drv_flush_all(f->drv, SPACE);
		assert_true(find(f, HW_CMD_ATC, 0, 0) < find(f, HW_CMD_TLB, 0, 0));
	}
}

static void sva_range_is_exclusive_and_empty_means_nothing(void **state)
{
	struct fake *f = *state;

	start(f, PROFILE_SMMUV3, 1);
	drv_sva_invalidate(f->drv, MM_SPACE, bytes(5), bytes(5));
	assert_int_equal(f->ncmd, 0);
	drv_sva_invalidate(f->drv, MM_SPACE, bytes(5), bytes(9));
	assert_int_equal(f->cmd[0].cmd.first, 5);
	assert_int_equal(f->cmd[0].cmd.last, 8);
	assert_int_equal(f->cmd[find(f, HW_CMD_ATC, 0, 0)].cmd.pasid, PASID);
	fake_clear(f);
	drv_sva_invalidate(f->drv, MM_SPACE, 0, ~(sd_addr)0);
	assert_true(fake_told(f, HW_CMD_TLB, 0, 511));
	assert_true(fake_told(f, HW_CMD_ATC, 0, 511));
	assert_true(f->cmd[0].cmd.flags & INV_TAG_ALL);
}

static void sva_on_riscv_drops_tables_too(void **state)
{
	struct fake *f = *state;

	start(f, PROFILE_RISCV, 1);
	drv_sva_invalidate(f->drv, MM_SPACE, bytes(5), bytes(6));
	assert_int_equal(f->cmd[0].cmd.flags, INV_TAG_ALL);
	assert_int_equal(f->cmd[find(f, HW_CMD_ATC, 0, 0)].cmd.last, 5);
}

static void snooping_leaves_only_the_atc(void **state)
{
	struct fake *f = *state;

	start(f, PROFILE_SMMUV3_BTM, 1);
	drv_sva_invalidate(f->drv, MM_SPACE, bytes(5), bytes(6));
	assert_int_equal(find(f, HW_CMD_TLB, 0, 0), -1);
	assert_true(fake_told(f, HW_CMD_ATC, 5, 5));
	fake_clear(f);
	fake_bug(f, BUG_BTM_SKIPS_ATC);
	drv_sva_invalidate(f->drv, MM_SPACE, bytes(5), bytes(6));
	assert_int_equal(f->ncmd, 0);
	drv_flush_walk(f->drv, SPACE, bytes(5), bytes(1)); /* a domain's tags are no CPU's */
	assert_true(fake_told(f, HW_CMD_TLB, 5, 5));
}

static void detach_goes_from_context_to_atc(void **state)
{
	struct fake *f = *state;

	for (int prof = 0; prof < PROFILE_COUNT; prof++) {
		uint32_t word = ctx_word(1, PASID);
		int ctx, tlb, atc;

		start(f, prof, 1);
		assert_int_equal(mem_word_load(&f->m, f->root[0], word, PT_DRV_CTX_READ),
		                 ctx_word0(ROOT + 1));
		assert_int_equal(mem_word_load(&f->m, f->root[0], word + 1, PT_DRV_CTX_READ),
		                 drv_tag(f->drv, MM_SPACE));
		drv_detach(f->drv, MM_SPACE, 1);
		assert_int_equal(mem_word_load(&f->m, f->root[0], word, PT_DRV_CTX_READ), 0);
		ctx = find(f, HW_CMD_CTX, 0, 0);
		tlb = find(f, HW_CMD_TLB, 0, 0);
		atc = find(f, HW_CMD_ATC, 0, 0);
		assert_true(ctx >= 0 && ctx < tlb && tlb < atc);
		assert_true(fake_told(f, HW_CMD_TLB, 0, 511));
		assert_all_waited_for(f, 0);
		fake_clear(f);
		drv_flush_all(f->drv, MM_SPACE); /* device 0 is still there, 1 is not */
		assert_int_equal(f->cmd[find(f, HW_CMD_ATC, 0, 0)].cmd.dev, 0);
		assert_int_equal(find(f, HW_CMD_ATC, 0, (unsigned)find(f, HW_CMD_ATC, 0, 0) + 1), -1);
	}
}

static void attach_replaces_an_old_entry_only_after_its_flush(void **state)
{
	struct fake *f = *state;
	int other = SPACE + 1;
	unsigned i;

	start(f, PROFILE_VTD, 1);
	drv_space_init(f->drv, other, SD_NO_PASID, ROOT + 2);
	drv_attach(f->drv, other, 0);
	assert_true(find(f, HW_CMD_CTX, 0, 0) >= 0);
	assert_true(fake_told(f, HW_CMD_ATC, 0, 511));
	for (i = 0; f->log[i].type != EV_WAIT_SEEN; i++)
		assert_false(f->log[i].type == EV_CTX && f->log[i].context.present);
	for (; f->log[i].type != EV_CTX; i++)
		assert_true(i < f->ev.len);
	assert_int_equal(f->log[i].context.pasid, SD_NO_PASID);
	assert_int_equal(f->log[i].context.tag, drv_tag(f->drv, other));
}

static void release_gives_the_tag_back(void **state)
{
	struct fake *f = *state;
	uint16_t tag;

	start(f, PROFILE_SMMUV3, 2);
	tag = drv_tag(f->drv, MM_SPACE);
	assert_int_equal(tag, MM_SPACE + 1); /* the CPU's own ASID */
	drv_space_release(f->drv, MM_SPACE);
	assert_true(find(f, HW_CMD_CTX, 0, 0) >= 0 && find(f, HW_CMD_CTX, 1, 0) >= 0);
	fake_clear(f);
	drv_space_release(f->drv, MM_SPACE);
	drv_sva_invalidate(f->drv, MM_SPACE, 0, ~(sd_addr)0);
	assert_int_equal(f->ncmd, 0);
	drv_space_init(f->drv, MM_SPACE, PASID, ROOT);
	assert_int_equal(drv_tag(f->drv, MM_SPACE), tag);
	drv_space_init(f->drv, MM_SPACE, PASID, ROOT); /* taken: a tag that belongs to no other space */
	assert_true(drv_tag(f->drv, MM_SPACE) > SD_MAX_SPACES);
}

static void a_full_queue_is_tried_again(void **state)
{
	struct fake *f = *state;

	start(f, PROFILE_AMD, 1);
	f->busy = 3;
	drv_flush_all(f->drv, SPACE);
	assert_true(fake_told(f, HW_CMD_TLB, 0, 511));
	assert_all_waited_for(f, 0);
}

/* -- gather ------------------------------------------------------------------------ */

static void gather_merges_neighbours_and_syncs_once(void **state)
{
	struct fake *f = *state;
	struct drv_gather g;

	start(f, PROFILE_SMMUV3, 1);
	drv_gather_init(&g);
	drv_iotlb_sync(f->drv, SPACE, &g);
	assert_int_equal(f->ncmd, 0); /* empty */
	for (sd_page p = 5; p < 8; p++)
		drv_gather_add(f->drv, SPACE, &g, bytes(p), bytes(1), 0);
	drv_gather_add(f->drv, SPACE, &g, bytes(4), bytes(1), 0);
	assert_int_equal(f->ncmd, 0);
	drv_iotlb_sync(f->drv, SPACE, &g);
	assert_int_equal(f->cmd[0].cmd.first, 4);
	assert_int_equal(f->cmd[0].cmd.last, 7);
	assert_int_equal(f->cmd[0].cmd.flags, INV_LEAF_ONLY | 1 << INV_LEVEL_SHIFT);
	fake_clear(f);
	drv_iotlb_sync(f->drv, SPACE, &g);
	assert_int_equal(f->ncmd, 0);
}

static void gather_syncs_before_a_disjoint_or_larger_page(void **state)
{
	struct fake *f = *state;
	struct drv_gather g;

	start(f, PROFILE_SMMUV3, 1);
	drv_gather_init(&g);
	drv_gather_add(f->drv, SPACE, &g, bytes(7), bytes(1), 0);
	drv_gather_add(f->drv, SPACE, &g, bytes(8), bytes(8), 1);
	assert_true(fake_told(f, HW_CMD_TLB, 7, 7));
	assert_false(fake_told(f, HW_CMD_TLB, 8, 8));
	fake_clear(f);
	drv_gather_add(f->drv, SPACE, &g, bytes(32), bytes(8), 1);
	assert_true(fake_told(f, HW_CMD_TLB, 8, 15));
	assert_int_equal(f->cmd[0].cmd.flags, INV_LEAF_ONLY | 2 << INV_LEVEL_SHIFT);
	drv_iotlb_sync(f->drv, SPACE, &g);
	assert_true(fake_told(f, HW_CMD_TLB, 32, 39));
}

static void gather_with_a_table_drops_paging_structures(void **state)
{
	struct fake *f = *state;
	struct drv_gather g;

	for (int prof = 0; prof < PROFILE_COUNT; prof++) {
		start(f, prof, 1);
		drv_gather_init(&g);
		drv_gather_add(f->drv, SPACE, &g, bytes(8), bytes(8), 0);
		g.tables = true;
		drv_iotlb_sync(f->drv, SPACE, &g);
		assert_int_equal(f->cmd[0].cmd.flags & ~INV_TAG_ALL, 0);
		assert_false(g.tables);
	}
}

static void gather_reaches_the_top_unless_its_end_wraps(void **state)
{
	struct fake *f = *state;
	struct drv_gather g;

	for (int bug = 0; bug < 2; bug++) {
		start(f, PROFILE_VTD, 1);
		if (bug)
			fake_bug(f, BUG_GATHER_END_WRAPS);
		drv_gather_init(&g);
		drv_gather_add(f->drv, SPACE, &g, bytes(510), bytes(1), 0);
		drv_gather_add(f->drv, SPACE, &g, bytes(511), bytes(1), 0);
		drv_iotlb_sync(f->drv, SPACE, &g);
		assert_true(fake_told(f, HW_CMD_TLB, 510, 510));
		assert_int_equal(fake_told(f, HW_CMD_TLB, 511, 511), !bug);
	}
}

/* -- two CPUs, one AMD queue ---------------------------------------------------------- */

static void flush_body(void *arg)
{
	struct fake *f = arg;

	drv_flush_all(f->drv, SPACE);
}

/* Actor 0 has queued its commands and is about to wait: then actor 1 does all of its flush. */
static int interpose(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	(void)ctx;
	if (kind == SCHED_PLAIN && p == PT_DRV_FLUSH_WAIT && sched_current(s) == 0 && runnable & 2)
		return 1;
	return kind == SCHED_PLAIN ? sched_current(s) : __builtin_ctz(runnable);
}

static void arm_wait(void *ctx, struct sched *s)
{
	static const uint8_t armed[PT_COUNT] = {[PT_DRV_FLUSH_WAIT] = 1};

	(void)ctx;
	sched_arm(s, armed);
}

static uint64_t synced_by(const struct fake *f, int actor)
{
	for (unsigned i = 0; i < f->nsync; i++)
		if (f->sync[i].actor == actor)
			return f->sync[i].seq;
	return 0;
}

static void amd_waits_for_a_wait_that_another_cpu_queued(void **state)
{
	const struct sched_policy policy = {arm_wait, interpose, NULL};
	struct fake *f = *state;

	for (int bug = 0; bug < 2; bug++) {
		start(f, PROFILE_AMD, 1);
		if (bug)
			fake_bug(f, BUG_COMPLETION_SKIPPED);
		sched_reset(f->s, &policy, 0);
		sched_spawn(f->s, 0, flush_body, f, false);
		sched_spawn(f->s, 1, flush_body, f, false);
		assert_int_equal(sched_run(f->s, 0), SCHED_DONE);
		assert_true(synced_by(f, 1) > f->cmd[0].seq);
		if (bug)
			assert_int_equal(synced_by(f, 0), 0);
		else
			assert_int_equal(synced_by(f, 0), synced_by(f, 1));
	}
}

/* -- page requests ---------------------------------------------------------------------- */

static int fault(void *ctx, int mm, sd_page page, bool write, uint32_t *serial)
{
	(void)ctx;
	(void)write;
	assert_int_equal(mm, MM_SPACE);
	*serial = 77;
	return page < 100 ? 0 : -14;
}

static void no_wait(void *hw, int iommu)
{
	struct fake *f = hw;

	(void)iommu;
	if (f->aprq == f->nprq)
		sched_stop(f->s);
}

static void prq_body(void *arg)
{
	struct fake *f = arg;

	drv_prq_actor(f->drv, 0, no_wait, f);
}

static void page_requests_are_answered_by_group(void **state)
{
	const struct drv_fault_ops ops = {fault, NULL};
	struct fake *f = *state;

	fake_reset(f, PROFILE_VTD, 1, &ops);
	drv_space_init(f->drv, MM_SPACE, PASID, ROOT);
	f->prq[0] = (struct sd_page_request){.dev = 0, .last = 1, .pasid = PASID, .group = 1, .page = 5};
	f->prq[1] = (struct sd_page_request){.dev = 1, .last = 0, .pasid = PASID, .group = 2, .page = 7};
	f->prq[2] = (struct sd_page_request){.dev = 1, .last = 1, .pasid = PASID, .group = 2, .page = 6};
	f->prq[3] = (struct sd_page_request){.dev = 1, .last = 1, .pasid = PASID + 1, .group = 3, .page = 6};
	f->nprq = 4;
	sched_spawn(f->s, 0, prq_body, f, false);
	assert_int_equal(sched_run(f->s, 0), SCHED_STOPPED);
	assert_int_equal(f->nanswer, 3);
	assert_int_equal(f->answer[0], SD_RESP_SUCCESS);
	assert_int_equal(f->answer[1], SD_RESP_SUCCESS); /* two of a group, one answer */
	assert_int_equal(f->answer[2], SD_RESP_INVALID); /* no mm behind that PASID */
	for (unsigned i = 0; i < f->ev.len; i++)
		if (f->log[i].type == EV_PRQ_SERVED && f->log[i].served.code == SD_RESP_SUCCESS)
			assert_int_equal(f->log[i].served.serial, 77);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(a_flush_reaches_every_iommu_and_every_atc_and_waits),
	        T(without_ats_no_atc_is_told),
	        T(unordered_queues_wait_between_iotlb_and_atc),
	        T(bug_atc_before_iotlb_swaps_them),
	        T(sva_range_is_exclusive_and_empty_means_nothing),
	        T(sva_on_riscv_drops_tables_too),
	        T(snooping_leaves_only_the_atc),
	        T(detach_goes_from_context_to_atc),
	        T(attach_replaces_an_old_entry_only_after_its_flush),
	        T(release_gives_the_tag_back),
	        T(a_full_queue_is_tried_again),
	        T(gather_merges_neighbours_and_syncs_once),
	        T(gather_syncs_before_a_disjoint_or_larger_page),
	        T(gather_with_a_table_drops_paging_structures),
	        T(gather_reaches_the_top_unless_its_end_wraps),
	        T(amd_waits_for_a_wait_that_another_cpu_queued),
	        T(page_requests_are_answered_by_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
