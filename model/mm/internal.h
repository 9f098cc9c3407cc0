/* SPDX-License-Identifier: MIT */
/*
 * mm/internal: the state of mm/ and what its files share.
 *
 * Lock order, as in Linux: mmap_lock, page lock, reverse-map lock, page-table
 * lock (old before new, child before parent), then the leaves: page_table_lock
 * and the cache lock. The flush and the notifier run under any of them.
 */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include <errno.h>
#include <stdatomic.h>

#include "event/walker.h"
#include "mm/mm.h"

enum {
	MM_VMAS = 24,
	MM_BLOCKS = 64,     /* backing store: swap slots and file blocks */
	MM_FILE_PAGES = 64, /* file pages that are cached or written */
	MM_NO_BLOCK = 0xff,
	MM_RANGE_MAX = 16, /* pages of one reclaim */
};

/* enum mm_kind has two reverse maps: anonymous (huge ones too) and file. */
enum { RMAP_ANON, RMAP_FILE, RMAP_CLASSES };

struct mm_vma {
	sd_page start, n;
	sd_page pgoff; /* index of the first page; mremap keeps it */
	uint32_t seq;  /* reverse-map walks go from old to new */
	uint8_t kind;  /* enum mm_kind */
	bool write;
};

/* MM_NEW: a child that fork is still filling; reverse-map walks see it, nobody else. */
enum mm_state { MM_FREE_SLOT, MM_NEW, MM_LIVE, MM_DYING };

struct mm {
	struct mm_sys *sys;
	uint8_t id;
	_Atomic uint8_t state;
	atomic_bool exited; /* its program left: no new system calls */
	atomic_bool bound;  /* ops is set */
	struct mm_notifier_ops ops;
	uint32_t cpus; /* mm_cpumask */
	sd_page root;
	atomic_int users;
	atomic_int flush_pending;  /* tlb_flush_pending: open gathers */
	atomic_uint flush_batched; /* tlb_flush_batched: pending, flushed << 16 */
	struct sched_rwlock mmap_lock;
	struct sched_lock table_lock;   /* page_table_lock: levels above 1 */
	uint32_t linked;                /* vmas that faults find */
	uint32_t rmapped[RMAP_CLASSES]; /* vmas that reverse-map walks find */
	struct mm_vma vma[MM_VMAS];
};

/* Page flags. */
enum {
	PG_ANON = 1,
	PG_DIRTY = 2,
	PG_CACHED = 4, /* in the page cache, or in the swap cache of `block` */
};

/* struct page, for data frames and for table frames. */
struct mm_page {
	atomic_short ref;
	atomic_short map;
	atomic_uchar flags;
	atomic_uchar block;     /* of an anonymous page in the swap cache */
	uint16_t deposit, next; /* level-1 tables: spare tables for their huge entries, a list */
	sd_page index;
	struct sched_lock lock; /* page lock; of a table frame: its page-table lock */
};

struct mm_file_page {
	sd_page index;
	uint16_t pfn; /* MEM_NO_FRAME: not cached */
	uint8_t block;
};

enum { MM_BLOCK_WORDS = 8 }; /* a data frame has a word for each actor that has a program */
struct mm_block {
	atomic_uchar count; /* swap entries that name it */
	uint16_t cache;     /* page in the swap cache */
	uint64_t word[MM_BLOCK_WORDS];
};

struct mm_sys {
	struct mem *mem;
	struct hw *hw;
	struct sched *sched;
	struct event_sink *ev;
	const struct bugs_set *bugs;
	struct profile prof;
	uint8_t cpu_mm[SD_MAX_CPUS];
	atomic_int busy; /* operations under way */
	atomic_uint vma_seq;
	struct sched_lock list_lock;
	struct sched_lock cache_lock;
	struct sched_rwlock rmap[RMAP_CLASSES];
	struct mm mm[SD_MAX_MMS];
	uint8_t nfile;
	struct mm_file_page file[MM_FILE_PAGES];
	uint64_t blocks; /* in use, a bit each */
	struct mm_block block[MM_BLOCKS];
	struct mm_page page[MEM_FRAMES]; /* set up when the frame is allocated */
};

