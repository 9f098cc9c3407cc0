/* SPDX-License-Identifier: MIT */
/* state: all of the hardware, and the lock of an agent. For the files of hw/ only. */
#ifndef HW_STATE_H
#define HW_STATE_H

#include "hw/atomics.h"
#include "hw/hw.h"
#include "hw/iommu.h"

struct hw {
	struct mem *m;
	struct sched *s;
	struct event_sink *ev;
	const struct bugs_set *bugs;
	struct hw_config cfg;
	struct hw_endpoint ep;
	struct hw_agent cpu[SD_MAX_CPUS];
	struct hw_iommu iommu[SD_MAX_IOMMUS];
	/* accesses in flight, stamped when they began; 0: none */
	_Atomic uint64_t clock;
	_Atomic uint64_t dma[SD_MAX_DEVS]; /* untranslated only, unless ATCs may be lost */
	_Atomic uint64_t access[SD_MAX_CPUS];
	struct sched_wq ended; /* woken whenever one of them ends */
	/* ordinal of the first ATC invalidation that the device did not answer; 0: it answers */
	_Atomic uint64_t unanswered[SD_MAX_DEVS];
	_Atomic uint64_t cpu_seq; /* CPU shootdowns so far */
	/* data that was read goes somewhere, or the read would be optimised away */
	_Atomic uint64_t last_read;
};

static inline void hw_lock(struct hw *hw, struct hw_agent *a, enum point p)
{
	sched_lock(hw->s, &a->lock, p);
}
static inline void hw_unlock(struct hw *hw, struct hw_agent *a) { sched_unlock(hw->s, &a->lock); }

static inline struct hw_iommu *hw_iommu_of(struct hw *hw, int dev)
{
	return &hw->iommu[hw->cfg.dev_iommu[dev]];
}

#endif
