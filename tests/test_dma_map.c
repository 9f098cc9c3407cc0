/* SPDX-License-Identifier: MIT */
/* Mapping and unmapping: what is in the tables, what goes back, and what was flushed before it went. */
#include <errno.h>

#include "support_fake.h"

static const struct mem_geometry geo = {3, 3};
enum { DOM = 0, SPACE = SD_MAX_MMS + DOM, SPAN = 8, TOP = 512 };

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

static void start_cfg(struct fake *f, enum profile_id prof, bool split, uint8_t bbml)
{
	struct dma_config cfg = {.ndomain = 2, .split = split, .bbml = bbml};

	fake_reset(f, prof, 1, NULL);
	dma_reset(f->dma, &cfg);
	drv_attach(f->drv, SPACE, 0);
	drv_attach(f->drv, SPACE + 1, 1);
	fake_clear(f);
}

static void start(struct fake *f) { start_cfg(f, PROFILE_SMMUV3, false, 0); }

/* The leaf that translates a page, and its level in *level. 0: none. */
static pte_t leaf_of(struct fake *f, sd_page page, int *level)
{
	uint64_t ctx = mem_word_load(&f->m, f->root[0], ctx_word(0, SD_NO_PASID), PT_DRV_CTX_READ);
	sd_page table = (sd_page)(ctx >> CTX_ROOT_SHIFT);

	for (*level = geo.levels - 1;; --*level) {
		pte_t v = mem_peek(&f->m, mem_at(&f->m, table, mem_index(&f->m, page, *level)));

		if (!pte_table(v))
			return pte_present(v) ? v : 0;
		table = pte_pfn(v);
	}
}

static pte_t level_of(struct fake *f, sd_page page)
{
	int level;

	return leaf_of(f, page, &level) ? (pte_t)level : 99;
}

/* The point of a store, or -1. */
static int stored_at(const struct event *e) { return e->type == EV_ENTRY ? (int)e->store.point : -1; }

/* Frames in use are exactly those the domains say they own, and the context table. */
static void assert_no_leak(struct fake *f)
{
	uint8_t mark[MEM_FRAMES] = {0};
	unsigned n = 1;

	dma_mark_frames(f->dma, mark);
	for (int i = 0; i < MEM_FRAMES; i++)
		n += mark[i];
	assert_int_equal(n, f->m.in_use);
}

/*
 * Reads the event log: at a free, every entry that was cleared or replaced
 * before has been named to the IOTLB and the ATC, and the wait was seen.
 */
static void assert_flushed_before_free(struct fake *f)
{
	bool dirty = false;
	uint64_t told = 0, seen = 0;

	for (unsigned i = 0; i < f->ev.len; i++) {
		const struct event *e = &f->log[i];

		if (e->type == EV_ENTRY && pte_present((pte_t)e->store.old))
			dirty = true;
		if (e->type == EV_CMD && e->cmd.kind == HW_CMD_ATC) {
			dirty = false;
			told = e->cmd.seq;
		}
		if (e->type == EV_WAIT_SEEN)
			seen = e->wait.seq;
		if (e->type == EV_FRAME_FREE)
			assert_true(!dirty && seen >= told);
	}
}

static void map_uses_superpages_where_they_fit(void **state)
{
	struct fake *f = *state;
	int level;

	start(f);
	assert_int_equal(dma_map(f->dma, DOM, 6, 12, true), 12); /* 6 7 | 8..15 | 16 17 */
	assert_int_equal(level_of(f, 6), 0);
	assert_int_equal(level_of(f, 8), 1);
	assert_int_equal(level_of(f, 15), 1);
	assert_int_equal(level_of(f, 16), 0);
	assert_int_equal(level_of(f, 18), 99);
	assert_int_equal(pte_pfn(leaf_of(f, 8, &level)) % SPAN, 0);
	assert_true(pte_write_through(leaf_of(f, 8, &level)));
	assert_int_equal(f->ncmd, 0); /* nothing caches not-present */
	assert_no_leak(f);
	assert_int_equal(dma_map(f->dma, DOM, 20, 1, false), 1);
	assert_false(leaf_of(f, 20, &level) & PTE_W);
}

