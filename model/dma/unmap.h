/* SPDX-License-Identifier: MIT */
/* unmap: taking a range out of a domain, and making small pages of a superpage first. */
#ifndef DMA_UNMAP_H
#define DMA_UNMAP_H

#include "dma/lookup.h"

/*
 * Removes first..last, which the caller has claimed; flushed and freed on
 * return. ask_first..ask_last: what the API was asked for. Returns pages removed.
 */
int dma_remove(struct dma_sys *d, int domain, sd_page first, sd_page last, sd_page ask_first,
               sd_page ask_last);
/* split.c. The caller owns all of the superpage. -ENOMEM, or 0. */
int dma_split(struct dma_sys *d, int domain, const struct dma_slot *slot);

#endif
