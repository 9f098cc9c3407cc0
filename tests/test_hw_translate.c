/* SPDX-License-Identifier: MIT */
/* Walks, IOTLB, paging-structure cache, context cache: what is cached, used, refused. */
#include "support_hw.h"

enum { TAG = 7, IOMMU = WALKER_IOMMU0 };

static struct box *one_page(enum profile_id id, pte_t flags)
{
	struct box *b = box_new(id);

	box_ctx(b, 0, 0, b->root, TAG);
	box_map(b, b->root, 13, 0, flags);
	return b;
}

static void first_use_walks_and_second_hits(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	struct sd_translation t;
	uint32_t from;

	(void)state;
	from = b->ev.len;
	assert_int_equal(box_translate(b, 0, 0, 13, false, &t), SD_OK);
	assert_int_equal(box_count(b, EV_FILL_CTX, IOMMU, from), 1);
	assert_int_equal(box_count(b, EV_FILL_TABLE, IOMMU, from), 2);
	assert_int_equal(box_count(b, EV_FILL, IOMMU, from), 1);
	assert_int_equal(t.base, 13);
	assert_int_equal(t.span, 1);
	assert_int_equal(t.tag, TAG);
	assert_int_equal(t.entry, box_entry(b, b->root, 13, 0));
	assert_int_equal(t.serial, mem_serial(&b->m, t.entry));

	from = b->ev.len;
	assert_int_equal(box_translate(b, 0, 0, 13, false, &t), SD_OK);
	assert_int_equal(b->ev.len - from, 1);
	assert_int_equal(b->log[from].type, EV_HIT);
	assert_int_equal(b->log[from].cached.serial, t.serial);
	assert_int_equal(b->log[from].cached.tag, TAG);
	box_free(b);
}

static void walk_starts_at_the_lowest_cached_table(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	uint32_t from;

	(void)state;
	box_map(b, b->root, 12, 0, BOX_RW);
	box_map(b, b->root, 20, 0, BOX_RW);
	assert_int_equal(box_translate(b, 0, 0, 13, false, NULL), SD_OK);
	from = b->ev.len;
	assert_int_equal(box_translate(b, 0, 0, 12, false, NULL), SD_OK);
	assert_int_equal(box_event(b, EV_HIT_TABLE, IOMMU, from)->cached.level, 1);
	assert_int_equal(box_event(b, EV_HIT_TABLE, IOMMU, from)->cached.page, 8);
	assert_int_equal(box_count(b, EV_FILL_TABLE, IOMMU, from), 0);
	from = b->ev.len;
	assert_int_equal(box_translate(b, 0, 0, 20, false, NULL), SD_OK);
	assert_int_equal(box_event(b, EV_HIT_TABLE, IOMMU, from)->cached.level, 2);
	assert_int_equal(box_count(b, EV_FILL_TABLE, IOMMU, from), 1);
	box_free(b);
}

static void superpage_serves_all_of_its_pages(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	sd_page pfn = box_map(b, b->root, 24, 1, BOX_RW);
	struct sd_translation t;
	uint32_t from;

	(void)state;
	assert_int_equal(box_translate(b, 0, 0, 29, false, &t), SD_OK);
	assert_int_equal(t.base, 24);
	assert_int_equal(t.span, 8);
	assert_int_equal(t.level, 1);
	assert_int_equal(t.pfn, pfn + 5);
	from = b->ev.len;
	assert_int_equal(box_translate(b, 0, 0, 24, false, &t), SD_OK);
	assert_int_equal(t.pfn, pfn);
	assert_int_equal(b->log[from].type, EV_HIT);
	assert_int_equal(b->log[from].cached.page, 24);
	box_free(b);
}

static void hardware_sets_accessed_and_dirty(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	mem_entry e = box_entry(b, b->root, 13, 0);
	uint32_t serial = mem_serial(&b->m, e), from;

	(void)state;
	assert_int_equal(box_translate(b, 0, 0, 13, false, NULL), SD_OK);
	assert_int_equal(mem_peek(&b->m, e) & (PTE_A | PTE_D), PTE_A);
	from = b->ev.len;
	assert_int_equal(box_translate(b, 0, 0, 13, true, NULL), SD_OK);
	assert_int_equal(mem_peek(&b->m, e) & (PTE_A | PTE_D), PTE_A | PTE_D);
	assert_int_equal(box_count(b, EV_ENTRY_AD, IOMMU, from), 1);
	assert_int_equal(mem_serial(&b->m, e), serial);
	from = b->ev.len;
	assert_int_equal(box_translate(b, 0, 0, 13, true, NULL), SD_OK);
	assert_int_equal(b->log[from].type, EV_HIT);
	box_free(b);
}

