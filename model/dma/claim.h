/* SPDX-License-Identifier: MIT */
/* claim: one owner at a time for each IOVA range of a domain. */
#ifndef DMA_CLAIM_H
#define DMA_CLAIM_H

#include "dma/dma.h"

/* Waits until nobody else owns a page of first..last, then owns them. Returns the claim's number. */
int dma_claim(struct dma_sys *d, int domain, sd_page first, sd_page last);
void dma_unclaim(struct dma_sys *d, int domain, int claim);

#endif
