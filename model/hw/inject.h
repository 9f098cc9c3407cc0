/* SPDX-License-Identifier: MIT */
/*
 * inject: when injected faults strike. The flags are the inject block of
 * hw/profile.def; hardware, devices and the driver each ask here at one place.
 * Time is turns of other actors, never a clock.
 *
 * Follows, for what happens then: VT-d 6.5.2.11 (ITE), SMMU 4.2
 * (CERROR_ATC_INV_SYNC), RISC-V IOMMU 3.1 (cqcsr.cmd_to), AMD
 * IOTLB_INV_TIMEOUT; PCIe surprise removal as Linux pci_dev_is_disconnected()
 * has it. Does not model: a device that answers again, hot-add.
 */
#ifndef HW_INJECT_H
#define HW_INJECT_H

#include "hw/hw.h"
#include "hw/profile.h"
#include "sched/sched.h"

enum {
	INJECT_RING = 4,  /* commands that a small queue holds */
	INJECT_REST = 3,  /* turns that slow hardware lets pass */
	INJECT_LATE = 12, /* turns that a late answer takes: more than a driver's patience */
};

/* Slow hardware lets other actors run first, for so many turns. */
static inline void inject_rest(struct sched *s, bool slow, unsigned turns, enum point p)
{
	while (slow && turns--)
		sched_relax(s, p);
}

/* Commands that an invalidation queue holds, of `size` at most. */
static inline unsigned inject_ring(const struct profile *p, unsigned size)
{
	return p->queue_small ? INJECT_RING : size;
}

/* Only the last device goes wrong, so that the others can be seen to live on. */
static inline bool inject_victim(const struct hw_config *cfg, int dev) { return dev == cfg->ndev - 1; }

/* Does the device leave its n-th ATC invalidation (from 1) unanswered? */
static inline bool inject_unanswered(const struct hw_config *cfg, int dev, uint32_t n)
{
	return cfg->prof.atc_lost && inject_victim(cfg, dev) && n >= cfg->prof.atc_lost;
}

/* Is the device pulled out while its n-th request (from 1) is in flight? */
static inline bool inject_pulled_out(const struct hw_config *cfg, int dev, uint32_t n)
{
	return cfg->prof.dev_remove && inject_victim(cfg, dev) && n >= cfg->prof.dev_remove;
}

#endif
