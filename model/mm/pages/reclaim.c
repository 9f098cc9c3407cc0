/* SPDX-License-Identifier: MIT */
/*
 * Reclaim: unmap, write out, free; in vmscan's order.
 *
 * Follows shrink_folio_list(), reclaim_pageout() and __remove_mapping() of
 * mm/vmscan.c. Pages are isolated under mmap_lock (as madvise(MADV_PAGEOUT)
 * finds them); from there on only the page and the reverse-map locks are held.
 * Flushes that were put off are done before a dirty page is written out and
 * before anything is freed.
 *
 * Does not model: LRU lists, references (every page is cold), throttling.
 */
#include "event/tell.h"
#include "mm/lock.h"
#include "mm/pages/batch.h"
#include "mm/pages/file.h"
#include "mm/pages/page.h"
#include "mm/pages/rmap.h"
#include "mm/pages/swap.h"
#include "mm/range.h"
#include "mm/tables/entry.h"
#include "mm/tables/flush.h"
#include "mm/tables/table.h"
#include "mm/users.h"

struct reclaim_list {
	unsigned n;
	uint16_t pfn[MM_RANGE_MAX];
};

static void reclaim_isolate_pfn(struct mm_sys *s, struct reclaim_list *l, sd_page pfn)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->pfn[i] == pfn)
			return;
	sched_point(s->sched, PT_MM_PAGE_GET);
	mm_page_get(s, pfn);
	l->pfn[l->n++] = (uint16_t)pfn;
}

/* The page mapped at that address, if any. */
static void reclaim_isolate_at(struct mm *mm, struct reclaim_list *l, sd_page page)
{
	struct mm_sys *s = mm->sys;
	sd_page lock, off = 0;
	mem_entry e;
	pte_t v;

	if (!mm_pmd_find(mm, page, &e))
		return;
	v = mm_load(s, e, PT_MM_WALK);
	if (pte_table(v)) {
		e = mm_pte_at(s, pte_pfn(v), page);
	} else if (mm_huge_entry(v)) {
		off = page - mm_huge_base(s, page);
	} else {
		return;
	}
	lock = mem_entry_frame(s->mem, e);
	mm_ptl_lock(s, lock, PT_MM_PTL);
	v = mm_load(s, e, PT_MM_RECLAIM_SCAN);
	if (pte_leaf(v) && pte_pfn(v) + off < MEM_FRAMES)
		reclaim_isolate_pfn(s, l, pte_pfn(v) + off);
	mm_ptl_unlock(s, lock);
}

/*
 * pageout(): writes a dirty page. false: keep it. A page whose slot no swap entry
 * names any more is not written, the slot is freed (swap_writepage()): its last
 * mm has zapped it, perhaps without the flush yet, and nobody reads it back.
 */
static bool reclaim_pageout(struct mm_sys *s, sd_page pfn)
{
	bool anon = mm_page_flags(s, pfn) & PG_ANON;

	if (anon && mm_swap_try_free(s, pfn))
		return false;
	mm_page_clear(s, pfn, PG_DIRTY);
	if (anon)
		mm_block_write(s, s->page[pfn].block, pfn);
	else if (!mm_file_write(s, pfn))
		mm_page_set(s, pfn, PG_DIRTY);
	return !(mm_page_flags(s, pfn) & PG_DIRTY);
}

/* Will the content be read back? Not if the last mm that mapped it zapped it while it was written out. */
static bool reclaim_is_wanted(const struct mm_sys *s, sd_page pfn)
{
	return !(mm_page_flags(s, pfn) & PG_ANON) || s->block[s->page[pfn].block % MM_BLOCKS].count;
}

