/* SPDX-License-Identifier: MIT */
/*
 * lookup: the entry that decides about a page.
 *
 * Each lookup starts from the table in which the last one ended, if that one
 * covers the page too; the first one starts from the top.
 */
#ifndef DMA_LOOKUP_H
#define DMA_LOOKUP_H

#include "dma/grow.h"

/* A place in the tables. Beyond what they reach there is no entry: not present, at level -1. */
struct dma_slot {
	mem_entry entry;
	pte_t value;
	int level;
	/* Pages that the entry covers. span 0: there was no lookup yet, and the rest means nothing. */
	sd_page base, span;
};

static inline void dma_slot_top(struct dma_slot *slot) { slot->span = 0; }

/* The first entry on the way down that is not present, a leaf, or at the level `bottom`. */
void dma_lookup(struct dma_sys *d, int domain, sd_page page, int bottom, struct dma_slot *slot);

/* -- parts of it, for the way down that makes tables (pgtable.c) --------------- */
/* The table to start from. false: the domain's table has not grown as far as the page. */
bool dma_lookup_start(struct dma_sys *d, int domain, sd_page page, int bottom, const struct dma_slot *slot,
                      struct dma_top *top);
/* All of the slot but its value, which the caller reads. */
void dma_slot_aim(const struct mem *m, sd_page table, sd_page page, int level, struct dma_slot *slot);

#endif
