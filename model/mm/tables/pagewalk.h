/* SPDX-License-Identifier: MIT */
/* pagewalk: a walk over the level-1 entries of a range, for callers that change what they map. */
#ifndef MM_PAGEWALK_H
#define MM_PAGEWALK_H

#include "mm/mm.h"

struct mm_gather;

struct mm_pmd_ops {
	/* A huge entry that lies in the range as a whole. false: it is not huge any more. */
	bool (*huge)(struct mm_gather *tlb, mem_entry pmd, sd_page page);
	/* The part of a table of small entries that lies in the range. */
	void (*ptes)(struct mm_gather *tlb, sd_page table, sd_page page, sd_page end);
};

void mm_walk_pmds(struct mm_gather *tlb, const struct mm_pmd_ops *ops, sd_page start, sd_page end);

#endif
