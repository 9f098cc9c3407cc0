/* SPDX-License-Identifier: MIT */
/*
 * mmap, munmap, and the end of an mm.
 *
 * Follows mmap_region() with MAP_FIXED, do_mas_align_munmap(), unmap_region()
 * and exit_mmap() of mm/mmap.c. Order of an unmap: vmas leave the mm, entries
 * are zapped, vmas leave the reverse map, tables are unlinked, everything is
 * flushed, pages and tables are freed.
 *
 * Does not model: downgrading mmap_lock during the zap, merging of vmas.
 */
#include "event/tell.h"
#include "mm/lock.h"
#include "mm/mmap.h"
#include "mm/range.h"
#include "mm/tables/flush.h"
#include "mm/tables/gather.h"
#include "mm/tables/table.h"
#include "mm/tables/zap.h"
#include "mm/users.h"
#include "mm/vma.h"

/* unlink_anon_vmas() and unlink_file_vma() of the detached vmas in the range, then their tables. */
static void munmap_free_tables(struct mm_gather *tlb, uint32_t detached, sd_page start, sd_page end)
{
	struct mm *mm = tlb->mm;
	const struct mm_vma *after = mm_vma_next(mm, end);
	sd_page ceiling = after ? after->start : mm->sys->mem->pages;
	sd_page floor = 0;

	for (uint32_t m = mm->linked; m; m &= m - 1) {
		const struct mm_vma *v = &mm->vma[__builtin_ctz(m)];

		if (v->start + v->n <= start)
			floor = mm_max(floor, v->start + v->n);
	}
	for (; detached; detached &= detached - 1)
		mm_vma_unlink_rmap(mm, &mm->vma[__builtin_ctz(detached)]);
	mm_free_pgtables(tlb, start, end, floor, ceiling);
}

static void unmap_region(struct mm *mm, uint32_t detached, sd_page start, sd_page end, bool fullmm)
{
	struct mm_gather tlb;

	mm_gather_begin(&tlb, mm, fullmm);
	mm_notify_start(mm, start, end);
	for (uint32_t m = detached; m; m &= m - 1) {
		const struct mm_vma *v = &mm->vma[__builtin_ctz(m)];

		mm_zap_range(&tlb, v->start, v->start + v->n);
	}
	mm_notify_end(mm, start, end);
	munmap_free_tables(&tlb, detached, start, end);
	mm_gather_end(&tlb);
}

int mm_munmap_locked(struct mm *mm, sd_page start, sd_page n)
{
	const sd_page end = start + n;
	const struct mm_vma *v = mm_vma_next(mm, start);
	uint32_t detached = 0;
	int err;

	if (!v || v->start >= end)
		return 0;
	err = mm_vma_split_range(mm, start, n);
	if (err)
		return err;
	for (uint32_t m = mm->linked; m; m &= m - 1) {
		struct mm_vma *d = &mm->vma[__builtin_ctz(m)];

		if (d->start >= start && d->start < end) {
			detached |= m & -m;
			mm_vma_detach(mm, d);
		}
	}
	unmap_region(mm, detached, start, end, false);
	return 0;
}

int mm_munmap(struct mm_sys *sys, int cpu, sd_page start, unsigned n)
{
	struct mm *mm = mm_enter(sys, cpu);
	int err = -EINVAL;

	if (!mm)
		return -ESRCH;
	mm_write_lock(mm);
	if (mm_range_ok(sys, start, n))
		err = mm_munmap_locked(mm, start, n);
	mm_write_unlock(mm);
	mm_leave(mm);
	return err;
}

static int mmap_region(struct mm *mm, const struct mm_vma *v)
{
	int err = mm_munmap_locked(mm, v->start, v->n);

	if (err)
		return err;
	return mm_vma_insert(mm, v) ? 0 : -ENOMEM;
}

int mm_mmap(struct mm_sys *sys, int cpu, sd_page start, unsigned n, bool write, enum mm_kind kind)
{
	struct mm_vma v = {.start = start, .n = n, .pgoff = start, .kind = (uint8_t)kind, .write = write};
	struct mm *mm = mm_enter(sys, cpu);
	int err = -EINVAL;

	if (!mm)
		return -ESRCH;
	mm_write_lock(mm);
	if (mm_range_ok(sys, start, n))
		err = mmap_region(mm, &v);
	mm_write_unlock(mm);
	mm_leave(mm);
	return err;
}

/*
 * The last user is gone. The secondary user is told first and blocks its
 * devices; then everything goes with one full flush, the root last. Reverse-map
 * walks may still find the vmas until they are unlinked.
 */
void mm_exit_mmap(struct mm *mm)
{
	struct mm_sys *s = mm->sys;
	uint32_t all;

	atomic_store(&mm->state, MM_DYING);
	if (mm->bound) {
		sched_point(s->sched, PT_MM_EXIT_RELEASE);
		if (step(s->bugs, STEP_MM_EXIT_RELEASE))
			mm->ops.release(mm->ops.ctx, mm->id);
		mm->bound = false;
	}
	mm_write_lock(mm);
	all = mm->linked;
	mm->linked = 0;
	unmap_region(mm, all, 0, s->mem->pages, true);
	mm_write_unlock(mm);
	event_root(s->ev, sd_space_of_mm(mm->id), mm->root, 0, 0);
	mem_free(s->mem, mm->root, 1);
	mm->root = MEM_NO_FRAME;
	atomic_store(&mm->state, MM_FREE_SLOT);
}
