/* SPDX-License-Identifier: MIT */
/*
 * fork: the child shares private pages until somebody writes.
 *
 * Follows dup_mmap() of kernel/fork.c and copy_page_range() of mm/memory.c.
 * Entries of private pages are write-protected in the parent, D stays; one
 * flush of the whole parent follows before mmap_lock is dropped. Mappings of
 * the file are not copied, the child faults them in (vma_needs_copy()). The
 * child's vmas come after the parent's in reverse-map walks.
 *
 * Does not model: pinned pages, anon_vma hierarchies.
 */
#include "mm/huge.h"
#include "mm/lock.h"
#include "mm/pages/page.h"
#include "mm/pages/swap.h"
#include "mm/range.h"
#include "mm/tables/entry.h"
#include "mm/tables/flush.h"
#include "mm/tables/table.h"
#include "mm/users.h"
#include "mm/vma.h"

/* ptep_set_wrprotect(): keeps what hardware sets meanwhile. */
static pte_t ptep_set_wrprotect(struct mm_sys *s, mem_entry e, pte_t v)
{
	while (!mem_cmpxchg(s->mem, e, &v, (v & ~(pte_t)PTE_W) | PTE_COW, PT_MM_FORK_PROTECT))
		;
	return (v & ~(pte_t)PTE_W) | PTE_COW;
}

static void fork_copy_pte(struct mm_sys *s, mem_entry from, mem_entry to)
{
	pte_t v = mm_load(s, from, PT_MM_FORK_READ);

	if (pte_leaf(v)) {
		mm_page_get(s, pte_pfn(v));
		mm_page_add_rmap(s, pte_pfn(v));
		if (v & PTE_W)
			v = ptep_set_wrprotect(s, from, v);
		mem_store(s->mem, to, (v & ~(pte_t)PTE_A) | PTE_COW, PT_MM_FORK_SET);
	} else if (v & PTE_SWAP) {
		mm_swap_dup(s, (uint8_t)pte_pfn(v));
		mem_store(s->mem, to, v, PT_MM_FORK_SET);
	}
}

static void fork_copy_ptes(struct mm_sys *s, sd_page from, sd_page to, sd_page page, sd_page end)
{
	mm_ptl_lock(s, to, PT_MM_PTL);
	mm_ptl_lock(s, from, PT_MM_PTL_NESTED);
	for (; page < end; page++)
		fork_copy_pte(s, mm_pte_at(s, from, page), mm_pte_at(s, to, page));
	mm_ptl_unlock(s, from);
	mm_ptl_unlock(s, to);
}

static int fork_copy_pmd(struct mm *child, struct mm *parent, sd_page start, sd_page end)
{
	struct mm_sys *s = parent->sys;
	mem_entry from, to;
	sd_page table;
	pte_t v;
	int err;

	if (!mm_pmd_find(parent, start, &from))
		return 0;
	v = mm_load(s, from, PT_MM_WALK);
	if (!v)
		return 0;
	err = mm_pmd_alloc(child, start, &to);
	if (err)
		return err;
	if (mm_huge_entry(v)) {
		err = mm_huge_copy(s, from, to);
		if (err != -EAGAIN)
			return err;
		v = mm_load(s, from, PT_MM_WALK); /* reclaim has just split it */
	}
	if (!pte_table(v))
		return 0;
	err = mm_pte_alloc(child, to, &table);
	if (!err)
		fork_copy_ptes(s, pte_pfn(v), table, start, end);
	return err;
}

static int fork_copy_vma(struct mm *child, struct mm *parent, const struct mm_vma *v)
{
	struct mm_sys *s = parent->sys;
	const sd_page end = v->start + v->n;
	sd_page next;
	int err = 0;

	if (!mm_vma_insert(child, v))
		return -ENOMEM;
	if (v->kind == MM_FILE)
		return 0;
	mm_notify_start(parent, v->start, end);
	for (sd_page at = v->start; at < end && !err; at = next) {
		next = mm_min(mm_huge_base(s, at) + mm_span(s), end);
		err = fork_copy_pmd(child, parent, at, next);
	}
	mm_notify_end(parent, v->start, end);
	return err;
}

/* The parent's mmap_lock is held for writing. */
static int dup_mmap(struct mm *child, struct mm *parent)
{
	int err = 0;

	for (uint32_t m = parent->linked; m && !err; m &= m - 1)
		err = fork_copy_vma(child, parent, &parent->vma[__builtin_ctz(m)]);
	if (step(parent->sys->bugs, STEP_MM_FORK_FLUSH))
		mm_flush_all(parent, FLUSH_DOWNGRADE);
	return err;
}

/* The lowest mm that is not in use, with a root; NULL: none, or no memory. */
static struct mm *fork_new_mm(struct mm_sys *s)
{
	struct mm *child = NULL;

	sched_lock(s->sched, &s->list_lock, PT_MM_LIST_LOCK);
	for (int i = 0; i < SD_MAX_MMS && !child; i++)
		if (atomic_load(&s->mm[i].state) == MM_FREE_SLOT)
			child = &s->mm[i];
	if (child && !mm_init_slot(child))
		child = NULL;
	sched_unlock(s->sched, &s->list_lock);
	return child;
}

int mm_fork(struct mm_sys *sys, int cpu)
{
	struct mm *parent = mm_enter(sys, cpu);
	struct mm *child;
	int err = -ENOMEM;

	if (!parent)
		return -ESRCH;
	mm_write_lock(parent);
	child = fork_new_mm(sys);
	if (child)
		err = dup_mmap(child, parent);
	mm_write_unlock(parent);
	if (child && err)
		mm_put(child);
	else if (child)
		atomic_store(&child->state, MM_LIVE);
	mm_leave(parent);
	return err;
}
