/* SPDX-License-Identifier: MIT */
/*
 * drv: the vendor driver. Encodes invalidations for the profile, queues them,
 * waits, invalidates every ATC of a space, serves page requests, binds mms to
 * PASIDs (SVA). It sits between mm/, dma/ and the hardware seam.
 */
#ifndef DRV_DRV_H
#define DRV_DRV_H

#include <shootdown/hw.h>

#include "bugs/bugs.h"
#include "hw/profile.h"
#include "mem/mem.h"

struct drv;

struct drv_config {
	struct profile prof;
	uint8_t niommu, ndev;
	uint8_t dev_iommu[SD_MAX_DEVS];
};

/* What the page-request handler asks of the mm behind a PASID. */
struct drv_fault_ops {
	/* 0: served (serial: newest instance made or found), < 0: no such mapping or no mm. */
	int (*handle)(void *ctx, int mm, sd_page page, bool write, uint32_t *serial);
	void *ctx;
};

/* EV_DRV_REPORT's reason: what goes to the log of a real machine. */
enum drv_report {
	DRV_REPORT_WAIT_TIMEOUT = 1, /* a wait did not complete in time ("CMD_SYNC timeout") */
	/* a device left an ATC invalidation unanswered ("Invalidation Time-out Error") */
	DRV_REPORT_ATC_TIMEOUT,
	DRV_REPORT_DEVICE_LOST,  /* so the driver has given up on it: it is detached from everything */
	DRV_REPORT_PRQ_OVERFLOW, /* page requests were dropped ("PRQ overflow") */
};

/* What an unmap collected for its flush; io-pgtable's iommu_iotlb_gather. end is inclusive. */
struct drv_gather {
	sd_addr start, end; /* bytes; start > end: empty */
	uint8_t level;      /* smallest leaf level in it */
	bool tables;        /* a table was unlinked: paging-structure entries must go too */
};

struct drv *drv_create(struct mem *m, struct sched *s, struct event_sink *ev, const struct sd_hw_ops *ops,
                       void *hw, const struct bugs_set *bugs);
void drv_destroy(struct drv *d);
void drv_reset(struct drv *d, const struct drv_config *cfg, const struct drv_fault_ops *fault);

/* -- spaces and contexts --------------------------------------------------- */
/* Gives the space a tag and remembers its root; pasid SD_NO_PASID for a domain. */
void drv_space_init(struct drv *d, int space, int pasid, sd_page root);
/*
 * The table begins elsewhere, so many levels less deep than tables can be: the
 * entries of attached devices say so, and no context cache says anything else.
 */
void drv_set_root(struct drv *d, int space, sd_page root, unsigned fewer);
/* Writes the context/PASID entry of the device, P last. A present old entry is torn down first. */
void drv_attach(struct drv *d, int space, int dev);
/* Clears P, invalidates context cache, IOTLB and ATC, waits. */
void drv_detach(struct drv *d, int space, int dev);
/* Detaches all devices and gives the tag back (mm exit: mmu_notifier release; domain free). */
void drv_space_release(struct drv *d, int space);
uint16_t drv_tag(const struct drv *d, int space);

/* -- shared tables: called from the mm's notifiers (bytes, end exclusive, end ~0: the whole mm) -- */
void drv_sva_invalidate(struct drv *d, int space, sd_addr start, sd_addr end);

/* -- own tables: the flush ops of dma/ -------------------------------------- */
/* iommu_flush_ops.tlb_flush_all: complete on return */
void drv_flush_all(struct drv *d, int space);
/* Paging-structure entries over [iova, iova + size) and everything below; complete on return. */
void drv_flush_walk(struct drv *d, int space, sd_addr iova, sd_addr size);
void drv_gather_init(struct drv_gather *g);
/*
 * tlb_add_page: may wait for the sync. A disjoint or differently sized range syncs
 * first, as iommu_iotlb_gather_add_page() does.
 */
void drv_gather_add(struct drv *d, int space, struct drv_gather *g, sd_addr iova, sd_addr size, int level);
/* Complete on return; empties g. */
void drv_iotlb_sync(struct drv *d, int space, struct drv_gather *g);

/* -- page requests ----------------------------------------------------------- */
/* Body of the page-request handler actor of one IOMMU; never returns. */
void drv_prq_actor(struct drv *d, int iommu, void (*wait)(void *hw, int iommu), void *hw);

#endif
