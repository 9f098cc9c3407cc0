// SPDX-License-Identifier: MIT
/*
 * pgtable: the way down a domain's tables.
 *
 * Operations on different ranges run in the same tables without a lock; a
 * missing table is linked with cmpxchg, and the loser gives its own back. Does
 * not model: concatenated roots, table attributes.
 *
 * A walker that is not coherent reads memory: a new table is cleaned before its
 * link, the link before map returns. Whoever finds a link there cleans it as
 * well, because the one that made it may not have come to that; io-pgtable
 * saves itself that with a software bit, which the model does not have.
 * Follows Linux pfn_to_dma_pte(), __arm_lpae_map(), arm_lpae_install_table().
 */
#include <errno.h>

#include "dma/dma_internal.h"

/*
 * Where to start: tables in which the caller owns a page do not go away. false:
 * a table that has not grown that far has nothing there.
 */
static bool start(struct dma_sys *d, int domain, sd_page page, int bottom, const struct dma_slot *slot,
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

/* All of the slot but what is in the entry: the point of reading it is in the frame of who looks. */
static void aim(const struct mem *m, sd_page table, sd_page page, int level, struct dma_slot *slot)
{
	sd_page span = mem_span(m, level);

	slot->level = level;
	slot->entry = mem_at(m, table, mem_index(m, page, level));
	slot->span = span;
	slot->base = page & ~(span - 1);
}

/* The entries of a contiguous group are one leaf: they come and go together. */
static void whole_group(struct dma_slot *slot)
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

	if (!start(d, domain, page, bottom, slot, &top)) {
		sd_page reach = mem_span(d->m, top.level + 1);

		*slot = (struct dma_slot){.level = -1, .base = page & ~(reach - 1), .span = reach};
		return;
	}
	table = top.table;
	for (level = top.level;; level--) {
		aim(d->m, table, page, level, slot);
		slot->value = mem_load(d->m, slot->entry, PT_DMA_LOOKUP);
		if (level <= bottom || !pte_table(slot->value))
			break;
		table = pte_pfn(slot->value);
	}
	if (level == 0 && pte_leaf(slot->value) && (slot->value & PTE_CONT))
		whole_group(slot);
}

/* Links a new table into an empty entry; on return the entry's value is in *value. */
static int install_table(struct dma_sys *d, mem_entry entry, pte_t *value)
{
	sd_page table = dma_table_new(d);
	pte_t link = pte_make(table, PTE_P);

	if (table == MEM_NO_FRAME)
		return -ENOMEM;
	if (!bug_on(d->bugs, BUG_PUBLISH_UNCLEAN))
		dma_clean_table(d, table);
	if (!step(d->bugs, STEP_DMA_MAP_CMPXCHG)) {
		mem_store(d->m, entry, link, PT_DMA_MAP_TABLE);
		*value = link;
		return 0;
	}
	if (mem_cmpxchg(d->m, entry, value, link, PT_DMA_MAP_TABLE))
		*value = link;
	else
		mem_free(d->m, table, 1);
	return 0;
}

int dma_slot_make(struct dma_sys *d, int domain, sd_page page, int level, struct dma_slot *slot)
{
	struct dma_top top;
	sd_page table;

	while (!start(d, domain, page, level, slot, &top))
		if (dma_grow(d, domain))
			return -ENOMEM;
	table = top.table;
	for (int at = top.level;; at--) {
		bool missing;

		aim(d->m, table, page, at, slot);
		slot->value = mem_load(d->m, slot->entry, PT_DMA_LOOKUP);
		if (at <= level)
			return 0;
		missing = !pte_present(slot->value);
		if (missing && install_table(d, slot->entry, &slot->value))
			return -ENOMEM;
		if (!pte_table(slot->value))
			return -EEXIST;
		dma_clean(d, slot->entry, 1, STEP_DMA_CLEAN_LINK);
		if (missing && bug_on(d->bugs, BUG_PUBLISH_UNCLEAN))
			dma_clean_table(d, pte_pfn(slot->value));
		table = pte_pfn(slot->value);
	}
}
