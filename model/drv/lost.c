/* SPDX-License-Identifier: MIT */
/*
 * lost: devices that do not answer ATC invalidations.
 *
 * Such a device may be gone, or be there and go on using what its ATC holds;
 * the driver cannot tell. It reports the time-out and carries on, as Linux does:
 * qi_check_fault() gives up on a device that is not present (6.9), SMMUv3 leaves
 * CERROR_ATC_INV_SYNC behind, AMD logs IOTLB_INV_TIMEOUT. That is right only if
 * the device is dead, and without `quarantine` it is (dev/atc.c).
 *
 * With it the driver does not rely on that. It clears every context entry of the
 * device, drops what was cached of them, and waits: from then on the IOMMU takes
 * no request of the device, translated or not, and those that were in flight have
 * ended. Only then may whoever asked for the invalidation go on. Several who meet
 * the same time-out each do all of it: a space that is left for them to skip has
 * been waited for by another. Linux has no such thing in 6.12; a series of 2026
 * proposes it for SMMUv3.
 *
 * Does not model: VT-d's restart for a device that is there and silent, which is
 * a planted bug; resetting the device, bringing it back.
 */
#include "drv/inval.h"
#include "event/tell.h"

static void lost_report(struct drv *d, enum drv_report what, int dev)
{
	event_drv_report(d->ev, what, d->cfg.dev_iommu[dev], dev, 0);
}

static void lost_give_up(struct drv *d, int dev)
{
	uint8_t bit = (uint8_t)(1u << dev);

	for (int space = 0; space < SD_MAX_SPACES; space++)
		if (atomic_load_explicit(&d->space[space].devs, memory_order_acquire) & bit)
			drv_detach_lost(d, space, dev);
	if (!(atomic_fetch_or_explicit(&d->lost, bit, memory_order_relaxed) & bit))
		lost_report(d, DRV_REPORT_DEVICE_LOST, dev);
}

void drv_unanswered(struct drv *d, int dev)
{
	lost_report(d, DRV_REPORT_ATC_TIMEOUT, dev);
	if (d->cfg.prof.quarantine)
		lost_give_up(d, dev);
}
