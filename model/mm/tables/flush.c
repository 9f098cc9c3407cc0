/* SPDX-License-Identifier: MIT */
/*
 * The CPU flush point, and the secondary TLBs told there.
 *
 * Follows flush_tlb_range() and flush_tlb_mm() of arch/x86/mm/tlb.c and
 * arch/arm64/include/asm/tlbflush.h with the rule of Linux 6.6: whoever
 * flushes the CPUs tells the users of shared tables at the same place, after
 * the entries changed and before anybody relies on the flush. With broadcast
 * maintenance the hook sits between TLBI and DSB, with IPIs after the flush.
 *
 * Does not model: deferring by lazy TLB mode, ceilings above which a range
 * becomes a full flush, ASID rollover, notifiers that do something at
 * range_start or range_end (both are events only).
 */
#include "event/tell.h"
#include "event/walker.h"
#include "hw/hw.h"
#include "mm/tables/flush.h"

static uint8_t flush_space(const struct mm *mm) { return (uint8_t)sd_space_of_mm(mm->id); }
static uint16_t flush_cpu_tag(const struct mm *mm) { return (uint16_t)(mm->id + 1); }

/* -- the notifier -------------------------------------------------------------------- */

/* mmu_notifier_arch_invalidate_secondary_tlbs(). */
static void secondary_invalidate(struct mm *mm, sd_addr start, sd_addr end)
{
	struct mm_sys *s = mm->sys;
	bool whole = end == ~(sd_addr)0;
	sd_page last = whole ? s->mem->pages - 1 : (sd_page)((end >> SD_PAGE_SHIFT) - 1);

	if (!mm->bound)
		return;
	sched_point(s->sched, PT_MM_FLUSH_SECONDARY);
	event_secondary(s->ev, flush_space(mm), start >> SD_PAGE_SHIFT, last);
	mm->ops.invalidate_secondary(mm->ops.ctx, mm->id, start, end);
}

void mm_secondary_range(struct mm *mm, sd_page start, sd_page end)
{
	secondary_invalidate(mm, (sd_addr)start << SD_PAGE_SHIFT, (sd_addr)end << SD_PAGE_SHIFT);
}

void mm_secondary_all(struct mm *mm) { secondary_invalidate(mm, 0, ~(sd_addr)0); }

/* Planted bug: what is left of a range ~0..~0 when the two numbers are taken for addresses. */
void mm_secondary_top(struct mm *mm) { mm_secondary_range(mm, mm->sys->mem->pages - 1, mm->sys->mem->pages); }

/* Is the secondary told at this flush? */
static bool flush_tells_secondary(const struct mm *mm, unsigned how)
{
	const struct bugs_set *bugs = mm->sys->bugs;

	if (how & FLUSH_CPU_ONLY || !step(bugs, STEP_MM_FLUSH_SECONDARY))
		return false;
	if (how & FLUSH_DOWNGRADE && bug_on(bugs, BUG_SKIP_NOTIFY_DOWNGRADE))
		return false;
	return !bug_on(bugs, BUG_RANGE_END_TOO_LATE);
}

void mm_notify_start(struct mm *mm, sd_page start, sd_page end)
{
	event_notify_start(mm->sys->ev, flush_space(mm), start, end - start);
}

void mm_notify_end(struct mm *mm, sd_page start, sd_page end)
{
	if (bug_on(mm->sys->bugs, BUG_RANGE_END_TOO_LATE))
		mm_secondary_range(mm, start, end);
	if (step(mm->sys->bugs, STEP_MM_NOTIFY_END))
		event_notify_end(mm->sys->ev, flush_space(mm), start, end - start);
}

/* -- CPUs ------------------------------------------------------------------------------ */

/* Sends the invalidation of *start..end and moves *start past it, as the loop of __flush_tlb_range() does. */
static uint64_t flush_cpus_send(struct mm *mm, sd_page *start, sd_page end, unsigned inv_flags)
{
	struct mm_sys *s = mm->sys;
	uint64_t seq = 0;

	sched_point(s->sched, PT_MM_FLUSH_CPU);
	if ((mm->cpus || s->prof.cpu_broadcast) && step(s->bugs, STEP_MM_FLUSH_CPU))
		seq = hw_cpu_invalidate(s->hw, mm->cpus, flush_cpu_tag(mm), *start, end - 1, inv_flags);
	event_cpu_flush(s->ev, flush_space(mm), *start, end - 1, seq);
	*start = end;
	return seq;
}

static void flush_cpus_wait(struct mm *mm, uint64_t seq)
{
	if (seq && step(mm->sys->bugs, STEP_MM_FLUSH_SYNC))
		hw_cpu_sync(mm->sys->hw, mm->cpus, seq);
}

void mm_flush_range(struct mm *mm, sd_page start, sd_page end, unsigned how)
{
	bool broadcast = mm->sys->prof.cpu_broadcast;
	sd_page at = start;
	uint64_t seq = flush_cpus_send(mm, &at, end, how & FLUSH_TABLES ? 0 : INV_LEAF_ONLY);

	if (!broadcast)
		flush_cpus_wait(mm, seq);
	if (bug_on(mm->sys->bugs, BUG_RANGE_COLLAPSED))
		start = at; /* the loop has advanced it: nothing is left of the range */
	if (flush_tells_secondary(mm, how))
		mm_secondary_range(mm, start, end);
	if (broadcast)
		flush_cpus_wait(mm, seq);
}

void mm_flush_all(struct mm *mm, unsigned how)
{
	bool broadcast = mm->sys->prof.cpu_broadcast;
	sd_page at = 0;
	uint64_t seq = flush_cpus_send(mm, &at, mm->sys->mem->pages, INV_TAG_ALL);

	if (!broadcast)
		flush_cpus_wait(mm, seq);
	if (flush_tells_secondary(mm, how))
		mm_secondary_all(mm);
	if (broadcast)
		flush_cpus_wait(mm, seq);
}

uint64_t mm_flush_cpu_nosync(struct mm *mm, sd_page start, sd_page end)
{
	return flush_cpus_send(mm, &start, end,
	                       end - start == mm->sys->mem->pages ? INV_TAG_ALL : INV_LEAF_ONLY);
}

/*
 * An entry got more permission. CPUs that keep the weaker one need a flush
 * (ptep_set_access_flags() of arm64), and so does a secondary TLB, unless its
 * page request drops the entry (VT-d 6.5.3.1), which only a device with PRI
 * sends. An IOMMU that snoops the CPUs' invalidations gets no other, so there
 * the CPU flush is sent even if the CPUs do not need it.
 */
void mm_flush_upgrade(struct mm *mm, sd_page start, sd_page n)
{
	const struct profile *p = &mm->sys->prof;
	bool notify = !bug_on(mm->sys->bugs, BUG_UPGRADE_NO_INVALIDATE);

	if (!step(mm->sys->bugs, STEP_MM_UPGRADE_FLUSH))
		return;
	if (p->cpu_keep_weak || mm_iommu_listens(mm->sys))
		mm_flush_range(mm, start, start + n, notify ? 0 : FLUSH_CPU_ONLY);
	else if (notify && p->keep_weak && !(p->prq_drops_weak && p->pri))
		mm_secondary_range(mm, start, start + n);
}
