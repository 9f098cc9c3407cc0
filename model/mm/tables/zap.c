/* SPDX-License-Identifier: MIT */
/*
 * Zapping a range: entries are cleared now, pages are freed after the flush.
 *
 * Follows zap_pte_range(), zap_pmd_range() and zap_page_range_single() of
 * mm/memory.c. A dirty file page forces the
 * flush before the page-table lock is dropped and keeps its reverse map until
 * then (Linux 6.2), so that page_mkclean() either finds the entry or knows
 * that nobody writes through it.
 *
 * Does not model: hugetlb, migration and device-private entries.
 */
#include "mm/huge.h"
#include "mm/lock.h"
#include "mm/pages/batch.h"
#include "mm/pages/page.h"
#include "mm/pages/swap.h"
#include "mm/range.h"
#include "mm/tables/entry.h"
#include "mm/tables/flush.h"
#include "mm/tables/gather.h"
#include "mm/tables/pagewalk.h"
#include "mm/tables/table.h"
#include "mm/tables/zap.h"

/* A present entry that was just cleared. true: the batch is full. */
static bool zap_gather_pte(struct mm_gather *tlb, pte_t v, sd_page page, bool *force)
{
	struct mm_sys *s = tlb->mm->sys;
	sd_page pfn = pte_pfn(v);
	bool delay = false;

	mm_gather_range(tlb, page, 1);
	if (v & PTE_D && !(mm_page_flags(s, pfn) & PG_ANON)) {
		mm_page_set(s, pfn, PG_DIRTY);
		delay = step(s->bugs, STEP_MM_ZAP_DELAY);
		*force |= step(s->bugs, STEP_MM_ZAP_FORCE);
	}
	if (!delay)
		mm_page_remove_rmap(s, pfn);
	return mm_gather_page(tlb, pfn, 1, delay);
}

/* Up to a full batch. Returns where to go on. */
static sd_page zap_some(struct mm_gather *tlb, sd_page table, sd_page page, sd_page end)
{
	struct mm_sys *s = tlb->mm->sys;
	bool force = false, full = false;

	mm_ptl_lock(s, table, PT_MM_PTL);
	mm_flush_batched_pending(tlb->mm);
	for (; page < end && !full; page++) {
		mem_entry e = mm_pte_at(s, table, page);
		pte_t v = mm_load(s, e, PT_MM_ZAP_READ);

		if (!v)
			continue;
		v = mm_xchg(s, e, 0, PT_MM_ZAP_CLEAR);
		if (pte_present(v))
			full = zap_gather_pte(tlb, v, page, &force);
		else if (v & PTE_SWAP)
			mm_swap_put(s, (uint8_t)pte_pfn(v));
	}
	if (force || full)
		mm_gather_flush_tlb(tlb);
	mm_ptl_unlock(s, table);
	sched_point(s->sched, PT_MM_ZAP_UNLOCKED);
	if (force || full)
		mm_gather_flush(tlb);
	return page;
}

static void zap_ptes(struct mm_gather *tlb, sd_page table, sd_page page, sd_page end)
{
	while (page < end)
		page = zap_some(tlb, table, page, end);
}

void mm_zap_range(struct mm_gather *tlb, sd_page start, sd_page end)
{
	static const struct mm_pmd_ops zap = {mm_huge_zap, zap_ptes};

	mm_walk_pmds(tlb, &zap, start, end);
}

void mm_zap_single(struct mm *mm, sd_page start, sd_page end)
{
	struct mm_gather tlb;

	mm_gather_begin(&tlb, mm, false);
	mm_notify_start(mm, start, end);
	mm_zap_range(&tlb, start, end);
	mm_notify_end(mm, start, end);
	mm_gather_end(&tlb);
}
