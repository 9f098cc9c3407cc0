/* SPDX-License-Identifier: MIT */
/*
 * truncate: file pages leave every mm, then the page cache.
 *
 * Follows unmap_mapping_pages() of mm/memory.c and truncate_inode_pages_range()
 * with truncate_cleanup_folio() of mm/truncate.c. No mmap_lock is held: the
 * vmas are found by the reverse map, each is zapped with a gather of its own.
 * A page that a fault maps in between is unmapped once more under its lock.
 *
 * Does not model: the second unmap_mapping_range() of truncate_pagecache(),
 * which is for private copies of file pages; there are none here.
 */
#include "mm/lock.h"
#include "mm/pages/file.h"
#include "mm/pages/page.h"
#include "mm/pages/rmap.h"
#include "mm/pages/swap.h"
#include "mm/range.h"
#include "mm/tables/zap.h"
#include "mm/users.h"

static void unmap_mapping_pages(struct mm_sys *s, sd_page first, sd_page n)
{
	struct mm_rmap_walk w;

	mm_rmap_begin(&w, s, RMAP_FILE, first, n);
	while (mm_rmap_next(&w))
		mm_zap_single(w.mm, w.start, w.end);
	mm_rmap_end(&w);
}

/* A cached page of the range, or one that only has a block, which goes at once. */
static bool truncate_next_index(struct mm_sys *s, sd_page first, sd_page n, sd_page *index)
{
	bool found = false;

	mm_cache_lock(s);
	for (unsigned i = 0; i < s->nfile && !found;) {
		struct mm_file_page *f = &s->file[i];

		if (f->index - first >= n) {
			i++;
		} else if (f->pfn != MEM_NO_FRAME) {
			*index = f->index;
			found = true;
		} else {
			if (f->block != MM_NO_BLOCK)
				mm_block_free(s, f->block);
			*f = s->file[--s->nfile];
		}
	}
	mm_cache_unlock(s);
	return found;
}

static void truncate_remove_page(struct mm_sys *s, sd_page index)
{
	struct mm_file_page *f;

	mm_cache_lock(s);
	f = mm_file_find(s, index);
	if (f) {
		if (f->block != MM_NO_BLOCK)
			mm_block_free(s, f->block);
		*f = s->file[--s->nfile];
	}
	mm_cache_unlock(s);
}

static void truncate_page(struct mm_sys *s, sd_page index)
{
	sd_page pfn;

	if (mm_file_lock_page(s, index, false, &pfn))
		return; /* gone meanwhile; the caller looks again */
	if (mm_page_mapped(s, pfn) && step(s->bugs, STEP_MM_TRUNCATE_UNMAP))
		unmap_mapping_pages(s, index, 1);
	if (mm_page_mapped(s, pfn)) /* "Bad page cache": unaccount_page_cache_folio() */
		mm_bad_ref(s, BAD_REF_CACHE_MAPPED, pfn, atomic_load(&s->page[pfn].map));
	truncate_remove_page(s, index);
	mm_page_clear(s, pfn, PG_CACHED | PG_DIRTY);
	mm_page_unlock(s, pfn);
	mm_page_put(s, pfn); /* the cache's */
	mm_page_put(s, pfn); /* ours */
}

int mm_truncate(struct mm_sys *sys, int cpu, sd_page start, unsigned n)
{
	struct mm *mm = mm_enter(sys, cpu);
	sd_page index;

	if (!mm)
		return -ESRCH;
	if (!mm_range_ok(sys, start, n)) {
		mm_leave(mm);
		return -EINVAL;
	}
	unmap_mapping_pages(sys, start, n);
	for (unsigned budget = 4 * n; budget && truncate_next_index(sys, start, n, &index); budget--)
		truncate_page(sys, index);
	mm_leave(mm);
	return 0;
}
