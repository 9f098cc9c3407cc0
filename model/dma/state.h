/* SPDX-License-Identifier: MIT */
/* state: domains, and what every file of dma/ works on. */
#ifndef DMA_STATE_H
#define DMA_STATE_H

#include "dma/dma.h"

enum { DMA_CLAIMS = 8 };

/* An IOVA range that a map or an unmap owns. */
struct dma_claim {
	bool used;
	sd_page first, last;
};

struct dma_domain {
	/* The root, and above bit 32 how many levels the table has fewer than the deepest: one word. */
	_Atomic uint64_t top;
	struct sched_lock growing; /* of top */
	struct sched_lock lock;    /* of the claims */
	struct sched_wq wq;        /* woken when a claim was released */
	struct dma_claim claim[DMA_CLAIMS];
	_Atomic uint32_t released; /* claims so far */
};

struct dma_sys {
	struct mem *m;
	struct sched *s;
	struct event_sink *ev;
	struct drv *drv;
	const struct bugs_set *bugs;
	struct dma_config cfg;
	struct dma_domain domain[SD_MAX_DOMAINS];
};

#endif
