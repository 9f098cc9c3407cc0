/* SPDX-License-Identifier: MIT */
/*
 * The batch of an unmap by reverse map: CPU flushes that are put off.
 *
 * Follows set_tlb_ubc_flush_pending(), try_to_unmap_flush() and
 * flush_tlb_batched_pending() of mm/rmap.c. Where the architecture batches, an
 * unmap only notes that the mm's CPUs are owed a flush; the secondary is told
 * at once, for the batch does not remember addresses
 * (arch_tlbbatch_add_pending() of 6.6: the whole mm on x86, the page on arm64).
 * Others that rely on an empty entry call mm_flush_batched_pending() first.
 *
 * Does not model: should_defer_flush()'s look at the CPU mask (every unmap of
 * reclaim is deferred).
 */
#include "hw/hw.h"
#include "mm/pages/batch.h"
#include "mm/tables/flush.h"

/* tlb_flush_batched: generations of unmaps and of flushes; equal: nothing is owed. */
enum { BATCH_FLUSHED_SHIFT = 16, BATCH_MASK = 0x7fff };

/*
 * Is the invalidation sent when an entry joins the batch, so that the end of the
 * batch only waits? An IOMMU that snoops it must have it before the ATC
 * invalidations that follow (SMMU 4.7.3), and those are sent when it joins.
 */
static bool batch_sends_at_once(const struct mm_sys *s)
{
	return s->prof.cpu_batch_page || mm_iommu_listens(s);
}

/* set_tlb_ubc_flush_pending() and arch_tlbbatch_add_pending(). */
void mm_batch_add_pending(struct mm *mm, sd_page page, bool dirty, bool notify, struct mm_unmap_batch *b)
{
	struct mm_sys *s = mm->sys;

	if (s->prof.cpu_batch_page)
		b->seq = mm_flush_cpu_nosync(mm, page, page + 1);
	else if (batch_sends_at_once(s))
		b->seq = mm_flush_cpu_nosync(mm, 0, s->mem->pages);
	if (notify && step(s->bugs, STEP_MM_BATCH_SECONDARY)) {
		if (s->prof.cpu_batch_page)
			mm_secondary_range(mm, page, page + 1);
		else
			mm_secondary_all(mm);
	}
	sched_point(s->sched, PT_MM_BATCH_ADD);
	atomic_fetch_add_explicit(&mm->flush_batched, 1, memory_order_relaxed);
	b->mms |= 1u << mm->id;
	b->writable |= dirty;
}

void mm_unmap_flush(struct mm_sys *s, struct mm_unmap_batch *b)
{
	for (uint32_t m = b->mms; m; m &= m - 1) {
		struct mm *mm = &s->mm[__builtin_ctz(m)];
		uint64_t seq = b->seq;

		if (!batch_sends_at_once(s))
			seq = mm_flush_cpu_nosync(mm, 0, s->mem->pages);
		if (seq && step(s->bugs, STEP_MM_FLUSH_SYNC))
			hw_cpu_sync(s->hw, mm->cpus, seq);
	}
	b->mms = 0;
	b->writable = false;
}

void mm_unmap_flush_dirty(struct mm_sys *s, struct mm_unmap_batch *b)
{
	if (b->writable)
		mm_unmap_flush(s, b);
}

/*
 * flush_tlb_batched_pending(). No order but the page-table lock's: it is about
 * entries that were cleared under the lock that the caller holds. The batch does
 * not say what it owes, so the whole mm is flushed, as x86 and RISC-V do. An
 * arm64 that only waits (DSB) would cover the TLBIs of its own CPU and no other's.
 */
void mm_flush_batched_pending(struct mm *mm)
{
	struct mm_sys *s = mm->sys;
	unsigned batch, pending;

	if (!s->prof.cpu_batch || bug_on(s->bugs, BUG_SKIP_FLUSH_ON_NONE) ||
	    !step(s->bugs, STEP_MM_BATCH_PENDING))
		return;
	sched_point(s->sched, PT_MM_BATCH_READ);
	batch = atomic_load_explicit(&mm->flush_batched, memory_order_relaxed);
	pending = batch & BATCH_MASK;
	if (pending == batch >> BATCH_FLUSHED_SHIFT)
		return;
	mm_flush_all(mm, 0);
	/* Fails if more was unmapped meanwhile: that stays owed. */
	sched_point(s->sched, PT_MM_BATCH_READ);
	atomic_compare_exchange_strong_explicit(&mm->flush_batched, &batch,
	                                        pending | pending << BATCH_FLUSHED_SHIFT,
	                                        memory_order_relaxed, memory_order_relaxed);
}
