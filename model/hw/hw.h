/* SPDX-License-Identifier: MIT */
/*
 * hw: what walks and caches. CPU TLBs; per IOMMU an IOTLB, a paging-structure
 * cache, a context/PASID cache, an invalidation queue and a page-request
 * queue. Software reaches IOMMUs only through sd_hw_ops.
 */
#ifndef HW_HW_H
#define HW_HW_H

#include <shootdown/hw.h>

#include "bugs/bugs.h"
#include "hw/profile.h"
#include "mem/mem.h"

struct hw;

struct hw_config {
	struct profile prof;
	uint8_t ncpu, niommu, ndev;
	uint8_t dev_iommu[SD_MAX_DEVS]; /* which IOMMU a device sits behind */
};

/* What hardware tells a device endpoint; dev/ registers it. */
struct hw_endpoint {
	/*
	 * ATC invalidation for pages first..last of a PASID (all: every page).
	 * Entries leave and replies in flight are cancelled at once; returns
	 * when every translated request that used them has ended. false: the
	 * device does not answer, and nothing is known of its entries.
	 */
	bool (*atc_invalidate)(void *ctx, int dev, int pasid, sd_page first, sd_page last, uint64_t seq);
	void (*page_response)(void *ctx, int dev, int group, enum sd_response code);
	void *ctx;
};

extern const struct sd_hw_ops hw_model_ops; /* its void *hw is a struct hw */

struct hw *hw_create(struct mem *m, struct sched *s, struct event_sink *ev, const struct bugs_set *bugs);
void hw_destroy(struct hw *hw);
void hw_reset(struct hw *hw, const struct hw_config *cfg, const struct hw_endpoint *ep);
const struct hw_config *hw_config(const struct hw *hw);
/* Serial of the newest mapping instance: only for telling whether anything changed between two tries. */
uint32_t hw_instance(const struct hw *hw);

/* Body of the queue-processor actor of one IOMMU; never returns. */
void hw_queue_actor(struct hw *hw, int iommu);
/* Blocks the caller (the page-request handler) until a request is queued. */
void hw_prq_wait(struct hw *hw, int iommu);

/*
 * Does the IOMMU take a translated request, or an ATS request? A device that has
 * left an ATC invalidation unanswered is not trusted: its request needs a context
 * entry that is present now.
 */
enum sd_status hw_translated(struct hw *hw, const struct sd_request *rq);

/* Bracket a DMA from issue to retire, so that waits know what to drain. */
void hw_dma_begin(struct hw *hw, const struct sd_request *rq, bool translated);
void hw_dma_end(struct hw *hw, const struct sd_request *rq, bool translated);
/* The data step, for devices: checks nothing, moves one word, emits EV_ACCESS. */
void hw_data(struct hw *hw, int walker, const struct sd_translation *t, sd_page page, int pasid,
             unsigned acc_flags);

/* -- CPUs ------------------------------------------------------------------ */
/*
 * One load or store by a CPU: TLB, walk, data. tag names the mm to the TLB
 * (its ASID), root is its root table (satp/CR3/TTBR).
 */
enum sd_status hw_cpu_access(struct hw *hw, int cpu, uint16_t tag, sd_page root, sd_page vpn, bool write);
/*
 * TLB shootdown of first..last for tag on a set of CPUs; leaf_only keeps the
 * paging-structure cache. Entries leave as each CPU gets to it. With snoop,
 * IOMMUs whose spaces are shared take part. Returns a sequence number.
 */
uint64_t hw_cpu_invalidate(struct hw *hw, uint32_t cpus, uint16_t tag, sd_page first, sd_page last,
                           unsigned inv_flags);
/* Acknowledgement (IPI) or DSB: accesses that began before it have ended. */
void hw_cpu_sync(struct hw *hw, uint32_t cpus, uint64_t seq);

/* -- for witnesses --------------------------------------------------------- */
/* A ghost walker of (dev, pasid) translates page now and caches it, without points. */
enum sd_status hw_ghost_fill(struct hw *hw, const struct sd_request *rq, struct sd_translation *out);
enum sd_status hw_cpu_ghost(struct hw *hw, int cpu, uint16_t tag, sd_page root, sd_page vpn, bool write,
                            bool data);

#endif
