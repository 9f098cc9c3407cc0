/* SPDX-License-Identifier: MIT */
/* fault: a page fault on a small entry, from the look without a lock to the new entry. */
#ifndef MM_FAULT_H
#define MM_FAULT_H

#include "mm/lock.h"
#include "mm/tables/entry.h"

struct mm_fault {
	struct mm *mm;
	const struct mm_vma *vma;
	sd_page page, table;
	mem_entry e;
	pte_t orig; /* as read without the lock */
	bool write;
	uint32_t *serial; /* out: the instance that was made or found good */
};

/* handle_mm_fault(), under mmap_lock; loops until the entry allows the access. */
int mm_handle_fault(struct mm *mm, sd_page page, bool write, uint32_t *serial);

/* -- kinds of faults: 0 done, -EAGAIN look again, or an error ---------------------------- */
int mm_do_wp_page(const struct mm_fault *f);   /* cow.c */
int mm_do_swap_page(const struct mm_fault *f); /* swap.c */
int mm_do_file_page(const struct mm_fault *f); /* file.c */

/* Takes the page-table lock if the entry still is what the fault has read. */
static inline bool mm_fault_lock(const struct mm_fault *f)
{
	mm_ptl_lock(f->mm->sys, f->table, PT_MM_PTL);
	if (mm_same(mm_load(f->mm->sys, f->e, PT_MM_FAULT_CHECK), f->orig))
		return true;
	mm_ptl_unlock(f->mm->sys, f->table);
	return false;
}
static inline sd_page mm_fault_index(const struct mm_fault *f)
{
	return f->vma->pgoff + (f->page - f->vma->start);
}

/* ptep_set_access_flags(): adds bits, under the entry's lock; flushes the weaker one where it may stay. */
void mm_set_access_flags(struct mm *mm, mem_entry e, pte_t old, pte_t bits, sd_page page, sd_page n);

#endif
