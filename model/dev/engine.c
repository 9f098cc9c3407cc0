/* SPDX-License-Identifier: MIT */
/*
 * engine: a device's DMA engine.
 *
 * A request is issued, translated, in flight, moves its word, retires; each is
 * a point. With an ATC it is a translated request, and the device drains it;
 * without, the IOMMU does. A fault ends it. Where the profile serves faults
 * (PRI or stall, with a PASID) the device then asks for the page, out of
 * flight, so that no wait waits for the handler that waits for it, and issues
 * the request again.
 *
 * The device gives up, with EV_NO_PROGRESS, after DEV_RETRY_BOUND rounds in which
 * software answered Success, no entry changed and no other actor could run: a
 * flush that was still to come would have come by then.
 *
 * A device that is pulled out loses the request that is in flight, which moves
 * nothing, and from then on has no others: they end at once (SD_GONE).
 *
 * Does not model: requests of more than a word, reordering of a device's own
 * requests, peer-to-peer.
 */
#include "dev/state.h"
#include "event/tell.h"
#include "hw/inject.h"

#include <stdlib.h>

/* Page-request rounds of any outcome before a request gives up. */
enum { DEV_ROUNDS = 24 };

struct dev_sys *dev_create(struct hw *hw, const struct sd_hw_ops *ops, void *ops_ctx, struct sched *s,
                           struct event_sink *ev, const struct bugs_set *bugs)
{
	struct dev_sys *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	*d = (struct dev_sys){.hw = hw, .ops = ops, .ops_ctx = ops_ctx, .s = s, .ev = ev, .bugs = bugs};
	return d;
}

void dev_destroy(struct dev_sys *d) { free(d); }

void dev_reset(struct dev_sys *d)
{
	for (int i = 0; i < hw_config(d->hw)->ndev; i++) {
		dev_atc_reset(&d->dev[i].atc);
		atomic_init(&d->dev[i].requests, 0);
		atomic_init(&d->dev[i].invalidations, 0);
		atomic_init(&d->dev[i].gone, false);
		d->dev[i].pri.group = 0;
		d->dev[i].pri.instance = 0; /* or dev_dma() goes by the last run's */
		atomic_init(&d->dev[i].pri.response, -1);
		d->dev[i].pri.answered = (struct sched_wq){0};
	}
}

struct hw_endpoint dev_endpoint(struct dev_sys *d)
{
	return (struct hw_endpoint){
	        .atc_invalidate = dev_atc_invalidate,
	        .page_response = dev_pri_response,
	        .ctx = d,
	};
}

static struct sd_request dma_request(int dev, int pasid, sd_page page, bool write, bool ghost)
{
	return (struct sd_request){
	        .dev = (uint8_t)dev, .write = write, .ghost = ghost, .pasid = (uint16_t)pasid, .page = page};
}

/* Who translates for the device: its ATC, or the IOMMU it sits behind. */
static int dma_walker(const struct dev_sys *d, int dev)
{
	return dev_profile(d)->ats ? WALKER_ATC0 + dev : WALKER_IOMMU0 + hw_config(d->hw)->dev_iommu[dev];
}

static unsigned dma_access_flags(const struct dev_sys *d, const struct sd_request *rq)
{
	return (rq->write ? ACC_WRITE : 0) | (dev_profile(d)->ats ? ACC_TRANSLATED : 0) |
	       (rq->ghost ? ACC_GHOST : 0);
}

static void dma_fault(struct dev_sys *d, const struct sd_request *rq, enum sd_status st)
{
	unsigned flags = dma_access_flags(d, rq);

	flags |= st == SD_PERM ? ACC_PERM : st == SD_NOCTX ? ACC_CTX : 0;
	event_fault(d->ev, dma_walker(d, rq->dev), flags, rq->page, rq->pasid, rq->dev);
}

static enum sd_status dma_translate(struct dev_sys *d, const struct sd_request *rq, bool use,
                                    struct sd_translation *t)
{
	enum sd_status st = dev_gone(d, rq->dev) ? SD_GONE : SD_OK;

	if (st == SD_OK && !dev_profile(d)->ats)
		return d->ops->translate(d->ops_ctx, rq, t);
	if (st == SD_OK)
		st = hw_translated(d->hw, rq);
	return st == SD_OK ? dev_atc_translate(d, rq, use, t) : st;
}

/* Is the device pulled out now? It does not see another request after that. */
static bool dma_pulled_out(struct dev_sys *d, int dev)
{
	uint32_t n = atomic_fetch_add_explicit(&d->dev[dev].requests, 1, memory_order_relaxed) + 1;

	if (!inject_pulled_out(hw_config(d->hw), dev, n))
		return false;
	dev_atc_gone(d, dev);
	return true;
}

