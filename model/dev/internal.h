/* SPDX-License-Identifier: MIT */
/* What the files of dev/ share. */
#ifndef DEV_INTERNAL_H
#define DEV_INTERNAL_H

#include "dev/dev.h"
#include "event/walker.h"
#include "hw/ctx.h"

enum {
	DEV_ATC_ENTRIES = 8,
	DEV_ROUNDS = 24,  /* page-request rounds of any outcome before a request gives up */
	DEV_GROUPS = 512, /* page-request group numbers (PCIe PRI: 9 bits) */
};

struct dev_atc_entry {
	uint16_t pasid;
	struct sd_translation t; /* pfn: of t.base */
};

/*
 * The translated request that is under way; stamp 0: none. Whoever finds the
 * pages of a newer request knows that the older one has ended.
 */
struct dev_use {
	_Atomic uint64_t stamp;
	_Atomic uint16_t pasid;
	_Atomic sd_page first, last;
};

struct dev_atc {
	struct sched_lock lock; /* never held across a point */
	uint8_t n;
	struct dev_atc_entry e[DEV_ATC_ENTRIES];
	uint32_t gen[CTX_PASIDS]; /* invalidations so far */
	uint64_t clock;
	struct dev_use use;
	struct sched_wq ended;
};

struct dev_pri {
	uint16_t group;       /* of the last request */
	_Atomic int response; /* enum sd_response, or -1: none yet */
	uint32_t instance;    /* newest mapping instance when it came */
	struct sched_wq answered;
};

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

/* -- atc.c ------------------------------------------------------------------------- */
/* ATC, or an ATS request whose reply is cached; SD_CANCEL never leaves it. use: the request goes on with it.
 */
enum sd_status dev_atc_translate(struct dev_sys *d, const struct sd_request *rq, bool use,
                                 struct sd_translation *t);
void dev_atc_end(struct dev_sys *d, int dev);
bool dev_atc_invalidate(void *ctx, int dev, int pasid, sd_page first, sd_page last, uint64_t seq);
enum sd_status dev_atc_ghost(struct dev_sys *d, const struct sd_request *rq, struct sd_translation *t);
void dev_atc_reset(struct dev_atc *a);
/* The device is pulled out, its ATC with it. */
void dev_atc_gone(struct dev_sys *d, int dev);
static inline bool dev_gone(const struct dev_sys *d, int dev)
{
	return atomic_load_explicit(&d->dev[dev].gone, memory_order_acquire);
}

/* -- pri.c -------------------------------------------------------------------------- */
enum dev_pri_outcome { DEV_PRI_SERVED, DEV_PRI_DROPPED, DEV_PRI_REFUSED };
/* Sends a page request and waits for its answer. DROPPED: hardware answered for a full queue. */
enum dev_pri_outcome dev_pri_ask(struct dev_sys *d, const struct sd_request *rq);
void dev_pri_response(void *ctx, int dev, int group, enum sd_response code);

#endif
