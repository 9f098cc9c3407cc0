// SPDX-License-Identifier: MIT
/* The invalidation queue: effects, order, waits, drains, and walks that an invalidation overtakes. */
#include "support_hw.h"

enum {
	TAG = 7,
	IOMMU = WALKER_IOMMU0,
	ACTOR_SW = 0,
	ACTOR_STEP = 1,
	ACTOR_DEV = 4,
	ACTOR_BY = 5,
	ACTOR_QUEUE = 8
};

static const struct sd_inv_cmd vtd_page13 = {{0x70032, 0xd000}}, vtd_page13_ih = {{0x70032, 0xd040}};
static const struct sd_inv_cmd vtd_wait = {{0x25, 0}};
static const struct sd_inv_cmd riscv_all = {{0x100007001, 0}};
static const struct sd_inv_cmd riscv_fence = {{0x2, 0}}, riscv_fence_prpw = {{0x3002, 0}};

static struct box *one_page(enum profile_id id)
{
	struct box *b = box_new(id);

	box_ctx(b, 0, 0, b->root, TAG);
	box_map(b, b->root, 13, 0, BOX_RW | PTE_A | PTE_D);
	assert_int_equal(box_translate(b, 0, 0, 13, false, NULL), SD_OK);
	return b;
}

/* Was the translation of page 13 served from the IOTLB, from a cached table, or from the root? */
enum source { FROM_IOTLB, FROM_PSC, FROM_ROOT };

static enum source source(struct box *b)
{
	uint32_t from = b->ev.len;

	assert_int_equal(box_translate(b, 0, 0, 13, false, NULL), SD_OK);
	return box_count(b, EV_HIT, IOMMU, from)         ? FROM_IOTLB
	       : box_count(b, EV_HIT_TABLE, IOMMU, from) ? FROM_PSC
	                                                 : FROM_ROOT;
}

static void the_hint_keeps_tables_and_its_absence_drops_them(void **state)
{
	struct box *b = one_page(PROFILE_VTD);

	(void)state;
	assert_int_equal(source(b), FROM_IOTLB);
	box_command(b, 0, &vtd_page13_ih, 1);
	assert_int_equal(source(b), FROM_PSC);
	box_command(b, 0, &vtd_page13, 1);
	assert_int_equal(source(b), FROM_ROOT);
	box_free(b);
}

static void an_event_says_what_left(void **state)
{
	struct box *b = one_page(PROFILE_VTD);
	uint64_t seq = box_command(b, 0, &vtd_page13_ih, 1);
	const struct event *e = box_event(b, EV_INV, IOMMU, 0);

	(void)state;
	assert_non_null(e);
	assert_int_equal(e->b, INV_LEAF_ONLY);
	assert_int_equal(e->c, TAG);
	assert_int_equal(e->d, 13);
	assert_int_equal(e->e, 13);
	assert_int_equal(e->x, seq);
	assert_int_equal(box_event(b, EV_CMD, 0, 0)->x, seq);
	box_free(b);
}

static void an_address_drops_whatever_overlaps_it(void **state)
{
	const struct sd_inv_cmd page27 = {{0x70032, 0x1b000}}, page32 = {{0x70032, 0x20000}},
	                        other_tag = {{0x80032, 0xd000}};
	struct box *b = one_page(PROFILE_VTD);
	uint32_t from;

	(void)state;
	box_command(b, 0, &other_tag, 1);
	assert_int_equal(source(b), FROM_IOTLB);
	box_map(b, b->root, 24, 1, BOX_RW);
	assert_int_equal(box_translate(b, 0, 0, 24, false, NULL), SD_OK);
	box_command(b, 0, &page32, 1);
	from = b->ev.len;
	assert_int_equal(box_translate(b, 0, 0, 24, false, NULL), SD_OK);
	assert_int_equal(box_count(b, EV_HIT, IOMMU, from), 1);
	box_command(b, 0, &page27, 1);
	from = b->ev.len;
	assert_int_equal(box_translate(b, 0, 0, 24, false, NULL), SD_OK);
	assert_int_equal(box_count(b, EV_HIT, IOMMU, from), 0);
	/* Page 13 is under the same top-level entry; its leaf stayed. */
	assert_int_equal(source(b), FROM_IOTLB);
	box_free(b);
}

