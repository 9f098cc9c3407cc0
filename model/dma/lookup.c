/* SPDX-License-Identifier: MIT */
/*
 * lookup: the way down a domain's tables to the entry that decides about a page.
 *
 * Maps and unmaps of other ranges change the same tables meanwhile, without a
 * lock; a table in which the caller owns a page stays (claim.c), so a lookup
 * may start from the table in which the last one ended. Does not model:
 * iova_to_phys(), reading of dirty bits.
 * Follows Linux pfn_to_dma_pte(), fetch_pte() of AMD's io_pgtable.c.
 */
#include "dma/lookup.h"
#include "dma/state.h"

/* The last table will do if it covers the page and is not below the level asked for; else the top. */
bool dma_lookup_start(struct dma_sys *d, int domain, sd_page page, int bottom, const struct dma_slot *slot,
                      struct dma_top *top)
{
	const struct mem *m = d->m;

	if (slot->span && slot->level >= bottom &&
	    (page ^ slot->base) >> mem_shift(m, slot->level + 1) == 0) {
		*top = (struct dma_top){mem_entry_frame(m, slot->entry), slot->level};
		return true;
	}
	*top = dma_top_read(d, domain);
	return page < mem_span(m, top->level + 1);
}

void dma_slot_aim(const struct mem *m, sd_page table, sd_page page, int level, struct dma_slot *slot)
{
	sd_page span = mem_span(m, level);

	slot->level = level;
	slot->entry = mem_at(m, table, mem_index(m, page, level));
	slot->span = span;
	slot->base = page & ~(span - 1);
}

/* The entries of a contiguous group are one leaf: they come and go together. */
static void lookup_whole_group(struct dma_slot *slot)
{
	uint32_t into = slot->base % DMA_CONT;

	slot->entry -= into;
	slot->base -= into;
	slot->span = DMA_CONT;
	slot->value -= into << PTE_PFN_SHIFT;
}

void dma_lookup(struct dma_sys *d, int domain, sd_page page, int bottom, struct dma_slot *slot)
{
	struct dma_top top;
	sd_page table;
	int level;

	if (!dma_lookup_start(d, domain, page, bottom, slot, &top)) {
		sd_page reach = mem_span(d->m, top.level + 1);

		*slot = (struct dma_slot){.level = -1, .base = page & ~(reach - 1), .span = reach};
		return;
	}
	table = top.table;
	for (level = top.level;; level--) {
		dma_slot_aim(d->m, table, page, level, slot);
		slot->value = mem_load(d->m, slot->entry, PT_DMA_LOOKUP);
		if (level <= bottom || !pte_table(slot->value))
			break;
		table = pte_pfn(slot->value);
	}
	if (level == 0 && pte_leaf(slot->value) && (slot->value & PTE_CONT))
		lookup_whole_group(slot);
}
