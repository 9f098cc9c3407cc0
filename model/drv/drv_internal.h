/* SPDX-License-Identifier: MIT */
/* Shared by the files of drv/ only. */
#ifndef DRV_DRV_INTERNAL_H
#define DRV_DRV_INTERNAL_H

#include <stdatomic.h>

#include "drv/drv.h"
#include "drv/encoder.h"
#include "hw/ctx.h"

enum {
	DRV_BATCH_MAX = 4 + DRV_ENC_MAX + 4 + 1, /* contexts, IOTLB, ATCs, wait */
	DRV_TAGS = 32,
	DRV_PATIENCE = 4, /* looks at a wait before it is reported as late */
	DRV_RESTARTS = 8, /* of one invalidation before EV_NO_PROGRESS */
};

struct drv_batch {
	unsigned n;
	struct sd_inv_cmd cmd[DRV_BATCH_MAX];
};

struct drv_queue {
	struct sched_lock lock;
	bool need_sync;     /* AMD: a command was queued after the newest wait */
	uint64_t last_wait; /* AMD: number of the newest wait */
};

struct drv_space {
	_Atomic bool live; /* page requests are served */
	uint8_t pasid;
	uint16_t tag;
	sd_page root;
	uint8_t fewer;        /* levels that the table is less deep */
	_Atomic uint8_t devs; /* attached; set before P, cleared after the last wait of the detach */
};

struct drv {
	struct mem *m;
	struct sched *s;
	struct event_sink *ev;
	const struct sd_hw_ops *ops;
	void *hw;
	const struct bugs_set *bugs;
	struct drv_config cfg;
	struct drv_fault_ops fault;
	const struct drv_encoder *enc;
	_Atomic uint32_t tags;            /* in use, a bit each; 0 is never given out */
	uint8_t behind[SD_MAX_IOMMUS];    /* devices, a bit each */
	struct sched_instant writing_ctx; /* an entry's P and root change in one go */
	sd_page ctx_table[SD_MAX_IOMMUS];
	uint8_t bound[SD_MAX_DEVS][CTX_PASIDS]; /* space + 1 */
	uint8_t group_code[SD_MAX_DEVS];        /* worst answer in the page-request group so far */
	struct drv_queue queue[SD_MAX_IOMMUS];
	struct drv_space space[SD_MAX_SPACES];
	_Atomic uint8_t lost; /* devices that the driver has given up on, a bit each */
};

/* What to invalidate; a set. */
enum { DRV_CTX = 1, DRV_IOTLB = 2, DRV_ATC = 4 };

static inline struct drv_inv drv_inv_all(const struct drv_space *sp)
{
	return (struct drv_inv){.tag = sp->tag, .pasid = sp->pasid, .all = true, .level = DRV_LEVEL_UNKNOWN};
}
static inline struct drv_inv drv_inv_range(const struct drv_space *sp, sd_addr start, sd_addr size)
{
	return (struct drv_inv){
	        .tag = sp->tag, .pasid = sp->pasid, .start = start, .size = size, .level = DRV_LEVEL_UNKNOWN};
}

/* ctx.c: drv_detach() for several devices (a bit each) with one flush. */
void drv_detach_devices(struct drv *d, int space, unsigned devs);
/* A device that does not answer: the same without its ATC. May meet a detach of the same device. */
void drv_detach_lost(struct drv *d, int space, int dev);

/* The devices of a space. */
static inline unsigned drv_devices(struct drv *d, int space)
{
	sched_point(d->s, PT_DRV_FLUSH_DEVICES);
	return atomic_load_explicit(&d->space[space].devs, memory_order_acquire);
}

/*
 * inval.c: an invalidation for some of them, queued to every IOMMU that they are
 * behind, in an order the profile needs; complete on return.
 */
void drv_invalidate(struct drv *d, const struct drv_inv *inv, unsigned devs, unsigned what);

/*
 * lost.c: a device left an ATC invalidation unanswered. With quarantine it is detached
 * from everything on return, and nothing that its ATC holds can be used.
 */
void drv_unanswered(struct drv *d, int dev);

/*
 * queue.c. post: queues the batch and, if asked for, a wait for it; returns
 * what drv_queue_wait() wants. AMD queues its wait only there.
 */
uint64_t drv_queue_post(struct drv *d, int iommu, struct drv_batch *b, bool wait);
void drv_queue_wait(struct drv *d, int iommu, uint64_t seq);
/* After the wait: which of these devices left an ATC invalidation up to seq unanswered. */
unsigned drv_queue_errors(struct drv *d, int iommu, uint64_t seq, unsigned devs);

#endif