static void a_level_hint_spares_leaves_of_other_levels(void **state)
{
	/* TLBI_NH_VA of ASID 7: page 13 with TTL 2 (level 1), then TTL 3, both leaf-only */
	const struct sd_inv_cmd wrong = {{0x0007000000000012, 0xd601}},
	                        right = {{0x0007000000000012, 0xd701}};
	struct box *b = one_page(PROFILE_SMMUV3);

	(void)state;
	box_command(b, 0, &wrong, 1);
	assert_int_equal(source(b), FROM_IOTLB);
	box_command(b, 0, &right, 1);
	assert_int_equal(source(b), FROM_PSC);
	box_free(b);
}

static void riscv_drops_tables_only_without_an_address(void **state)
{
	const struct sd_inv_cmd page13 = {{0x100007401, 13 << 10}};
	struct box *b = one_page(PROFILE_RISCV);

	(void)state;
	box_command(b, 0, &page13, 1);
	assert_int_equal(source(b), FROM_PSC);
	box_command(b, 0, &riscv_all, 1);
	assert_int_equal(source(b), FROM_ROOT);
	box_free(b);
}

static void invalidating_all_of_an_amd_iommu_drops_contexts(void **state)
{
	const struct sd_inv_cmd all = {{0x8000000000000000, 0}};
	struct box *b = one_page(PROFILE_AMD);

	(void)state;
	box_ctx(b, 0, 0, 0, 0);
	assert_int_equal(box_translate(b, 0, 0, 13, false, NULL), SD_OK);
	box_command(b, 0, &all, 1);
	assert_int_equal(box_count(b, EV_INV, IOMMU, 0), 1);
	assert_int_equal(box_translate(b, 0, 0, 13, false, NULL), SD_NOCTX);
	box_free(b);
}

static void nothing_happens_before_the_processor_runs(void **state)
{
	struct box *b = one_page(PROFILE_VTD);
	const struct sd_inv_cmd both[] = {vtd_page13, vtd_wait};
	int64_t seq = hw_model_ops.inv_submit(b->hw, 0, both, 2);

	(void)state;
	assert_int_equal(seq, 2);
	assert_int_equal(source(b), FROM_IOTLB);
	assert_false(hw_model_ops.inv_poll(b->hw, 0, 2));
	assert_int_equal(hw_model_ops.step(b->hw, 0, 1), 1);
	assert_int_equal(source(b), FROM_ROOT);
	assert_false(hw_model_ops.inv_poll(b->hw, 0, 1));
	assert_int_equal(hw_model_ops.step(b->hw, 0, 5), 1);
	assert_int_equal(box_count(b, EV_WAIT_SEEN, -1, 0), 0);
	assert_true(hw_model_ops.inv_poll(b->hw, 0, 1));
	assert_true(hw_model_ops.inv_poll(b->hw, 0, 2));
	assert_false(hw_model_ops.inv_poll(b->hw, 0, 3));
	assert_int_equal(box_count(b, EV_WAIT_DONE, IOMMU, 0), 1);
	assert_int_equal(box_count(b, EV_WAIT_SEEN, IOMMU, 0), 1);
	assert_int_equal(box_event(b, EV_WAIT_SEEN, IOMMU, 0)->x, 2);
	assert_int_equal(box_event(b, EV_WAIT_SEEN, IOMMU, 0)->b, 1);
	box_free(b);
}

static void a_wait_without_status_write_is_never_seen(void **state)
{
	struct box *b = one_page(PROFILE_VTD);
	const struct sd_inv_cmd quiet = {{0x5, 0}};
	uint64_t seq = box_command(b, 0, &quiet, 1);

	(void)state;
	assert_int_equal(box_count(b, EV_WAIT_DONE, IOMMU, 0), 1);
	assert_false(hw_model_ops.inv_poll(b->hw, 0, seq));
	box_free(b);
}

