/* SPDX-License-Identifier: MIT */
/* pgtable: tables and entries of a domain: making them, and cleaning them for a walker that reads memory. */
#ifndef DMA_PGTABLE_H
#define DMA_PGTABLE_H

#include "bugs/bugs.h"
#include "dma/lookup.h"

/* The entry at exactly that level, its tables made as needed. -EEXIST: a leaf is above it; -ENOMEM. */
int dma_slot_make(struct dma_sys *d, int domain, sd_page page, int level, struct dma_slot *slot);
/* A table that walkers which are not coherent see only once it is cleaned. MEM_NO_FRAME: none is left. */
sd_page dma_table_new(struct dma_sys *d);
/* Before the first link to it: memory may still hold what was in the frame before. */
void dma_clean_table(struct dma_sys *d, sd_page table);
/* After a change, and before the invalidation or the return that relies on it. */
void dma_clean(struct dma_sys *d, mem_entry first, uint32_t n, enum step s);

/* Domain pages are accessed and, if writable, dirty from the start: hardware never writes these tables. */
static inline pte_t dma_leaf(sd_page pfn, bool write)
{
	return pte_make(pfn, (pte_t)(PTE_P | PTE_LEAF | PTE_A | (write ? PTE_W | PTE_D : 0)));
}

#endif
