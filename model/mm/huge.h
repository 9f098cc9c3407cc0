/* SPDX-License-Identifier: MIT */
/* huge: level-1 entries that map memory. pmd: where the entry is. */
#ifndef MM_HUGE_H
#define MM_HUGE_H

#include "mm/mm.h"

struct mm;
struct mm_gather;
struct mm_move;
struct mm_vma;

/* May the vma have a huge page around page? */
bool mm_huge_fits(const struct mm_sys *s, const struct mm_vma *v, sd_page page);
/* Does the huge entry, if it is one, map pfn at page? */
bool mm_huge_maps(struct mm_sys *s, pte_t v, sd_page page, sd_page pfn);

/* -- faults ------------------------------------------------------------------------ */
/* Maps a fresh huge page in an empty entry. -ENOMEM: take small pages. -EAGAIN: look again. */
int mm_huge_fault(struct mm *mm, const struct mm_vma *v, mem_entry pmd, sd_page page, bool write,
                  uint32_t *serial);
/* Makes a huge entry good for the access. -EAGAIN: it was split or changed, look again. */
int mm_huge_touch(struct mm *mm, mem_entry pmd, sd_page page, bool write, uint32_t *serial);

/* -- changes; false: the entry is not huge any more ----------------------------------- */
bool mm_huge_zap(struct mm_gather *tlb, mem_entry pmd, sd_page page);
bool mm_huge_protect(struct mm_gather *tlb, mem_entry pmd, sd_page page);
bool mm_huge_move(struct mm_move *mv, mem_entry from, mem_entry to, sd_page old);
void mm_huge_split(struct mm *mm, mem_entry pmd, sd_page page);
/* For fork. -ENOMEM; -EAGAIN: it was split. */
int mm_huge_copy(struct mm_sys *s, mem_entry from, mem_entry to);

#endif
