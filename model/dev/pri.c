/* SPDX-License-Identifier: MIT */
/*
 * pri: page requests of a device, and their responses (PCIe PRI; SMMU stalls
 * take the same way). One request at a time, each the last of its own group.
 * Does not model: credits, groups of several requests, responses for requests
 * that nobody waits for any more (they are dropped).
 */
#include "dev/state.h"

static bool pri_has_response(void *arg)
{
	struct dev_pri *p = arg;

	return atomic_load_explicit(&p->response, memory_order_acquire) >= 0;
}

enum dev_pri_outcome dev_pri_ask(struct dev_sys *d, const struct sd_request *rq)
{
	struct dev_pri *p = &d->dev[rq->dev].pri;
	struct sd_page_request prq = {
	        .dev = rq->dev,
	        .write = rq->write,
	        .last = 1,
	        .pasid = rq->pasid,
	        .page = rq->page,
	};
	enum sd_status st;

	prq.group = p->group = (uint16_t)((p->group + 1) % DEV_GROUPS);
	atomic_store_explicit(&p->response, -1, memory_order_relaxed);
	st = d->ops->page_request(d->ops_ctx, &prq);
	if (st != SD_OK && st != SD_BUSY)
		return DEV_PRI_REFUSED;
	sched_wait(d->s, &p->answered, PT_DEV_PRI_WAIT, pri_has_response, p);
	if (atomic_load_explicit(&p->response, memory_order_relaxed) != SD_RESP_SUCCESS)
		return DEV_PRI_REFUSED;
	return st == SD_BUSY ? DEV_PRI_DROPPED : DEV_PRI_SERVED;
}

void dev_pri_response(void *ctx, int dev, int group, enum sd_response code)
{
	struct dev_sys *d = ctx;
	struct dev_pri *p = &d->dev[dev].pri;

	sched_point(d->s, PT_DEV_PRI_ANSWER);
	if (group != p->group || pri_has_response(p))
		return;
	p->instance = hw_instance(d->hw);
	atomic_store_explicit(&p->response, (int)code, memory_order_release);
	sched_wake(d->s, &p->answered);
}