/* __remove_mapping(): takes the page out of its cache if nobody but us and the cache refers to it. */
static bool reclaim_remove_mapping(struct mm_sys *s, sd_page pfn)
{
	struct mm_page *p = &s->page[pfn];
	short alone = 2;
	bool gone;

	mm_cache_lock(s);
	sched_point(s->sched, PT_MM_RECLAIM_FREEZE);
	if (step(s->bugs, STEP_MM_RECLAIM_FREEZE))
		gone = atomic_compare_exchange_strong(&p->ref, &alone, 0);
	else
		gone = atomic_exchange(&p->ref, 0) > 0;
	if (gone && mm_page_flags(s, pfn) & PG_DIRTY) {
		atomic_store(&p->ref, 2);
		gone = false;
	}
	if (gone) {
		if (reclaim_is_wanted(s, pfn))
			event_discard(s->ev, pfn);
		if (mm_page_flags(s, pfn) & PG_ANON) {
			mm_swap_delete(s, pfn);
		} else {
			struct mm_file_page *f = mm_file_find(s, p->index);

			if (f)
				f->pfn = MEM_NO_FRAME;
			mm_page_clear(s, pfn, PG_CACHED);
		}
	}
	mm_cache_unlock(s);
	return gone;
}

/* One page of the list, locked. true: it is off every list and may be freed after the flush. */
static bool reclaim_shrink_page(struct mm_sys *s, sd_page pfn, struct mm_unmap_batch *batch)
{
	unsigned flags = mm_page_flags(s, pfn);

	if (!(flags & PG_CACHED) && (!(flags & PG_ANON) || !mm_swap_add(s, pfn)))
		return false; /* truncated meanwhile, or no swap */
	if (mm_page_mapped(s, pfn)) {
		mm_try_to_unmap(s, pfn, batch);
		if (mm_page_mapped(s, pfn))
			return false;
	}
	if (mm_page_flags(s, pfn) & PG_DIRTY) {
		if (step(s->bugs, STEP_MM_RECLAIM_FLUSH_DIRTY))
			mm_unmap_flush_dirty(s, batch);
		if (!reclaim_pageout(s, pfn))
			return false;
	}
	return reclaim_remove_mapping(s, pfn);
}

static void reclaim_free_list(struct mm_sys *s, const struct reclaim_list *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		sched_point(s->sched, PT_MM_RECLAIM_FREE);
		if (atomic_load(&s->page[l->pfn[i]].map))
			mm_bad_ref(s, BAD_REF_FREED_MAPPED, l->pfn[i], atomic_load(&s->page[l->pfn[i]].map));
		mem_free(s->mem, l->pfn[i], 1);
	}
}

static void reclaim_secondary_late(struct mm_sys *s, uint32_t mms)
{
	for (; mms; mms &= mms - 1)
		mm_secondary_all(&s->mm[__builtin_ctz(mms)]);
}

static void reclaim_shrink_list(struct mm_sys *s, const struct reclaim_list *l)
{
	struct mm_unmap_batch batch = {0};
	struct reclaim_list gone = {.n = 0}, keep = {.n = 0};
	uint32_t mms = 0;

	for (unsigned i = 0; i < l->n; i++) {
		sd_page pfn = l->pfn[i];

		if (!mm_page_trylock(s, pfn)) {
			keep.pfn[keep.n++] = (uint16_t)pfn;
			continue;
		}
		if (reclaim_shrink_page(s, pfn, &batch)) {
			gone.pfn[gone.n++] = (uint16_t)pfn;
			mm_page_unlock(s, pfn);
		} else {
			keep.pfn[keep.n++] = (uint16_t)pfn;
			mm_swap_unlock_page(s, pfn);
		}
		mms |= batch.mms;
	}
	if (step(s->bugs, STEP_MM_RECLAIM_FLUSH))
		mm_unmap_flush(s, &batch);
	reclaim_free_list(s, &gone);
	if (bug_on(s->bugs, BUG_PUT_BEFORE_FLUSH))
		reclaim_secondary_late(s, mms);
	for (unsigned i = 0; i < keep.n; i++)
		mm_page_put(s, keep.pfn[i]);
}

int mm_reclaim(struct mm_sys *sys, int cpu, sd_page start, unsigned n)
{
	struct mm *mm = mm_enter(sys, cpu);
	struct reclaim_list l = {.n = 0};

	if (!mm)
		return -ESRCH;
	if (!mm_range_ok(sys, start, n)) {
		mm_leave(mm);
		return -EINVAL;
	}
	mm_read_lock(mm);
	for (unsigned i = 0; i < n && l.n < MM_RANGE_MAX; i++)
		reclaim_isolate_at(mm, &l, start + i);
	mm_read_unlock(mm);
	reclaim_shrink_list(sys, &l);
	mm_leave(mm);
	return 0;
}