static void map_over_something_changes_nothing(void **state)
{
	struct fake *f = *state;
	unsigned in_use;

	start(f);
	dma_map(f->dma, DOM, 10, 1, true);
	in_use = f->m.in_use;
	f->ev.len = 0;
	assert_int_equal(dma_map(f->dma, DOM, 4, 8, true), -EEXIST);
	assert_int_equal(dma_map(f->dma, DOM, 10, 1, true), -EEXIST);
	assert_int_equal(f->m.in_use, in_use);
	for (unsigned i = 0; i < f->ev.len; i++)
		assert_int_not_equal(f->log[i].type, EV_ENTRY);
	assert_int_equal(dma_map(f->dma, DOM + 1, 10, 1, true), 1); /* another domain's IOVAs */
	assert_int_equal(dma_map(f->dma, DOM, TOP - 1, 2, true), -EINVAL);
	assert_int_equal(dma_map(f->dma, DOM, 0, 0, true), -EINVAL);
	assert_int_equal(dma_unmap(f->dma, 2, 0, 1), -EINVAL);
	assert_int_equal(dma_unmap(f->dma, DOM, 0, 0), -EINVAL);
	assert_int_equal(dma_unmap(f->dma, DOM, TOP, 1), -EINVAL);
	assert_int_equal(dma_unmap(f->dma, DOM, TOP - 1, 2), -EINVAL);
}

static void map_without_memory_undoes_all(void **state)
{
	struct fake *f = *state;

	for (int fail = 0; fail < 12; fail++) {
		int ret;

		start(f);
		f->m.fail_after = fail;
		ret = dma_map(f->dma, DOM, 4, 16, true); /* 4 pages, a superpage, 4 pages */
		if (ret > 0) {
			assert_int_equal(ret, 16);
			continue;
		}
		assert_int_equal(ret, -ENOMEM);
		for (sd_page p = 0; p < 32; p++)
			assert_int_equal(level_of(f, p), 99);
		assert_no_leak(f);
		assert_flushed_before_free(f);
		f->m.fail_after = -1;
		assert_int_equal(dma_map(f->dma, DOM, 4, 16, true), 16);
	}
}

static void no_block_left_means_small_pages(void **state)
{
	struct fake *f = *state;

	start(f);
	for (sd_page p = 4; p < MEM_FRAMES; p += SPAN) /* a frame of every block is taken */
		if (f->m.freemap[p / 64] >> (p % 64) & 1)
			f->m.freemap[p / 64] &= ~(1ull << (p % 64));
	assert_int_equal(dma_map(f->dma, DOM, 0, SPAN, true), SPAN);
	for (sd_page p = 0; p < SPAN; p++)
		assert_int_equal(level_of(f, p), 0);
}

static void unmap_gives_everything_back(void **state)
{
	struct fake *f = *state;

	for (int prof = 0; prof < PROFILE_COUNT; prof++) {
		for (sd_page first = 0; first < 20; first++) {
			for (unsigned n = 1; n <= 16; n++) {
				unsigned in_use;

				start_cfg(f, prof, false, 0);
				in_use = f->m.in_use;
				assert_int_equal(dma_map(f->dma, DOM, first, n, true), n);
				fake_clear(f);
				assert_int_equal(dma_unmap(f->dma, DOM, first, n), n);
				assert_true(fake_told(f, HW_CMD_TLB, first, first + n - 1));
				assert_true(fake_told(f, HW_CMD_ATC, first, first + n - 1));
				assert_flushed_before_free(f);
				assert_no_leak(f);
				/* Emptied tables that the range did not cover stay. */
				assert_in_range(f->m.in_use, in_use, in_use + 4);
				assert_int_equal(dma_unmap(f->dma, DOM, first, n), 0);
			}
		}
	}
}

static void unmap_skips_holes(void **state)
{
	struct fake *f = *state;

	start(f);
	dma_map(f->dma, DOM, 2, 1, true);
	dma_map(f->dma, DOM, 5, 1, true);
	dma_map(f->dma, DOM, 30, 1, true);
	assert_int_equal(dma_unmap(f->dma, DOM, 1, 16), 2);
	assert_int_equal(level_of(f, 30), 0);
	assert_no_leak(f);
}

