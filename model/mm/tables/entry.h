/* SPDX-License-Identifier: MIT */
/* entry: reading and changing an entry of a CPU table. */
#ifndef MM_ENTRY_H
#define MM_ENTRY_H

#include "mm/state.h"

/* A level-1 entry that maps memory, even while it is invalid for a split. */
static inline bool mm_huge_entry(pte_t v) { return v & PTE_LEAF; }
/* Same entry but for what hardware sets: pte_same(). */
static inline bool mm_same(pte_t a, pte_t b) { return ((a ^ b) & ~(pte_t)(PTE_A | PTE_D)) == 0; }

/* With a lock or a flush taken out an entry may be anything; it must not lead outside the arrays. */
static inline pte_t mm_sane(pte_t v)
{
	sd_page limit = v & PTE_SWAP ? (sd_page)MM_BLOCKS : (sd_page)MEM_FRAMES;

	return pte_pfn(v) < limit ? v : 0;
}

static inline pte_t mm_load(struct mm_sys *s, mem_entry e, enum point p)
{
	return mm_sane(mem_load(s->mem, e, p));
}

static inline pte_t mm_xchg(struct mm_sys *s, mem_entry e, pte_t v, enum point p)
{
	return mm_sane(mem_xchg(s->mem, e, v, p));
}

#endif
