/* SPDX-License-Identifier: MIT */
/* gather: mmu_gather, what was unmapped until it is flushed and freed. */
#ifndef MM_GATHER_H
#define MM_GATHER_H

#include "mm/mm.h"

enum { GATHER_PAGES = 8, GATHER_TABLES = 16 };

struct mm;

struct mm_gather {
	struct mm *mm;
	sd_page start, end; /* to flush; start >= end: nothing */
	bool fullmm, tables, downgrade;
	bool nested; /* met another gather */
	uint8_t npage, ntable;
	struct {
		uint16_t pfn, n;
		bool delay_rmap;
	} page[GATHER_PAGES];
	uint16_t table[GATHER_TABLES];
};

void mm_gather_begin(struct mm_gather *tlb, struct mm *mm, bool fullmm);
void mm_gather_end(struct mm_gather *tlb); /* tlb_finish_mmu() */

void mm_gather_range(struct mm_gather *tlb, sd_page start, sd_page n);
/* true: the batch is full and must be flushed. */
bool mm_gather_page(struct mm_gather *tlb, sd_page pfn, sd_page n, bool delay_rmap);
void mm_gather_table(struct mm_gather *tlb, sd_page table, sd_page start, sd_page n);

/* tlb_flush_mmu_tlbonly(), then the delayed reverse maps. */
void mm_gather_flush_tlb(struct mm_gather *tlb);
/* tlb_flush_mmu(): frees as well. */
void mm_gather_flush(struct mm_gather *tlb);

#endif
