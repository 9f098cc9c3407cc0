/* SPDX-License-Identifier: MIT */
/* DMA step by step, the ATC, page requests, and when a device gives up. */
#include "event/tell.h"
#include "support_hw.h"

enum {
	TAG = 1,
	IOMMU = WALKER_IOMMU0,
	ATC = WALKER_ATC0,
	ACTOR_SW = 0,
	ACTOR_DEV = 4,
	ACTOR_BY = 5,
	ACTOR_PRQ = 10
};

static struct box *one_page(enum profile_id id, pte_t flags)
{
	struct box *b = box_new(id);

	box_ctx(b, 0, 0, b->root, TAG);
	box_ctx(b, 0, 1, b->root, TAG);
	box_map(b, b->root, 13, 0, flags);
	return b;
}

static void a_dma_begins_moves_its_word_and_ends(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	const struct event *e;

	(void)state;
	assert_int_equal(dev_dma(b->dev, 0, 1, 13, true), SD_OK);
	e = box_event(b, EV_ACCESS, ATC, 0);
	assert_int_equal(e->access.flags, ACC_WRITE | ACC_TRANSLATED);
	assert_int_equal(e->access.page, 13);
	assert_int_equal(e->access.tag, TAG);
	assert_int_equal(e->access.pasid, 1);
	assert_true(box_event(b, EV_DMA_BEGIN, 0, 0) < box_event(b, EV_FILL, IOMMU, 0));
	assert_true(box_event(b, EV_FILL, IOMMU, 0) < box_event(b, EV_FILL, ATC, 0));
	assert_true(box_event(b, EV_FILL, ATC, 0) < e);
	assert_true(e < box_event(b, EV_DMA_END, 0, 0));
	assert_int_equal(box_event(b, EV_FILL, ATC, 0)->cached.entry,
	                 box_event(b, EV_FILL, IOMMU, 0)->cached.entry);
	assert_int_equal(box_event(b, EV_FILL, ATC, 0)->cached.serial,
	                 box_event(b, EV_FILL, IOMMU, 0)->cached.serial);
	box_free(b);
}

static void an_atc_entry_needs_no_iommu(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	uint32_t from;

	(void)state;
	assert_int_equal(dev_dma(b->dev, 0, 1, 13, true), SD_OK);
	from = b->ev.len;
	assert_int_equal(dev_dma(b->dev, 0, 1, 13, true), SD_OK);
	assert_int_equal(box_count(b, EV_HIT, ATC, from), 1);
	assert_int_equal(box_count(b, EV_HIT, IOMMU, from), 0);
	/* another PASID is another entry */
	assert_int_equal(dev_dma(b->dev, 0, 0, 13, true), SD_OK);
	assert_int_equal(box_count(b, EV_FILL, ATC, 0), 2);
	box_free(b);
}

static void a_write_through_a_read_entry_asks_again(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	mem_entry e = box_entry(b, b->root, 13, 0);

	(void)state;
	assert_int_equal(dev_prefetch(b->dev, 0, 1, 13, false), SD_OK);
	assert_false(mem_peek(&b->m, e) & PTE_D);
	assert_int_equal(dev_dma(b->dev, 0, 1, 13, true), SD_OK);
	assert_true(mem_peek(&b->m, e) & PTE_D);
	assert_int_equal(box_count(b, EV_FILL, ATC, 0), 2);
	assert_int_equal(box_count(b, EV_HIT, ATC, 0), 0);
	box_free(b);
}

/* A page that is asked for again takes the place that it has: seven others still fit. */
static void an_entry_is_replaced_by_a_better_one(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	uint32_t from;

	(void)state;
	assert_int_equal(dev_prefetch(b->dev, 0, 1, 13, false), SD_OK);
	assert_int_equal(dev_dma(b->dev, 0, 1, 13, true), SD_OK);
	for (sd_page p = 64; p < 64 + 7; p++) {
		box_map(b, b->root, p, 0, BOX_RW);
		assert_int_equal(dev_dma(b->dev, 0, 1, p, true), SD_OK);
	}
	from = b->ev.len;
	assert_int_equal(dev_dma(b->dev, 0, 1, 13, true), SD_OK);
	for (sd_page p = 64; p < 64 + 7; p++)
		assert_int_equal(dev_dma(b->dev, 0, 1, p, true), SD_OK);
	assert_int_equal(box_count(b, EV_HIT, ATC, from), 8);
	box_free(b);
}

