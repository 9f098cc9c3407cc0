/* SPDX-License-Identifier: MIT */
/*
 * Reverse-map walks: try_to_unmap() and folio_mkclean(), and reclaim's batch.
 *
 * Follows mm/rmap.c. A walk visits every vma that may map the page; under the
 * page-table lock it looks whether the entry really does. An unmap clears the
 * entry and, where the architecture batches, only notes that the CPUs are owed
 * a flush (set_tlb_ubc_flush_pending()); the secondary is told at once, for the
 * batch does not remember addresses (arch_tlbbatch_add_pending() of 6.6: the
 * whole mm on x86, the page on arm64). Others that rely on an empty entry call
 * mm_flush_batched_pending() first.
 *
 * Does not model: should_defer_flush()'s look at the CPU mask (every unmap of
 * reclaim is deferred), mlock, migration entries.
 */
#include "mm/internal.h"

/* -- the batch ------------------------------------------------------------------------- */

/* tlb_flush_batched: generations of unmaps and of flushes; equal: nothing is owed. */
enum { BATCH_FLUSHED_SHIFT = 16, BATCH_MASK = 0x7fff };

/*
 * Is the invalidation sent when an entry goes into the batch, and only waited
 * for at the end? An IOMMU that listens must hear it before its ATCs are told
 * (SMMU 4.7.3), and that is now.
 */
static bool sends_at_once(const struct mm_sys *s) { return s->prof.cpu_batch_page || mm_iommu_listens(s); }

/* set_tlb_ubc_flush_pending() and arch_tlbbatch_add_pending(). */
static void add_pending(struct mm *mm, sd_page page, bool dirty, bool told, struct mm_unmap_batch *b)
{
	struct mm_sys *s = mm->sys;

	if (s->prof.cpu_batch_page)
		b->seq = mm_flush_cpu_nosync(mm, page, page + 1);
	else if (sends_at_once(s))
		b->seq = mm_flush_cpu_nosync(mm, 0, s->mem->pages);
	if (told && step(s->bugs, STEP_MM_BATCH_SECONDARY)) {
		if (s->prof.cpu_batch_page)
			mm_secondary_range(mm, page, page + 1);
		else
			mm_secondary_all(mm);
	}
	sched_point(s->sched, PT_MM_BATCH_ADD);
	atomic_fetch_add_explicit(&mm->flush_batched, 1, memory_order_relaxed);
	b->mms |= 1u << mm->id;
	b->writable |= dirty;
}

void mm_unmap_flush(struct mm_sys *s, struct mm_unmap_batch *b)
{
	for (uint32_t m = b->mms; m; m &= m - 1) {
		struct mm *mm = &s->mm[__builtin_ctz(m)];
		uint64_t seq = b->seq;

		if (!sends_at_once(s))
			seq = mm_flush_cpu_nosync(mm, 0, s->mem->pages);
		if (seq && step(s->bugs, STEP_MM_FLUSH_SYNC))
			hw_cpu_sync(s->hw, mm->cpus, seq);
	}
	b->mms = 0;
	b->writable = false;
}

void mm_unmap_flush_dirty(struct mm_sys *s, struct mm_unmap_batch *b)
{
	if (b->writable)
		mm_unmap_flush(s, b);
}

/*
 * flush_tlb_batched_pending(). No order but the page-table lock's: it is about
 * entries that were cleared under the lock that the caller holds. The batch does
 * not say what it owes, so the whole mm is flushed, as x86 and RISC-V do. An
 * arm64 that only waits (DSB) would cover the TLBIs of its own CPU and no other's.
 */
void mm_flush_batched_pending(struct mm *mm)
{
	struct mm_sys *s = mm->sys;
	unsigned batch, pending;

	if (!s->prof.cpu_batch || bug_on(s->bugs, BUG_SKIP_FLUSH_ON_NONE) ||
	    !step(s->bugs, STEP_MM_BATCH_PENDING))
		return;
	sched_point(s->sched, PT_MM_BATCH_READ);
	batch = atomic_load_explicit(&mm->flush_batched, memory_order_relaxed);
	pending = batch & BATCH_MASK;
	if (pending == batch >> BATCH_FLUSHED_SHIFT)
		return;
	mm_flush_all(mm, 0);
	/* If more was unmapped meanwhile, it stays owed. */
	sched_point(s->sched, PT_MM_BATCH_READ);
	atomic_compare_exchange_strong_explicit(&mm->flush_batched, &batch,
	                                        pending | pending << BATCH_FLUSHED_SHIFT,
	                                        memory_order_relaxed, memory_order_relaxed);
}

/* -- walking -------------------------------------------------------------------------------- */

/* An entry that maps the page, its table locked: page_vma_mapped_walk(). */
struct mapped {
	struct mm *mm;
	sd_page page, table;
	mem_entry e;
	pte_t v;
	bool huge; /* of a vma with huge pages */
};

static bool find_mapped(const struct mm_rmap_walk *w, sd_page pfn, struct mapped *at, enum point read)
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

/* The old callback carried one address, whatever the size of the page: mmu_notifier_invalidate_page(). */
static bool told_of_first_page_only(const struct mapped *at)
{
	struct mm_sys *s = at->mm->sys;
	sd_page base = mm_huge_base(s, at->page);

	if (!at->huge || !bug_on(s->bugs, BUG_INVALIDATE_PAGE))
		return false;
	mm_secondary_range(at->mm, base, base + 1);
	return true;
}

static void unmap_entry(const struct mapped *at, sd_page pfn, struct mm_unmap_batch *b)
{
	struct mm_sys *s = at->mm->sys;
	pte_t v = mm_xchg(s, at->e, 0, PT_MM_UNMAP_CLEAR);
	bool late = bug_on(s->bugs, BUG_PUT_BEFORE_FLUSH) || bug_on(s->bugs, BUG_RANGE_END_TOO_LATE);
	bool told = !late && !told_of_first_page_only(at);

	if (s->prof.cpu_batch)
		add_pending(at->mm, at->page, v & PTE_D, told, b);
	else if (step(s->bugs, STEP_MM_UNMAP_FLUSH))
		mm_flush_range(at->mm, at->page, at->page + 1, told ? 0 : FLUSH_CPU_ONLY);
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
	struct mapped at;

	mm_notify_start(w->mm, w->start, w->end);
	if (find_mapped(w, pfn, &at, PT_MM_UNMAP_READ)) {
		unmap_entry(&at, pfn, b);
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

static bool clean_entry(const struct mapped *at)
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
	event_emit(s->ev, EV_CLEANED, 0, space, at->page, 1, 0, 0);
	return v & PTE_D;
}

void mm_mkclean(struct mm_sys *s, sd_page pfn)
{
	struct mm_rmap_walk w;
	struct mapped at;

	if (!mm_page_mapped(s, pfn))
		return;
	mm_rmap_begin(&w, s, RMAP_FILE, s->page[pfn].index, 1);
	while (mm_rmap_next(&w)) {
		mm_notify_start(w.mm, w.start, w.end);
		if (find_mapped(&w, pfn, &at, PT_MM_CLEAN_READ)) {
			if (clean_entry(&at))
				mm_page_set(s, pfn, PG_DIRTY);
			mm_ptl_unlock(s, at.table);
		}
		mm_notify_end(w.mm, w.start, w.end);
	}
	mm_rmap_end(&w);
}
