/* SPDX-License-Identifier: MIT */
/* flush: the CPU flush point, and the secondary TLBs that are told there. Ranges have an exclusive end. */
#ifndef MM_FLUSH_H
#define MM_FLUSH_H

#include "mm/state.h"

enum {
	FLUSH_TABLES = 1,    /* paging-structure entries too */
	FLUSH_DOWNGRADE = 2, /* only write permission was taken away */
	FLUSH_CPU_ONLY = 4,  /* the secondary is told elsewhere */
};

/* -- CPUs and secondary ----------------------------------------------------------- */
void mm_flush_range(struct mm *mm, sd_page start, sd_page end, unsigned how); /* flush_tlb_range() */
void mm_flush_all(struct mm *mm, unsigned how);                               /* flush_tlb_mm() */
/* n entries got more permission: flushes the weaker ones where they may stay cached. */
void mm_flush_upgrade(struct mm *mm, sd_page start, sd_page n);

/* -- CPUs only ------------------------------------------------------------------------ */
/* flush_tlb_page_nosync(), or the whole mm: sent, not waited for. Returns what to wait for; 0: nothing. */
uint64_t mm_flush_cpu_nosync(struct mm *mm, sd_page start, sd_page end);

/* -- the secondary only, and the bracket around a change ------------------------------ */
/* Does the IOMMU take the CPUs' broadcast invalidations for its own (SMMU 3.17)? */
static inline bool mm_iommu_listens(const struct mm_sys *s) { return s->prof.snoop && s->prof.cpu_broadcast; }
void mm_secondary_range(struct mm *mm, sd_page start, sd_page end);
void mm_secondary_all(struct mm *mm);
void mm_secondary_top(struct mm *mm); /* the last page only: a planted bug */
void mm_notify_start(struct mm *mm, sd_page start, sd_page end);
void mm_notify_end(struct mm *mm, sd_page start, sd_page end);

#endif
