/* SPDX-License-Identifier: MIT */
/*
 * Huge entries: one leaf of level 1 over a whole table's span.
 *
 * Follows mm/huge_memory.c: __do_huge_pmd_anonymous_page, do_huge_pmd_wp_page,
 * zap_huge_pmd, change_huge_pmd, move_huge_pmd, copy_huge_pmd and
 * __split_huge_pmd. A table is deposited with every huge entry, so that a
 * split never needs memory. While a split is under way the entry is invalid
 * but not empty, so that nobody takes it for unmapped.
 *
 * A zap leaves its flush to the gather, and the next fault may put small pages
 * there before it. Where hardware must not cache two sizes of one address even
 * then (size-strict), it flushes before the entry's lock is dropped, as Linux
 * does nowhere.
 *
 * Does not model: file THP, collapse, compound reference counts.
 */
#include "mm/fault.h"
#include "mm/huge.h"
#include "mm/lock.h"
#include "mm/mremap.h"
#include "mm/pages/page.h"
#include "mm/range.h"
#include "mm/tables/entry.h"
#include "mm/tables/flush.h"
#include "mm/tables/gather.h"
#include "mm/tables/table.h"

/* -- deposited tables: a list per level-1 table, under its lock ------------------------ */

static void huge_deposit_table(struct mm_sys *s, sd_page holder, sd_page table)
{
	s->page[table].next = s->page[holder].deposit;
	s->page[holder].deposit = (uint16_t)table;
}

static sd_page huge_withdraw_table(struct mm_sys *s, sd_page holder)
{
	sd_page t = s->page[holder].deposit;

	if (t != MEM_NO_FRAME)
		s->page[holder].deposit = s->page[t].next;
	return t;
}

/* zap_deposited_table(): no walker has ever seen the table, so it is freed without a flush. */
static void huge_free_deposited(struct mm_sys *s, sd_page holder)
{
	sd_page t = huge_withdraw_table(s, holder);

	if (t != MEM_NO_FRAME)
		mem_free(s->mem, t, 1);
}

/* The table whose lock protects the entry. */
static sd_page huge_holder(const struct mm_sys *s, mem_entry pmd) { return mem_entry_frame(s->mem, pmd); }

/* mm_sane() for a huge entry: all of its frames exist, or it counts as empty. */
static pte_t huge_sane(const struct mm_sys *s, pte_t v)
{
	return mm_huge_entry(v) && pte_pfn(v) + mm_span(s) > MEM_FRAMES ? 0 : v;
}

/* Locks the entry's table and reads it. */
static pte_t huge_lock_pmd(struct mm_sys *s, mem_entry pmd)
{
	mm_ptl_lock(s, huge_holder(s, pmd), PT_MM_PMD_LOCK);
	return huge_sane(s, mm_load(s, pmd, PT_MM_FAULT_CHECK));
}

bool mm_huge_maps(struct mm_sys *s, pte_t v, sd_page page, sd_page pfn)
{
	return mm_huge_entry(v) && pte_pfn(v) + (page - mm_huge_base(s, page)) == pfn;
}

/* -- faults ------------------------------------------------------------------------------ */

bool mm_huge_fits(const struct mm_sys *s, const struct mm_vma *v, sd_page page)
{
	sd_page base = mm_huge_base(s, page);

	return v->kind == MM_HUGE && mm_span(s) <= MM_RANGE_MAX && base >= v->start &&
	       base + mm_span(s) <= v->start + v->n;
}

