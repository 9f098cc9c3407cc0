/* SPDX-License-Identifier: MIT */
/*
 * sva: what the notifier of a shared address space does.
 *
 * The mm's tables are the device's tables. The mm says neither which level it
 * changed nor whether it unlinked a table, so there are no hints. Where the
 * SMMU snoops broadcast TLB maintenance the IOTLB has heard of it already; no
 * ATC ever has. Does not model: reference counts of bonds.
 * Follows Linux arm_smmu_mm_invalidate_range(), intel_invalidate_range(), and
 * mn_invalidate_range() of amd/iommu_v2.c.
 */
#include "drv/inval.h"

void drv_sva_invalidate(struct drv *d, int space, sd_addr start, sd_addr end)
{
	struct drv_space *sp = &d->space[space];
	bool snooped = d->cfg.prof.snoop && d->cfg.prof.cpu_broadcast && sp->pasid != SD_NO_PASID;
	struct drv_inv inv;

	if (start >= end || !step(d->bugs, STEP_DRV_SVA))
		return;
	if (snooped && bug_on(d->bugs, BUG_BTM_SKIPS_ATC))
		return;
	inv = end == ~(sd_addr)0 ? drv_inv_all(sp) : drv_inv_range(sp, start, end - start);
	drv_invalidate(d, &inv, drv_devices(d, space), snooped ? DRV_ATC : DRV_IOTLB | DRV_ATC);
}