static void a_prefetch_for_write_sets_dirty_and_moves_nothing(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);

	(void)state;
	assert_int_equal(dev_prefetch(b->dev, 0, 1, 13, true), SD_OK);
	assert_true(mem_peek(&b->m, box_entry(b, b->root, 13, 0)) & PTE_D);
	assert_int_equal(box_count(b, EV_ACCESS, -1, 0), 0);
	assert_int_equal(dev_prefetch(b->dev, 0, 1, 14, true), SD_FAULT);
	assert_int_equal(box_count(b, EV_FAULT, -1, 0), 0);
	b->cfg.prof.ats = 0;
	box_reset(b);
	assert_int_equal(dev_prefetch(b->dev, 0, 1, 13, true), SD_GONE);
	box_free(b);
}

static void without_ats_the_iommu_is_the_walker(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);

	(void)state;
	b->cfg.prof.ats = 0;
	box_reset(b);
	assert_int_equal(dev_dma(b->dev, 0, 1, 13, true), SD_OK);
	assert_int_equal(box_event(b, EV_ACCESS, IOMMU, 0)->access.flags, ACC_WRITE);
	assert_int_equal(box_count(b, EV_FILL, ATC, 0), 0);
	box_free(b);
}

static void a_fault_without_pasid_is_final(void **state)
{
	struct box *b = one_page(PROFILE_VTD, PTE_P);
	const struct event *e;

	(void)state;
	assert_int_equal(dev_dma(b->dev, 0, 0, 13, true), SD_PERM);
	e = box_event(b, EV_FAULT, ATC, 0);
	assert_int_equal(e->fault.flags, ACC_WRITE | ACC_TRANSLATED | ACC_PERM);
	assert_int_equal(e->fault.page, 13);
	assert_int_equal(e->fault.pasid, 0);
	assert_int_equal(e->fault.dev, 0);
	assert_int_equal(e[1].type, EV_DMA_END);
	assert_int_equal(e[1].dma_end.status, SD_PERM);
	assert_int_equal(dev_dma(b->dev, 1, 0, 13, true), SD_NOCTX);
	assert_int_equal(box_count(b, EV_PRQ, -1, 0), 0);
	assert_int_equal(box_count(b, EV_FILL, ATC, 0), 0);
	box_free(b);
}

static void a_block_with_nt_set_is_used_and_never_kept(void **state)
{
	struct box *b = one_page(PROFILE_SMMUV3, BOX_RW);

	(void)state;
	box_map(b, b->root, 24, 1, BOX_RW | PTE_NT);
	assert_int_equal(dev_dma(b->dev, 0, 1, 26, true), SD_OK);
	assert_int_equal(box_count(b, EV_ACCESS, ATC, 0), 1);
	assert_int_equal(box_count(b, EV_FILL, -1, 0), 0);
	box_free(b);
}

/* -- ATC invalidation ----------------------------------------------------------------------------- */

static void invalidate(void *arg)
{
	struct box *b = arg;
	struct hw_endpoint ep = dev_endpoint(b->dev);

	ep.atc_invalidate(ep.ctx, 0, 1, 12, 13, 77);
	sched_point(b->s, PT_OP_END);
	event_cmd(&b->ev, 99, 0, 0); /* marks the answer */
}

static void dma_write(void *arg)
{
	struct box *b = arg;

	dev_dma(b->dev, 0, 1, 13, true);
}

static void an_atc_invalidation_spares_its_neighbours(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	uint32_t from;

	(void)state;
	box_map(b, b->root, 11, 0, BOX_RW);
	box_map(b, b->root, 14, 0, BOX_RW);
	assert_int_equal(dev_dma(b->dev, 0, 1, 11, true), SD_OK);
	assert_int_equal(dev_dma(b->dev, 0, 1, 14, true), SD_OK);
	invalidate(b); /* 12 and 13 */
	from = b->ev.len;
	assert_int_equal(dev_dma(b->dev, 0, 1, 11, true), SD_OK);
	assert_int_equal(dev_dma(b->dev, 0, 1, 14, true), SD_OK);
	assert_int_equal(box_count(b, EV_HIT, ATC, from), 2);
	box_free(b);
}

static void an_atc_invalidation_drops_what_overlaps(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	uint32_t from;

	(void)state;
	box_map(b, b->root, 14, 0, BOX_RW);
	assert_int_equal(dev_dma(b->dev, 0, 1, 13, true), SD_OK);
	assert_int_equal(dev_dma(b->dev, 0, 1, 14, true), SD_OK);
	assert_int_equal(dev_dma(b->dev, 0, 0, 13, true), SD_OK);
	invalidate(b);
	assert_int_equal(box_event(b, EV_INV, ATC, 0)->inv.tag, 1);
	assert_int_equal(box_event(b, EV_INV, ATC, 0)->inv.seq, 77);
	from = b->ev.len;
	assert_int_equal(dev_dma(b->dev, 0, 1, 14, true), SD_OK);
	assert_int_equal(dev_dma(b->dev, 0, 0, 13, true), SD_OK);
	assert_int_equal(box_count(b, EV_HIT, ATC, from), 2);
	assert_int_equal(dev_dma(b->dev, 0, 1, 13, true), SD_OK);
	assert_int_equal(box_count(b, EV_HIT, ATC, from), 2);
	box_free(b);
}