static void malformed_commands_are_told_and_ignored(void **state)
{
	struct box *b = one_page(PROFILE_VTD);
	const struct sd_inv_cmd bad[] = {{{0, 0}}, {{0x70032, 0x200000a}}, {{0x900000003, 0}}};

	(void)state;
	box_command(b, 0, bad, 3);
	assert_int_equal(box_count(b, EV_CMD_BAD, 0, 0), 3);
	assert_int_equal(box_count(b, EV_INV, -1, 0), 0);
	assert_int_equal(source(b), FROM_IOTLB);
	box_free(b);
}

static void a_full_queue_takes_all_or_none(void **state)
{
	struct box *b = one_page(PROFILE_VTD);
	struct sd_inv_cmd many[40];

	(void)state;
	for (int i = 0; i < 40; i++)
		many[i] = vtd_page13;
	assert_int_equal(hw_model_ops.inv_submit(b->hw, 0, many, 40), 40);
	assert_int_equal(hw_model_ops.inv_submit(b->hw, 0, many, 25), -SD_BUSY);
	assert_int_equal(hw_model_ops.inv_submit(b->hw, 0, many, 24), 64);
	assert_int_equal(hw_model_ops.step(b->hw, 0, 1), 1);
	assert_int_equal(hw_model_ops.inv_submit(b->hw, 0, many, 1), 65);
	assert_int_equal(hw_model_ops.step(b->hw, 0, 1000), 64);
	box_free(b);
}

/* -- order -------------------------------------------------------------------------------- */

static void classes_run_in_order_where_the_profile_says_so(void **state)
{
	struct box *b = one_page(PROFILE_VTD);
	const struct sd_inv_cmd cmds[] = {{{0x31, 0}}, vtd_page13, {{0x3, 0xd000}}, vtd_wait};
	uint32_t from = b->ev.len;

	(void)state;
	box_command(b, 0, cmds, 4);
	assert_true(box_event(b, EV_INV_CTX, IOMMU, from) < box_event(b, EV_INV, IOMMU, from));
	assert_true(box_event(b, EV_INV, IOMMU, from) < box_event(b, EV_INV, WALKER_ATC0, from));
	box_free(b);
}

static void atc_overtakes_iotlb_but_never_a_sync(void **state)
{
	const struct sd_inv_cmd sync = {{0x46, 0}}, tlbi = {{0x0007000000000012, 0xd000}},
	                        atc = {{0x40, 0xd000}}, cfgi = {{0x3, 1}};
	const struct sd_inv_cmd loose[] = {cfgi, tlbi, atc, sync}, tied[] = {tlbi, sync, atc, sync};
	struct box *b = one_page(PROFILE_SMMUV3);
	uint32_t from = b->ev.len;
	uint64_t seq;

	(void)state;
	seq = box_command(b, 0, loose, 4);
	assert_true(box_event(b, EV_INV, WALKER_ATC0, from) < box_event(b, EV_INV, IOMMU, from));
	assert_true(box_event(b, EV_INV, IOMMU, from) < box_event(b, EV_INV_CTX, IOMMU, from));
	assert_true(box_event(b, EV_INV_CTX, IOMMU, from) < box_event(b, EV_WAIT_DONE, IOMMU, from));
	assert_int_equal(box_event(b, EV_INV, WALKER_ATC0, from)->x, seq - 1);
	from = b->ev.len;
	box_command(b, 0, tied, 4);
	assert_true(box_event(b, EV_INV, IOMMU, from) < box_event(b, EV_WAIT_DONE, IOMMU, from));
	assert_true(box_event(b, EV_WAIT_DONE, IOMMU, from) < box_event(b, EV_INV, WALKER_ATC0, from));
	assert_int_equal(box_count(b, EV_WAIT_DONE, IOMMU, from), 2);
	assert_int_equal(hw_model_ops.step(b->hw, 0, 9), 0);
	box_free(b);
}

