/* SPDX-License-Identifier: MIT */
/* Injected faults, the hardware's side: what a slow, small, silent or missing thing does, and what it does not. */
#include "drv/encoder.h"
#include "event/tell.h"
#include "hw/inject.h"
#include "support_hw.h"

enum {
	TAG = 7,
	PASID = 1,
	VICTIM = 1, /* the last device */
	ATC = WALKER_ATC0 + VICTIM,
	ACTOR_SW = 0,
	ACTOR_DEV = 5,
	ACTOR_QUEUE = 8,
};

static const struct sd_inv_cmd wait = {{0x25, 0}};
static const struct drv_inv everything = {
        .tag = TAG, .pasid = PASID, .all = true, .level = DRV_LEVEL_UNKNOWN};

static struct sd_inv_cmd atc_of(int dev)
{
	static const struct bugs_set none;
	struct sd_inv_cmd c;

	assert_int_equal(drv_enc_vtd.atc(&none, dev, &everything, &c), 1);
	return c;
}

static struct sd_inv_cmd contexts(void)
{
	struct sd_inv_cmd c;

	assert_int_equal(drv_enc_vtd.context(VICTIM, &everything, &c), 1);
	return c;
}

/* Page 13 mapped and translated by both devices. */
static struct box *warm_as(enum profile_flag f, unsigned v, bool quarantine)
{
	struct box *b = box_new(PROFILE_VTD);

	profile_set(&b->cfg.prof, f, v);
	b->cfg.prof.quarantine = quarantine;
	box_reset(b);
	for (int dev = 0; dev < 2; dev++)
		box_ctx(b, dev, PASID, b->root, TAG);
	box_map(b, b->root, 13, 0, BOX_RW | PTE_A | PTE_D);
	assert_int_equal(dev_prefetch(b->dev, 0, PASID, 13, true), SD_OK);
	assert_int_equal(dev_prefetch(b->dev, VICTIM, PASID, 13, true), SD_OK);
	b->ev.len = 0;
	return b;
}

static struct box *warm(enum profile_flag f, unsigned v) { return warm_as(f, v, true); }

static void queue_body(void *arg) { hw_queue_actor(((struct box *)arg)->hw, 0); }

static enum sched_end run_with_queue(struct box *b, sched_body *body)
{
	box_begin(b);
	sched_spawn(b->s, ACTOR_SW, body, b, false);
	sched_spawn(b->s, ACTOR_QUEUE, queue_body, b, true);
	return box_run(b, ACTOR_SW);
}

/* -- slowness ------------------------------------------------------------------------ */

/* Queues two commands and a wait, and counts its own turns until the wait is over: an EV_CMD of iommu 99. */
static void count_turns(void *arg)
{
	struct box *b = arg;
	const struct sd_inv_cmd batch[] = {atc_of(0), wait};
	int64_t seq = hw_model_ops.inv_submit(b->hw, 0, batch, 2);
	uint32_t turns = 0;

	while (!hw_model_ops.inv_poll(b->hw, 0, (uint64_t)seq)) {
		sched_relax(b->s, PT_OP_END);
		turns++;
	}
	event_cmd(&b->ev, 99, 0, turns);
}

static uint32_t turns_with(enum profile_flag f, unsigned v)
{
	struct box *b = warm(f, v);
	uint32_t turns;

	assert_int_equal(run_with_queue(b, count_turns), SCHED_DONE);
	turns = (uint32_t)box_event(b, EV_CMD, 99, 0)->cmd.seq;
	assert_int_equal(box_count(b, EV_INV, WALKER_ATC0, 0), 1);
	assert_int_equal(box_count(b, EV_WAIT_SEEN, -1, 0), 1);
	box_free(b);
	return turns;
}

static void slow_hardware_lets_software_have_its_turns(void **state)
{
	uint32_t usual = turns_with(PF_slow_queue, 0);

	(void)state;
	assert_int_equal(turns_with(PF_slow_queue, 1), usual + 2 * INJECT_REST);
	assert_int_equal(turns_with(PF_wait_timeout, 1), usual + INJECT_LATE);
	assert_int_equal(turns_with(PF_atc_slow, 1), usual + 2 * INJECT_REST);
}

/* The entry stays until the device gets to it, and is gone before the answer. */
static void look_at_the_atc(void *arg)
{
	struct box *b = arg;
	const struct sd_inv_cmd batch[] = {atc_of(0), wait};
	int64_t seq = hw_model_ops.inv_submit(b->hw, 0, batch, 2);

	sched_relax(b->s, PT_OP_END);
	assert_int_equal(box_count(b, EV_CMD, 0, 0), 1);
	assert_int_equal(box_count(b, EV_INV, WALKER_ATC0, 0), 0);
	for (int i = 0; i < INJECT_REST; i++)
		sched_relax(b->s, PT_OP_END);
	assert_int_equal(box_count(b, EV_INV, WALKER_ATC0, 0), 1);
	assert_false(hw_model_ops.inv_poll(b->hw, 0, (uint64_t)seq));
	hw_model_ops.sync(b->hw, 0, (uint64_t)seq);
}

