/* SPDX-License-Identifier: MIT */
/* atc: a device's address translation cache. */
#ifndef DEV_ATC_H
#define DEV_ATC_H

#include <shootdown/hw.h>

#include "hw/ctx.h"
#include "sched/sched.h"

struct dev_sys;

enum { DEV_ATC_ENTRIES = 8 };

struct dev_atc_entry {
	uint16_t pasid;
	struct sd_translation t; /* pfn: of t.base */
};

/*
 * The translated request that is in flight; stamp 0: none. It is stored last and
 * read first: whoever then finds the pages of a newer request knows that the
 * older one has ended.
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
	uint64_t clock;           /* translated requests so far: the newest stamp */
	struct dev_use use;
	struct sched_wq ended; /* woken when the request in flight ends */
};

void dev_atc_reset(struct dev_atc *a);
/*
 * From the ATC, or by an ATS request whose reply is cached; SD_CANCEL never
 * leaves it. use: the translated request is in flight until dev_atc_end().
 */
enum sd_status dev_atc_translate(struct dev_sys *d, const struct sd_request *rq, bool use,
                                 struct sd_translation *t);
void dev_atc_end(struct dev_sys *d, int dev);
/* hw_endpoint.atc_invalidate */
bool dev_atc_invalidate(void *ctx, int dev, int pasid, sd_page first, sd_page last, uint64_t seq);
/* The device is pulled out, its ATC with it. */
void dev_atc_gone(struct dev_sys *d, int dev);
/* For a witness: the same as dev_atc_translate(), without points. */
enum sd_status dev_atc_ghost(struct dev_sys *d, const struct sd_request *rq, struct sd_translation *t);

#endif
