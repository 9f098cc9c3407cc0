/* SPDX-License-Identifier: MIT */
/* table: page tables of an mm: making, finding, freeing them. */
#ifndef MM_TABLE_H
#define MM_TABLE_H

#include "mm/state.h"

struct mm_gather;

sd_page mm_table_alloc(struct mm_sys *s);
/* Where the level-1 entry of page is. false: an upper table is missing. */
bool mm_pmd_find(struct mm *mm, sd_page page, mem_entry *pmd);
/* The same, with the upper tables made as needed. -ENOMEM, or 0. */
int mm_pmd_alloc(struct mm *mm, sd_page page, mem_entry *pmd);
/* The table under a level-1 entry, made if need be; -EAGAIN: a huge entry is in the way. */
int mm_pte_alloc(struct mm *mm, mem_entry pmd, sd_page *table);
static inline mem_entry mm_pte_at(const struct mm_sys *s, sd_page table, sd_page page)
{
	return mem_at(s->mem, table, mem_index(s->mem, page, 0));
}

/* Tables under start..end that lie within floor..ceiling, where no vma is left: free_pgd_range(). */
void mm_free_pgtables(struct mm_gather *tlb, sd_page start, sd_page end, sd_page floor, sd_page ceiling);

#endif
