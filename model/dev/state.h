/* SPDX-License-Identifier: MIT */
/* state: all devices. For the files of dev/ only. */
#ifndef DEV_STATE_H
#define DEV_STATE_H

#include "dev/atc.h"
#include "dev/dev.h"
#include "dev/pri.h"
#include "event/walker.h"

struct dev_state {
	struct dev_atc atc;
	struct dev_pri pri;
	_Atomic uint32_t requests;      /* that were in flight so far */
	_Atomic uint32_t invalidations; /* of the ATC, that reached the device */
	_Atomic bool gone;              /* pulled out */
};

struct dev_sys {
	struct hw *hw;
	const struct sd_hw_ops *ops;
	void *ops_ctx;
	struct sched *s;
	struct event_sink *ev;
	const struct bugs_set *bugs;
	struct dev_state dev[SD_MAX_DEVS];
};

static inline const struct profile *dev_profile(const struct dev_sys *d) { return &hw_config(d->hw)->prof; }

static inline bool dev_gone(const struct dev_sys *d, int dev)
{
	return atomic_load_explicit(&d->dev[dev].gone, memory_order_acquire);
}

#endif
