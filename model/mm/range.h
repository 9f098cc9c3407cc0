/* SPDX-License-Identifier: MIT */
/* range: arithmetic on page numbers. */
#ifndef MM_RANGE_H
#define MM_RANGE_H

#include "mm/state.h"

enum { MM_RANGE_MAX = 16 }; /* pages of one reclaim, and of a huge page */

static inline sd_page mm_min(sd_page a, sd_page b) { return a < b ? a : b; }
static inline sd_page mm_max(sd_page a, sd_page b) { return a > b ? a : b; }

/* May a system call ask for these pages? */
static inline bool mm_range_ok(const struct mm_sys *s, sd_page start, unsigned n)
{
	return n && start < s->mem->pages && n <= s->mem->pages - start;
}

/* Pages of a huge entry, and the first page of the one around page. */
static inline sd_page mm_span(const struct mm_sys *s) { return mem_span(s->mem, 1); }
static inline sd_page mm_huge_base(const struct mm_sys *s, sd_page page) { return page & ~(mm_span(s) - 1); }

#endif
