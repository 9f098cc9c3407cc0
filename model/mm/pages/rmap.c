/* SPDX-License-Identifier: MIT */
/*
 * The reverse map: from a page to the vmas and entries that map it.
 *
 * Follows mm/rmap.c: try_to_unmap(), folio_mkclean(), page_vma_mapped_walk().
 * Pages do not know who maps them; their index and the vmas do. A walk visits
 * every vma that may map the page, and looks under the page-table lock whether
 * the entry really does. It goes from old vmas to new ones, so that an entry
 * which is copied or moved from an old to a new one cannot be missed in both.
 *
 * Does not model: mlock, migration entries.
 */
#include "event/tell.h"
#include "mm/huge.h"
#include "mm/lock.h"
#include "mm/pages/batch.h"
#include "mm/pages/page.h"
#include "mm/pages/rmap.h"
#include "mm/pages/swap.h"
#include "mm/range.h"
#include "mm/tables/entry.h"
#include "mm/tables/flush.h"
#include "mm/tables/table.h"
#include "mm/vma.h"

/* -- vmas ------------------------------------------------------------------- */

void mm_rmap_begin(struct mm_rmap_walk *w, struct mm_sys *s, int cls, sd_page first, sd_page n)
{
	*w = (struct mm_rmap_walk){.sys = s, .cls = cls, .first = first, .n = n};
	mm_rmap_read_lock(s, cls);
}

void mm_rmap_end(struct mm_rmap_walk *w) { mm_rmap_read_unlock(w->sys, w->cls); }

/* Two halves of a split share a seq; mm and slot tell them apart. */
static uint64_t rmap_order(const struct mm *mm, int slot)
{
	return (uint64_t)mm->vma[slot].seq << 8 | (uint64_t)mm->id << 5 | (uint64_t)slot;
}

/* The part of the vma that maps what is looked for. */
static void rmap_clip(struct mm_rmap_walk *w)
{
	const struct mm_vma *v = w->vma;
	sd_page first = mm_max(w->first, v->pgoff);
	sd_page last = mm_min(w->first + w->n, v->pgoff + v->n);

	w->start = v->start + (first - v->pgoff);
	w->end = v->start + (last - v->pgoff);
}

bool mm_rmap_next(struct mm_rmap_walk *w)
{
	uint64_t best = ~(uint64_t)0;

	w->vma = NULL;
	for (int i = 0; i < SD_MAX_MMS; i++) {
		struct mm *mm = &w->sys->mm[i];

		for (uint32_t m = mm->rmapped[w->cls]; m; m &= m - 1) {
			int slot = __builtin_ctz(m);
			struct mm_vma *v = &mm->vma[slot];
			uint64_t order = rmap_order(mm, slot);

			if (order <= w->last || order >= best || v->pgoff >= w->first + w->n ||
			    v->pgoff + v->n <= w->first)
				continue;
			best = order;
			w->mm = mm;
			w->vma = v;
		}
	}
	if (!w->vma)
		return false;
	w->last = best;
	rmap_clip(w);
	return true;
}

/* -- entries -------------------------------------------------------------------------------- */

/* An entry that maps the page; its table is locked. */
struct rmap_pte {
	struct mm *mm;
	sd_page page, table;
	mem_entry e;
	pte_t v;
	bool huge; /* of a vma with huge pages */
};

static bool rmap_find_pte(const struct mm_rmap_walk *w, sd_page pfn, struct rmap_pte *at, enum point read)
{
	struct mm_sys *s = w->sys;
	mem_entry pmd;
	pte_t v;

	at->mm = w->mm;
	at->page = w->start;
	at->huge = w->vma->kind == MM_HUGE;
	if (!mm_pmd_find(w->mm, w->start, &pmd))
		return false;
	v = mm_load(s, pmd, PT_MM_WALK);
	if (mm_huge_maps(s, v, w->start, pfn)) {
		mm_huge_split(w->mm, pmd, w->start); /* TTU_SPLIT_HUGE_PMD */
		v = mm_load(s, pmd, PT_MM_WALK);
	}
	if (!pte_table(v))
		return false;
	at->table = pte_pfn(v);
	at->e = mm_pte_at(s, at->table, w->start);
	mm_ptl_lock(s, at->table, PT_MM_PTL);
	at->v = mm_load(s, at->e, read);
	if (pte_leaf(at->v) && pte_pfn(at->v) == pfn)
		return true;
	mm_ptl_unlock(s, at->table);
	return false;
}

