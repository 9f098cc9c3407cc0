/* SPDX-License-Identifier: MIT */
/*
 * A write to an entry without write permission.
 *
 * Follows do_wp_page(), wp_page_copy(), wp_page_reuse() and wp_page_shared()
 * of mm/memory.c. The copy is mapped only after the old entry was cleared and
 * flushed everywhere, secondary TLBs included (ptep_clear_flush_notify), so
 * that no device reads the old page after it has seen a newer one elsewhere.
 * A page is reused if this entry is its only reference.
 *
 * Does not model: PageAnonExclusive (the reference count alone decides), KSM.
 */
#include "mm/fault.h"
#include "mm/pages/page.h"
#include "mm/pages/swap.h"
#include "mm/tables/flush.h"

static int wp_page_reuse(const struct mm_fault *f)
{
	struct mm_sys *s = f->mm->sys;

	mm_set_access_flags(f->mm, f->e, f->orig, PTE_W | PTE_D | PTE_A, f->page, 1);
	*f->serial = mem_serial(s->mem, f->e);
	mm_ptl_unlock(s, f->table);
	return 0;
}

static void wp_page_replace(const struct mm_fault *f, sd_page old, sd_page new)
{
	struct mm_sys *s = f->mm->sys;

	mm_xchg(s, f->e, 0, PT_MM_COW_CLEAR);
	if (step(s->bugs, STEP_MM_COW_FLUSH))
		mm_flush_range(f->mm, f->page, f->page + 1, 0);
	mm_page_add_rmap(s, new);
	mem_store(s->mem, f->e, pte_make(new, PTE_P | PTE_LEAF | PTE_W | PTE_A | PTE_D), PT_MM_COW_SET);
	*f->serial = mem_serial(s->mem, f->e);
	mm_page_remove_rmap(s, old);
}

/* wp_page_copy(); the caller's reference to old is dropped here. */
static int wp_page_copy(const struct mm_fault *f, sd_page old)
{
	struct mm_sys *s = f->mm->sys;
	sd_page new = mm_page_alloc(s, 1, PG_ANON, mm_fault_index(f));

	if (new == MEM_NO_FRAME) {
		mm_page_put(s, old);
		return -ENOMEM;
	}
	mem_copy(s->mem, new, old, PT_MM_COW_COPY);
	mm_notify_start(f->mm, f->page, f->page + 1);
	if (!mm_fault_lock(f)) {
		mm_notify_end(f->mm, f->page, f->page + 1);
		mm_page_put(s, new);
		mm_page_put(s, old);
		return -EAGAIN;
	}
	wp_page_replace(f, old, new);
	mm_ptl_unlock(s, f->table);
	mm_notify_end(f->mm, f->page, f->page + 1);
	mm_page_put(s, old); /* the entry's */
	mm_page_put(s, old); /* ours */
	return 0;
}

/* Is the entry the page's only reference? A swap slot that no entry names is given up first. */
static bool wp_page_exclusive(struct mm_sys *s, sd_page pfn)
{
	if (mm_page_flags(s, pfn) & PG_CACHED && mm_page_trylock(s, pfn)) {
		mm_page_get(s, pfn);
		mm_swap_try_free(s, pfn);
		mm_swap_unlock_page(s, pfn);
		mm_page_put(s, pfn);
	}
	return mm_page_refs(s, pfn) == 1;
}

static int wp_page_anon(const struct mm_fault *f)
{
	struct mm_sys *s = f->mm->sys;
	sd_page pfn = pte_pfn(f->orig);

	if (!mm_fault_lock(f))
		return -EAGAIN;
	if (wp_page_exclusive(s, pfn))
		return wp_page_reuse(f);
	mm_page_get(s, pfn);
	mm_ptl_unlock(s, f->table);
	return wp_page_copy(f, pfn);
}

/* wp_page_shared(): page_mkwrite() marks the page dirty under its lock before it becomes writable. */
static int wp_page_shared(const struct mm_fault *f)
{
	struct mm_sys *s = f->mm->sys;
	sd_page pfn = pte_pfn(f->orig);
	int err = -EAGAIN;

	if (!mm_fault_lock(f))
		return -EAGAIN;
	mm_page_get(s, pfn);
	mm_ptl_unlock(s, f->table);
	mm_page_lock(s, pfn);
	if (mm_page_flags(s, pfn) & PG_CACHED) {
		mm_page_set(s, pfn, PG_DIRTY);
		if (mm_fault_lock(f))
			err = wp_page_reuse(f);
	}
	mm_page_unlock(s, pfn);
	mm_page_put(s, pfn);
	return err;
}

int mm_do_wp_page(const struct mm_fault *f)
{
	return f->vma->kind == MM_FILE ? wp_page_shared(f) : wp_page_anon(f);
}
