/* SPDX-License-Identifier: MIT */
/* Shared by the files of dma/ only. */
#ifndef DMA_DMA_INTERNAL_H
#define DMA_DMA_INTERNAL_H

#include "dma/dma.h"

enum { DMA_CLAIMS = 8, DMA_RUNS = 40 };

struct dma_claim {
	bool used;
	sd_page first, last;
};

struct dma_domain {
	_Atomic uint64_t
	        top; /* the root, and above bit 32 how many levels fewer than the deepest: one word */
	struct sched_lock growing;
	struct sched_lock lock; /* of the claims */
	struct sched_wq wq;
	struct dma_claim claim[DMA_CLAIMS];
	_Atomic uint32_t given_back; /* claims so far */
};

struct dma_sys {
	struct mem *m;
	struct sched *s;
	struct event_sink *ev;
	struct drv *drv;
	const struct bugs_set *bugs;
	struct dma_config cfg;
	struct dma_domain domain[SD_MAX_DOMAINS];
};

/* grow.c: where the table begins. */
struct dma_top {
	sd_page table;
	int level; /* of its entries */
};
/* As it is, for set-up and audits. */
struct dma_top dma_top_now(const struct dma_sys *d, int domain);
struct dma_top dma_top_read(struct dma_sys *d, int domain);
void dma_top_init(struct dma_sys *d, int domain, sd_page root);
void dma_top_tell(struct dma_sys *d, int domain); /* to the driver */
/* A page is beyond it: makes the table deeper. -ENOMEM, or 0: read it again. */
int dma_grow(struct dma_sys *d, int domain);

/* claim.c: waits until first..last is owned by nobody else, then owns it. Returns the claim's number. */
int dma_claim(struct dma_sys *d, int domain, sd_page first, sd_page last);
void dma_unclaim(struct dma_sys *d, int domain, int claim);

/*
 * A place in the tables. Each lookup starts from the table that the last one
 * ended in, if the page is in there; the first one from the top. Beyond what
 * the table reaches there is no entry: not present, at no level (-1).
 */
struct dma_slot {
	mem_entry entry;
	pte_t value;
	int level;
	sd_page base, span; /* pages that the entry covers; span 0: at the top, and all else means nothing */
};
static inline void dma_slot_top(struct dma_slot *slot) { slot->span = 0; }

/* lookup.c: the entry that decides about a page: not present, a leaf, or whatever is at the level `bottom`. */
void dma_lookup(struct dma_sys *d, int domain, sd_page page, int bottom, struct dma_slot *slot);
/* The table in which a lookup starts. false: the domain's table has not grown that far. */
bool dma_lookup_start(struct dma_sys *d, int domain, sd_page page, int bottom, const struct dma_slot *slot,
                      struct dma_top *top);
/* All of the slot but the entry's value, which the caller reads. */
void dma_slot_aim(const struct mem *m, sd_page table, sd_page page, int level, struct dma_slot *slot);

/* pgtable.c: the entry at exactly that level, tables above it made as needed. -EEXIST: a leaf is above it; -ENOMEM. */
int dma_slot_make(struct dma_sys *d, int domain, sd_page page, int level, struct dma_slot *slot);
/* A table as walkers of this IOMMU see it: not before it is cleaned. MEM_NO_FRAME when none is left. */
static inline sd_page dma_table_new(struct dma_sys *d)
{
	sd_page table = mem_alloc(d->m, MEM_TABLE, 1);

	if (table != MEM_NO_FRAME)
		mem_set_apart(d->m, table);
	return table;
}
/* Before the first link to it: what memory had in its place is gone. */
static inline void dma_clean_table(struct dma_sys *d, sd_page table)
{
	if (step(d->bugs, STEP_DMA_CLEAN_TABLE))
		mem_clean(d->m, mem_at(d->m, table, 0), d->m->nents, PT_DMA_CLEAN_TABLE);
}
/* After a change, and before the invalidation or the return that relies on it. */
static inline void dma_clean(struct dma_sys *d, mem_entry first, uint32_t n, enum step s)
{
	if (step(d->bugs, s))
		mem_clean(d->m, first, n, PT_DMA_CLEAN_ENTRY);
}
/* Domain pages are accessed and, if writable, dirty from the start: hardware never writes these tables. */
static inline pte_t dma_leaf(sd_page pfn, bool write)
{
	return pte_make(pfn, (pte_t)(PTE_P | PTE_LEAF | PTE_A | (write ? PTE_W | PTE_D : 0)));
}

/* Frames and tables that go at the next flush. */
struct dma_run {
	sd_page pfn;
	uint32_t n;
};
struct dma_unmap {
	struct dma_sys *d;
	int domain;
	sd_page ask_first, ask_last; /* what was asked for */
	struct drv_gather gather;
	unsigned removed, nruns;
	struct dma_run run[DMA_RUNS];
};

/* unmap.c: removes first..last, whose claim the caller has; complete on return. Returns pages removed. */
int dma_remove(struct dma_sys *d, int domain, sd_page first, sd_page last, sd_page ask_first,
               sd_page ask_last);
/* split.c: makes a superpage a table of equal small pages; the caller owns all of it. -ENOMEM, or 0. */
int dma_split(struct dma_sys *d, int domain, const struct dma_slot *slot);

#endif
