/* SPDX-License-Identifier: MIT */
/* page: struct page of data frames and of table frames: references, mappings, flags. */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include <stdatomic.h>

#include "mm/mm.h"

/* Flags. */
enum {
	PG_ANON = 1,
	PG_DIRTY = 2,
	PG_CACHED = 4, /* in the page cache, or in the swap cache of `block` */
};

struct mm_page {
	atomic_short ref;
	atomic_short map;
	atomic_uchar flags;
	atomic_uchar block; /* of an anonymous page in the swap cache */
	/* A level-1 table's list of deposited tables, one for each of its huge entries (huge.c). */
	uint16_t deposit, next;
	sd_page index;          /* in the file, or in the anonymous vma that it was made for */
	struct sched_lock lock; /* page lock; of a table frame: its page-table lock */
};

/* Tells that a count went wrong: bad_page(). */
void mm_bad_ref(const struct mm_sys *s, enum mm_bad_ref why, sd_page pfn, int count);

/* n frames, each with one reference. MEM_NO_FRAME: none are left. */
sd_page mm_page_alloc(struct mm_sys *s, sd_page n, unsigned flags, sd_page index);
void mm_page_get(struct mm_sys *s, sd_page pfn);
void mm_page_put(struct mm_sys *s, sd_page pfn);
/* Drops a reference of each of n frames; frees them as one block if all were the last ones. */
void mm_pages_put(struct mm_sys *s, sd_page pfn, sd_page n);
int mm_page_refs(struct mm_sys *s, sd_page pfn);

bool mm_page_mapped(struct mm_sys *s, sd_page pfn);
void mm_page_add_rmap(struct mm_sys *s, sd_page pfn);
void mm_page_remove_rmap(struct mm_sys *s, sd_page pfn);

unsigned mm_page_flags(const struct mm_sys *s, sd_page pfn);
void mm_page_set(struct mm_sys *s, sd_page pfn, unsigned f);
void mm_page_clear(struct mm_sys *s, sd_page pfn, unsigned f);

#endif