void mm_bad_ref(const struct mm_sys *s, enum mm_bad_ref why, sd_page pfn, int count);

/*
 * refcount_dec_and_test(): whoever drops the last one sees what the others did
 * before they dropped theirs; nobody else sees anything.
 */
static inline bool mm_count_down(atomic_int *n)
{
	return atomic_fetch_sub_explicit(n, 1, memory_order_release) == 1 &&
	       !atomic_load_explicit(n, memory_order_acquire);
}

/* -- small helpers ------------------------------------------------------------ */
/* Does the IOMMU take the CPUs' broadcast invalidations for its own (SMMU 3.17)? */
static inline bool mm_iommu_listens(const struct mm_sys *s) { return s->prof.snoop && s->prof.cpu_broadcast; }
static inline int rmap_class(unsigned kind) { return kind == MM_FILE ? RMAP_FILE : RMAP_ANON; }
static inline sd_page mm_min(sd_page a, sd_page b) { return a < b ? a : b; }
static inline sd_page mm_max(sd_page a, sd_page b) { return a > b ? a : b; }
/* Pages of a huge entry, and the first page of the one around page. */
static inline sd_page mm_span(const struct mm_sys *s) { return mem_span(s->mem, 1); }
static inline sd_page mm_huge_base(const struct mm_sys *s, sd_page page) { return page & ~(mm_span(s) - 1); }
/* A level-1 entry that maps memory, even while it is invalid for a split. */
static inline bool mm_huge_entry(pte_t v) { return v & PTE_LEAF; }
static inline pte_t mm_swap_entry(uint8_t block) { return pte_make(block, PTE_SWAP); }
/* Same entry but for what hardware sets. */
static inline bool mm_same(pte_t a, pte_t b) { return ((a ^ b) & ~(pte_t)(PTE_A | PTE_D)) == 0; }

/* With a lock or a flush taken out an entry may be anything; it must not lead outside the arrays. */
static inline pte_t mm_sane(pte_t v)
{
	sd_page limit = v & PTE_SWAP ? (sd_page)MM_BLOCKS : (sd_page)MEM_FRAMES;

	return pte_pfn(v) < limit ? v : 0;
}
static inline pte_t mm_load(struct mm_sys *s, mem_entry e, enum point p)
{
	return mm_sane(mem_load(s->mem, e, p));
}
static inline pte_t mm_xchg(struct mm_sys *s, mem_entry e, pte_t v, enum point p)
{
	return mm_sane(mem_xchg(s->mem, e, v, p));
}