/* -- try_to_unmap ------------------------------------------------------------------------------ */

/* Planted bug: mmu_notifier_invalidate_page() carried one address, whatever the size of the page. */
static bool rmap_secondary_first_page(const struct rmap_pte *at)
{
	struct mm_sys *s = at->mm->sys;
	sd_page base = mm_huge_base(s, at->page);

	if (!at->huge || !bug_on(s->bugs, BUG_INVALIDATE_PAGE))
		return false;
	mm_secondary_range(at->mm, base, base + 1);
	return true;
}

static void try_to_unmap_pte(const struct rmap_pte *at, sd_page pfn, struct mm_unmap_batch *b)
{
	struct mm_sys *s = at->mm->sys;
	pte_t v = mm_xchg(s, at->e, 0, PT_MM_UNMAP_CLEAR);
	bool late = bug_on(s->bugs, BUG_PUT_BEFORE_FLUSH) || bug_on(s->bugs, BUG_RANGE_END_TOO_LATE);
	bool notify = !late && !rmap_secondary_first_page(at);

	if (s->prof.cpu_batch)
		mm_batch_add_pending(at->mm, at->page, v & PTE_D, notify, b);
	else if (step(s->bugs, STEP_MM_UNMAP_FLUSH))
		mm_flush_range(at->mm, at->page, at->page + 1, notify ? 0 : FLUSH_CPU_ONLY);
	if (v & PTE_D)
		mm_page_set(s, pfn, PG_DIRTY);
	if (mm_page_flags(s, pfn) & PG_ANON) {
		mm_swap_dup(s, s->page[pfn].block);
		mem_store(s->mem, at->e, mm_swap_entry(s->page[pfn].block), PT_MM_UNMAP_SWAP);
	}
	mm_page_remove_rmap(s, pfn);
}

static void try_to_unmap_one(const struct mm_rmap_walk *w, sd_page pfn, struct mm_unmap_batch *b)
{
	struct rmap_pte at;

	mm_notify_start(w->mm, w->start, w->end);
	if (rmap_find_pte(w, pfn, &at, PT_MM_UNMAP_READ)) {
		try_to_unmap_pte(&at, pfn, b);
		mm_ptl_unlock(w->sys, at.table);
		mm_page_put(w->sys, pfn);
	}
	mm_notify_end(w->mm, w->start, w->end);
}

void mm_try_to_unmap(struct mm_sys *s, sd_page pfn, struct mm_unmap_batch *batch)
{
	int cls = mm_page_flags(s, pfn) & PG_ANON ? RMAP_ANON : RMAP_FILE;
	struct mm_rmap_walk w;

	mm_rmap_begin(&w, s, cls, s->page[pfn].index, 1);
	while (mm_page_mapped(s, pfn) && mm_rmap_next(&w))
		try_to_unmap_one(&w, pfn, batch);
	mm_rmap_end(&w);
}

/* -- page_mkclean -------------------------------------------------------------------------------- */

static bool mkclean_pte(const struct rmap_pte *at)
{
	struct mm_sys *s = at->mm->sys;
	uint8_t space = (uint8_t)sd_space_of_mm(at->mm->id);
	pte_t v;

	if (!(at->v & (PTE_W | PTE_D)))
		return false;
	v = mm_xchg(s, at->e, 0, PT_MM_CLEAN_CLEAR);
	if (step(s->bugs, STEP_MM_CLEAN_FLUSH))
		mm_flush_range(at->mm, at->page, at->page + 1, FLUSH_DOWNGRADE);
	mem_store(s->mem, at->e, v & ~(pte_t)(PTE_W | PTE_D), PT_MM_CLEAN_SET);
	event_cleaned(s->ev, space, at->page, 1);
	return v & PTE_D;
}

void mm_mkclean(struct mm_sys *s, sd_page pfn)
{
	struct mm_rmap_walk w;
	struct rmap_pte at;

	if (!mm_page_mapped(s, pfn))
		return;
	mm_rmap_begin(&w, s, RMAP_FILE, s->page[pfn].index, 1);
	while (mm_rmap_next(&w)) {
		mm_notify_start(w.mm, w.start, w.end);
		if (rmap_find_pte(&w, pfn, &at, PT_MM_CLEAN_READ)) {
			if (mkclean_pte(&at))
				mm_page_set(s, pfn, PG_DIRTY);
			mm_ptl_unlock(s, at.table);
		}
		mm_notify_end(w.mm, w.start, w.end);
	}
	mm_rmap_end(&w);
}
