/* SPDX-License-Identifier: MIT */
/*
 * flush: the flush operations of page tables that the IOMMU API owns.
 *
 * Models: tlb_flush_all, tlb_flush_walk, and the gather: unmaps collect one
 * contiguous range of equal leaves, whose level is the TLB's hint, and a sync
 * flushes it. Does not model: the flush queue (lazy mode).
 * Follows Linux iommu_iotlb_gather_add_page(), iommu_iotlb_gather_is_disjoint(),
 * arm_smmu_iotlb_sync(), intel_iommu_tlb_sync(), io_pgtable_tlb_flush_walk().
 */
#include "drv/inval.h"

void drv_flush_all(struct drv *d, int space)
{
	struct drv_inv inv = drv_inv_all(&d->space[space]);

	drv_invalidate(d, &inv, drv_devices(d, space), DRV_IOTLB | DRV_ATC);
}

void drv_flush_walk(struct drv *d, int space, sd_addr iova, sd_addr size)
{
	struct drv_inv inv = drv_inv_range(&d->space[space], iova, size);

	if (step(d->bugs, STEP_DRV_FLUSH_WALK))
		drv_invalidate(d, &inv, drv_devices(d, space), DRV_IOTLB | DRV_ATC);
}

void drv_gather_init(struct drv_gather *g) { *g = (struct drv_gather){.start = ~(sd_addr)0}; }

static bool flush_gather_is_empty(const struct drv_gather *g) { return g->start > g->end; }

static bool flush_gather_is_disjoint(const struct drv_gather *g, sd_addr start, sd_addr end)
{
	return end + 1 < g->start || start > g->end + 1;
}

/* The exclusive end, cut to the width of the address space: at the top it wraps to 0. */
static sd_addr flush_gather_wrapped_end(const struct drv *d, sd_addr end)
{
	sd_addr next = (end + 1) & (((sd_addr)d->m->pages << SD_PAGE_SHIFT) - 1);

	return next ? next - 1 : 0;
}

void drv_gather_add(struct drv *d, int space, struct drv_gather *g, sd_addr iova, sd_addr size, int level)
{
	sd_addr end = iova + size - 1;

	if (!step(d->bugs, STEP_DRV_GATHER_ADD))
		return;
	if (bug_on(d->bugs, BUG_GATHER_END_WRAPS))
		end = flush_gather_wrapped_end(d, end);
	if (!flush_gather_is_empty(g) && (g->level != level || flush_gather_is_disjoint(g, iova, end)) &&
	    step(d->bugs, STEP_DRV_GATHER_SPLIT))
		drv_iotlb_sync(d, space, g);
	if (g->start > iova)
		g->start = iova;
	if (g->end < end)
		g->end = end;
	g->level = (uint8_t)level;
}

void drv_iotlb_sync(struct drv *d, int space, struct drv_gather *g)
{
	struct drv_inv inv = drv_inv_range(&d->space[space], g->start, g->end - g->start + 1);

	inv.leaf = !(g->tables && step(d->bugs, STEP_DRV_TABLES));
	inv.level = (int8_t)g->level;
	if (!flush_gather_is_empty(g) && step(d->bugs, STEP_DRV_IOTLB_SYNC))
		drv_invalidate(d, &inv, drv_devices(d, space), DRV_IOTLB | DRV_ATC);
	drv_gather_init(g);
}