int mm_huge_fault(struct mm *mm, const struct mm_vma *v, mem_entry pmd, sd_page page, bool write,
                  uint32_t *serial)
{
	struct mm_sys *s = mm->sys;
	const sd_page span = mm_span(s), base = mm_huge_base(s, page);
	pte_t leaf = PTE_P | PTE_LEAF | PTE_A | (write ? PTE_W | PTE_D : 0);
	sd_page pfn = mm_page_alloc(s, span, PG_ANON, v->pgoff + (base - v->start));
	sd_page table = pfn == MEM_NO_FRAME ? pfn : mm_table_alloc(s);

	if (table == MEM_NO_FRAME) {
		if (pfn != MEM_NO_FRAME && step(s->bugs, STEP_MM_HUGE_UNDO))
			mm_pages_put(s, pfn, span);
		return -ENOMEM;
	}
	if (huge_lock_pmd(s, pmd)) {
		mm_ptl_unlock(s, huge_holder(s, pmd));
		mm_pages_put(s, pfn, span);
		mem_free(s->mem, table, 1);
		return -EAGAIN;
	}
	for (sd_page i = 0; i < span; i++)
		mm_page_add_rmap(s, pfn + i);
	huge_deposit_table(s, huge_holder(s, pmd), table);
	mem_store(s->mem, pmd, pte_make(pfn, leaf), PT_MM_FAULT_SET);
	*serial = mem_serial(s->mem, pmd);
	mm_ptl_unlock(s, huge_holder(s, pmd));
	return 0;
}

/* Is this mapping the only reference to each of its frames? */
static bool huge_exclusive(struct mm_sys *s, sd_page pfn)
{
	sched_point(s->sched, PT_MM_PAGE_REF);
	for (sd_page i = 0; i < mm_span(s); i++)
		if (atomic_load(&s->page[pfn + i].ref) != 1)
			return false;
	return true;
}

int mm_huge_touch(struct mm *mm, mem_entry pmd, sd_page page, bool write, uint32_t *serial)
{
	struct mm_sys *s = mm->sys;
	const sd_page base = mm_huge_base(s, page), holder = huge_holder(s, pmd);
	pte_t want = PTE_A | (write ? PTE_W | PTE_D : 0);
	pte_t v = huge_lock_pmd(s, pmd);

	if (!pte_leaf(v)) {
		mm_ptl_unlock(s, holder);
		return -EAGAIN;
	}
	if (want & ~v & PTE_W && !huge_exclusive(s, pte_pfn(v))) {
		mm_ptl_unlock(s, holder);
		mm_huge_split(mm, pmd, base); /* the copy is made of small pages */
		return -EAGAIN;
	}
	mm_set_access_flags(mm, pmd, v, want, base, mm_span(s));
	*serial = mem_serial(s->mem, pmd);
	mm_ptl_unlock(s, holder);
	return 0;
}

/* -- changes ----------------------------------------------------------------------------- */

bool mm_huge_zap(struct mm_gather *tlb, mem_entry pmd, sd_page page)
{
	struct mm_sys *s = tlb->mm->sys;
	const sd_page span = mm_span(s), holder = huge_holder(s, pmd);
	pte_t v = huge_lock_pmd(s, pmd);

	if (!mm_huge_entry(v)) {
		mm_ptl_unlock(s, holder);
		return false;
	}
	v = huge_sane(s, mm_xchg(s, pmd, 0, PT_MM_ZAP_CLEAR));
	mm_gather_range(tlb, mm_huge_base(s, page), span);
	for (sd_page i = 0; i < span; i++)
		mm_page_remove_rmap(s, pte_pfn(v) + i);
	huge_free_deposited(s, holder);
	if (s->prof.size_strict && step(s->bugs, STEP_MM_ZAP_HUGE))
		mm_gather_flush_tlb(tlb);
	mm_ptl_unlock(s, holder);
	if (mm_gather_page(tlb, pte_pfn(v), span, false))
		mm_gather_flush(tlb);
	return true;
}

bool mm_huge_protect(struct mm_gather *tlb, mem_entry pmd, sd_page page)
{
	struct mm_sys *s = tlb->mm->sys;
	pte_t v = huge_lock_pmd(s, pmd);

	/* In place, never empty: reverse-map walks look without the lock. */
	while (pte_leaf(v) && v & PTE_W)
		if (mem_cmpxchg(s->mem, pmd, &v, v & ~(pte_t)PTE_W, PT_MM_PROTECT_SET)) {
			if (step(s->bugs, STEP_MM_PROTECT_FLUSH))
				mm_gather_range(tlb, mm_huge_base(s, page), mm_span(s));
			break;
		}
	mm_ptl_unlock(s, huge_holder(s, pmd));
	return pte_leaf(v);
}

