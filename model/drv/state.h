/* SPDX-License-Identifier: MIT */
/* state: the driver and its spaces. For the files of drv/ only. */
#ifndef DRV_STATE_H
#define DRV_STATE_H

#include <stdatomic.h>

#include "drv/drv.h"
#include "drv/encoder.h"
#include "drv/queue.h"
#include "hw/ctx.h"

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
	struct drv_queue queue[SD_MAX_IOMMUS];
	struct drv_space space[SD_MAX_SPACES];
	_Atomic uint8_t lost; /* devices that the driver has given up on, a bit each */
};

/* The devices of a space. */
static inline unsigned drv_devices(struct drv *d, int space)
{
	sched_point(d->s, PT_DRV_FLUSH_DEVICES);
	return atomic_load_explicit(&d->space[space].devs, memory_order_acquire);
}

#endif
