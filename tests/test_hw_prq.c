/* SPDX-License-Identifier: MIT */
/* The page-request queue: order, overflow, what a queued request drops, stalls. */
#include "support_hw.h"

enum { TAG = 1, IOMMU = WALKER_IOMMU0, ACTOR_PRQ = 10, ACTOR_DEV = 4 };

struct answers {
	int n, group;
	enum sd_response code;
};

static void record(void *ctx, int dev, int group, enum sd_response code)
{
	struct answers *a = ctx;

	(void)dev;
	a->n++;
	a->group = group;
	a->code = code;
}

static struct box *listening(enum profile_id id, struct answers *a)
{
	struct box *b = box_new(id);
	struct hw_endpoint ep = {.page_response = record, .ctx = a};

	hw_reset(b->hw, &b->cfg, &ep);
	hw_model_ops.set_root(b->hw, 0, b->ctx);
	*a = (struct answers){0};
	return b;
}

static enum sd_status ask(struct box *b, uint16_t group, bool last)
{
	const struct sd_page_request rq = {.pasid = 1, .group = group, .last = last, .page = 13, .write = 1};

	return hw_model_ops.page_request(b->hw, &rq);
}

static void requests_come_out_in_order(void **state)
{
	struct sd_page_request rq;
	struct answers a;
	struct box *b = listening(PROFILE_SMMUV3, &a);

	(void)state;
	assert_false(hw_model_ops.event_poll(b->hw, 0, &rq));
	assert_int_equal(ask(b, 1, true), SD_OK);
	assert_int_equal(ask(b, 2, true), SD_OK);
	assert_true(hw_model_ops.event_poll(b->hw, 0, &rq));
	assert_int_equal(rq.group, 1);
	assert_int_equal(rq.page, 13);
	hw_model_ops.page_response(b->hw, &rq, SD_RESP_INVALID);
	assert_int_equal(a.n, 1);
	assert_int_equal(a.code, SD_RESP_INVALID);
	assert_true(hw_model_ops.event_poll(b->hw, 0, &rq));
	assert_int_equal(rq.group, 2);
	assert_false(hw_model_ops.event_poll(b->hw, 0, &rq));
	assert_int_equal(box_count(b, EV_PRQ, 0, 0), 2);
	box_free(b);
}

static void a_full_queue_drops_and_answers_the_last_of_a_group(void **state)
{
	struct sd_page_request rq;
	struct answers a;
	struct box *b = listening(PROFILE_VTD, &a);

	(void)state;
	for (uint16_t i = 0; i < 8; i++)
		assert_int_equal(ask(b, i, true), SD_OK);
	assert_false(hw_model_ops.event_overflow(b->hw, 0));
	assert_int_equal(ask(b, 20, false), SD_BUSY);
	assert_int_equal(a.n, 0);
	assert_int_equal(ask(b, 21, true), SD_BUSY);
	assert_int_equal(a.n, 1);
	assert_int_equal(a.group, 21);
	assert_int_equal(a.code, SD_RESP_SUCCESS);
	assert_int_equal(box_count(b, EV_PRQ_DROP, 0, 0), 2);
	assert_true(hw_model_ops.event_overflow(b->hw, 0));
	assert_false(hw_model_ops.event_overflow(b->hw, 0)); /* told once */
	assert_true(hw_model_ops.event_poll(b->hw, 0, &rq));
	assert_int_equal(ask(b, 22, true), SD_OK);
	box_free(b);
}

static void a_queued_request_drops_what_is_cached_where_the_profile_says_so(void **state)
{
	(void)state;
	for (int drops = 0; drops < 2; drops++) {
		struct answers a;
		struct box *b = listening(drops ? PROFILE_VTD : PROFILE_SMMUV3, &a);
		uint32_t from;

		box_ctx(b, 0, 1, b->root, TAG);
		box_map(b, b->root, 13, 0, PTE_P);
		box_map(b, b->root, 12, 0, PTE_P);
		assert_int_equal(box_translate(b, 0, 1, 12, false, NULL), SD_OK);
		assert_int_equal(box_translate(b, 0, 1, 13, false, NULL), SD_OK);
		assert_int_equal(ask(b, 1, true), SD_OK);
		assert_int_equal(box_count(b, EV_INV, IOMMU, 0), drops);
		from = b->ev.len;
		assert_int_equal(box_translate(b, 0, 1, 13, false, NULL), SD_OK);
		assert_int_equal(box_count(b, EV_HIT, IOMMU, from), !drops);
		assert_int_equal(box_count(b, EV_HIT_TABLE, IOMMU, from), 0);
		from = b->ev.len;
		assert_int_equal(box_translate(b, 0, 1, 12, false, NULL), SD_OK);
		assert_int_equal(box_count(b, EV_HIT, IOMMU, from), 1);
		box_free(b);
	}
}

static void ask_actor(void *arg) { assert_int_equal(ask(arg, 9, true), SD_OK); }

static void take_actor(void *arg)
{
	struct box *b = arg;
	struct sd_page_request rq;

	for (;;) {
		hw_prq_wait(b->hw, 0);
		assert_true(hw_model_ops.event_poll(b->hw, 0, &rq));
	}
}

static void a_stalled_request_waits_for_a_slot(void **state)
{
	struct answers a;
	struct box *b = listening(PROFILE_SMMUV3, &a);
	struct hw_endpoint ep = {.page_response = record, .ctx = &a};

	(void)state;
	b->cfg.prof.stall = 1;
	hw_reset(b->hw, &b->cfg, &ep);
	for (uint16_t i = 0; i < 8; i++)
		assert_int_equal(ask(b, i, true), SD_OK);
	box_begin(b);
	sched_spawn(b->s, ACTOR_DEV, ask_actor, b, false);
	sched_spawn(b->s, ACTOR_PRQ, take_actor, b, true);
	assert_int_equal(box_run(b, ACTOR_DEV), SCHED_DONE);
	assert_int_equal(box_count(b, EV_PRQ, 0, 0), 9);
	assert_int_equal(box_count(b, EV_PRQ_DROP, 0, 0), 0);
	assert_int_equal(a.n, 0);
	box_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(requests_come_out_in_order),
	        cmocka_unit_test(a_full_queue_drops_and_answers_the_last_of_a_group),
	        cmocka_unit_test(a_queued_request_drops_what_is_cached_where_the_profile_says_so),
	        cmocka_unit_test(a_stalled_request_waits_for_a_slot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