static void slots_taken_early_are_not_given_away(void **state)
{
	const struct sd_inv_cmd tlbi = {{0x0007000000000012, 0xd000}}, atc = {{0x40, 0xd000}};
	struct box *b = one_page(PROFILE_SMMUV3);
	struct sd_inv_cmd many[64];

	(void)state;
	for (int i = 0; i < 64; i++)
		many[i] = i % 2 ? atc : tlbi;
	for (int round = 0; round < 3; round++) {
		assert_int_equal(hw_model_ops.inv_submit(b->hw, 0, many, 64), 64 * (round + 1));
		assert_int_equal(hw_model_ops.step(b->hw, 0, 32), 32);
		assert_int_equal(hw_model_ops.inv_submit(b->hw, 0, many, 1), -SD_BUSY);
		assert_int_equal(hw_model_ops.step(b->hw, 0, 99), 32);
	}
	assert_int_equal(box_count(b, EV_INV, IOMMU, 0), 96);
	assert_int_equal(box_count(b, EV_INV, WALKER_ATC0, 0), 96);
	box_free(b);
}

/* -- with actors ---------------------------------------------------------------------------- */

static void queue_actor(void *arg)
{
	struct box *b = arg;

	hw_queue_actor(b->hw, 0);
}

static void dma_actor(void *arg)
{
	struct box *b = arg;

	dev_dma(b->dev, 0, 0, 13, true);
}

static void vtd_flush_actor(void *arg)
{
	struct box *b = arg;
	const struct sd_inv_cmd cmds[] = {vtd_page13, vtd_wait};

	hw_model_ops.sync(b->hw, 0, (uint64_t)hw_model_ops.inv_submit(b->hw, 0, cmds, 2));
}

static void riscv_flush_actor(void *arg)
{
	struct box *b = arg;
	const struct sd_inv_cmd cmds[] = {riscv_all, riscv_fence_prpw};

	hw_model_ops.sync(b->hw, 0, (uint64_t)hw_model_ops.inv_submit(b->hw, 0, cmds, 2));
}

/* The DMA is in flight when software flushes; software gets as far as it can. */
static struct box *dma_meets_flush(enum profile_id id, sched_body *flush, bool drain)
{
	struct box *b = one_page(id);

	b->cfg.prof.ats = 0;
	if (!drain)
		b->bugs.skip[STEP_HW_DRAIN / 64] |= 1ull << (STEP_HW_DRAIN % 64);
	box_reset(b);
	box_begin(b);
	sched_spawn(b->s, ACTOR_SW, flush, b, false);
	sched_spawn(b->s, ACTOR_DEV, dma_actor, b, false);
	sched_spawn(b->s, ACTOR_QUEUE, queue_actor, b, true);
	box_switch_at(b, ACTOR_DEV, PT_DEV_FLY, 1, ACTOR_SW);
	return b;
}

static void a_wait_drains_untranslated_dma(void **state)
{
	struct box *b = dma_meets_flush(PROFILE_VTD, vtd_flush_actor, true);

	(void)state;
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	assert_true(box_event(b, EV_INV, IOMMU, 0) < box_event(b, EV_ACCESS, IOMMU, 0));
	assert_true(box_event(b, EV_DMA_END, 0, 0) < box_event(b, EV_WAIT_DONE, IOMMU, 0));
	assert_int_equal(box_event(b, EV_WAIT_SEEN, IOMMU, 0)->b, 1);
	box_free(b);
}

static void a_wait_without_drain_does_not(void **state)
{
	struct box *b = dma_meets_flush(PROFILE_VTD, vtd_flush_actor, false);

	(void)state;
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	assert_true(box_event(b, EV_WAIT_DONE, IOMMU, 0) < box_event(b, EV_ACCESS, IOMMU, 0));
	assert_int_equal(box_event(b, EV_WAIT_SEEN, IOMMU, 0)->b, 0);
	box_free(b);
}

static void riscv_fence_drains_only_when_asked(void **state)
{
	struct box *b = dma_meets_flush(PROFILE_RISCV, riscv_flush_actor, true);

	(void)state;
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	assert_true(box_event(b, EV_DMA_END, 0, 0) < box_event(b, EV_WAIT_DONE, IOMMU, 0));
	assert_int_equal(box_event(b, EV_WAIT_DONE, IOMMU, 0)->b, 1);
	box_free(b);

	b = one_page(PROFILE_RISCV);
	box_command(b, 0, &riscv_fence, 1);
	assert_int_equal(box_event(b, EV_WAIT_DONE, IOMMU, 0)->b, 0);
	box_free(b);
}

