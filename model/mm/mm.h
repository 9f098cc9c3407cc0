/* SPDX-License-Identifier: MIT */
/*
 * mm: Linux mm as far as secondary TLBs care. VMAs, mmap_lock, split
 * page-table locks, rmap, mmu_gather, page faults, reclaim, and the mmu
 * notifier at the CPU flush point. Function names follow Linux 6.1 with the
 * secondary-invalidation rules of 6.6; a static function that has a kernel
 * function's name (wp_page_shared, walk_pmd) keeps it, without a prefix.
 *
 * n and page arguments are in pages. Results are 0 or a negative errno.
 */
#ifndef MM_MM_H
#define MM_MM_H

#include "bugs/bugs.h"
#include "hw/profile.h"
#include "mem/mem.h"

struct event_sink;
struct hw;
struct mm_sys;
struct sched;

struct mm_notifier_ops {
	/*
	 * arch_invalidate_secondary_tlbs: the user shares the very tables.
	 * Bytes, end exclusive, end ~0: the whole mm. Called where the CPU TLB
	 * is flushed, possibly under the page-table lock: it spins.
	 */
	void (*invalidate_secondary)(void *ctx, int mm, sd_addr start, sd_addr end);
	/* The mm is going: stop using its tables before this returns. */
	void (*release)(void *ctx, int mm);
	void *ctx;
};

enum mm_kind { MM_ANON, MM_FILE, MM_HUGE };

/* EV_BAD_REF's reason. */
enum mm_bad_ref {
	BAD_REF_UNDERFLOW = 1, /* a reference too many was dropped */
	BAD_REF_MAP_UNDERFLOW, /* a mapping too many was removed */
	BAD_REF_FREED_MAPPED,  /* freed with mappings left */
	BAD_REF_AUDIT,         /* the audit counts other references */
	BAD_REF_AUDIT_MAP,     /* the audit counts other mappings */
	BAD_REF_TABLE_FREED,   /* software uses a table that was freed */
	BAD_REF_CACHE_MAPPED,  /* a page leaves the page cache with mappings left */
	BAD_REF_FREED_LOCKED,  /* freed while its lock is held */
};

struct mm_config {
	struct profile prof;
	uint8_t ncpu;
	uint8_t cpu_mm[SD_MAX_CPUS]; /* which mm a CPU's program runs on */
	uint8_t mms;                 /* alive at the start */
};

struct mm_sys *mm_create(struct mem *m, struct hw *hw, struct sched *s, struct event_sink *ev,
                         const struct bugs_set *bugs);
void mm_destroy(struct mm_sys *sys);
/* Makes the live mms (root tables); registers no notifier. */
void mm_reset(struct mm_sys *sys, const struct mm_config *cfg);
sd_page mm_root(const struct mm_sys *sys, int mm);
bool mm_alive(const struct mm_sys *sys, int mm);
/* ops == NULL: no user. A child of fork has none. */
void mm_set_notifier(struct mm_sys *sys, int mm, const struct mm_notifier_ops *ops);

/* -- system calls; cpu is the caller, the mm is that CPU's ------------------- */
int mm_mmap(struct mm_sys *sys, int cpu, sd_page start, unsigned n, bool write, enum mm_kind kind);
int mm_munmap(struct mm_sys *sys, int cpu, sd_page start, unsigned n);
int mm_madvise_dontneed(struct mm_sys *sys, int cpu, sd_page start, unsigned n);
int mm_mprotect(struct mm_sys *sys, int cpu, sd_page start, unsigned n, bool write);
int mm_mremap(struct mm_sys *sys, int cpu, sd_page from, sd_page to, unsigned n);
int mm_fork(struct mm_sys *sys, int cpu);
int mm_exit(struct mm_sys *sys, int cpu);

/* -- accesses and faults ------------------------------------------------------ */
int mm_access(struct mm_sys *sys, int cpu, sd_page page, bool write); /* retries after a fault */
/* handle_mm_fault for a device; *serial: the newest instance that it made or found good. */
int mm_device_fault(struct mm_sys *sys, int mm, sd_page page, bool write, uint32_t *serial);

/* -- what the kernel does on its own ------------------------------------------- */
int mm_reclaim(struct mm_sys *sys, int cpu, sd_page start, unsigned n);
int mm_writeback(struct mm_sys *sys, int cpu, sd_page start, unsigned n);
int mm_truncate(struct mm_sys *sys, int cpu, sd_page start, unsigned n);

/* For audits: marks every frame that mms, page cache and swap still own; checks counts. */
void mm_mark_frames(const struct mm_sys *sys, uint8_t mark[MEM_FRAMES]);

#endif
