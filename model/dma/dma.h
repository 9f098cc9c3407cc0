/* SPDX-License-Identifier: MIT */
/*
 * dma: IOMMU API and DMA API. Domains with their own page tables (io-pgtable),
 * map and unmap with superpages, a gather and its sync, table freeing, and the
 * legacy split of a superpage by an unmap inside it.
 */
#ifndef DMA_DMA_H
#define DMA_DMA_H

#include "drv/drv.h"

struct dma_sys;

enum { DMA_CONT = 4 }; /* entries (and pages) of a contiguous group */

struct dma_config {
	uint8_t ndomain;
	bool split;   /* unmap inside a superpage splits it */
	bool cont;    /* leaves of DMA_CONT entries where they fit; not with split */
	bool grow;    /* tables start one level less deep */
	uint8_t bbml; /* what the IOMMU allows for a live split; 0: refuse */
};

struct dma_sys *dma_create(struct mem *m, struct sched *s, struct event_sink *ev, struct drv *drv,
                           const struct bugs_set *bugs);
void dma_destroy(struct dma_sys *d);
/* Makes the domains (root tables, spaces); attaches nothing. */
void dma_reset(struct dma_sys *d, const struct dma_config *cfg);

/* Both return pages (un)mapped, or a negative errno. A range that is partly mapped already: -EEXIST. */
int dma_map(struct dma_sys *d, int domain, sd_page iova, unsigned n, bool write);
int dma_unmap(struct dma_sys *d, int domain, sd_page iova, unsigned n);

/* For audits: marks every frame the domains still own. */
void dma_mark_frames(const struct dma_sys *d, uint8_t mark[MEM_FRAMES]);

#endif
