/* SPDX-License-Identifier: MIT */
/* pri: page requests of a device and their responses. */
#ifndef DEV_PRI_H
#define DEV_PRI_H

#include <shootdown/hw.h>

#include "sched/sched.h"

struct dev_sys;

enum { DEV_GROUPS = 512 }; /* page-request group numbers (PCIe PRI: 9 bits) */

struct dev_pri {
	uint16_t group;       /* of the last request */
	_Atomic int response; /* enum sd_response, or -1: none yet */
	uint32_t instance;    /* newest mapping instance when it came */
	struct sched_wq answered;
};

/* DROPPED: the queue was full, and hardware has answered in software's place. */
enum dev_pri_outcome { DEV_PRI_SERVED, DEV_PRI_DROPPED, DEV_PRI_REFUSED };

/* Sends a page request and waits for its response. */
enum dev_pri_outcome dev_pri_ask(struct dev_sys *d, const struct sd_request *rq);
/* hw_endpoint.page_response */
void dev_pri_response(void *ctx, int dev, int group, enum sd_response code);

#endif