/* -- locks that a test can take out -------------------------------------------- */
static inline void mm_read_lock(struct mm *mm)
{
	if (step(mm->sys->bugs, STEP_MM_MMAP_READ))
		sched_read_lock(mm->sys->sched, &mm->mmap_lock, PT_MM_MMAP_READ);
}
static inline void mm_read_unlock(struct mm *mm)
{
	if (step(mm->sys->bugs, STEP_MM_MMAP_READ))
		sched_read_unlock(mm->sys->sched, &mm->mmap_lock);
}
static inline void mm_write_lock(struct mm *mm)
{
	if (step(mm->sys->bugs, STEP_MM_MMAP_WRITE))
		sched_write_lock(mm->sys->sched, &mm->mmap_lock, PT_MM_MMAP_WRITE);
}
static inline void mm_write_unlock(struct mm *mm)
{
	if (step(mm->sys->bugs, STEP_MM_MMAP_WRITE))
		sched_write_unlock(mm->sys->sched, &mm->mmap_lock);
}
static inline void mm_ptl_lock(struct mm_sys *s, sd_page table, enum point p)
{
	if (step(s->bugs, STEP_MM_PTL))
		sched_lock(s->sched, &s->page[table].lock, p);
	if (s->mem->frame[table].kind != MEM_TABLE)
		mm_bad_ref(s, BAD_REF_TABLE_FREED, table, 0);
}
static inline void mm_ptl_unlock(struct mm_sys *s, sd_page table)
{
	if (step(s->bugs, STEP_MM_PTL))
		sched_unlock(s->sched, &s->page[table].lock);
}
static inline void mm_page_lock(struct mm_sys *s, sd_page pfn)
{
	if (step(s->bugs, STEP_MM_PAGE_LOCK))
		sched_lock(s->sched, &s->page[pfn].lock, PT_MM_PAGE_LOCK);
}
static inline bool mm_page_trylock(struct mm_sys *s, sd_page pfn)
{
	return !step(s->bugs, STEP_MM_PAGE_LOCK) ||
	       sched_trylock(s->sched, &s->page[pfn].lock, PT_MM_PAGE_LOCK);
}
static inline void mm_page_unlock(struct mm_sys *s, sd_page pfn)
{
	if (step(s->bugs, STEP_MM_PAGE_LOCK))
		sched_unlock(s->sched, &s->page[pfn].lock);
}
static inline void mm_rmap_read_lock(struct mm_sys *s, int cls)
{
	if (step(s->bugs, STEP_MM_RMAP_LOCK))
		sched_read_lock(s->sched, &s->rmap[cls], PT_MM_RMAP_READ);
}
static inline void mm_rmap_read_unlock(struct mm_sys *s, int cls)
{
	if (step(s->bugs, STEP_MM_RMAP_LOCK))
		sched_read_unlock(s->sched, &s->rmap[cls]);
}
static inline void mm_rmap_write_lock(struct mm_sys *s, int cls)
{
	if (step(s->bugs, STEP_MM_RMAP_LOCK))
		sched_write_lock(s->sched, &s->rmap[cls], PT_MM_RMAP_WRITE);
}
static inline void mm_rmap_write_unlock(struct mm_sys *s, int cls)
{
	if (step(s->bugs, STEP_MM_RMAP_LOCK))
		sched_write_unlock(s->sched, &s->rmap[cls]);
}
static inline void mm_cache_lock(struct mm_sys *s) { sched_lock(s->sched, &s->cache_lock, PT_MM_CACHE_LOCK); }
static inline void mm_cache_unlock(struct mm_sys *s) { sched_unlock(s->sched, &s->cache_lock); }

/* -- mm.c: users ----------------------------------------------------------------- */
/* The caller's mm with a reference, or NULL (-ESRCH). Every system call ends with mm_leave(). */
struct mm *mm_enter(struct mm_sys *s, int cpu);
void mm_leave(struct mm *mm);
bool mm_get_not_zero(struct mm *mm);
void mm_put(struct mm *mm);
/* Takes a free slot: root table, CPU mask; MM_NEW. false: no memory. */
bool mm_init_slot(struct mm *mm);
bool mm_range_ok(const struct mm_sys *s, sd_page start, unsigned n);

/* -- page.c ------------------------------------------------------------------------ */
sd_page mm_page_alloc(struct mm_sys *s, sd_page n, unsigned flags, sd_page index);
void mm_page_get(struct mm_sys *s, sd_page pfn);
void mm_page_put(struct mm_sys *s, sd_page pfn);
void mm_pages_put(struct mm_sys *s, sd_page pfn,
                  sd_page n); /* drops one of each, frees them together if it can */
