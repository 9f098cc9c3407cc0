/* SPDX-License-Identifier: MIT */
/*
 * The way down a domain's tables, in the frame of whoever looks (see
 * sched_inline.h); included by dma_internal.h only.
 */
#ifndef DMA_LOOKUP_INLINE_H
#define DMA_LOOKUP_INLINE_H

/*
 * Where to start: tables in which the caller owns a page do not go away. false:
 * a table that has not grown that far has nothing there.
 */
static inline bool dma_start(struct dma_sys *d, int domain, sd_page page, int bottom,
                             const struct dma_slot *slot, struct dma_top *top)
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

/* All of the slot but what is in the entry: the point of reading it is in the frame of who looks. */
static inline void dma_aim(const struct mem *m, sd_page table, sd_page page, int level, struct dma_slot *slot)
{
	sd_page span = mem_span(m, level);

	slot->level = level;
	slot->entry = mem_at(m, table, mem_index(m, page, level));
	slot->span = span;
	slot->base = page & ~(span - 1);
}

/* The entries of a contiguous group are one leaf: they come and go together. */
static inline void dma_whole_group(struct dma_slot *slot)
{
	uint32_t into = slot->base % DMA_CONT;

	slot->entry -= into;
	slot->base -= into;
	slot->span = DMA_CONT;
	slot->value -= into << PTE_PFN_SHIFT;
}

/* The entry that decides about a page: not present, a leaf, or whatever is at the level `bottom`. */
static IN_FRAME void dma_lookup(struct dma_sys *d, int domain, sd_page page, int bottom,
                                struct dma_slot *slot)
{
	struct dma_top top;
	sd_page table;
	int level;

	if (!dma_start(d, domain, page, bottom, slot, &top)) {
		sd_page reach = mem_span(d->m, top.level + 1);

		*slot = (struct dma_slot){.level = -1, .base = page & ~(reach - 1), .span = reach};
		return;
	}
	table = top.table;
	for (level = top.level;; level--) {
		dma_aim(d->m, table, page, level, slot);
		slot->value = mem_load(d->m, slot->entry, PT_DMA_LOOKUP);
		if (level <= bottom || !pte_table(slot->value))
			break;
		table = pte_pfn(slot->value);
	}
	if (level == 0 && pte_leaf(slot->value) && (slot->value & PTE_CONT))
		dma_whole_group(slot);
}

#endif