static void a_table_is_freed_after_a_flush_of_all_levels(void **state)
{
	struct fake *f = *state;
	unsigned in_use;

	start(f);
	dma_map(f->dma, DOM, 1, 4, true);
	in_use = f->m.in_use;
	fake_clear(f);
	assert_int_equal(dma_unmap(f->dma, DOM, 0, SPAN), 4);
	assert_int_equal(f->m.in_use, in_use - 5);
	assert_int_equal(f->cmd[0].cmd.flags, 0); /* no leaf hint, no level hint */
	assert_true(fake_told(f, HW_CMD_TLB, 0, SPAN - 1));
	assert_flushed_before_free(f);
	fake_clear(f);
	dma_map(f->dma, DOM, 1, 4, true);
	fake_clear(f);
	dma_unmap(f->dma, DOM, 1, 4);
	assert_int_equal(f->cmd[0].cmd.flags, INV_LEAF_ONLY | 1 << INV_LEVEL_SHIFT);
}

static void bug_free_table_unflushed_frees_it_first(void **state)
{
	struct fake *f = *state;
	unsigned i;

	start(f);
	dma_map(f->dma, DOM, 0, 4, true);
	fake_clear(f);
	fake_bug(f, BUG_FREE_TABLE_UNFLUSHED);
	dma_unmap(f->dma, DOM, 0, SPAN);
	for (i = 0; f->log[i].type != EV_FRAME_FREE; i++)
		assert_int_not_equal(f->log[i].type, EV_CMD);
	assert_int_equal(f->log[i].frames.kind, MEM_TABLE);
	assert_no_leak(f);
}

static void unmap_in_a_superpage_takes_all_of_it_and_says_so(void **state)
{
	struct fake *f = *state;
	unsigned i;

	for (int bug = 0; bug < 2; bug++) {
		start(f);
		dma_map(f->dma, DOM, 8, 2 * SPAN, true);
		fake_clear(f);
		if (bug)
			fake_bug(f, BUG_SHORT_GATHER);
		assert_int_equal(dma_unmap(f->dma, DOM, 10, 2), SPAN);
		assert_int_equal(level_of(f, 8), 99);
		assert_int_equal(level_of(f, 16), 1);
		for (i = 0; f->log[i].type != EV_EXTENT; i++)
			assert_int_not_equal(f->log[i].type, EV_ENTRY);
		assert_int_equal(f->log[i].range.space, SPACE);
		assert_int_equal(f->log[i].range.start, 8);
		assert_int_equal(f->log[i].range.n, SPAN);
		assert_int_equal(fake_told(f, HW_CMD_TLB, 8, 15), !bug);
		assert_true(fake_told(f, HW_CMD_TLB, 10, 11));
		assert_no_leak(f);
	}
}

static void superpage_over_an_empty_table_flushes_it(void **state)
{
	struct fake *f = *state;

	for (int bug = 0; bug < 2; bug++) {
		start(f);
		dma_map(f->dma, DOM, 0, 4, true);
		dma_unmap(f->dma, DOM, 0, 4);
		fake_clear(f);
		if (bug)
			fake_bug(f, BUG_SUPERPAGE_OVER_TABLE);
		assert_int_equal(dma_map(f->dma, DOM, 0, SPAN, true), SPAN);
		assert_int_equal(level_of(f, 0), 1);
		assert_int_equal(fake_told(f, HW_CMD_TLB, 0, SPAN - 1), !bug);
		if (!bug) {
			assert_int_equal(f->cmd[0].cmd.flags, 0);
			assert_flushed_before_free(f);
		}
		assert_no_leak(f);
	}
}

