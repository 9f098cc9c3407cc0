/* SPDX-License-Identifier: MIT */
/* rmap: from a page to the entries that map it. */
#ifndef MM_RMAP_H
#define MM_RMAP_H

#include "mem/mem.h"

struct mm;
struct mm_sys;
struct mm_unmap_batch;
struct mm_vma;

/* A walk of all vmas of a class that map index first..first+n, oldest first; holds the reverse-map lock. */
struct mm_rmap_walk {
	struct mm_sys *sys;
	uint64_t last; /* order of the one before; 0: none yet */
	int cls;
	sd_page first, n;
	struct mm *mm;
	struct mm_vma *vma;
	sd_page start, end; /* the addresses that map them */
};

void mm_rmap_begin(struct mm_rmap_walk *w, struct mm_sys *s, int cls, sd_page first, sd_page n);
bool mm_rmap_next(struct mm_rmap_walk *w);
void mm_rmap_end(struct mm_rmap_walk *w);

void mm_try_to_unmap(struct mm_sys *s, sd_page pfn, struct mm_unmap_batch *batch);
void mm_mkclean(struct mm_sys *s, sd_page pfn); /* folio_mkclean() */

#endif
