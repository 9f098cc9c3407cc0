/* SPDX-License-Identifier: MIT */
/*
 * The page cache of the one shared file, and faults on its mappings.
 *
 * Follows filemap_fault(), do_read_fault() and do_shared_fault(). The file's
 * index is the page number at which a region was mapped. A page is put into a
 * table under its lock and only while it still belongs to the file, so that
 * truncate and reclaim, which take it away under that lock, miss none. A
 * writable entry means that the page was marked dirty first (page_mkwrite).
 *
 * Does not model: end of file (a truncated page reads as zeros again),
 * read-ahead, fault-around, private mappings of the file.
 */
#include "mm/fault.h"
#include "mm/lock.h"
#include "mm/pages/file.h"
#include "mm/pages/page.h"
#include "mm/pages/swap.h"

struct mm_file_page *mm_file_find(struct mm_sys *s, sd_page index)
{
	for (unsigned i = 0; i < s->nfile; i++)
		if (s->file[i].index == index)
			return &s->file[i];
	return NULL;
}

static struct mm_file_page *file_find_or_add(struct mm_sys *s, sd_page index)
{
	struct mm_file_page *f = mm_file_find(s, index);

	if (f || s->nfile == MM_FILE_PAGES)
		return f;
	if (mem_fails(s->mem))
		return NULL;
	f = &s->file[s->nfile++];
	*f = (struct mm_file_page){.index = index, .pfn = MEM_NO_FRAME, .block = MM_NO_BLOCK};
	return f;
}

/* Locks a referenced page of the cache. -EAGAIN: it left meanwhile, and the reference is dropped. */
static int file_lock_cached(struct mm_sys *s, sd_page index, sd_page pfn)
{
	mm_page_lock(s, pfn);
	if ((mm_page_flags(s, pfn) & (PG_CACHED | PG_ANON)) == PG_CACHED && s->page[pfn].index == index)
		return 0;
	mm_page_unlock(s, pfn);
	mm_page_put(s, pfn);
	return -EAGAIN;
}

/* A new page, locked while it is not up to date. */
static int file_read_page(struct mm_sys *s, sd_page index, sd_page *out)
{
	sd_page pfn = mm_page_alloc(s, 1, 0, index);
	struct mm_file_page *f;
	uint8_t block = MM_NO_BLOCK;
	int err = 0;

	if (pfn == MEM_NO_FRAME)
		return -ENOMEM;
	mm_page_lock(s, pfn);
	mm_cache_lock(s);
	f = file_find_or_add(s, index);
	if (!f) {
		err = -ENOMEM;
	} else if (f->pfn != MEM_NO_FRAME) {
		err = -EAGAIN;
	} else {
		f->pfn = (uint16_t)pfn;
		block = f->block;
		mm_page_get(s, pfn);
		mm_page_set(s, pfn, PG_CACHED);
	}
	mm_cache_unlock(s);
	if (block != MM_NO_BLOCK)
		mm_block_read(s, block, pfn);
	if (err) {
		mm_page_unlock(s, pfn);
		mm_page_put(s, pfn);
	}
	*out = pfn;
	return err;
}

int mm_file_lock_page(struct mm_sys *s, sd_page index, bool make, sd_page *pfn)
{
	struct mm_file_page *f;

	*pfn = MEM_NO_FRAME;
	mm_cache_lock(s);
	f = mm_file_find(s, index);
	if (f && f->pfn != MEM_NO_FRAME) {
		*pfn = f->pfn;
		mm_page_get(s, *pfn);
	}
	mm_cache_unlock(s);
	if (*pfn != MEM_NO_FRAME)
		return file_lock_cached(s, index, *pfn);
	return make ? file_read_page(s, index, pfn) : -ENOENT;
}

bool mm_file_write(struct mm_sys *s, sd_page pfn)
{
	struct mm_file_page *f;
	uint8_t block = MM_NO_BLOCK;

	mm_cache_lock(s);
	f = mm_file_find(s, s->page[pfn].index);
	if (f) {
		if (f->block == MM_NO_BLOCK)
			f->block = mm_block_alloc(s);
		block = f->block;
	}
	mm_cache_unlock(s);
	if (block == MM_NO_BLOCK)
		return false;
	mm_block_write(s, block, pfn);
	return true;
}

int mm_do_file_page(const struct mm_fault *f)
{
	struct mm_sys *s = f->mm->sys;
	pte_t bits = PTE_P | PTE_LEAF | PTE_A | (f->write ? PTE_W | PTE_D : 0);
	bool mapped = false;
	sd_page pfn;
	int err = mm_file_lock_page(s, mm_fault_index(f), true, &pfn);

	if (err)
		return err;
	if (f->write)
		mm_page_set(s, pfn, PG_DIRTY);
	if (mm_fault_lock(f)) {
		mm_page_add_rmap(s, pfn);
		mem_store(s->mem, f->e, pte_make(pfn, bits), PT_MM_FAULT_SET);
		*f->serial = mem_serial(s->mem, f->e);
		mm_ptl_unlock(s, f->table);
		mapped = true; /* our reference is the entry's */
	}
	mm_page_unlock(s, pfn);
	if (mapped)
		return 0;
	mm_page_put(s, pfn);
	return -EAGAIN;
}