static void split_keeps_the_rest_as_it_was(void **state)
{
	struct fake *f = *state;

	for (uint8_t bbml = 1; bbml <= 2; bbml++) {
		int level;
		sd_page pfn;

		start_cfg(f, PROFILE_SMMUV3, true, bbml);
		dma_map(f->dma, DOM, 0, 2 * SPAN, true);
		pfn = pte_pfn(leaf_of(f, 0, &level));
		fake_clear(f);
		assert_int_equal(dma_unmap(f->dma, DOM, 6, 4),
		                 4); /* the end of one, the start of the other */
		for (sd_page p = 0; p < 2 * SPAN; p++) {
			pte_t v = leaf_of(f, p, &level);

			assert_int_equal(v != 0, p < 6 || p >= 10);
			if (v && p < SPAN)
				assert_int_equal(pte_pfn(v), pfn + p);
			assert_false(v & PTE_NT);
		}
		assert_true(fake_told(f, HW_CMD_TLB, 0, 2 * SPAN - 1));
		assert_flushed_before_free(f);
		assert_no_leak(f);
		assert_int_equal(dma_unmap(f->dma, DOM, 0, 2 * SPAN), 2 * SPAN - 4);
		assert_no_leak(f);
	}
}

/* A table is only ever seen complete, and with BBML 1 the block has nT and was flushed before. */
static void split_links_a_complete_table(void **state)
{
	struct fake *f = *state;

	for (uint8_t bbml = 1; bbml <= 2; bbml++) {
		unsigned fills = 0, flushed = 0, i;
		bool nt = false;

		start_cfg(f, PROFILE_SMMUV3, true, bbml);
		dma_map(f->dma, DOM, 0, SPAN, true);
		fake_clear(f);
		dma_unmap(f->dma, DOM, 0, 1);
		for (i = 0; i < f->ev.len; i++) {
			const struct event *e = &f->log[i];

			fills += stored_at(e) == PT_DMA_SPLIT_FILL;
			nt |= e->type == EV_ENTRY && (e->store.value & PTE_NT);
			flushed += e->type == EV_WAIT_SEEN;
			if (stored_at(e) == PT_DMA_SPLIT_LINK)
				break;
		}
		assert_int_equal(fills, SPAN);
		assert_int_equal(nt, bbml == 1);
		assert_int_equal(flushed > 0, bbml == 1);
		for (; stored_at(&f->log[i]) != PT_DMA_UNMAP_LEAF; i++)
			flushed += f->log[i].type == EV_WAIT_SEEN;
		assert_true(flushed > 0);
	}
}

static void split_is_refused_without_bbml(void **state)
{
	struct fake *f = *state;

	for (int bug = 0; bug < 2; bug++) {
		start_cfg(f, PROFILE_SMMUV3, true, 0);
		dma_map(f->dma, DOM, 0, SPAN, true);
		fake_clear(f);
		if (bug)
			fake_bug(f, BUG_SPLIT_NO_BBM);
		assert_int_equal(dma_unmap(f->dma, DOM, 2, 1), bug ? 1 : -EINVAL);
		assert_int_equal(level_of(f, 0), !bug);
		for (unsigned i = 0; bug && stored_at(&f->log[i]) != PT_DMA_UNMAP_LEAF; i++)
			assert_int_not_equal(f->log[i].type, EV_CMD);
		if (!bug)
			assert_int_equal(dma_unmap(f->dma, DOM, 0, SPAN), SPAN); /* as a whole it may go */
		assert_no_leak(f);
	}
}

/* More than one batch has room for: it is flushed and freed in between. */
static void an_unmap_may_take_more_than_a_batch(void **state)
{
	struct fake *f = *state;

	start(f);
	for (sd_page p = 1; p < 64; p += 2)
		assert_int_equal(dma_map(f->dma, DOM, p, 1, true), 1);
	for (sd_page p = 65; p < 128; p += 2)
		assert_int_equal(dma_map(f->dma, DOM, p, 1, true), 1);
	fake_clear(f);
	assert_int_equal(dma_unmap(f->dma, DOM, 1, 127), 64);
	assert_flushed_before_free(f);
	assert_no_leak(f);
}