static void without_hardware_ad_clear_bits_are_a_permission_fault(void **state)
{
	struct box *b = one_page(PROFILE_RISCV, BOX_RW);

	(void)state;
	assert_int_equal(box_translate(b, 0, 0, 13, false, NULL), SD_PERM);
	box_map(b, b->root, 14, 0, BOX_RW | PTE_A);
	assert_int_equal(box_translate(b, 0, 0, 14, false, NULL), SD_OK);
	assert_int_equal(box_translate(b, 0, 0, 14, true, NULL), SD_PERM);
	box_map(b, b->root, 15, 0, BOX_RW | PTE_A | PTE_D);
	assert_int_equal(box_translate(b, 0, 0, 15, true, NULL), SD_OK);
	assert_int_equal(box_count(b, EV_ENTRY_AD, IOMMU, 0), 0);
	box_free(b);
}

static void a_cached_weaker_entry_stays_or_goes_as_the_profile_says(void **state)
{
	(void)state;
	for (int keep = 0; keep < 2; keep++) {
		struct box *b = one_page(PROFILE_VTD, PTE_P);
		mem_entry e = box_entry(b, b->root, 13, 0);

		b->cfg.prof.keep_weak = (uint8_t)keep;
		box_reset(b);
		assert_int_equal(box_translate(b, 0, 0, 13, true, NULL), SD_PERM);
		assert_int_equal(box_translate(b, 0, 0, 13, false, NULL), SD_OK);
		mem_store(&b->m, e, mem_peek(&b->m, e) | PTE_W, PT_HW_DATA);
		assert_int_equal(box_translate(b, 0, 0, 13, true, NULL), keep ? SD_PERM : SD_OK);
		box_free(b);
	}
}

static void nothing_not_present_is_cached(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);

	(void)state;
	assert_int_equal(box_translate(b, 0, 0, 14, false, NULL), SD_FAULT);
	box_map(b, b->root, 14, 0, BOX_RW);
	assert_int_equal(box_translate(b, 0, 0, 14, false, NULL), SD_OK);
	assert_int_equal(box_translate(b, 0, 1, 13, false, NULL), SD_NOCTX);
	box_ctx(b, 0, 1, b->root, TAG);
	assert_int_equal(box_translate(b, 0, 1, 13, false, NULL), SD_OK);
	assert_int_equal(box_translate(b, 0, 0, b->m.pages, false, NULL), SD_FAULT);
	assert_int_equal(box_translate(b, 2, 0, 13, false, NULL), SD_GONE);
	box_free(b);
}

static void a_cached_context_outlives_its_memory(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	/* device-selective context invalidation of device 0 */
	const struct sd_inv_cmd inv = {{0x31, 0}};

	(void)state;
	assert_int_equal(box_translate(b, 0, 0, 13, false, NULL), SD_OK);
	box_ctx(b, 0, 0, 0, 0);
	assert_int_equal(box_translate(b, 0, 0, 13, false, NULL), SD_OK);
	box_command(b, 0, &inv, 1);
	assert_int_equal(box_count(b, EV_INV_CTX, IOMMU, 0), 1);
	assert_int_equal(box_translate(b, 0, 0, 13, false, NULL), SD_NOCTX);
	/* The IOTLB kept its entry: only the context went. */
	box_ctx(b, 0, 0, b->root, TAG);
	box_set_entry(b, b->root, 13, 0, 0);
	assert_int_equal(box_translate(b, 0, 0, 13, false, NULL), SD_OK);
	box_free(b);
}

static void a_full_cache_keeps_what_it_has(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	uint32_t from;

	(void)state;
	for (sd_page p = 64; p < 64 + 17; p++)
		box_map(b, b->root, p, 0, BOX_RW);
	for (sd_page p = 64; p < 64 + 17; p++)
		assert_int_equal(box_translate(b, 0, 0, p, false, NULL), SD_OK);
	assert_int_equal(box_count(b, EV_FILL, IOMMU, 0), 16);
	from = b->ev.len;
	assert_int_equal(box_translate(b, 0, 0, 64, false, NULL), SD_OK);
	assert_int_equal(box_count(b, EV_HIT, IOMMU, from), 1);
	box_free(b);
}

