/* SPDX-License-Identifier: MIT */
/* queue: the producer's side of an invalidation queue. */
#ifndef DRV_QUEUE_H
#define DRV_QUEUE_H

#include "drv/encoder.h"
#include "sched/sched.h"

struct drv;

enum {
	DRV_BATCH_MAX = 4 + DRV_ENC_MAX + 4 + 1, /* contexts, IOTLB, ATCs, wait */
	DRV_PATIENCE = 4,                        /* looks at a wait before it is reported as late */
};

/* Commands that are queued together. */
struct drv_batch {
	unsigned n;
	struct sd_inv_cmd cmd[DRV_BATCH_MAX];
};

struct drv_queue {
	struct sched_lock lock;
	bool need_sync;     /* AMD: a command was queued after the newest wait */
	uint64_t last_wait; /* AMD: number of the newest wait */
};

/*
 * Queues the batch and, if asked for, a wait for it; returns what
 * drv_queue_wait() wants. AMD queues its wait only there.
 */
uint64_t drv_queue_post(struct drv *d, int iommu, struct drv_batch *b, bool wait);
void drv_queue_wait(struct drv *d, int iommu, uint64_t seq);
/* After the wait: which of these devices left an ATC invalidation up to seq unanswered. */
unsigned drv_queue_errors(struct drv *d, int iommu, uint64_t seq, unsigned devs);

#endif
