/* SPDX-License-Identifier: MIT */
/* swap: blocks of backing store, and the swap cache. */
#ifndef MM_SWAP_H
#define MM_SWAP_H

#include <stdatomic.h>

#include "mm/mm.h"

enum {
	MM_BLOCKS = 64, /* swap slots and file blocks */
	MM_NO_BLOCK = 0xff,
	MM_BLOCK_WORDS = 8, /* a data frame has a word for each actor that has a program */
};

struct mm_block {
	atomic_uchar count; /* swap entries that name it */
	uint16_t cache;     /* page in the swap cache; MEM_NO_FRAME: none */
	uint64_t word[MM_BLOCK_WORDS];
};

/* -- blocks; the cache lock is held for alloc and free ------------------------- */
uint8_t mm_block_alloc(struct mm_sys *s); /* MM_NO_BLOCK: none is left */
void mm_block_free(struct mm_sys *s, uint8_t b);
void mm_block_read(struct mm_sys *s, uint8_t b, sd_page pfn);
void mm_block_write(struct mm_sys *s, uint8_t b, sd_page pfn);

/* -- swap entries ---------------------------------------------------------------- */
static inline pte_t mm_swap_entry(uint8_t block) { return pte_make(block, PTE_SWAP); }
void mm_swap_dup(struct mm_sys *s, uint8_t b);
void mm_swap_put(struct mm_sys *s, uint8_t b); /* free_swap_and_cache() */

/* -- the swap cache; the page is locked ------------------------------------------ */
bool mm_swap_add(struct mm_sys *s, sd_page pfn); /* add_to_swap() */
/* The cache lock is held, too. The cache's reference becomes the caller's. */
void mm_swap_delete(struct mm_sys *s, sd_page pfn);
/* folio_free_swap(): takes the page out if no swap entry names its block. */
bool mm_swap_try_free(struct mm_sys *s, sd_page pfn);
void mm_swap_unlock_page(struct mm_sys *s, sd_page pfn);

#endif