static void garbage_where_a_table_should_be_is_not_present(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);

	(void)state;
	box_set_entry(b, b->root, 128, 2, pte_make(0xffff0, PTE_P));
	assert_int_equal(box_translate(b, 0, 0, 128, false, NULL), SD_FAULT);
	box_set_entry(b, b->root, 14, 0, pte_make(3, PTE_P)); /* a table below level 0 */
	assert_int_equal(box_translate(b, 0, 0, 14, false, NULL), SD_FAULT);
	box_ctx(b, 1, 0, 0xfff0, 9);
	assert_int_equal(box_translate(b, 1, 0, 13, false, NULL), SD_FAULT);
	box_free(b);
}

static void a_ghost_caches_without_a_point(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	struct sd_request rq = {.page = 13, .write = 1};
	struct sd_translation t;
	uint32_t points = sched_points(b->s);

	(void)state;
	assert_int_equal(hw_ghost_fill(b->hw, &rq, &t), SD_OK);
	assert_int_equal(sched_points(b->s), points);
	assert_true(pte_write_through(t.value));
	box_set_entry(b, b->root, 13, 0, 0);
	assert_int_equal(box_translate(b, 0, 0, 13, true, NULL), SD_OK);
	box_free(b);
}

/* Where the table's next device begins, there is no ninth PASID of this one. */
static void a_pasid_beyond_the_table_has_no_context(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);

	(void)state;
	box_ctx(b, 1, 0, b->root, TAG);
	assert_int_equal(box_translate(b, 1, 0, 13, false, NULL), SD_OK);
	assert_int_equal(box_translate(b, 0, CTX_PASIDS, 13, false, NULL), SD_NOCTX);
	box_free(b);
}

static void a_leaf_may_be_two_levels_up_and_no_more(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);
	const struct mem_geometry four = {.levels = 4, .bits = 3};
	struct sd_translation t;

	(void)state;
	box_set_entry(b, b->root, 128, 2, pte_make(0, BOX_RW | PTE_LEAF));
	assert_int_equal(box_translate(b, 0, 0, 130, false, &t), SD_OK);
	assert_int_equal(t.level, 2);
	assert_int_equal(t.pfn, 2);
	box_free(b);

	b = one_page(PROFILE_VTD, BOX_RW);
	b->m.geo = four;
	b->m.pages = mem_span(&b->m, four.levels);
	box_set_entry(b, b->root, 0, 3, pte_make(0, BOX_RW | PTE_LEAF));
	assert_int_equal(box_translate(b, 0, 0, 0, false, NULL), SD_FAULT);
	box_free(b);
}

/* A context entry that leaves no level of the table at all. */
static void a_table_without_levels_translates_nothing(void **state)
{
	struct box *b = one_page(PROFILE_VTD, BOX_RW);

	(void)state;
	box_ctx(b, 1, 0, b->root, TAG);
	mem_word_store_now(&b->m, b->ctx, ctx_word(1, 0), ctx_word0(b->root) | 3ull << CTX_FEWER_SHIFT);
	assert_int_equal(box_translate(b, 1, 0, 0, false, NULL), SD_FAULT);
	assert_int_equal(box_translate(b, 1, 0, 13, false, NULL), SD_FAULT);
	box_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(first_use_walks_and_second_hits),
	        cmocka_unit_test(walk_starts_at_the_lowest_cached_table),
	        cmocka_unit_test(superpage_serves_all_of_its_pages),
	        cmocka_unit_test(hardware_sets_accessed_and_dirty),
	        cmocka_unit_test(without_hardware_ad_clear_bits_are_a_permission_fault),
	        cmocka_unit_test(a_cached_weaker_entry_stays_or_goes_as_the_profile_says),
	        cmocka_unit_test(nothing_not_present_is_cached),
	        cmocka_unit_test(a_cached_context_outlives_its_memory),
	        cmocka_unit_test(a_full_cache_keeps_what_it_has),
	        cmocka_unit_test(garbage_where_a_table_should_be_is_not_present),
	        cmocka_unit_test(a_ghost_caches_without_a_point),
	        cmocka_unit_test(a_pasid_beyond_the_table_has_no_context),
	        cmocka_unit_test(a_leaf_may_be_two_levels_up_and_no_more),
	        cmocka_unit_test(a_table_without_levels_translates_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
