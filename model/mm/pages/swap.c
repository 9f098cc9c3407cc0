/* SPDX-License-Identifier: MIT */
/*
 * Backing store, swap slots and the swap cache.
 *
 * Follows add_to_swap(), do_swap_page(), swap_free() and folio_free_swap(). A
 * block holds the words of one page. A swap entry in a table holds a count of
 * its block; while the page is in memory as well, the block names it (swap
 * cache) and holds a reference. Blocks also back file pages (file.c).
 *
 * When the last swap entry goes while the page is locked, the holder of the lock
 * takes the page out of the swap cache before it unlocks (mm_swap_unlock_page()).
 *
 * Does not model: read-ahead, clusters, exclusive marks.
 */
#include "event/tell.h"
#include "mm/fault.h"
#include "mm/lock.h"
#include "mm/pages/page.h"
#include "mm/pages/swap.h"

/* -- blocks ------------------------------------------------------------------------------ */

/* Inside the array even for MM_NO_BLOCK, which is possible with a lock taken out. */
static struct mm_block *swap_block(struct mm_sys *s, uint8_t b) { return &s->block[b % MM_BLOCKS]; }

uint8_t mm_block_alloc(struct mm_sys *s)
{
	uint8_t b;

	if (!~s->blocks || mem_fails(s->mem))
		return MM_NO_BLOCK;
	b = (uint8_t)__builtin_ctzll(~s->blocks);
	s->blocks |= 1ull << b;
	swap_block(s, b)->count = 0;
	swap_block(s, b)->cache = MEM_NO_FRAME;
	return b;
}

void mm_block_free(struct mm_sys *s, uint8_t b) { s->blocks &= ~(1ull << b % MM_BLOCKS); }

static uint32_t swap_words(const struct mm_sys *s)
{
	return s->mem->used < MM_BLOCK_WORDS ? s->mem->used : (uint32_t)MM_BLOCK_WORDS;
}

void mm_block_read(struct mm_sys *s, uint8_t b, sd_page pfn)
{
	sched_point(s->sched, PT_MM_IO_READ);
	for (uint32_t i = 0; i < swap_words(s); i++)
		mem_data(s->mem, pfn)[i] = swap_block(s, b)->word[i];
}

void mm_block_write(struct mm_sys *s, uint8_t b, sd_page pfn)
{
	sched_point(s->sched, PT_MM_IO_WRITE);
	event_writeout(s->ev, pfn);
	for (uint32_t i = 0; i < swap_words(s); i++)
		swap_block(s, b)->word[i] = mem_data(s->mem, pfn)[i];
}

/* -- the swap cache ------------------------------------------------------------------------ */

bool mm_swap_add(struct mm_sys *s, sd_page pfn)
{
	uint8_t b;

	mm_cache_lock(s);
	b = mm_block_alloc(s);
	if (b != MM_NO_BLOCK) {
		swap_block(s, b)->cache = (uint16_t)pfn;
		s->page[pfn].block = b;
		mm_page_get(s, pfn);
		mm_page_set(s, pfn, PG_CACHED | PG_DIRTY);
	}
	mm_cache_unlock(s);
	return b != MM_NO_BLOCK;
}

void mm_swap_delete(struct mm_sys *s, sd_page pfn)
{
	uint8_t b = s->page[pfn].block;

	mm_page_clear(s, pfn, PG_CACHED);
	s->page[pfn].block = MM_NO_BLOCK;
	swap_block(s, b)->cache = MEM_NO_FRAME;
	if (!swap_block(s, b)->count)
		mm_block_free(s, b);
}

static bool swap_is_cached(const struct mm_sys *s, sd_page pfn)
{
	return (mm_page_flags(s, pfn) & (PG_ANON | PG_CACHED)) == (PG_ANON | PG_CACHED) &&
	       s->page[pfn].block != MM_NO_BLOCK;
}

bool mm_swap_try_free(struct mm_sys *s, sd_page pfn)
{
	bool gone = false;

	mm_cache_lock(s);
	if (swap_is_cached(s, pfn) && !swap_block(s, s->page[pfn].block)->count) {
		mm_swap_delete(s, pfn);
		gone = true;
	}
	mm_cache_unlock(s);
	if (gone)
		mm_page_put(s, pfn); /* the swap cache's reference */
	return gone;
}

static bool swap_is_idle(struct mm_sys *s, sd_page pfn)
{
	return swap_is_cached(s, pfn) && !swap_block(s, s->page[pfn].block)->count;
}

void mm_swap_unlock_page(struct mm_sys *s, sd_page pfn)
{
	do {
		if (swap_is_idle(s, pfn))
			mm_swap_try_free(s, pfn);
		mm_page_unlock(s, pfn);
		/* Again if the last swap entry went meanwhile: mm_swap_put() found the page locked. */
	} while (swap_is_idle(s, pfn) && mm_page_trylock(s, pfn));
}

