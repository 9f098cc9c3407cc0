/* SPDX-License-Identifier: MIT */
/*
 * madvise: advice about a range, vma by vma.
 *
 * Follows do_madvise() and madvise_walk_vmas() of mm/madvise.c; MADV_DONTNEED is
 * madvise_dontneed_single_vma(). Does not model: MADV_FREE, MADV_COLD,
 * MADV_PAGEOUT, advice that changes a vma.
 */
#include "mm/lock.h"
#include "mm/range.h"
#include "mm/tables/zap.h"
#include "mm/users.h"
#include "mm/vma.h"

/* A hole is an error, but what lies behind it is done all the same. */
static int madvise_walk_vmas(struct mm *mm, sd_page at, sd_page end,
                             void (*visit)(struct mm *mm, sd_page start, sd_page end))
{
	int err = 0;

	while (at < end) {
		const struct mm_vma *v = mm_vma_next(mm, at);
		sd_page stop;

		if (!v || v->start > at)
			err = -ENOMEM;
		if (!v || v->start >= end)
			break;
		at = mm_max(at, v->start);
		stop = mm_min(v->start + v->n, end);
		visit(mm, at, stop);
		at = stop;
	}
	return err;
}

static int madvise_range(struct mm_sys *sys, int cpu, sd_page start, unsigned n,
                         void (*visit)(struct mm *mm, sd_page start, sd_page end))
{
	struct mm *mm = mm_enter(sys, cpu);
	int err = -EINVAL;

	if (!mm)
		return -ESRCH;
	mm_read_lock(mm);
	if (mm_range_ok(sys, start, n))
		err = madvise_walk_vmas(mm, start, start + n, visit);
	mm_read_unlock(mm);
	mm_leave(mm);
	return err;
}

int mm_madvise_dontneed(struct mm_sys *sys, int cpu, sd_page start, unsigned n)
{
	return madvise_range(sys, cpu, start, n, mm_zap_single);
}