/* Somebody else who could run, behind the device in order. */
static void bystander(void *arg)
{
	struct box *b = arg;

	sched_point(b->s, PT_OP_END);
}

/* The invalidation is processed between the read of the leaf and its fill. */
static struct box *overtaken_walk(bool cancel)
{
	struct box *b = one_page(PROFILE_VTD);

	b->cfg.prof.ats = 0;
	if (!cancel)
		b->bugs.skip[STEP_HW_CANCEL / 64] |= 1ull << (STEP_HW_CANCEL % 64);
	box_reset(b);
	box_begin(b);
	sched_spawn(b->s, ACTOR_SW, vtd_flush_actor, b, false);
	sched_spawn(b->s, ACTOR_DEV, dma_actor, b, false);
	sched_spawn(b->s, ACTOR_BY, bystander, b, false);
	sched_spawn(b->s, ACTOR_QUEUE, queue_actor, b, true);
	box_switch_at(b, ACTOR_DEV, PT_HW_WALK_FILL, 1, ACTOR_SW);
	return b;
}

static void an_invalidation_cancels_the_walk_it_overtakes(void **state)
{
	struct box *b = overtaken_walk(true);
	uint32_t from = b->ev.len;

	(void)state;
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	/* tables and context were read once before and tables once again; the leaf was cached once */
	assert_int_equal(box_count(b, EV_FILL, IOMMU, from), 1);
	assert_int_equal(box_count(b, EV_FILL_TABLE, IOMMU, from), 4);
	assert_int_equal(box_count(b, EV_FILL_CTX, IOMMU, from), 1);
	assert_true(box_event(b, EV_INV, IOMMU, from) < box_event(b, EV_FILL, IOMMU, from));
	assert_int_equal(b->forced[PT_HW_WALK_RETRY], 1); /* others go first */
	box_free(b);
}

static void without_the_cancel_step_a_walk_survives(void **state)
{
	struct box *b = overtaken_walk(false);
	uint32_t from = b->ev.len;

	(void)state;
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	assert_int_equal(box_count(b, EV_FILL_TABLE, IOMMU, from), 2);
	assert_true(box_event(b, EV_INV, IOMMU, from) < box_event(b, EV_FILL, IOMMU, from));
	box_free(b);
}

static void ats_requests_are_told_of_the_cancel(void **state)
{
	struct box *b = one_page(PROFILE_VTD);
	uint32_t from;

	(void)state;
	box_reset(b);
	from = b->ev.len;
	box_begin(b);
	sched_spawn(b->s, ACTOR_SW, vtd_flush_actor, b, false);
	sched_spawn(b->s, ACTOR_DEV, dma_actor, b, false);
	sched_spawn(b->s, ACTOR_QUEUE, queue_actor, b, true);
	box_switch_at(b, ACTOR_DEV, PT_HW_WALK_LEVEL0, 1, ACTOR_SW);
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	assert_int_equal(box_count(b, EV_FILL, WALKER_ATC0, from), 1);
	assert_int_equal(box_count(b, EV_FILL, IOMMU, from), 1);
	assert_true(box_event(b, EV_INV, IOMMU, from) < box_event(b, EV_FILL, IOMMU, from));
	box_free(b);
}

/* Context invalidation between the two words: the fetch starts again. */
static void ctx_flush_actor(void *arg)
{
	struct box *b = arg;
	const struct sd_inv_cmd cmds[] = {{{0x31, 0}}, vtd_wait};

	box_ctx(b, 0, 0, b->root, 9);
	hw_model_ops.sync(b->hw, 0, (uint64_t)hw_model_ops.inv_submit(b->hw, 0, cmds, 2));
}

/* The device is stopped at the point, and the context entry changes. Returns the first event after that. */
static uint32_t overtaken_by_context(struct box *b, enum point p)
{
	uint32_t from;

	box_reset(b);
	from = b->ev.len;
	box_begin(b);
	sched_spawn(b->s, ACTOR_SW, ctx_flush_actor, b, false);
	sched_spawn(b->s, ACTOR_DEV, dma_actor, b, false);
	sched_spawn(b->s, ACTOR_QUEUE, queue_actor, b, true);
	box_switch_at(b, ACTOR_DEV, p, 1, ACTOR_SW);
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	return from;
}

