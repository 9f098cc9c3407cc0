/* SPDX-License-Identifier: MIT */
/*
 * Page tables of an mm: making, finding, freeing them.
 *
 * Follows __pte_alloc()/__pmd_alloc() and free_pgd_range() of mm/memory.c.
 * Entries of level 0 and 1 are protected by the lock of the table that holds
 * them (split page-table locks), those above by page_table_lock. Tables go
 * only while mmap_lock is held for writing and no reverse-map walk can find
 * their range; their frames are freed after a flush that drops table pointers.
 *
 * Does not model: tables at a level that one mm shares with another.
 */
#include "mm/lock.h"
#include "mm/range.h"
#include "mm/tables/entry.h"
#include "mm/tables/gather.h"
#include "mm/tables/table.h"

sd_page mm_table_alloc(struct mm_sys *s)
{
	sd_page t = mem_alloc(s->mem, MEM_TABLE, 1);

	if (t != MEM_NO_FRAME) {
		s->page[t].lock = (struct sched_lock){0};
		s->page[t].deposit = MEM_NO_FRAME;
	}
	return t;
}

bool mm_pmd_find(struct mm *mm, sd_page page, mem_entry *pmd)
{
	struct mm_sys *s = mm->sys;
	sd_page table = mm->root;

	if (table == MEM_NO_FRAME)
		return false; /* the root went; only with a lock taken out */
	for (int level = s->mem->geo.levels - 1; level > 1; level--) {
		pte_t v = mm_load(s, mem_at(s->mem, table, mem_index(s->mem, page, level)), PT_MM_WALK);

		if (!pte_table(v))
			return false;
		table = pte_pfn(v);
	}
	*pmd = mem_at(s->mem, table, mem_index(s->mem, page, 1));
	return true;
}

/* A lost race is no error: *v is then what the winner stored. */
static int table_fill_upper(struct mm *mm, mem_entry e, pte_t *v)
{
	struct mm_sys *s = mm->sys;
	sd_page t = mm_table_alloc(s);

	if (t == MEM_NO_FRAME)
		return -ENOMEM;
	sched_lock(s->sched, &mm->table_lock, PT_MM_TABLE_LOCK);
	*v = mm_load(s, e, PT_MM_WALK);
	if (!pte_table(*v)) {
		*v = pte_make(t, PTE_P);
		mem_store(s->mem, e, *v, PT_MM_TABLE_SET);
		t = MEM_NO_FRAME;
	}
	sched_unlock(s->sched, &mm->table_lock);
	if (t != MEM_NO_FRAME)
		mem_free(s->mem, t, 1);
	return 0;
}

int mm_pmd_alloc(struct mm *mm, sd_page page, mem_entry *pmd)
{
	struct mm_sys *s = mm->sys;
	sd_page table = mm->root;

	for (int level = s->mem->geo.levels - 1; level > 1; level--) {
		mem_entry e = mem_at(s->mem, table, mem_index(s->mem, page, level));
		pte_t v = mm_load(s, e, PT_MM_WALK);

		if (!pte_table(v)) {
			int err = table_fill_upper(mm, e, &v);

			if (err)
				return err;
		}
		table = pte_pfn(v);
	}
	*pmd = mem_at(s->mem, table, mem_index(s->mem, page, 1));
	return 0;
}

int mm_pte_alloc(struct mm *mm, mem_entry pmd, sd_page *table)
{
	struct mm_sys *s = mm->sys;
	sd_page holder = mem_entry_frame(s->mem, pmd);
	pte_t v = mm_load(s, pmd, PT_MM_WALK);
	sd_page t;

	if (!v) {
		t = mm_table_alloc(s);
		if (t == MEM_NO_FRAME)
			return -ENOMEM;
		mm_ptl_lock(s, holder, PT_MM_PMD_LOCK);
		v = mm_load(s, pmd, PT_MM_WALK);
		if (!v) {
			v = pte_make(t, PTE_P);
			mem_store(s->mem, pmd, v, PT_MM_TABLE_SET);
			t = MEM_NO_FRAME;
		}
		mm_ptl_unlock(s, holder);
		if (t != MEM_NO_FRAME)
			mem_free(s->mem, t, 1);
	}
	if (!pte_table(v))
		return -EAGAIN;
	*table = pte_pfn(v);
	return 0;
}

/* -- freeing ------------------------------------------------------------------------ */

/* The span in which no vma is left: a table is freed if it lies in there. */
struct table_free_range {
	struct mm_gather *tlb;
	sd_page floor, ceiling;
};

static void table_free_level(const struct table_free_range *r, sd_page table, int level, sd_page start,
                             sd_page end)
{
	struct mm_sys *s = r->tlb->mm->sys;
	const sd_page span = mem_span(s->mem, level);

	for (sd_page at = start & ~(span - 1); at < end; at += span) {
		mem_entry e = mem_at(s->mem, table, mem_index(s->mem, at, level));
		pte_t v = mm_load(s, e, PT_MM_WALK);

		if (!pte_table(v))
			continue;
		if (level > 1)
			table_free_level(r, pte_pfn(v), level - 1, mm_max(at, start), mm_min(at + span, end));
		if (at >= r->floor && at + span <= r->ceiling) {
			mem_store(s->mem, e, 0, PT_MM_TABLE_CLEAR);
			mm_gather_table(r->tlb, pte_pfn(v), at, span);
		}
	}
}

void mm_free_pgtables(struct mm_gather *tlb, sd_page start, sd_page end, sd_page floor, sd_page ceiling)
{
	struct table_free_range r = {tlb, floor, ceiling};

	table_free_level(&r, tlb->mm->root, tlb->mm->sys->mem->geo.levels - 1, start, end);
}
