/* SPDX-License-Identifier: MIT */
/*
 * lock: the locks of mm/, each of which a test can take out.
 *
 * Lock order, as in Linux: mmap_lock, page lock, reverse-map lock, page-table
 * lock (old before new, child before parent), then the leaves: page_table_lock
 * and the cache lock. The flush and the notifier run under any of them.
 */
#ifndef MM_LOCK_H
#define MM_LOCK_H

#include "mm/state.h"
#include "sched/lock_if.h"

/* -- mmap_lock ------------------------------------------------------------------ */
static inline struct sched_rwlock *mm_mmap_lock(struct mm *mm, enum step s)
{
	return step(mm->sys->bugs, s) ? &mm->mmap_lock : NULL;
}
static inline void mm_read_lock(struct mm *mm)
{
	sched_read_lock_if(mm->sys->sched, mm_mmap_lock(mm, STEP_MM_MMAP_READ), PT_MM_MMAP_READ);
}
static inline void mm_read_unlock(struct mm *mm)
{
	sched_read_unlock_if(mm->sys->sched, mm_mmap_lock(mm, STEP_MM_MMAP_READ));
}
static inline void mm_write_lock(struct mm *mm)
{
	sched_write_lock_if(mm->sys->sched, mm_mmap_lock(mm, STEP_MM_MMAP_WRITE), PT_MM_MMAP_WRITE);
}
static inline void mm_write_unlock(struct mm *mm)
{
	sched_write_unlock_if(mm->sys->sched, mm_mmap_lock(mm, STEP_MM_MMAP_WRITE));
}

/* -- page-table locks: one a table frame, for the entries in it -------------------- */
static inline struct sched_lock *mm_ptl(struct mm_sys *s, sd_page table)
{
	return step(s->bugs, STEP_MM_PTL) ? &s->page[table].lock : NULL;
}
static inline void mm_ptl_lock(struct mm_sys *s, sd_page table, enum point p)
{
	sched_lock_if(s->sched, mm_ptl(s, table), p);
	if (s->mem->frame[table].kind != MEM_TABLE)
		mm_bad_ref(s, BAD_REF_TABLE_FREED, table, 0);
}
static inline void mm_ptl_unlock(struct mm_sys *s, sd_page table)
{
	sched_unlock_if(s->sched, mm_ptl(s, table));
}

/* -- page locks -------------------------------------------------------------------- */
static inline struct sched_lock *mm_page_lock_of(struct mm_sys *s, sd_page pfn)
{
	return step(s->bugs, STEP_MM_PAGE_LOCK) ? &s->page[pfn].lock : NULL;
}
static inline void mm_page_lock(struct mm_sys *s, sd_page pfn)
{
	sched_lock_if(s->sched, mm_page_lock_of(s, pfn), PT_MM_PAGE_LOCK);
}
static inline bool mm_page_trylock(struct mm_sys *s, sd_page pfn)
{
	return sched_trylock_if(s->sched, mm_page_lock_of(s, pfn), PT_MM_PAGE_LOCK);
}
static inline void mm_page_unlock(struct mm_sys *s, sd_page pfn)
{
	sched_unlock_if(s->sched, mm_page_lock_of(s, pfn));
}

/* -- reverse-map locks: one a class, where Linux has one an anon_vma or a file ----- */
static inline struct sched_rwlock *mm_rmap_lock(struct mm_sys *s, int cls)
{
	return step(s->bugs, STEP_MM_RMAP_LOCK) ? &s->rmap[cls] : NULL;
}
static inline void mm_rmap_read_lock(struct mm_sys *s, int cls)
{
	sched_read_lock_if(s->sched, mm_rmap_lock(s, cls), PT_MM_RMAP_READ);
}
static inline void mm_rmap_read_unlock(struct mm_sys *s, int cls)
{
	sched_read_unlock_if(s->sched, mm_rmap_lock(s, cls));
}
static inline void mm_rmap_write_lock(struct mm_sys *s, int cls)
{
	sched_write_lock_if(s->sched, mm_rmap_lock(s, cls), PT_MM_RMAP_WRITE);
}
static inline void mm_rmap_write_unlock(struct mm_sys *s, int cls)
{
	sched_write_unlock_if(s->sched, mm_rmap_lock(s, cls));
}

/* -- the lock of page cache and swap cache ------------------------------------------ */
static inline void mm_cache_lock(struct mm_sys *s) { sched_lock(s->sched, &s->cache_lock, PT_MM_CACHE_LOCK); }
static inline void mm_cache_unlock(struct mm_sys *s) { sched_unlock(s->sched, &s->cache_lock); }

#endif