int mm_page_refs(struct mm_sys *s, sd_page pfn);
bool mm_page_mapped(struct mm_sys *s, sd_page pfn);
void mm_page_add_rmap(struct mm_sys *s, sd_page pfn);
void mm_page_remove_rmap(struct mm_sys *s, sd_page pfn);
static inline unsigned mm_page_flags(const struct mm_sys *s, sd_page pfn)
{
	return atomic_load_explicit(&s->page[pfn].flags, memory_order_acquire);
}
static inline void mm_page_set(struct mm_sys *s, sd_page pfn, unsigned f)
{
	atomic_fetch_or_explicit(&s->page[pfn].flags, (unsigned char)f, memory_order_release);
}
static inline void mm_page_clear(struct mm_sys *s, sd_page pfn, unsigned f)
{
	atomic_fetch_and_explicit(&s->page[pfn].flags, (unsigned char)~f, memory_order_release);
}

/* -- vma.c --------------------------------------------------------------------------- */
struct mm_vma *mm_vma_find(struct mm *mm, sd_page page);
/* The linked vma with the lowest start that ends after page; NULL: none. */
struct mm_vma *mm_vma_next(struct mm *mm, sd_page page);
int mm_vma_room(const struct mm *mm); /* free slots */
/* Links a copy of *v with a new seq; NULL: no slot. */
struct mm_vma *mm_vma_insert(struct mm *mm, const struct mm_vma *v);
/* Splits whatever crosses the two ends of start..start+n. */
int mm_vma_split_range(struct mm *mm, sd_page start, sd_page n);
void mm_vma_detach(struct mm *mm, struct mm_vma *v);      /* faults do not find it any more */
void mm_vma_unlink_rmap(struct mm *mm, struct mm_vma *v); /* nor do reverse-map walks: the slot is free */

/* A walk of all vmas of a class that map index first..first+n, oldest first; holds the reverse-map lock. */
struct mm_rmap_walk {
	struct mm_sys *sys;
	uint64_t last; /* order of the one before; 0: none yet */
	int cls;
	sd_page first, n;
	struct mm *mm;
	struct mm_vma *vma;
	sd_page start, end; /* the addresses that map them */
};
void mm_rmap_begin(struct mm_rmap_walk *w, struct mm_sys *s, int cls, sd_page first, sd_page n);
bool mm_rmap_next(struct mm_rmap_walk *w);
void mm_rmap_end(struct mm_rmap_walk *w);

/* -- flush.c ---------------------------------------------------------------------------- */
enum {
	FLUSH_TABLES = 1,    /* paging-structure entries too */
	FLUSH_DOWNGRADE = 2, /* only write permission was taken away */
	FLUSH_CPU_ONLY = 4,  /* the secondary is told elsewhere */
};
void mm_flush_range(struct mm *mm, sd_page start, sd_page end,
                    unsigned how);              /* flush_tlb_range, end exclusive */
void mm_flush_all(struct mm *mm, unsigned how); /* flush_tlb_mm */
void mm_flush_upgrade(struct mm *mm, sd_page start, sd_page n);
uint64_t mm_flush_cpu_nosync(struct mm *mm, sd_page start, sd_page end);
void mm_secondary_range(struct mm *mm, sd_page start, sd_page end);
void mm_secondary_all(struct mm *mm);
void mm_secondary_top(struct mm *mm);
void mm_notify_start(struct mm *mm, sd_page start, sd_page end);
void mm_notify_end(struct mm *mm, sd_page start, sd_page end);

/* -- gather.c --------------------------------------------------------------------------- */
enum { GATHER_PAGES = 8, GATHER_TABLES = 16 };
struct mm_gather {
	struct mm *mm;
	sd_page start, end; /* to flush; start >= end: nothing */
	bool fullmm, tables, downgrade;
	bool nested; /* met another gather */
	uint8_t npage, ntable;
	struct {
		uint16_t pfn, n;
		bool delay_rmap;
	} page[GATHER_PAGES];
	uint16_t table[GATHER_TABLES];
};
void mm_gather_begin(struct mm_gather *tlb, struct mm *mm, bool fullmm);
void mm_gather_range(struct mm_gather *tlb, sd_page start, sd_page n);
/* true: the batch is full and must be flushed. */
bool mm_gather_page(struct mm_gather *tlb, sd_page pfn, sd_page n, bool delay_rmap);
void mm_gather_table(struct mm_gather *tlb, sd_page table, sd_page start, sd_page n);
void mm_gather_flush_tlb(struct mm_gather *tlb); /* tlb_flush_mmu_tlbonly, then the delayed reverse maps */
void mm_gather_flush(struct mm_gather *tlb);     /* tlb_flush_mmu */
void mm_gather_end(struct mm_gather *tlb);       /* tlb_finish_mmu */