static void a_slow_device_rests_before_and_after(void **state)
{
	struct box *b = warm(PF_atc_slow, 1);

	(void)state;
	assert_int_equal(run_with_queue(b, look_at_the_atc), SCHED_DONE);
	assert_int_equal(box_count(b, EV_WAIT_SEEN, -1, 0), 1);
	box_free(b);
}

static void a_small_queue_is_full_after_four(void **state)
{
	const struct sd_inv_cmd five[] = {wait, wait, wait, wait, wait};
	struct box *b = warm(PF_queue_small, 1);

	(void)state;
	assert_int_equal(hw_model_ops.inv_submit(b->hw, 0, five, 5), -SD_BUSY);
	assert_true(hw_model_ops.inv_submit(b->hw, 0, five, 3) > 0);
	assert_int_equal(hw_model_ops.inv_submit(b->hw, 0, five, 2), -SD_BUSY);
	assert_true(hw_model_ops.inv_submit(b->hw, 0, five, 1) > 0);
	assert_int_equal(hw_model_ops.inv_submit(b->hw, 0, five, 1), -SD_BUSY);
	assert_int_equal(hw_model_ops.step(b->hw, 0, 1), 1);
	assert_true(hw_model_ops.inv_submit(b->hw, 0, five, 1) > 0);
	assert_int_equal(hw_model_ops.step(b->hw, 0, 9), 4);
	box_free(b);
}

/* -- silence -------------------------------------------------------------------------- */

static void silence_begins_at_the_nth_invalidation_of_the_last_device(void **state)
{
	const struct sd_inv_cmd to_victim = atc_of(VICTIM), to_other = atc_of(0);
	struct box *b = warm(PF_atc_lost, 2);
	uint64_t seq;

	(void)state;
	box_command(b, 0, &to_victim, 1);
	assert_int_equal(box_count(b, EV_INV, ATC, 0), 1);
	assert_int_equal(dev_prefetch(b->dev, VICTIM, PASID, 13, true), SD_OK);
	seq = box_command(b, 0, &to_victim, 1);
	assert_int_equal(box_count(b, EV_INV, ATC, 0), 1);
	assert_int_equal(box_event(b, EV_INV_TIMEOUT, ATC, 0)->timeout.seq, seq);
	assert_int_equal(hw_model_ops.inv_error(b->hw, 0, seq), 1u << VICTIM);
	assert_int_equal(hw_model_ops.inv_error(b->hw, 0, seq - 1), 0);
	for (int i = 0; i < 3; i++)
		seq = box_command(b, 0, &to_other, 1);
	assert_int_equal(box_count(b, EV_INV, WALKER_ATC0, 0), 3);
	assert_int_equal(hw_model_ops.inv_error(b->hw, 0, seq), 1u << VICTIM); /* it never goes away */
	seq = box_command(b, 0, &wait, 1);
	assert_true(hw_model_ops.inv_poll(b->hw, 0, seq)); /* the queue goes on */
	assert_int_equal(dev_dma(b->dev, VICTIM, PASID, 13, true), SD_OK);
	assert_int_equal(box_count(b, EV_HIT, ATC, 0), 1); /* the entry was not dropped */
	box_free(b);
}

/* The driver that carries on relies on it: who is silent is dead. */
static void without_quarantine_a_silent_device_is_dead(void **state)
{
	const struct sd_inv_cmd to_victim = atc_of(VICTIM);
	struct box *b = warm_as(PF_atc_lost, 1, false);
	uint64_t seq = box_command(b, 0, &to_victim, 1);

	(void)state;
	assert_int_equal(box_count(b, EV_DEV_GONE, VICTIM, 0), 1);
	assert_int_equal(box_event(b, EV_INV_TIMEOUT, ATC, 0)->timeout.seq, seq);
	assert_int_equal(dev_dma(b->dev, VICTIM, PASID, 13, true), SD_GONE);
	box_command(b, 0, &to_victim, 1);
	assert_int_equal(box_count(b, EV_DEV_GONE, VICTIM, 0), 1);
	assert_int_equal(dev_dma(b->dev, 0, PASID, 13, true), SD_OK);
	box_free(b);
}

static void invalidate_the_victim(void *arg)
{
	struct box *b = arg;
	const struct sd_inv_cmd to_victim = atc_of(VICTIM);

	hw_model_ops.inv_submit(b->hw, 0, &to_victim, 1);
	sched_relax(b->s, PT_OP_END);
}