static void a_context_invalidation_cancels_the_fetch(void **state)
{
	struct box *b = one_page(PROFILE_VTD);
	uint32_t from = overtaken_by_context(b, PT_HW_CTX_FILL);

	(void)state;
	assert_int_equal(box_count(b, EV_FILL_CTX, IOMMU, from), 1);
	assert_int_equal(box_event(b, EV_FILL_CTX, IOMMU, from)->d, 9);
	box_free(b);
}

/* Nothing may come of a walk whose context entry is no more: it starts again, from the new one. */
static void a_context_invalidation_cancels_the_walk(void **state)
{
	struct box *b = one_page(PROFILE_VTD);
	uint32_t from = overtaken_by_context(b, PT_HW_WALK_FILL);

	(void)state;
	assert_int_equal(box_count(b, EV_FILL_CTX, IOMMU, from), 2);
	assert_int_equal(box_count(b, EV_FILL, IOMMU, from), 1);
	assert_int_equal(box_event(b, EV_FILL, IOMMU, from)->x >> 32, 9);
	box_free(b);
}

static void two_waits_actor(void *arg)
{
	struct box *b = arg;
	const struct sd_inv_cmd cmds[] = {vtd_wait, vtd_wait};

	hw_model_ops.sync(b->hw, 0, (uint64_t)hw_model_ops.inv_submit(b->hw, 0, cmds, 2));
}

static void step_actor(void *arg)
{
	struct box *b = arg;

	assert_int_equal(hw_model_ops.step(b->hw, 0, 1), 1);
}

/* While software steps hardware, its own processor finds it busy; what is left is for it to do. */
static void the_processor_goes_on_after_a_command_of_another(void **state)
{
	struct box *b = one_page(PROFILE_VTD);

	(void)state;
	box_begin(b);
	sched_spawn(b->s, ACTOR_SW, two_waits_actor, b, false);
	sched_spawn(b->s, ACTOR_STEP, step_actor, b, false);
	sched_spawn(b->s, ACTOR_QUEUE, queue_actor, b, true);
	box_switch_at(b, ACTOR_STEP, PT_HW_COMPLETE, 1, ACTOR_QUEUE);
	assert_int_equal(box_run(b, ACTOR_SW), SCHED_DONE);
	assert_int_equal(box_count(b, EV_WAIT_DONE, IOMMU, 0), 2);
	box_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_hint_keeps_tables_and_its_absence_drops_them),
	        cmocka_unit_test(an_event_says_what_left),
	        cmocka_unit_test(an_address_drops_whatever_overlaps_it),
	        cmocka_unit_test(a_level_hint_spares_leaves_of_other_levels),
	        cmocka_unit_test(riscv_drops_tables_only_without_an_address),
	        cmocka_unit_test(nothing_happens_before_the_processor_runs),
	        cmocka_unit_test(a_wait_without_status_write_is_never_seen),
	        cmocka_unit_test(malformed_commands_are_told_and_ignored),
	        cmocka_unit_test(a_full_queue_takes_all_or_none),
	        cmocka_unit_test(classes_run_in_order_where_the_profile_says_so),
	        cmocka_unit_test(atc_overtakes_iotlb_but_never_a_sync),
	        cmocka_unit_test(slots_taken_early_are_not_given_away),
	        cmocka_unit_test(a_wait_drains_untranslated_dma),
	        cmocka_unit_test(a_wait_without_drain_does_not),
	        cmocka_unit_test(riscv_fence_drains_only_when_asked),
	        cmocka_unit_test(an_invalidation_cancels_the_walk_it_overtakes),
	        cmocka_unit_test(without_the_cancel_step_a_walk_survives),
	        cmocka_unit_test(ats_requests_are_told_of_the_cancel),
	        cmocka_unit_test(a_context_invalidation_cancels_the_fetch),
	        cmocka_unit_test(a_context_invalidation_cancels_the_walk),
	        cmocka_unit_test(the_processor_goes_on_after_a_command_of_another),
	        cmocka_unit_test(invalidating_all_of_an_amd_iommu_drops_contexts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
