/* SPDX-License-Identifier: MIT */
/*
 * pgtable: the way down a domain's tables that makes what is missing.
 *
 * Operations on different ranges run in the same tables without a lock; a
 * missing table is linked with cmpxchg, and the loser gives its own back. Does
 * not model: concatenated roots, table attributes.
 *
 * A walker that is not coherent reads memory: a new table is cleaned before its
 * link, the link before map returns. A map that finds a link cleans it as well,
 * because the actor that stored it may not have cleaned it yet; io-pgtable
 * avoids that with a software bit (ARM_LPAE_PTE_SW_SYNC), which is not modelled.
 * Follows Linux pfn_to_dma_pte(), __arm_lpae_map(), arm_lpae_install_table().
 */
#include <errno.h>

#include "bugs/bugs.h"
#include "dma/pgtable.h"
#include "dma/state.h"

sd_page dma_table_new(struct dma_sys *d)
{
	sd_page table = mem_alloc(d->m, MEM_TABLE, 1);

	if (table != MEM_NO_FRAME)
		mem_set_apart(d->m, table);
	return table;
}

void dma_clean_table(struct dma_sys *d, sd_page table)
{
	if (step(d->bugs, STEP_DMA_CLEAN_TABLE))
		mem_clean(d->m, mem_at(d->m, table, 0), d->m->nents, PT_DMA_CLEAN_TABLE);
}

void dma_clean(struct dma_sys *d, mem_entry first, uint32_t n, enum step s)
{
	if (step(d->bugs, s))
		mem_clean(d->m, first, n, PT_DMA_CLEAN_ENTRY);
}

/* Links a new table into an empty entry; on return the entry's value is in *value. */
static int pgtable_install(struct dma_sys *d, mem_entry entry, pte_t *value)
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

	while (!dma_lookup_start(d, domain, page, level, slot, &top))
		if (dma_grow(d, domain))
			return -ENOMEM;
	table = top.table;
	for (int at = top.level;; at--) {
		bool missing;

		dma_slot_aim(d->m, table, page, at, slot);
		slot->value = mem_load(d->m, slot->entry, PT_DMA_LOOKUP);
		if (at <= level)
			return 0;
		missing = !pte_present(slot->value);
		if (missing && pgtable_install(d, slot->entry, &slot->value))
			return -ENOMEM;
		if (!pte_table(slot->value))
			return -EEXIST;
		dma_clean(d, slot->entry, 1, STEP_DMA_CLEAN_LINK);
		if (missing && bug_on(d->bugs, BUG_PUBLISH_UNCLEAN))
			dma_clean_table(d, pte_pfn(slot->value));
		table = pte_pfn(slot->value);
	}
}