/* Somebody else who could run, behind the device in order. */
static void bystander(void *arg)
{
	struct box *b = arg;

	sched_point(b->s, PT_OP_END);
}

/* Runs a DMA, and an ATC invalidation when it is at that point. */
static struct box *meet(enum point at, enum step without)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);

	if (without != STEP_COUNT)
		b->bugs.skip[without / 64] |= 1ull << (without % 64);
	box_begin(b);
	sched_spawn(b->s, ACTOR_SW, invalidate, b, false);
	sched_spawn(b->s, ACTOR_BY, bystander, b, false);
	sched_spawn(b->s, ACTOR_DEV, dma_write, b, false);
	box_switch_at(b, ACTOR_DEV, at, 1, ACTOR_SW);
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	return b;
}

static void a_reply_in_flight_is_cancelled(void **state)
{
	struct box *b = meet(PT_DEV_ATC_FILL, STEP_COUNT);

	(void)state;
	assert_int_equal(box_count(b, EV_FILL, ATC, 0), 1);
	assert_int_equal(box_count(b, EV_HIT, IOMMU, 0), 1); /* the second request */
	assert_int_equal(b->forced[PT_DEV_ATC_RETRY], 1);    /* others go first */
	box_free(b);
	b = meet(PT_DEV_ATC_FILL, STEP_HW_ATC_CANCEL);
	assert_int_equal(box_count(b, EV_HIT, IOMMU, 0), 0);
	assert_int_equal(box_count(b, EV_FILL, ATC, 0), 1);
	box_free(b);
}

static void the_answer_waits_for_the_request_that_used_the_entry(void **state)
{
	struct box *b = meet(PT_DEV_FLY, STEP_COUNT);

	(void)state;
	assert_true(box_event(b, EV_INV, ATC, 0) < box_event(b, EV_ACCESS, ATC, 0));
	assert_true(box_event(b, EV_DMA_END, 0, 0) < box_event(b, EV_CMD, 99, 0));
	box_free(b);
	b = meet(PT_DEV_FLY, STEP_HW_ATC_DRAIN);
	assert_true(box_event(b, EV_CMD, 99, 0) < box_event(b, EV_ACCESS, ATC, 0));
	box_free(b);
}

/* -- page requests ------------------------------------------------------------------------------------ */

struct handler {
	bool crowd; /* somebody else could run all the time */
	struct box *b;
	bool map;   /* makes the page writable when asked */
	bool flush; /* and drops what is cached */
	enum sd_response code;
	int asked;
};

static void handler_actor(void *arg)
{
	struct handler *h = arg;
	struct box *b = h->b;
	struct sd_page_request rq;

	for (;;) {
		hw_prq_wait(b->hw, 0);
		if (!hw_model_ops.event_poll(b->hw, 0, &rq))
			continue;
		h->asked++;
		if (h->map)
			box_set_entry(b, b->root, 13, 0,
			              mem_peek(&b->m, box_entry(b, b->root, 13, 0)) | PTE_W | PTE_A | PTE_D);
		if (h->flush) {
			const struct sd_inv_cmd tlbi = {{0x0001000000000012, 0xd000}};

			box_command(b, 0, &tlbi, 1);
		}
		hw_model_ops.page_response(b->hw, &rq, h->code);
	}
}

/* Gives way again and again: still there when the device does. */
static void patient_bystander(void *arg)
{
	struct box *b = arg;

	for (int i = 0; i < 16; i++)
		sched_relax(b->s, PT_OP_END);
}

static struct box *with_handler(struct handler *h)
{
	struct box *b = one_page(PROFILE_SMMUV3, PTE_P | PTE_A);

	h->b = b;
	assert_int_equal(dev_dma(b->dev, 0, 1, 13, false), SD_OK);
	box_begin(b);
	if (h->crowd)
		sched_spawn(b->s, ACTOR_BY, patient_bystander, b, false);
	sched_spawn(b->s, ACTOR_DEV, dma_write, b, false);
	sched_spawn(b->s, ACTOR_PRQ, handler_actor, h, true);
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	return b;
}

static void a_served_request_is_retried(void **state)
{
	struct handler h = {.map = true, .crowd = true, .flush = true, .code = SD_RESP_SUCCESS};
	struct box *b = with_handler(&h);

	(void)state;
	assert_int_equal(h.asked, 1);
	assert_int_equal(box_count(b, EV_FAULT, ATC, 0), 1);
	assert_int_equal(box_count(b, EV_ACCESS, ATC, 0), 2);
	assert_int_equal(box_count(b, EV_DMA_BEGIN, 0, 0), 3);
	assert_int_equal(box_count(b, EV_DMA_END, 0, 0), 3);
	assert_int_equal(box_count(b, EV_NO_PROGRESS, -1, 0), 0);
	assert_true(b->forced[PT_DEV_RETRY] > 0); /* others go first */
	box_free(b);
}

