/* SPDX-License-Identifier: MIT */
/* file: the page cache of the one shared file. */
#ifndef MM_FILE_H
#define MM_FILE_H

#include "mm/mm.h"

enum { MM_FILE_PAGES = 64 }; /* that are cached or written */

struct mm_file_page {
	sd_page index;
	uint16_t pfn;  /* MEM_NO_FRAME: not cached */
	uint8_t block; /* MM_NO_BLOCK: never written out */
};

/* Cache lock held. NULL: neither cached nor written. */
struct mm_file_page *mm_file_find(struct mm_sys *s, sd_page index);
/*
 * The page of that index, locked and referenced; made and read in if `make`.
 * -EAGAIN: it left the cache meanwhile; -ENOENT: not cached; -ENOMEM.
 */
int mm_file_lock_page(struct mm_sys *s, sd_page index, bool make, sd_page *pfn);
/* Copies a locked page to its block. false: no block is free. */
bool mm_file_write(struct mm_sys *s, sd_page pfn);

#endif
