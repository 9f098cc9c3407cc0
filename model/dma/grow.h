/* SPDX-License-Identifier: MIT */
/* grow: where a domain's table begins, and making it a level deeper. */
#ifndef DMA_GROW_H
#define DMA_GROW_H

#include "dma/dma.h"

struct dma_top {
	sd_page table;
	int level; /* of the entries in it */
};

void dma_top_init(struct dma_sys *d, int domain, sd_page root);
/* Without a point and an event: for set-up and audits. */
struct dma_top dma_top_now(const struct dma_sys *d, int domain);
struct dma_top dma_top_read(struct dma_sys *d, int domain);
/* Device entries lead to the root from here on. */
void dma_top_attach(struct dma_sys *d, int domain);
/* For a page that the table does not reach. -ENOMEM, or 0: read the top again. */
int dma_grow(struct dma_sys *d, int domain);

#endif
