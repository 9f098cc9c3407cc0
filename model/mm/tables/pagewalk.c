/* SPDX-License-Identifier: MIT */
/*
 * A walk over the level-1 entries of a range, for callers that change what they map.
 *
 * Follows the shape that zap_pmd_range() and change_pmd_range() share: a huge
 * entry that lies in the range as a whole is changed as one; any other is
 * split first; then each table of small entries is visited. Does not model: a
 * table that is gone before its lock is taken (pte_offset_map_lock() fails).
 */
#include "mm/huge.h"
#include "mm/range.h"
#include "mm/tables/entry.h"
#include "mm/tables/gather.h"
#include "mm/tables/pagewalk.h"
#include "mm/tables/table.h"

/* One level-1 entry, and the part of its span that lies in the range. */
static void walk_pmd(struct mm_gather *tlb, const struct mm_pmd_ops *ops, sd_page at, sd_page end)
{
	struct mm_sys *s = tlb->mm->sys;
	mem_entry pmd;
	pte_t v;

	if (!mm_pmd_find(tlb->mm, at, &pmd))
		return;
	v = mm_load(s, pmd, PT_MM_WALK);
	if (mm_huge_entry(v)) {
		if (end - at == mm_span(s) && ops->huge(tlb, pmd, at))
			return;
		mm_huge_split(tlb->mm, pmd, at);
		v = mm_load(s, pmd, PT_MM_WALK);
	}
	if (pte_table(v))
		ops->ptes(tlb, pte_pfn(v), at, end);
}

void mm_walk_pmds(struct mm_gather *tlb, const struct mm_pmd_ops *ops, sd_page start, sd_page end)
{
	struct mm_sys *s = tlb->mm->sys;
	sd_page next;

	for (sd_page at = start; at < end; at = next) {
		next = mm_min(mm_huge_base(s, at) + mm_span(s), end);
		walk_pmd(tlb, ops, at, next);
	}
}
