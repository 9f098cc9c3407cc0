/* SPDX-License-Identifier: MIT */
/*
 * Writeback of file pages: clear D everywhere, then copy to the backing store.
 *
 * Follows write_cache_pages() and folio_clear_dirty_for_io(): the page is
 * locked, page_mkclean() takes write permission and D from every entry, flushed
 * one by one, and only then the page's own dirty flag is cleared and the copy
 * begins. A write that comes later faults (page_mkwrite) and waits for the page
 * lock. Pages are found by their index in the file.
 *
 * Does not model: asynchronous completion (PG_writeback).
 */
#include "mm/lock.h"
#include "mm/pages/file.h"
#include "mm/pages/page.h"
#include "mm/pages/rmap.h"
#include "mm/range.h"
#include "mm/users.h"

static void writeback_page(struct mm_sys *s, sd_page pfn)
{
	if (!(mm_page_flags(s, pfn) & PG_DIRTY))
		return;
	mm_mkclean(s, pfn);
	mm_page_clear(s, pfn, PG_DIRTY);
	if (!mm_file_write(s, pfn))
		mm_page_set(s, pfn, PG_DIRTY);
}

int mm_writeback(struct mm_sys *sys, int cpu, sd_page start, unsigned n)
{
	struct mm *mm = mm_enter(sys, cpu);
	sd_page pfn;

	if (!mm)
		return -ESRCH;
	if (!mm_range_ok(sys, start, n)) {
		mm_leave(mm);
		return -EINVAL;
	}
	for (unsigned i = 0; i < n; i++) {
		if (mm_file_lock_page(sys, start + i, false, &pfn))
			continue; /* not cached, or on its way out */
		writeback_page(sys, pfn);
		mm_page_unlock(sys, pfn);
		mm_page_put(sys, pfn);
	}
	mm_leave(mm);
	return 0;
}
