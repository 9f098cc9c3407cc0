/* SPDX-License-Identifier: MIT */
/*
 * mmu_gather: what was unmapped is freed only after the flush.
 *
 * Follows mm/mmu_gather.c and asm-generic/tlb.h. Pages and tables collect
 * here; tlb_flush_mmu() flushes and frees them. Two gathers that are open on
 * one mm cannot see each other's range, so the one that ends while another is
 * open flushes everything. Dirty file pages keep their reverse map until the
 * flush (Linux 6.2: tlb_delay_rmap).
 *
 * Does not model: RCU freeing of tables (nothing walks them without a lock but
 * hardware), page sizes, more than one batch of pages.
 */
#include "mm/pages/page.h"
#include "mm/range.h"
#include "mm/tables/flush.h"
#include "mm/tables/gather.h"

static void gather_reset_range(struct mm_gather *tlb)
{
	tlb->start = ~(sd_page)0;
	tlb->end = 0;
	tlb->tables = false;
}

/*
 * inc_tlb_flush_pending() and its like. Relaxed: whoever asks has taken the
 * page-table lock under which the entry changed that he asks about, and that is
 * after the count; it goes down when the flush is done. Before 4.13 it was a plain
 * flag, set and cleared by everybody who held mmap_lock for reading.
 */
static void gather_count_pending(struct mm *mm, int by, enum point p)
{
	const struct bugs_set *bugs = mm->sys->bugs;
	int was;

	sched_point(mm->sys->sched, p);
	if (!step(bugs, STEP_MM_GATHER_PENDING))
		return;
	if (bug_on(bugs, BUG_PENDING_NOT_ATOMIC)) {
		was = atomic_load_explicit(&mm->flush_pending, memory_order_relaxed);
		sched_point(mm->sys->sched, p);
		atomic_store_explicit(&mm->flush_pending, was + by, memory_order_relaxed);
	} else {
		atomic_fetch_add_explicit(&mm->flush_pending, by, memory_order_relaxed);
	}
}

void mm_gather_begin(struct mm_gather *tlb, struct mm *mm, bool fullmm)
{
	tlb->mm = mm;
	tlb->fullmm = fullmm;
	tlb->downgrade = false;
	tlb->nested = false;
	tlb->npage = 0;
	tlb->ntable = 0;
	gather_reset_range(tlb);
	gather_count_pending(mm, 1, PT_MM_GATHER_PENDING);
}

/* mm_tlb_flush_nested(): somebody else's gather is open, too. */
static bool gather_met_another(struct mm *mm)
{
	sched_point(mm->sys->sched, PT_MM_GATHER_NESTED);
	return step(mm->sys->bugs, STEP_MM_GATHER_NESTED) &&
	       atomic_load_explicit(&mm->flush_pending, memory_order_relaxed) > 1;
}

void mm_gather_range(struct mm_gather *tlb, sd_page start, sd_page n)
{
	tlb->start = mm_min(tlb->start, start);
	tlb->end = mm_max(tlb->end, start + n);
}

bool mm_gather_page(struct mm_gather *tlb, sd_page pfn, sd_page n, bool delay_rmap)
{
	tlb->page[tlb->npage].pfn = (uint16_t)pfn;
	tlb->page[tlb->npage].n = (uint16_t)n;
	tlb->page[tlb->npage].delay_rmap = delay_rmap;
	return ++tlb->npage == GATHER_PAGES;
}

void mm_gather_table(struct mm_gather *tlb, sd_page table, sd_page start, sd_page n)
{
	mm_gather_range(tlb, start, n);
	tlb->tables = true;
	tlb->table[tlb->ntable++] = (uint16_t)table;
	if (tlb->ntable == GATHER_TABLES)
		mm_gather_flush(tlb);
}

static void gather_flush_range(struct mm_gather *tlb)
{
	struct mm *mm = tlb->mm;
	unsigned how = tlb->downgrade ? FLUSH_DOWNGRADE : 0;

	if (tlb->start >= tlb->end || !step(mm->sys->bugs, STEP_MM_GATHER_FLUSH))
		return;
	if (tlb->nested && bug_on(mm->sys->bugs, BUG_NESTED_GATHER)) {
		mm_flush_all(mm, FLUSH_CPU_ONLY);
		mm_secondary_top(mm);
	} else if (tlb->fullmm) {
		mm_flush_all(mm, how);
	} else {
		if (tlb->tables && step(mm->sys->bugs, STEP_MM_GATHER_TABLES))
			how |= FLUSH_TABLES;
		mm_flush_range(mm, tlb->start, tlb->end, how);
	}
}

void mm_gather_flush_tlb(struct mm_gather *tlb)
{
	gather_flush_range(tlb);
	gather_reset_range(tlb);
	for (unsigned i = 0; i < tlb->npage; i++) {
		if (tlb->page[i].delay_rmap)
			mm_page_remove_rmap(tlb->mm->sys, tlb->page[i].pfn);
		tlb->page[i].delay_rmap = false;
	}
}

void mm_gather_flush(struct mm_gather *tlb)
{
	struct mm_sys *s = tlb->mm->sys;

	mm_gather_flush_tlb(tlb);
	for (unsigned i = 0; i < tlb->ntable; i++)
		mem_free(s->mem, tlb->table[i], 1);
	for (unsigned i = 0; i < tlb->npage; i++)
		mm_pages_put(s, tlb->page[i].pfn, tlb->page[i].n);
	tlb->ntable = 0;
	tlb->npage = 0;
}

/* Everything, tables too: what the other one has cleared, and how, is not known here. */
static void gather_all(struct mm_gather *tlb)
{
	struct mm_sys *s = tlb->mm->sys;

	tlb->nested = true;
	if (bug_on(s->bugs, BUG_NESTED_TABLES)) {
		/* with the range goes what else the gather knew: that it unlinked tables */
		gather_reset_range(tlb);
	} else {
		tlb->fullmm = true;
		tlb->tables = true;
	}
	mm_gather_range(tlb, 0, s->mem->pages);
}

void mm_gather_end(struct mm_gather *tlb)
{
	struct mm *mm = tlb->mm;

	if (gather_met_another(mm))
		gather_all(tlb);
	mm_gather_flush(tlb);
	gather_count_pending(mm, -1, PT_MM_GATHER_DONE);
}
