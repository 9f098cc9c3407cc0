/* SPDX-License-Identifier: MIT */
/* A domain whose table gets another level: what is where before and after, and who knows of it when. */
#include <errno.h>

#include "support_fake.h"

enum { DOM = 0, SPACE = SD_MAX_MMS + DOM, REACH = 64, BEYOND = 100 };

static int setup(void **state)
{
	*state = fake_new((struct mem_geometry){3, 3});
	return 0;
}

static int teardown(void **state)
{
	fake_free(*state);
	return 0;
}

static void start(struct fake *f)
{
	fake_reset(f, PROFILE_AMD, 1, NULL);
	dma_reset(f->dma, &(struct dma_config){.ndomain = 1, .grow = true});
	drv_attach(f->drv, SPACE, 0);
	fake_clear(f);
}

/* The entry as hardware finds it. */
static uint64_t context(struct fake *f)
{
	return mem_word_load_now(&f->m, f->root[0], ctx_word(0, SD_NO_PASID));
}
static sd_page root_of(struct fake *f) { return (sd_page)(context(f) >> CTX_ROOT_SHIFT); }
static unsigned fewer(struct fake *f) { return (unsigned)(context(f) >> CTX_FEWER_SHIFT & CTX_FEWER); }

/* Does a walk from there, through so many levels, end at a leaf? */
static bool translates(struct fake *f, sd_page table, int levels, sd_page page)
{
	while (levels-- > 0) {
		pte_t v = mem_peek(&f->m, mem_at(&f->m, table, mem_index(&f->m, page, levels)));

		if (!pte_table(v))
			return pte_leaf(v);
		table = pte_pfn(v);
	}
	return false;
}

static int find(struct fake *f, enum event_type type)
{
	for (unsigned i = 0; i < f->ev.len; i++)
		if (f->log[i].type == type)
			return (int)i;
	return -1;
}

static void a_table_starts_one_level_less_deep(void **state)
{
	struct fake *f = *state;

	start(f);
	assert_int_equal(fewer(f), 1);
	assert_int_equal(dma_map(f->dma, DOM, REACH - 1, 1, true), 1);
	assert_int_equal(fewer(f), 1);
	assert_true(translates(f, root_of(f), 2, REACH - 1));
}

static void a_map_beyond_puts_a_root_above(void **state)
{
	struct fake *f = *state;
	sd_page old;

	start(f);
	old = root_of(f);
	assert_int_equal(dma_map(f->dma, DOM, 5, 1, true), 1);
	assert_int_equal(dma_map(f->dma, DOM, BEYOND, 1, true), 1);
	assert_int_equal(fewer(f), 0);
	assert_int_not_equal(root_of(f), old);
	assert_true(translates(f, root_of(f), 3, BEYOND));
	assert_true(translates(f, root_of(f), 3, 5));
	assert_true(translates(f, old, 2, 5)); /* who still goes by the old pair loses nothing */
	assert_int_equal(dma_map(f->dma, DOM, BEYOND + REACH, 1, true), 1);
	assert_true(translates(f, root_of(f), 3, BEYOND + REACH));
}

static void a_range_may_lie_on_both_sides(void **state)
{
	struct fake *f = *state;

	start(f);
	assert_int_equal(dma_map(f->dma, DOM, REACH - 2, 4, true), 4);
	for (sd_page page = REACH - 2; page < REACH + 2; page++)
		assert_true(translates(f, root_of(f), 3, page));
	assert_int_equal(dma_unmap(f->dma, DOM, REACH - 2, 4), 4);
	for (sd_page page = REACH - 2; page < REACH + 2; page++)
		assert_false(translates(f, root_of(f), 3, page));
}

static void there_is_nothing_beyond_and_unmap_makes_nothing(void **state)
{
	struct fake *f = *state;
	uint16_t used;

	start(f);
	used = f->m.in_use;
	assert_int_equal(dma_unmap(f->dma, DOM, BEYOND, 16), 0);
	assert_int_equal(fewer(f), 1);
	assert_int_equal(f->m.in_use, used);
}

/* In this order: the entry, its cache, the map's first step beyond. */
static void hardware_is_told_before_anything_is_mapped_there(void **state)
{
	struct fake *f = *state;
	int root, ctx, seen, entry = -1;

	start(f);
	assert_int_equal(dma_map(f->dma, DOM, BEYOND, 1, true), 1);
	root = find(f, EV_SPACE_ROOT);
	ctx = find(f, EV_CTX);
	seen = find(f, EV_WAIT_SEEN);
	for (unsigned i = 0; i < f->ev.len; i++)
		if (f->log[i].type == EV_ENTRY && f->log[i].store.point == PT_DMA_MAP_TABLE && entry < 0)
			entry = (int)i;
	assert_true(root >= 0 && root < ctx && ctx < seen && seen < entry);
}

static void no_memory_for_a_root_leaves_everything_as_it_was(void **state)
{
	struct fake *f = *state;
	uint16_t used;

	start(f);
	used = f->m.in_use;
	f->m.fail_after = 1; /* the page is there, the root is not */
	assert_int_equal(dma_map(f->dma, DOM, BEYOND, 1, true), -ENOMEM);
	assert_int_equal(fewer(f), 1);
	assert_int_equal(f->m.in_use, used);
	f->m.fail_after = -1;
	assert_int_equal(dma_map(f->dma, DOM, BEYOND, 1, true), 1);
}

static void a_cleared_context_entry_stays_cleared(void **state)
{
	struct fake *f = *state;

	start(f);
	drv_detach(f->drv, SPACE, 0);
	assert_int_equal(dma_map(f->dma, DOM, BEYOND, 1, true), 1);
	assert_int_equal(context(f) & CTX_P, 0);
	drv_attach(f->drv, SPACE, 0);
	assert_int_equal(fewer(f), 0);
	assert_true(translates(f, root_of(f), 3, BEYOND));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_table_starts_one_level_less_deep),
	        TEST(a_map_beyond_puts_a_root_above),
	        TEST(a_range_may_lie_on_both_sides),
	        TEST(there_is_nothing_beyond_and_unmap_makes_nothing),
	        TEST(hardware_is_told_before_anything_is_mapped_there),
	        TEST(no_memory_for_a_root_leaves_everything_as_it_was),
	        TEST(a_cleared_context_entry_stays_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
