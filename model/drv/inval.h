/* SPDX-License-Identifier: MIT */
/* inval: one invalidation for some devices of a space, and devices that do not answer it. */
#ifndef DRV_INVAL_H
#define DRV_INVAL_H

#include "drv/state.h"

enum { DRV_RESTARTS = 8 }; /* of one invalidation before EV_NO_PROGRESS */

/* What to invalidate; a set. */
enum { DRV_CTX = 1, DRV_IOTLB = 2, DRV_ATC = 4 };

static inline struct drv_inv drv_inv_all(const struct drv_space *sp)
{
	return (struct drv_inv){.tag = sp->tag, .pasid = sp->pasid, .all = true, .level = DRV_LEVEL_UNKNOWN};
}
static inline struct drv_inv drv_inv_range(const struct drv_space *sp, sd_addr start, sd_addr size)
{
	return (struct drv_inv){
	        .tag = sp->tag, .pasid = sp->pasid, .start = start, .size = size, .level = DRV_LEVEL_UNKNOWN};
}

/*
 * inval.c: queued to every IOMMU that has one of devs behind it, in the order that
 * the profile needs; complete on return.
 */
void drv_invalidate(struct drv *d, const struct drv_inv *inv, unsigned devs, unsigned what);

/*
 * lost.c: a device left an ATC invalidation unanswered. With quarantine it is
 * detached from everything on return, and nothing that its ATC holds can be used.
 */
void drv_unanswered(struct drv *d, int dev);

/* ctx.c: drv_detach() for several devices (a bit each) with one flush. */
void drv_detach_devices(struct drv *d, int space, unsigned devs);
/* ctx.c: for drv_unanswered(): the same without the device's ATC. May meet a detach of the same device. */
void drv_detach_lost(struct drv *d, int space, int dev);

#endif
