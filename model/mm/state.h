/* SPDX-License-Identifier: MIT */
/* state: struct mm, and what every file of mm/ works on. */
#ifndef MM_STATE_H
#define MM_STATE_H

#include <errno.h>
#include <stdatomic.h>

#include "mm/mm.h"
#include "mm/pages/file.h"
#include "mm/pages/page.h"
#include "mm/pages/swap.h"
#include "mm/vma.h"

/* MM_NEW: a child that fork still fills; reverse-map walks see it, nobody else. */
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
	uint32_t linked;                /* vmas that faults find, a bit each */
	uint32_t rmapped[RMAP_CLASSES]; /* vmas that reverse-map walks find */
	struct mm_vma vma[MM_VMAS];
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
	struct sched_lock list_lock;  /* of the slots in mm[] */
	struct sched_lock cache_lock; /* of file[] and block[] */
	struct sched_rwlock rmap[RMAP_CLASSES];
	struct mm mm[SD_MAX_MMS];
	uint8_t nfile;
	struct mm_file_page file[MM_FILE_PAGES];
	uint64_t blocks; /* in use, a bit each */
	struct mm_block block[MM_BLOCKS];
	struct mm_page page[MEM_FRAMES]; /* set up when the frame is allocated */
};

#endif
