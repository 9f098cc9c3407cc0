/* SPDX-License-Identifier: MIT */
/* batch: CPU flushes that an unmap by reverse map puts off (tlb_ubc). */
#ifndef MM_BATCH_H
#define MM_BATCH_H

#include "mm/mm.h"

struct mm;

/* current->tlb_ubc */
struct mm_unmap_batch {
	uint32_t mms;  /* whose CPUs are owed a flush, a bit each */
	bool writable; /* one of the entries was dirty */
	uint64_t seq;  /* invalidations that were sent and not waited for */
};

/* An entry was cleared and its flush is put off. notify: the secondary is to be told here. */
void mm_batch_add_pending(struct mm *mm, sd_page page, bool dirty, bool notify, struct mm_unmap_batch *b);
void mm_unmap_flush(struct mm_sys *s, struct mm_unmap_batch *batch);       /* try_to_unmap_flush() */
void mm_unmap_flush_dirty(struct mm_sys *s, struct mm_unmap_batch *batch); /* try_to_unmap_flush_dirty() */

/* flush_tlb_batched_pending(): under the page-table lock, before somebody relies on an empty entry. */
void mm_flush_batched_pending(struct mm *mm);

#endif
