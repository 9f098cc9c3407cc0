/* SPDX-License-Identifier: MIT */
/*
 * mprotect.
 *
 * Follows do_mprotect_pkey(), mprotect_fixup() and change_pte_range() of
 * mm/mprotect.c: one gather for the whole call, entries change under the
 * page-table lock, the flush comes at the end. Only taking permission away
 * changes entries; giving it only changes the vma, and the next write fault
 * upgrades the entry (private pages need that for copy-on-write, shared ones
 * for write notification).
 *
 * Does not model: MM_CP_TRY_CHANGE_WRITABLE, NUMA hinting.
 */
#include "mm/huge.h"
#include "mm/lock.h"
#include "mm/pages/batch.h"
#include "mm/range.h"
#include "mm/tables/entry.h"
#include "mm/tables/flush.h"
#include "mm/tables/gather.h"
#include "mm/tables/pagewalk.h"
#include "mm/tables/table.h"
#include "mm/users.h"
#include "mm/vma.h"

static void mprotect_change_ptes(struct mm_gather *tlb, sd_page table, sd_page page, sd_page end)
{
	struct mm_sys *s = tlb->mm->sys;

	mm_ptl_lock(s, table, PT_MM_PTL);
	mm_flush_batched_pending(tlb->mm);
	for (; page < end; page++) {
		mem_entry e = mm_pte_at(s, table, page);
		pte_t v = mm_load(s, e, PT_MM_PROTECT_READ);

		if (!pte_leaf(v) || !(v & PTE_W))
			continue;
		/* ptep_modify_prot_start() and commit(): D of a racing walker is not lost. */
		v = mm_xchg(s, e, 0, PT_MM_PROTECT_CLEAR);
		mem_store(s->mem, e, v & ~(pte_t)PTE_W, PT_MM_PROTECT_SET);
		if (step(s->bugs, STEP_MM_PROTECT_FLUSH))
			mm_gather_range(tlb, page, 1);
	}
	mm_ptl_unlock(s, table);
}

/* One vma, or the part of it that lies in the range. */
static int mprotect_fixup(struct mm_gather *tlb, sd_page start, sd_page end, bool write)
{
	static const struct mm_pmd_ops change = {mm_huge_protect, mprotect_change_ptes};
	struct mm *mm = tlb->mm;
	int err = mm_vma_split_range(mm, start, end - start);
	struct mm_vma *vma = mm_vma_find(mm, start);

	if (err)
		return err;
	if (!vma)
		return -ENOMEM; /* gone: only without mmap_lock */
	vma->write = write;
	if (write)
		return 0;
	mm_notify_start(mm, start, end);
	mm_walk_pmds(tlb, &change, start, end);
	mm_notify_end(mm, start, end);
	return 0;
}

static int mprotect_range(struct mm *mm, sd_page at, sd_page end, bool write)
{
	struct mm_gather tlb;
	int err = 0;

	mm_gather_begin(&tlb, mm, false);
	tlb.downgrade = true;
	while (!err && at < end) {
		const struct mm_vma *v = mm_vma_find(mm, at);
		sd_page stop;

		if (!v) {
			err = -ENOMEM;
			break;
		}
		stop = mm_min(v->start + v->n, end);
		if (v->write != write)
			err = mprotect_fixup(&tlb, at, stop, write);
		at = stop;
	}
	mm_gather_end(&tlb);
	return err;
}

int mm_mprotect(struct mm_sys *sys, int cpu, sd_page start, unsigned n, bool write)
{
	struct mm *mm = mm_enter(sys, cpu);
	int err = -EINVAL;

	if (!mm)
		return -ESRCH;
	mm_write_lock(mm);
	if (mm_range_ok(sys, start, n))
		err = mprotect_range(mm, start, start + n, write);
	mm_write_unlock(mm);
	mm_leave(mm);
	return err;
}
