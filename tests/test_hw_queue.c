/* SPDX-License-Identifier: MIT */
/* The invalidation queue: what commands do, their order, waits. The queue's processor is stepped by hand. */
#include "support_hw.h"

enum { TAG = 7, IOMMU = WALKER_IOMMU0 };

static const struct sd_inv_cmd vtd_page13 = {{0x70032, 0xd000}}, vtd_page13_ih = {{0x70032, 0xd040}};
static const struct sd_inv_cmd vtd_wait = {{0x25, 0}};
static const struct sd_inv_cmd riscv_all = {{0x100007001, 0}};

static struct box *one_page(enum profile_id id) { return box_one_page(id, TAG, 13); }

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
	assert_int_equal(e->inv.flags, INV_LEAF_ONLY);
	assert_int_equal(e->inv.tag, TAG);
	assert_int_equal(e->inv.first, 13);
	assert_int_equal(e->inv.last, 13);
	assert_int_equal(e->inv.seq, seq);
	assert_int_equal(box_event(b, EV_CMD, 0, 0)->cmd.seq, seq);
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
	assert_int_equal(box_event(b, EV_WAIT_SEEN, IOMMU, 0)->wait.seq, 2);
	assert_int_equal(box_event(b, EV_WAIT_SEEN, IOMMU, 0)->wait.flags, 1);
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
	assert_int_equal(box_event(b, EV_INV, WALKER_ATC0, from)->inv.seq, seq - 1);
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
	        cmocka_unit_test(invalidating_all_of_an_amd_iommu_drops_contexts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
