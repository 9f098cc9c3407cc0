/* SPDX-License-Identifier: MIT */
/*
 * split: a live superpage becomes a table of equal small pages.
 *
 * The legacy behaviour of io-pgtable (gone since Linux 6.14), kept behind a
 * flag. Break-before-make would leave a hole for a moment, and devices can
 * neither stall nor retry, so the IOMMU has to allow the change of a live entry.
 * BBML 1: nT keeps the block out of TLBs meanwhile. BBML 2: either size may be
 * used, but the block has to leave before its parts change. BBML 0: the caller
 * refuses. Does not model: contiguous-hint groups.
 * Follows Arm FEAT_BBM as SMMU IDR3.BBML has it, Linux arm_lpae_split_blk_unmap().
 */
#include <errno.h>

#include "bugs/bugs.h"
#include "dma/pgtable.h"
#include "dma/state.h"
#include "dma/unmap.h"

static void split_fill(struct dma_sys *d, sd_page table, pte_t block)
{
	pte_t bits = block & (PTE_P | PTE_LEAF | PTE_A | PTE_W | PTE_D);

	for (uint32_t i = 0; i < d->m->nents; i++)
		mem_store(d->m, mem_at(d->m, table, i), pte_make(pte_pfn(block) + i, bits),
		          PT_DMA_SPLIT_FILL);
	dma_clean_table(d, table);
}

static void split_flush(struct dma_sys *d, int domain, const struct dma_slot *slot)
{
	if (step(d->bugs, STEP_DMA_SPLIT_FLUSH))
		drv_flush_walk(d->drv, sd_space_of_domain(domain), (sd_addr)slot->base << SD_PAGE_SHIFT,
		               (sd_addr)slot->span << SD_PAGE_SHIFT);
}

int dma_split(struct dma_sys *d, int domain, const struct dma_slot *slot)
{
	bool unsafe = bug_on(d->bugs, BUG_SPLIT_NO_BBM);
	sd_page table = dma_table_new(d);

	if (table == MEM_NO_FRAME)
		return -ENOMEM;
	if (step(d->bugs, STEP_DMA_SPLIT_FILL))
		split_fill(d, table, slot->value);
	if (!unsafe && d->cfg.bbml == 1 && step(d->bugs, STEP_DMA_SPLIT_NT)) {
		mem_store(d->m, slot->entry, slot->value | PTE_NT, PT_DMA_SPLIT_NT);
		dma_clean(d, slot->entry, 1, STEP_DMA_CLEAN_SPLIT);
		split_flush(d, domain, slot);
	}
	mem_store(d->m, slot->entry, pte_make(table, PTE_P), PT_DMA_SPLIT_LINK);
	dma_clean(d, slot->entry, 1, STEP_DMA_CLEAN_SPLIT);
	if (!step(d->bugs, STEP_DMA_SPLIT_FILL))
		split_fill(d, table, slot->value);
	if (!unsafe && d->cfg.bbml == 2)
		split_flush(d, domain, slot);
	return 0;
}
