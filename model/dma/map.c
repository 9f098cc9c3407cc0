/* SPDX-License-Identifier: MIT */
/*
 * map: a new buffer appears in a domain.
 *
 * Models: the largest page that fits the IOVA, the frames and what is left; a
 * superpage that takes the place of an empty table, which has to be flushed
 * first, because paging-structure caches still lead into it. Does not model:
 * mapping somebody else's memory, level-2 superpages, not-present caching
 * (nothing to flush after a map).
 * Follows Linux __iommu_dma_alloc_pages(), iommu_map(), iommu_pgsize(), __domain_mapping(),
 * switch_to_super_page(), arm_lpae_init_pte().
 */
#include <errno.h>

#include "bugs/bugs.h"
#include "dma/claim.h"
#include "dma/pgtable.h"
#include "dma/state.h"
#include "dma/unmap.h"

static bool map_any_present(struct dma_sys *d, int domain, sd_page first, sd_page last)
{
	struct dma_slot slot;

	dma_slot_top(&slot);
	for (sd_page page = first; page <= last;) {
		dma_lookup(d, domain, page, 0, &slot);
		if (pte_present(slot.value))
			return true;
		page = slot.base + slot.span;
	}
	return false;
}

/* The table is empty (map_any_present() has looked), but paging-structure caches may still lead into it. */
static void map_remove_table(struct dma_sys *d, int domain, struct dma_slot *slot)
{
	sd_page table = pte_pfn(slot->value);

	slot->value = 0;
	mem_store(d->m, slot->entry, 0, PT_DMA_MAP_UNLINK);
	dma_clean(d, slot->entry, 1, STEP_DMA_CLEAN_UNLINK);
	if (!bug_on(d->bugs, BUG_SUPERPAGE_OVER_TABLE) && step(d->bugs, STEP_DMA_MAP_FLUSH))
		drv_flush_walk(d->drv, sd_space_of_domain(domain), (sd_addr)slot->base << SD_PAGE_SHIFT,
		               (sd_addr)slot->span << SD_PAGE_SHIFT);
	mem_free(d->m, table, 1);
}

/* One leaf of that level, with new frames behind it. Returns its pages, or a negative errno. */
static inline int map_leaf(struct dma_sys *d, int domain, sd_page page, int level, bool write,
                           struct dma_slot *slot)
{
	uint32_t n = mem_span(d->m, level);
	sd_page pfn = mem_alloc(d->m, MEM_DATA, n);
	int ret;

	if (pfn == MEM_NO_FRAME)
		return -ENOMEM;
	ret = dma_slot_make(d, domain, page, level, slot);
	if (ret) {
		mem_free(d->m, pfn, n);
		return ret;
	}
	if (pte_table(slot->value))
		map_remove_table(d, domain, slot);
	mem_store(d->m, slot->entry, dma_leaf(pfn, write), PT_DMA_MAP_LEAF);
	dma_clean(d, slot->entry, 1, STEP_DMA_CLEAN_LEAF);
	return (int)n;
}

/* A leaf of DMA_CONT entries, each with the hint. Returns its pages, or a negative errno. */
static int map_group(struct dma_sys *d, int domain, sd_page page, bool write, struct dma_slot *slot)
{
	sd_page pfn = mem_alloc(d->m, MEM_DATA, DMA_CONT);
	int ret;

	if (pfn == MEM_NO_FRAME)
		return -ENOMEM;
	ret = dma_slot_make(d, domain, page, 0, slot);
	if (ret) {
		mem_free(d->m, pfn, DMA_CONT);
		return ret;
	}
	for (uint32_t i = 0; i < DMA_CONT; i++)
		mem_store(d->m, slot->entry + i, dma_leaf(pfn + i, write) | PTE_CONT, PT_DMA_MAP_LEAF);
	dma_clean(d, slot->entry, DMA_CONT, STEP_DMA_CLEAN_LEAF);
	slot->span = DMA_CONT;
	return DMA_CONT;
}

static bool map_group_fits(const struct dma_sys *d, sd_page page, unsigned left)
{
	return d->cfg.cont && !d->cfg.split && page % DMA_CONT == 0 && left >= DMA_CONT;
}

static int map_range(struct dma_sys *d, int domain, sd_page first, unsigned n, bool write)
{
	sd_page span = mem_span(d->m, 1);
	struct dma_slot slot;
	unsigned done = 0;

	dma_slot_top(&slot);
	while (done < n) {
		sd_page page = first + done;
		int got = -ENOMEM;

		if (page % span == 0 && n - done >= span)
			got = map_leaf(d, domain, page, 1, write, &slot);
		if (got < 0 && map_group_fits(d, page, n - done))
			got = map_group(d, domain, page, write, &slot);
		if (got < 0) /* no block of that size left, or none fits */
			got = map_leaf(d, domain, page, 0, write, &slot);
		if (got < 0) {
			if (done && step(d->bugs, STEP_DMA_MAP_UNDO))
				dma_remove(d, domain, first, page - 1, first, page - 1);
			return got;
		}
		done += (unsigned)got;
	}
	return (int)done;
}

int dma_map(struct dma_sys *d, int domain, sd_page iova, unsigned n, bool write)
{
	int claim, ret;

	if (domain >= d->cfg.ndomain || !n || iova >= d->m->pages || n > d->m->pages - iova)
		return -EINVAL;
	claim = dma_claim(d, domain, iova, iova + n - 1);
	if (map_any_present(d, domain, iova, iova + n - 1))
		ret = -EEXIST;
	else
		ret = map_range(d, domain, iova, n, write);
	dma_unclaim(d, domain, claim);
	return ret;
}
