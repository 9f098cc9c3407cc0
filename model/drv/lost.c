// SPDX-License-Identifier: MIT
/*
 * lost: devices that do not answer ATC invalidations.
 *
 * Such a device may be gone, or be there and go on using what its ATC holds;
 * the driver cannot tell. It clears every context entry of the device, drops
 * what was cached of them, and waits: from then on the IOMMU takes no request
 * of the device, translated or not, and those that were in flight have ended.
 * Only then may the caller that asked for the invalidation go on. Several CPUs
 * that meet the same time-out each do all of it; a space that one of them finds
 * detached already has been waited for by another.
 *
 * Follows what Linux has since 6.9 for devices that are known to be gone
 * (qi_check_fault() with pci_device_is_present(), intel_pasid_tear_down_entry()
 * where devtlb_invalidation_with_pasid() does nothing) and extends it to those
 * that only do not answer: Linux 6.1 restarts for ever (VT-d) or carries on
 * (SMMU's __arm_smmu_cmdq_skip_err(), AMD's IOTLB_INV_TIMEOUT event), which are
 * planted bugs here. Does not model: resetting the device, bringing it back.
 */
#include "drv/inval.h"
#include "event/tell.h"

static void lost_report(struct drv *d, enum drv_report what, int dev)
{
	event_drv_report(d->ev, what, d->cfg.dev_iommu[dev], dev, 0);
}

void drv_give_up(struct drv *d, int dev)
{
	uint8_t bit = (uint8_t)(1u << dev);

	lost_report(d, DRV_REPORT_ATC_TIMEOUT, dev);
	for (int space = 0; space < SD_MAX_SPACES; space++)
		if (atomic_load_explicit(&d->space[space].devs, memory_order_acquire) & bit)
			drv_detach_lost(d, space, dev);
	if (!(atomic_fetch_or_explicit(&d->lost, bit, memory_order_relaxed) & bit))
		lost_report(d, DRV_REPORT_DEVICE_LOST, dev);
}