/* -- counts --------------------------------------------------------------------------------- */

void mm_swap_dup(struct mm_sys *s, uint8_t b)
{
	mm_cache_lock(s);
	swap_block(s, b)->count++;
	mm_cache_unlock(s);
}

/* The page that the last entry left behind, referenced and locked; or MEM_NO_FRAME. */
static sd_page swap_drop_entry(struct mm_sys *s, uint8_t b)
{
	struct mm_block *blk = swap_block(s, b);
	sd_page pfn = MEM_NO_FRAME;

	mm_cache_lock(s);
	if (blk->count)
		blk->count--;
	if (!blk->count) {
		if (blk->cache == MEM_NO_FRAME)
			mm_block_free(s, b);
		else if (mm_page_trylock(s, blk->cache))
			pfn = blk->cache;
	}
	if (pfn != MEM_NO_FRAME)
		mm_page_get(s, pfn);
	mm_cache_unlock(s);
	return pfn;
}

void mm_swap_put(struct mm_sys *s, uint8_t b)
{
	sd_page pfn = swap_drop_entry(s, b);

	if (pfn == MEM_NO_FRAME)
		return;
	mm_swap_unlock_page(s, pfn);
	mm_page_put(s, pfn);
}

/* -- faults ------------------------------------------------------------------------------------ */

static sd_page swap_lookup(struct mm_sys *s, uint8_t b)
{
	sd_page pfn = MEM_NO_FRAME;

	mm_cache_lock(s);
	if (s->blocks >> b % MM_BLOCKS & 1)
		pfn = swap_block(s, b)->cache;
	if (pfn != MEM_NO_FRAME)
		mm_page_get(s, pfn);
	mm_cache_unlock(s);
	return pfn;
}

/* A locked page, read in and in the swap cache. */
static int swap_read_in(const struct mm_fault *f, uint8_t b, sd_page *out)
{
	struct mm_sys *s = f->mm->sys;
	sd_page pfn = mm_page_alloc(s, 1, PG_ANON, mm_fault_index(f));
	bool added = false;

	if (pfn == MEM_NO_FRAME)
		return -ENOMEM;
	mm_page_lock(s, pfn);
	mm_cache_lock(s);
	if (s->blocks >> b % MM_BLOCKS & 1 && swap_block(s, b)->count &&
	    swap_block(s, b)->cache == MEM_NO_FRAME) {
		swap_block(s, b)->cache = (uint16_t)pfn;
		s->page[pfn].block = b;
		mm_page_set(s, pfn, PG_CACHED);
		mm_page_get(s, pfn);
		added = true;
	}
	mm_cache_unlock(s);
	if (!added) {
		mm_page_unlock(s, pfn);
		mm_page_put(s, pfn);
		return -EAGAIN;
	}
	mm_block_read(s, b, pfn);
	*out = pfn;
	return 0;
}

/*
 * Page lock and page-table lock are held, and the entry still is the swap entry.
 * Our reference becomes the entry's.
 */
static int swap_map_page(const struct mm_fault *f, sd_page pfn, uint8_t b)
{
	struct mm_sys *s = f->mm->sys;
	pte_t bits = PTE_P | PTE_LEAF | PTE_A;
	bool alone;

	mm_cache_lock(s);
	if (swap_block(s, b)->count)
		swap_block(s, b)->count--;
	mm_cache_unlock(s);
	mm_swap_try_free(s, pfn);
	alone = mm_page_refs(s, pfn) == 1;
	if (!alone)
		bits |= PTE_COW;
	else if (f->write)
		bits |= PTE_W | PTE_D;
	mm_page_add_rmap(s, pfn);
	mem_store(s->mem, f->e, pte_make(pfn, bits), PT_MM_FAULT_SET);
	*f->serial = mem_serial(s->mem, f->e);
	return f->write && !alone ? -EAGAIN : 0; /* next, break the sharing */
}

int mm_do_swap_page(const struct mm_fault *f)
{
	struct mm_sys *s = f->mm->sys;
	uint8_t b = (uint8_t)pte_pfn(f->orig);
	sd_page pfn = swap_lookup(s, b);
	int err = -EAGAIN;

	if (pfn == MEM_NO_FRAME) {
		err = swap_read_in(f, b, &pfn);
		if (err)
			return err;
		err = -EAGAIN;
	} else {
		mm_page_lock(s, pfn);
	}
	if (swap_is_cached(s, pfn) && s->page[pfn].block == b && mm_fault_lock(f)) {
		err = swap_map_page(f, pfn, b);
		/* For the unlock: our first reference is the entry's now, and a zap may drop it. */
		mm_page_get(s, pfn);
		mm_ptl_unlock(s, f->table);
	}
	mm_swap_unlock_page(s, pfn);
	mm_page_put(s, pfn);
	return err;
}