static void huge_split_locked(struct mm *mm, mem_entry pmd, pte_t v, sd_page base)
{
	struct mm_sys *s = mm->sys;
	sd_page table = huge_withdraw_table(s, huge_holder(s, pmd));

	if (table == MEM_NO_FRAME)
		return;
	v = mm_xchg(s, pmd, v & ~(pte_t)PTE_P, PT_MM_SPLIT_CLEAR);
	if (step(s->bugs, STEP_MM_SPLIT_FLUSH))
		mm_flush_range(mm, base, base + mm_span(s), 0);
	for (sd_page i = 0; i < mm_span(s); i++)
		mem_store(s->mem, mem_at(s->mem, table, i), v + (i << PTE_PFN_SHIFT), PT_MM_SPLIT_FILL);
	mem_store(s->mem, pmd, pte_make(table, PTE_P), PT_MM_SPLIT_SET);
}

void mm_huge_split(struct mm *mm, mem_entry pmd, sd_page page)
{
	struct mm_sys *s = mm->sys;
	const sd_page span = mm_span(s), base = mm_huge_base(s, page), holder = huge_holder(s, pmd);
	pte_t v;

	if (!mm_huge_entry(mm_load(s, pmd, PT_MM_WALK)))
		return;
	mm_notify_start(mm, base, base + span);
	v = huge_lock_pmd(s, pmd);
	if (pte_leaf(v))
		huge_split_locked(mm, pmd, v, base);
	mm_ptl_unlock(s, holder);
	mm_notify_end(mm, base, base + span);
}

/* -- copying and moving ---------------------------------------------------------------------- */

/* copy_huge_pmd(): the child's lock before the parent's. */
int mm_huge_copy(struct mm_sys *s, mem_entry from, mem_entry to)
{
	const sd_page parent = huge_holder(s, from), child = huge_holder(s, to);
	sd_page table = mm_table_alloc(s);
	pte_t v;

	if (table == MEM_NO_FRAME)
		return -ENOMEM;
	mm_ptl_lock(s, child, PT_MM_PMD_LOCK);
	mm_ptl_lock(s, parent, PT_MM_PTL_NESTED);
	v = huge_sane(s, mm_load(s, from, PT_MM_FORK_READ));
	if (pte_leaf(v)) {
		for (sd_page i = 0; i < mm_span(s); i++) {
			mm_page_get(s, pte_pfn(v) + i);
			mm_page_add_rmap(s, pte_pfn(v) + i);
		}
		while (!mem_cmpxchg(s->mem, from, &v, (v & ~(pte_t)PTE_W) | PTE_COW, PT_MM_FORK_PROTECT))
			;
		huge_deposit_table(s, child, table);
		table = MEM_NO_FRAME;
		mem_store(s->mem, to, (v & ~(pte_t)(PTE_W | PTE_A)) | PTE_COW, PT_MM_FORK_SET);
	}
	mm_ptl_unlock(s, parent);
	mm_ptl_unlock(s, child);
	if (table == MEM_NO_FRAME)
		return 0;
	mem_free(s->mem, table, 1);
	return -EAGAIN;
}

/* move_huge_pmd(); the deposited table goes along. */
bool mm_huge_move(struct mm_move *mv, mem_entry from, mem_entry to, sd_page old)
{
	struct mm_sys *s = mv->mm->sys;
	const sd_page a = huge_holder(s, from), b = huge_holder(s, to);
	sd_page table;
	bool moved = false;
	pte_t v;

	mm_ptl_lock(s, a, PT_MM_PMD_LOCK);
	if (b != a)
		mm_ptl_lock(s, b, PT_MM_PTL_NESTED);
	v = mm_load(s, from, PT_MM_MREMAP_READ);
	if (pte_leaf(v) && !mm_load(s, to, PT_MM_MREMAP_READ)) {
		v = mm_xchg(s, from, 0, PT_MM_MREMAP_CLEAR);
		table = huge_withdraw_table(s, a);
		if (table != MEM_NO_FRAME)
			huge_deposit_table(s, b, table);
		mem_store(s->mem, to, v, PT_MM_MREMAP_SET);
		mm_move_flush(mv, old, old + mm_span(s));
		moved = true;
	}
	if (b != a)
		mm_ptl_unlock(s, b);
	mm_ptl_unlock(s, a);
	sched_point(s->sched, PT_MM_MREMAP_UNLOCKED);
	return moved;
}