/* -- table.c ------------------------------------------------------------------------------ */
sd_page mm_table_alloc(struct mm_sys *s);
/* Where the level-1 entry of page is. false: an upper table is missing. */
bool mm_pmd_find(struct mm *mm, sd_page page, mem_entry *pmd);
int mm_pmd_alloc(struct mm *mm, sd_page page, mem_entry *pmd);
/* The table under a level-1 entry, made if need be; -EAGAIN: a huge entry is in the way. */
int mm_pte_alloc(struct mm *mm, mem_entry pmd, sd_page *table);
/* The table that holds page's entry; MEM_NO_FRAME: none, or a huge entry. */
sd_page mm_pte_table(struct mm *mm, sd_page page);
void mm_free_pgtables(struct mm_gather *tlb, sd_page start, sd_page end, sd_page floor, sd_page ceiling);
static inline mem_entry mm_pte_at(const struct mm_sys *s, sd_page table, sd_page page)
{
	return mem_at(s->mem, table, mem_index(s->mem, page, 0));
}

/* -- huge.c --------------------------------------------------------------------------------- */
bool mm_huge_fits(const struct mm_sys *s, const struct mm_vma *v, sd_page page);
/* Maps a fresh huge page in an empty entry. -ENOMEM: take small pages. -EAGAIN: look again. */
int mm_huge_fault(struct mm *mm, const struct mm_vma *v, mem_entry pmd, sd_page page, bool write,
                  uint32_t *serial);
/* The entry is huge: makes it good for the access. -EAGAIN: it was split or changed, look again. */
int mm_huge_touch(struct mm *mm, mem_entry pmd, sd_page page, bool write, uint32_t *serial);
bool mm_huge_zap(struct mm_gather *tlb, mem_entry pmd, sd_page page);     /* false: it is not huge any more */
bool mm_huge_protect(struct mm_gather *tlb, mem_entry pmd, sd_page page); /* false: likewise */
void mm_huge_split(struct mm *mm, mem_entry pmd, sd_page page);
int mm_huge_copy(struct mm_sys *s, mem_entry from, mem_entry to);
struct mm_move;
bool mm_huge_move(struct mm_move *mv, mem_entry from, mem_entry to, sd_page old);
/* Does the huge entry, if it is one, map pfn at page? */
bool mm_huge_maps(struct mm_sys *s, pte_t v, sd_page page, sd_page pfn);

/* -- pagewalk.c ------------------------------------------------------------------------------ */
struct mm_pmd_ops {
	bool (*huge)(struct mm_gather *tlb, mem_entry pmd, sd_page page); /* false: it is not huge any more */
	void (*ptes)(struct mm_gather *tlb, sd_page table, sd_page page, sd_page end);
};
void mm_walk_pmds(struct mm_gather *tlb, const struct mm_pmd_ops *ops, sd_page start, sd_page end);

/* -- fault.c, cow.c ---------------------------------------------------------------------------- */
/* handle_mm_fault under mmap_lock; loops until the entry allows the access. */
int mm_handle_fault(struct mm *mm, sd_page page, bool write, uint32_t *serial);
/* ptep_set_access_flags: adds bits to an entry whose lock is held; flushes the weaker one where it may stay.
 */