static void victim_writes(void *arg);

/* And what it had in flight has landed by then. */
static void it_dies_after_what_it_had_in_flight(void **state)
{
	struct box *b = warm_as(PF_atc_lost, 1, false);
	const struct event *data, *gone;

	(void)state;
	box_begin(b);
	sched_spawn(b->s, ACTOR_SW, invalidate_the_victim, b, false);
	sched_spawn(b->s, ACTOR_DEV, victim_writes, b, false);
	sched_spawn(b->s, ACTOR_QUEUE, queue_body, b, true);
	box_switch_at(b, ACTOR_DEV, PT_DEV_FLY, 1, ACTOR_SW);
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	data = box_event(b, EV_ACCESS, ATC, 0);
	gone = box_event(b, EV_DEV_GONE, VICTIM, 0);
	assert_non_null(data);
	assert_non_null(gone);
	assert_true(data < gone);
	box_free(b);
}

static void another_queue_knows_nothing_of_it(void **state)
{
	const struct sd_inv_cmd to_victim = atc_of(VICTIM);
	struct box *b = box_new(PROFILE_VTD);
	uint64_t seq;

	(void)state;
	b->cfg.prof.atc_lost = 1;
	b->cfg.niommu = 2;
	b->cfg.dev_iommu[VICTIM] = 1;
	box_reset(b);
	seq = box_command(b, 1, &to_victim, 1);
	assert_int_equal(hw_model_ops.inv_error(b->hw, 1, seq), 1u << VICTIM);
	assert_int_equal(hw_model_ops.inv_error(b->hw, 0, seq), 0);
	box_free(b);
}

static void without_a_context_entry_a_silent_device_is_refused(void **state)
{
	const struct sd_inv_cmd to_victim = atc_of(VICTIM), ctx = contexts();
	struct box *b = warm(PF_atc_lost, 1);
	const struct event *e;

	(void)state;
	box_command(b, 0, &to_victim, 1);
	box_ctx(b, VICTIM, PASID, 0, 0);
	assert_int_equal(dev_dma(b->dev, VICTIM, PASID, 13, true), SD_OK); /* the entry is still cached */
	box_command(b, 0, &ctx, 1);
	b->ev.len = 0;
	assert_int_equal(dev_dma(b->dev, VICTIM, PASID, 13, true), SD_NOCTX);
	e = box_event(b, EV_FAULT, ATC, 0);
	assert_true(e && (e->fault.flags & ACC_CTX));
	assert_int_equal(dev_prefetch(b->dev, VICTIM, PASID, 13, true), SD_NOCTX);
	assert_int_equal(dev_ghost_dma(b->dev, VICTIM, PASID, 13, true), SD_NOCTX);
	assert_int_equal(box_count(b, EV_ACCESS, -1, 0), 0);
	assert_int_equal(box_count(b, EV_HIT, ATC, 0), 0);
	box_ctx(b, 0, PASID, 0, 0);
	box_command(b, 0, &ctx, 1);
	assert_int_equal(dev_dma(b->dev, 0, PASID, 13, true), SD_OK); /* one that answers is believed */
	box_free(b);
}

static void victim_writes(void *arg) { dev_dma(((struct box *)arg)->dev, VICTIM, PASID, 13, true); }

static void shut_out(void *arg)
{
	struct box *b = arg;
	const struct sd_inv_cmd batch[] = {contexts(), wait};
	int64_t seq = hw_model_ops.inv_submit(b->hw, 0, batch, 2);

	hw_model_ops.sync(b->hw, 0, (uint64_t)seq);
}

/* Stops the victim before its data moves, then waits. Was the data there before the wait completed? */
static bool drained(bool silent, bool drains)
{
	const struct sd_inv_cmd to_victim = atc_of(VICTIM);
	struct box *b = warm(PF_atc_lost, silent ? 1 : 9);
	const struct event *data, *done;
	bool before;

	b->bugs.skip[STEP_HW_DRAIN_TRANSLATED / 64] = drains ? 0 : 1ull << (STEP_HW_DRAIN_TRANSLATED % 64);
	box_command(b, 0, &to_victim, 1);
	if (!silent)
		assert_int_equal(dev_prefetch(b->dev, VICTIM, PASID, 13, true), SD_OK);
	b->ev.len = 0;
	box_begin(b);
	sched_spawn(b->s, ACTOR_SW, shut_out, b, false);
	sched_spawn(b->s, ACTOR_DEV, victim_writes, b, false);
	sched_spawn(b->s, ACTOR_QUEUE, queue_body, b, true);
	box_switch_at(b, ACTOR_DEV, PT_DEV_FLY, 1, ACTOR_SW);
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	data = box_event(b, EV_ACCESS, ATC, 0);
	done = box_event(b, EV_WAIT_DONE, -1, 0);
	assert_non_null(data);
	assert_non_null(done);
	before = data < done;
	box_free(b);
	return before;
}

