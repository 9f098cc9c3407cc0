/* SPDX-License-Identifier: MIT */
/*
 * dev: devices. A DMA engine that issues, translates, is in flight, moves data
 * and retires (each a point), an address translation cache (ATC, PCIe ATS) and
 * page requests (PRI) with a bounded number of retries.
 */
#ifndef DEV_DEV_H
#define DEV_DEV_H

#include "hw/hw.h"

struct dev_sys;

enum { DEV_RETRY_BOUND = 4 }; /* page-request rounds told Success before EV_NO_PROGRESS */

struct dev_sys *dev_create(struct hw *hw, const struct sd_hw_ops *ops, void *ops_ctx, struct sched *s,
                           struct event_sink *ev, const struct bugs_set *bugs);
void dev_destroy(struct dev_sys *d);
void dev_reset(struct dev_sys *d);
/* What hw_reset() wants. */
struct hw_endpoint dev_endpoint(struct dev_sys *d);

/* One DMA of one word to the page, with fault service where the profile has it. SD_OK, or why it failed. */
enum sd_status dev_dma(struct dev_sys *d, int dev, int pasid, sd_page page, bool write);
/* ATS translation request without an access; a write prefetch sets D. No ATC: SD_GONE. */
enum sd_status dev_prefetch(struct dev_sys *d, int dev, int pasid, sd_page page, bool write);

/* For witnesses: a whole ghost step now, without points. */
enum sd_status dev_ghost_fill(struct dev_sys *d, int dev, int pasid, sd_page page, bool write);
enum sd_status dev_ghost_dma(struct dev_sys *d, int dev, int pasid, sd_page page, bool write);

#endif
