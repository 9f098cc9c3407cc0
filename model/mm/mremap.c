/* SPDX-License-Identifier: MIT */
/*
 * mremap: entries move to another address.
 *
 * Follows mremap_to(), move_vma(), move_page_tables() and move_ptes() of
 * mm/mremap.c, with the closing munmap of the old range. A page that moved lives
 * as long as its new entry, so its old address must be dead everywhere before
 * either page-table lock is dropped. Entries that were found empty need no flush
 * here: nothing that they mapped has moved. Who cleared them may not have flushed
 * yet; the closing munmap meets his gather and flushes everything, and until then
 * mmap_lock keeps faults away from the old range.
 *
 * Does not model: moving whole tables (move_normal_pmd), growing, DONTUNMAP.
 */
#include "event/tell.h"
#include "mm/huge.h"
#include "mm/lock.h"
#include "mm/mmap.h"
#include "mm/mremap.h"
#include "mm/pages/batch.h"
#include "mm/range.h"
#include "mm/tables/entry.h"
#include "mm/tables/flush.h"
#include "mm/tables/gather.h"
#include "mm/tables/table.h"
#include "mm/tables/zap.h"
#include "mm/users.h"
#include "mm/vma.h"

void mm_move_flush(struct mm_move *mv, sd_page start, sd_page end)
{
	struct mm *mm = mv->mm;
	const struct bugs_set *bugs = mm->sys->bugs;
	unsigned how = bug_on(bugs, BUG_MREMAP_SECONDARY_LATE) ? FLUSH_CPU_ONLY : 0;

	if (bug_on(bugs, BUG_MREMAP_FLUSH_UNLOCKED))
		mv->unflushed = true;
	else if (step(bugs, STEP_MM_MREMAP_FLUSH))
		mm_flush_range(mm, start, end, how);
	event_dead(mm->sys->ev, sd_space_of_mm(mm->id), start, end - start);
}

static void move_ptes(struct mm_move *mv, sd_page old_table, sd_page from, sd_page new_table, sd_page to,
                      sd_page n)
{
	struct mm_sys *s = mv->mm->sys;
	bool moved = false;

	mm_ptl_lock(s, old_table, PT_MM_PTL);
	if (new_table != old_table)
		mm_ptl_lock(s, new_table, PT_MM_PTL_NESTED);
	mm_flush_batched_pending(mv->mm);
	for (sd_page i = 0; i < n; i++) {
		mem_entry old = mm_pte_at(s, old_table, from + i);
		pte_t v = mm_load(s, old, PT_MM_MREMAP_READ);

		if (!v)
			continue;
		v = mm_xchg(s, old, 0, PT_MM_MREMAP_CLEAR);
		moved |= pte_present(v);
		mem_store(s->mem, mm_pte_at(s, new_table, to + i), v, PT_MM_MREMAP_SET);
	}
	if (moved)
		mm_move_flush(mv, from, from + n);
	if (new_table != old_table)
		mm_ptl_unlock(s, new_table);
	mm_ptl_unlock(s, old_table);
	sched_point(s->sched, PT_MM_MREMAP_UNLOCKED);
}

/* What one table on either side covers. 0, or an error. */
static int mremap_move_extent(struct mm_move *mv, sd_page from, sd_page to, sd_page n)
{
	struct mm *mm = mv->mm;
	mem_entry old_pmd, new_pmd;
	sd_page table;
	pte_t v;
	int err;

	if (!mm_pmd_find(mm, from, &old_pmd))
		return 0;
	v = mm_load(mm->sys, old_pmd, PT_MM_WALK);
	if (!v)
		return 0;
	err = mm_pmd_alloc(mm, to, &new_pmd);
	if (err)
		return err;
	if (mm_huge_entry(v)) {
		if (n == mm_span(mm->sys) && mm_huge_move(mv, old_pmd, new_pmd, from))
			return 0;
		mm_huge_split(mm, old_pmd, from);
		v = mm_load(mm->sys, old_pmd, PT_MM_WALK);
	}
	if (!pte_table(v))
		return 0;
	err = mm_pte_alloc(mm, new_pmd, &table);
	if (!err)
		move_ptes(mv, pte_pfn(v), from, table, to, n);
	return err;
}

/* How many pages were moved; fewer than n: no memory. */
static sd_page move_page_tables(struct mm *mm, sd_page from, sd_page to, sd_page n)
{
	struct mm_move mv = {.mm = mm};
	const sd_page span = mm_span(mm->sys);
	sd_page done = 0;

	mm_notify_start(mm, from, from + n);
	while (done < n) {
		sd_page src = from + done, dst = to + done;
		sd_page extent = mm_min(n - done, span - (src & (span - 1)));

		extent = mm_min(extent, span - (dst & (span - 1)));
		if (mremap_move_extent(&mv, src, dst, extent))
			break;
		done += extent;
	}
	if (mv.unflushed)
		mm_flush_range(mm, from, from + n, 0);
	if (bug_on(mm->sys->bugs, BUG_MREMAP_SECONDARY_LATE))
		mm_secondary_range(mm, from, from + n);
	mm_notify_end(mm, from, from + n);
	return done;
}

/*
 * Moves back what was moved; its tables are still there. This way a move goes
 * from a new vma to an old one, so reverse-map walks are kept out.
 */
static void mremap_move_back(struct mm *mm, int cls, sd_page from, sd_page to, sd_page n)
{
	if (!n)
		return;
	mm_rmap_write_lock(mm->sys, cls);
	move_page_tables(mm, from, to, n);
	mm_rmap_write_unlock(mm->sys, cls);
}

static int move_vma(struct mm *mm, const struct mm_vma *v, sd_page from, sd_page to, sd_page n)
{
	struct mm_vma copy = *v;
	sd_page moved;

	if (mm_vma_room(mm) < 3) /* the copy, and what the closing munmap splits */
		return -ENOMEM;
	copy.start = to;
	copy.n = n;
	copy.pgoff = v->pgoff + (from - v->start);
	if (!mm_vma_insert(mm, &copy))
		return -ENOMEM;
	moved = move_page_tables(mm, from, to, n);
	if (moved == n) {
		/* No memory to split a vma: it stays, and nobody flushes here what others cleared there. */
		if (mm_munmap_locked(mm, from, n))
			event_extent(mm->sys->ev, sd_space_of_mm(mm->id), from, 0);
		return 0;
	}
	mremap_move_back(mm, mm_rmap_class(copy.kind), to, from, moved);
	mm_munmap_locked(mm, to, n);
	return -ENOMEM;
}

static int mremap_to(struct mm *mm, sd_page from, sd_page to, sd_page n)
{
	const struct mm_vma *v;
	int err;

	if (from < to + n && to < from + n)
		return -EINVAL;
	err = mm_munmap_locked(mm, to, n);
	if (err)
		return err;
	v = mm_vma_find(mm, from);
	if (!v || v->start + v->n < from + n)
		return -EFAULT;
	return move_vma(mm, v, from, to, n);
}

int mm_mremap(struct mm_sys *sys, int cpu, sd_page from, sd_page to, unsigned n)
{
	struct mm *mm = mm_enter(sys, cpu);
	int err = -EINVAL;

	if (!mm)
		return -ESRCH;
	mm_write_lock(mm);
	if (mm_range_ok(sys, from, n) && mm_range_ok(sys, to, n))
		err = mremap_to(mm, from, to, n);
	mm_write_unlock(mm);
	mm_leave(mm);
	return err;
}