static void top_of_the_space_works(void **state)
{
	struct fake *f = *state;

	start(f);
	for (unsigned n = 1; n <= 16; n++) {
		assert_int_equal(dma_map(f->dma, DOM, TOP - n, n, true), n);
		fake_clear(f);
		assert_int_equal(dma_unmap(f->dma, DOM, TOP - n, n), n);
		assert_true(fake_told(f, HW_CMD_TLB, TOP - n, TOP - 1));
		assert_true(fake_told(f, HW_CMD_ATC, TOP - n, TOP - 1));
	}
}

static void every_geometry_maps_and_unmaps(void **state)
{
	(void)state;
	for (uint8_t levels = 2; levels <= 4; levels++) {
		for (uint8_t bits = 2; bits <= (levels == 4 ? 5 : 9); bits++) {
			struct fake *f = fake_new((struct mem_geometry){levels, bits});

			start(f);
			assert_int_equal(dma_map(f->dma, DOM, 1, 14, true), 14);
			assert_no_leak(f);
			assert_int_equal(dma_unmap(f->dma, DOM, 0, 16), 14);
			assert_no_leak(f);
			assert_flushed_before_free(f);
			fake_free(f);
		}
	}
}

/* -- several CPUs -------------------------------------------------------------------------- */

struct cpu {
	struct fake *f;
	sd_page iova;
	unsigned n;
};

static void map_unmap_body(void *arg)
{
	struct cpu *c = arg;

	for (int i = 0; i < 3; i++) {
		int got = dma_map(c->f->dma, DOM, c->iova, c->n, true);

		assert_true(got == (int)c->n || got == -EEXIST);
		dma_unmap(c->f->dma, DOM, c->iova, c->n);
	}
}

static int scatter(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	uint32_t *x = ctx;
	unsigned skip;

	(void)p;
	(void)kind;
	*x = *x * 1664525u + 1013904223u;
	sched_set_fuse(s, 1 + (*x >> 28) % 5);
	for (skip = (*x >> 16) % (unsigned)__builtin_popcount(runnable); skip; skip--)
		runnable &= runnable - 1;
	return __builtin_ctz(runnable);
}

static void first_fuse(void *ctx, struct sched *s)
{
	(void)ctx;
	sched_set_fuse(s, 3);
}

/* Neighbours share tables; overlapping ranges take turns. Whatever the order, nothing is lost. */
static void concurrent_operations_lose_nothing(void **state)
{
	struct fake *f = *state;
	struct cpu cpu[4] = {{f, 0, 3}, {f, 3, 5}, {f, 6, 10}, {f, 0, 8}};
	uint32_t seed;
	const struct sched_policy policy = {first_fuse, scatter, &seed};

	for (uint32_t run = 0; run < 3000; run++) {
		start_cfg(f, (enum profile_id)(run % PROFILE_COUNT), run & 1, 1 + (run >> 1 & 1));
		seed = run;
		sched_reset(f->s, &policy, 0);
		for (int i = 0; i < 4; i++)
			sched_spawn(f->s, i, map_unmap_body, &cpu[i], false);
		assert_int_equal(sched_run(f->s, 0), SCHED_DONE);
		assert_no_leak(f);
		sched_reset(f->s, NULL, 0);
		dma_unmap(f->dma, DOM, 0, 16);
		for (sd_page p = 0; p < 16; p++)
			assert_int_equal(level_of(f, p), 99);
		assert_no_leak(f);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(map_uses_superpages_where_they_fit),
	        T(map_over_something_changes_nothing),
	        T(map_without_memory_undoes_all),
	        T(no_block_left_means_small_pages),
	        T(unmap_gives_everything_back),
	        T(unmap_skips_holes),
	        T(a_table_is_freed_after_a_flush_of_all_levels),
	        T(bug_free_table_unflushed_frees_it_first),
	        T(unmap_in_a_superpage_takes_all_of_it_and_says_so),
	        T(superpage_over_an_empty_table_flushes_it),
	        T(split_keeps_the_rest_as_it_was),
	        T(split_links_a_complete_table),
	        T(split_is_refused_without_bbml),
	        T(top_of_the_space_works),
	        T(an_unmap_may_take_more_than_a_batch),
	        cmocka_unit_test(every_geometry_maps_and_unmaps),
	        T(concurrent_operations_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
