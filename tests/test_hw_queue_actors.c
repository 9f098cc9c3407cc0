/* SPDX-License-Identifier: MIT */
/* The invalidation queue beside others: waits that drain, and walks that an invalidation overtakes. */
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

static const struct sd_inv_cmd vtd_page13 = {{0x70032, 0xd000}}, vtd_wait = {{0x25, 0}};
static const struct sd_inv_cmd riscv_all = {{0x100007001, 0}};
static const struct sd_inv_cmd riscv_fence = {{0x2, 0}}, riscv_fence_prpw = {{0x3002, 0}};

static struct box *one_page(enum profile_id id) { return box_one_page(id, TAG, 13); }

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
	assert_int_equal(box_event(b, EV_WAIT_SEEN, IOMMU, 0)->wait.flags, 1);
	box_free(b);
}

static void a_wait_without_drain_does_not(void **state)
{
	struct box *b = dma_meets_flush(PROFILE_VTD, vtd_flush_actor, false);

	(void)state;
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	assert_true(box_event(b, EV_WAIT_DONE, IOMMU, 0) < box_event(b, EV_ACCESS, IOMMU, 0));
	assert_int_equal(box_event(b, EV_WAIT_SEEN, IOMMU, 0)->wait.flags, 0);
	box_free(b);
}

static void riscv_fence_drains_only_when_asked(void **state)
{
	struct box *b = dma_meets_flush(PROFILE_RISCV, riscv_flush_actor, true);

	(void)state;
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	assert_true(box_event(b, EV_DMA_END, 0, 0) < box_event(b, EV_WAIT_DONE, IOMMU, 0));
	assert_int_equal(box_event(b, EV_WAIT_DONE, IOMMU, 0)->wait.flags, 1);
	box_free(b);

	b = one_page(PROFILE_RISCV);
	box_command(b, 0, &riscv_fence, 1);
	assert_int_equal(box_event(b, EV_WAIT_DONE, IOMMU, 0)->wait.flags, 0);
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
	assert_int_equal(box_event(b, EV_FILL_CTX, IOMMU, from)->cached_ctx.tag, 9);
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
	assert_int_equal(box_event(b, EV_FILL, IOMMU, from)->cached.tag, 9);
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
	        cmocka_unit_test(a_wait_drains_untranslated_dma),
	        cmocka_unit_test(a_wait_without_drain_does_not),
	        cmocka_unit_test(riscv_fence_drains_only_when_asked),
	        cmocka_unit_test(an_invalidation_cancels_the_walk_it_overtakes),
	        cmocka_unit_test(without_the_cancel_step_a_walk_survives),
	        cmocka_unit_test(ats_requests_are_told_of_the_cancel),
	        cmocka_unit_test(a_context_invalidation_cancels_the_fetch),
	        cmocka_unit_test(a_context_invalidation_cancels_the_walk),
	        cmocka_unit_test(the_processor_goes_on_after_a_command_of_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