/* The request is translated and on its way. */
static enum sd_status dma_fly(struct dev_sys *d, const struct sd_request *rq, const struct sd_translation *t)
{
	sched_point(d->s, PT_DEV_FLY);
	if (dma_pulled_out(d, rq->dev))
		return SD_GONE;
	hw_data(d->hw, dma_walker(d, rq->dev), t, rq->page, rq->pasid, dma_access_flags(d, rq));
	sched_point(d->s, PT_DEV_RETIRE);
	return SD_OK;
}

/* One request, from issue to retirement or fault. */
static enum sd_status dma_attempt(struct dev_sys *d, const struct sd_request *rq)
{
	bool ats = dev_profile(d)->ats;
	struct sd_translation t;
	enum sd_status st;

	sched_point(d->s, PT_DEV_ISSUE);
	event_dma_begin(d->ev, rq->dev, rq->write, rq->page, rq->pasid);
	hw_dma_begin(d->hw, rq, ats);
	st = dma_translate(d, rq, true, &t);
	if (st == SD_OK)
		st = dma_fly(d, rq, &t);
	else if (st != SD_GONE)
		dma_fault(d, rq, st);
	event_dma_end(d->ev, rq->dev, st, rq->page, rq->pasid);
	if (ats)
		dev_atc_end(d, rq->dev);
	hw_dma_end(d->hw, rq, ats);
	return st;
}

static bool dma_serves_faults(const struct dev_sys *d, const struct sd_request *rq)
{
	return rq->pasid != SD_NO_PASID && (dev_profile(d)->pri || dev_profile(d)->stall);
}

static bool dma_actor_is_alone(const struct dev_sys *d)
{
	return !(sched_runnable(d->s) & ~(1u << sched_current(d->s)));
}

enum sd_status dev_dma(struct dev_sys *d, int dev, int pasid, sd_page page, bool write)
{
	struct sd_request rq = dma_request(dev, pasid, page, write, false);
	enum dev_pri_outcome served = DEV_PRI_DROPPED;
	unsigned idle = 0; /* rounds that ought to have helped */
	enum sd_status st;

	for (unsigned round = 0;; round++) {
		st = dma_attempt(d, &rq);
		if ((st != SD_FAULT && st != SD_PERM) || !dma_serves_faults(d, &rq) || round == DEV_ROUNDS)
			return st;
		if (hw_instance(d->hw) != d->dev[dev].pri.instance)
			idle = 0;
		else if (served == DEV_PRI_SERVED && dma_actor_is_alone(d))
			idle++;
		if (idle == DEV_RETRY_BOUND) {
			event_no_progress(d->ev, rq.dev, 0, page, rq.pasid, idle);
			return st;
		}
		served = dev_pri_ask(d, &rq);
		if (served == DEV_PRI_REFUSED)
			return st;
		sched_relax(d->s, PT_DEV_RETRY);
	}
}

enum sd_status dev_prefetch(struct dev_sys *d, int dev, int pasid, sd_page page, bool write)
{
	struct sd_request rq = dma_request(dev, pasid, page, write, false);
	struct sd_translation t;
	enum sd_status st;

	if (!dev_profile(d)->ats)
		return SD_GONE;
	hw_dma_begin(d->hw, &rq, true);
	st = dma_translate(d, &rq, false, &t);
	hw_dma_end(d->hw, &rq, true);
	return st;
}

static enum sd_status dma_ghost(struct dev_sys *d, const struct sd_request *rq, struct sd_translation *t)
{
	enum sd_status st = dev_gone(d, rq->dev) ? SD_GONE : SD_OK;

	if (st == SD_OK && !dev_profile(d)->ats)
		return hw_ghost_fill(d->hw, rq, t);
	if (st == SD_OK)
		st = hw_translated(d->hw, rq);
	return st == SD_OK ? dev_atc_ghost(d, rq, t) : st;
}

enum sd_status dev_ghost_fill(struct dev_sys *d, int dev, int pasid, sd_page page, bool write)
{
	struct sd_request rq = dma_request(dev, pasid, page, write, true);
	struct sd_translation t;

	return dma_ghost(d, &rq, &t);
}

enum sd_status dev_ghost_dma(struct dev_sys *d, int dev, int pasid, sd_page page, bool write)
{
	struct sd_request rq = dma_request(dev, pasid, page, write, true);
	struct sd_translation t;
	enum sd_status st = dma_ghost(d, &rq, &t);

	if (st == SD_OK)
		hw_data(d->hw, dma_walker(d, dev), &t, page, pasid, dma_access_flags(d, &rq));
	return st;
}