void mm_set_access_flags(struct mm *mm, mem_entry e, pte_t old, pte_t bits, sd_page page, sd_page n);
struct mm_fault {
	struct mm *mm;
	const struct mm_vma *vma;
	sd_page page, table;
	mem_entry e;
	pte_t orig; /* as read without the lock */
	bool write;
	uint32_t *serial;
};
/* All of these: 0 done, -EAGAIN look again, or an error. */
int mm_do_wp_page(const struct mm_fault *f);
int mm_do_swap_page(const struct mm_fault *f);
int mm_do_file_page(const struct mm_fault *f);
static inline bool mm_fault_lock(const struct mm_fault *f)
{
	mm_ptl_lock(f->mm->sys, f->table, PT_MM_PTL);
	if (mm_same(mm_load(f->mm->sys, f->e, PT_MM_FAULT_CHECK), f->orig))
		return true;
	mm_ptl_unlock(f->mm->sys, f->table);
	return false;
}

/* -- zap.c, mmap.c ------------------------------------------------------------------------------- */
void mm_zap_range(struct mm_gather *tlb, sd_page start, sd_page end);
/* With its own gather and notifier bracket (zap_page_range_single). */
void mm_zap_single(struct mm *mm, sd_page start, sd_page end);
int mm_munmap_locked(struct mm *mm, sd_page start, sd_page n);
void mm_exit_mmap(struct mm *mm);

/* -- mremap.c ---------------------------------------------------------------------------------------- */
struct mm_move {
	struct mm *mm;
	bool unflushed; /* planted bug: what moved is flushed when the locks are gone */
};
/* Something present moved from there; both page-table locks are held. */
void mm_move_flush(struct mm_move *mv, sd_page start, sd_page end);

/* -- file.c ------------------------------------------------------------------------------------------ */
/* The page of that index, locked and referenced; made and read in if make. -EAGAIN: it went meanwhile. */
int mm_file_lock_page(struct mm_sys *s, sd_page index, bool make, sd_page *pfn);
struct mm_file_page *mm_file_find(struct mm_sys *s, sd_page index); /* cache lock held */
/* Locked page: copies it to its block. false: no block is free. */
bool mm_file_write(struct mm_sys *s, sd_page pfn);

/* -- swap.c --------------------------------------------------------------------------------------------- */
uint8_t mm_block_alloc(struct mm_sys *s); /* cache lock held; MM_NO_BLOCK: none */
void mm_block_free(struct mm_sys *s, uint8_t b);
void mm_block_read(struct mm_sys *s, uint8_t b, sd_page pfn);
void mm_block_write(struct mm_sys *s, uint8_t b, sd_page pfn);
bool mm_swap_add(struct mm_sys *s, sd_page pfn);    /* add_to_swap */
void mm_swap_delete(struct mm_sys *s, sd_page pfn); /* cache and page lock held; its reference stays */
bool mm_swap_try_free(struct mm_sys *s, sd_page pfn);
void mm_swap_dup(struct mm_sys *s, uint8_t b);
void mm_swap_put(struct mm_sys *s, uint8_t b); /* free_swap_and_cache */
void mm_swap_unlock_page(struct mm_sys *s, sd_page pfn);

/* -- rmap.c ------------------------------------------------------------------------------------------------
 */
struct mm_unmap_batch { /* current->tlb_ubc */
	uint32_t mms;   /* whose CPUs are owed a flush */
	bool writable;  /* one of them was dirty */
	uint64_t seq;   /* invalidations that were sent and not waited for */
};
void mm_try_to_unmap(struct mm_sys *s, sd_page pfn, struct mm_unmap_batch *batch);
void mm_unmap_flush(struct mm_sys *s, struct mm_unmap_batch *batch);       /* try_to_unmap_flush */
void mm_unmap_flush_dirty(struct mm_sys *s, struct mm_unmap_batch *batch); /* try_to_unmap_flush_dirty */
void mm_flush_batched_pending(struct mm *mm);                              /* under the page-table lock */
void mm_mkclean(struct mm_sys *s, sd_page pfn);

#endif