static void a_refused_request_fails_the_dma(void **state)
{
	struct handler h = {.code = SD_RESP_INVALID};
	struct box *b = with_handler(&h);

	(void)state;
	assert_int_equal(h.asked, 1);
	assert_int_equal(box_count(b, EV_ACCESS, ATC, 0), 1);
	assert_int_equal(box_count(b, EV_NO_PROGRESS, -1, 0), 0);
	box_free(b);
}

static void an_upgrade_without_flush_makes_no_progress(void **state)
{
	struct handler h = {.map = true, .code = SD_RESP_SUCCESS};
	struct box *b = with_handler(&h);

	(void)state;
	assert_int_equal(h.asked, DEV_RETRY_BOUND);
	assert_int_equal(box_count(b, EV_NO_PROGRESS, 0, 0), 1);
	assert_int_equal(box_event(b, EV_NO_PROGRESS, 0, 0)->stuck.rounds, DEV_RETRY_BOUND);
	assert_int_equal(box_count(b, EV_ACCESS, ATC, 0), 1);
	box_free(b);
}

/* Flushes when everybody else gives way to it. */
static void late_flush(void *arg)
{
	struct box *b = arg;
	const struct sd_inv_cmd tlbi = {{0x0001000000000012, 0xd000}};

	for (int i = 0; i < 8; i++)
		sched_relax(b->s, PT_OP_BEGIN);
	box_command(b, 0, &tlbi, 1);
}

static void rounds_in_which_others_could_run_do_not_count(void **state)
{
	struct handler h = {.map = true, .code = SD_RESP_SUCCESS};
	struct box *b = one_page(PROFILE_SMMUV3, PTE_P | PTE_A);

	(void)state;
	h.b = b;
	assert_int_equal(dev_dma(b->dev, 0, 1, 13, false), SD_OK);
	box_begin(b);
	sched_spawn(b->s, ACTOR_SW, late_flush, b, false);
	sched_spawn(b->s, ACTOR_DEV, dma_write, b, false);
	sched_spawn(b->s, ACTOR_PRQ, handler_actor, &h, true);
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	assert_true(h.asked > DEV_RETRY_BOUND);
	assert_int_equal(box_count(b, EV_NO_PROGRESS, -1, 0), 0);
	assert_int_equal(box_count(b, EV_ACCESS, ATC, 0), 2);
	box_free(b);
}

static void ghosts_fill_and_move_without_a_point(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	uint32_t points = sched_points(b->s);

	(void)state;
	assert_int_equal(dev_ghost_fill(b->dev, 0, 1, 13, true), SD_OK);
	assert_int_equal(box_count(b, EV_FILL, ATC, 0), 1);
	assert_int_equal(dev_ghost_dma(b->dev, 0, 1, 13, true), SD_OK);
	assert_int_equal(sched_points(b->s), points);
	assert_int_equal(box_event(b, EV_ACCESS, ATC, 0)->access.flags,
	                 ACC_WRITE | ACC_TRANSLATED | ACC_GHOST);
	assert_int_equal(box_count(b, EV_DMA_BEGIN, -1, 0), 0);
	box_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_dma_begins_moves_its_word_and_ends),
	        cmocka_unit_test(an_atc_entry_needs_no_iommu),
	        cmocka_unit_test(a_write_through_a_read_entry_asks_again),
	        cmocka_unit_test(a_prefetch_for_write_sets_dirty_and_moves_nothing),
	        cmocka_unit_test(without_ats_the_iommu_is_the_walker),
	        cmocka_unit_test(a_fault_without_pasid_is_final),
	        cmocka_unit_test(a_block_with_nt_set_is_used_and_never_kept),
	        cmocka_unit_test(an_atc_invalidation_drops_what_overlaps),
	        cmocka_unit_test(an_atc_invalidation_spares_its_neighbours),
	        cmocka_unit_test(an_entry_is_replaced_by_a_better_one),
	        cmocka_unit_test(a_reply_in_flight_is_cancelled),
	        cmocka_unit_test(the_answer_waits_for_the_request_that_used_the_entry),
	        cmocka_unit_test(a_served_request_is_retried),
	        cmocka_unit_test(a_refused_request_fails_the_dma),
	        cmocka_unit_test(an_upgrade_without_flush_makes_no_progress),
	        cmocka_unit_test(rounds_in_which_others_could_run_do_not_count),
	        cmocka_unit_test(ghosts_fill_and_move_without_a_point),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