static void a_wait_drains_what_a_silent_device_has_in_flight(void **state)
{
	(void)state;
	assert_true(drained(true, true));
	assert_false(drained(true, false));
	assert_false(drained(false, true)); /* an ATC invalidation would */
}

/* -- absence --------------------------------------------------------------------------- */

static void pull_out(bool ats)
{
	const struct sd_inv_cmd to_victim = atc_of(VICTIM);
	struct box *b = warm(PF_dev_remove, 2);

	b->cfg.prof.ats = ats;
	box_reset(b);
	assert_int_equal(dev_dma(b->dev, VICTIM, PASID, 13, true), SD_OK);
	b->ev.len = 0;
	assert_int_equal(dev_dma(b->dev, VICTIM, PASID, 13, true), SD_GONE);
	assert_int_equal(box_count(b, EV_DEV_GONE, VICTIM, 0), 1);
	assert_int_equal(box_event(b, EV_DMA_END, VICTIM, 0)->dma_end.status, SD_GONE);
	for (int i = 0; i < 3; i++)
		assert_int_equal(dev_dma(b->dev, VICTIM, PASID, 13, false), SD_GONE);
	assert_int_equal(dev_prefetch(b->dev, VICTIM, PASID, 13, false), SD_GONE);
	assert_int_equal(dev_ghost_dma(b->dev, VICTIM, PASID, 13, true), SD_GONE);
	assert_int_equal(dev_ghost_fill(b->dev, VICTIM, PASID, 13, true), SD_GONE);
	assert_int_equal(box_count(b, EV_ACCESS, -1, 0), 0);
	assert_int_equal(box_count(b, EV_FAULT, -1, 0), 0);
	assert_int_equal(box_count(b, EV_DEV_GONE, -1, 0), 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(dev_dma(b->dev, 0, PASID, 13, true), SD_OK); /* the other one is there */
	if (ats) {
		uint64_t seq = box_command(b, 0, &to_victim, 1);

		assert_int_equal(box_count(b, EV_INV_TIMEOUT, ATC, 0), 1);
		assert_int_equal(hw_model_ops.inv_error(b->hw, 0, seq), 1u << VICTIM);
	}
	box_free(b);
}

static void a_device_that_is_pulled_out_moves_nothing_any_more(void **state)
{
	(void)state;
	pull_out(true);
	pull_out(false);
}

static void a_request_that_faults_does_not_count(void **state)
{
	struct box *b = warm(PF_dev_remove, 1);

	(void)state;
	assert_int_equal(dev_dma(b->dev, VICTIM, 0, 13, true), SD_NOCTX);
	assert_int_equal(box_count(b, EV_DEV_GONE, -1, 0), 0);
	assert_int_equal(dev_dma(b->dev, VICTIM, PASID, 13, true), SD_GONE);
	box_free(b);
}

/* A new execution has its device back. */
static void a_reset_forgets_all(void **state)
{
	const struct sd_inv_cmd to_victim = atc_of(VICTIM);
	struct box *b = warm(PF_dev_remove, 1);

	(void)state;
	b->cfg.prof.atc_lost = 1;
	box_reset(b);
	assert_int_equal(dev_dma(b->dev, VICTIM, PASID, 13, true), SD_GONE);
	box_command(b, 0, &to_victim, 1);
	b->cfg.prof = profiles[PROFILE_VTD];
	box_reset(b);
	assert_int_equal(hw_model_ops.inv_error(b->hw, 0, 1000), 0);
	assert_int_equal(dev_dma(b->dev, VICTIM, PASID, 13, true), SD_OK);
	box_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(slow_hardware_lets_software_have_its_turns),
	        cmocka_unit_test(a_slow_device_rests_before_and_after),
	        cmocka_unit_test(a_small_queue_is_full_after_four),
	        cmocka_unit_test(silence_begins_at_the_nth_invalidation_of_the_last_device),
	        cmocka_unit_test(another_queue_knows_nothing_of_it),
	        cmocka_unit_test(without_quarantine_a_silent_device_is_dead),
	        cmocka_unit_test(it_dies_after_what_it_had_in_flight),
	        cmocka_unit_test(without_a_context_entry_a_silent_device_is_refused),
	        cmocka_unit_test(a_wait_drains_what_a_silent_device_has_in_flight),
	        cmocka_unit_test(a_device_that_is_pulled_out_moves_nothing_any_more),
	        cmocka_unit_test(a_request_that_faults_does_not_count),
	        cmocka_unit_test(a_reset_forgets_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
