/* SPDX-License-Identifier: MIT */
/*
 * The oracle's state. listen.c dispatches events to: live.c (what the tables
 * reach), item.c (what is stale and who may hold it), promise.c (what ops and
 * frees owe), size.c (overlap), owed.c (spurious faults), concrete.c (accesses).
 */
#ifndef ORACLE_STATE_H
#define ORACLE_STATE_H

#include "event/walker.h"
#include "oracle/item.h"
#include "oracle/live.h"
#include "oracle/oracle.h"
#include "oracle/owed.h"
#include "oracle/promise.h"
#include "oracle/space.h"

enum { ORACLE_ITEMS = 384, NO_SPACE = 0xff };

struct oracle {
	const struct mem *m;
	struct oracle_places places;
	struct profile prof;
	uint8_t dev_iommu[SD_MAX_DEVS];
	uint64_t deaf_to; /* types of events, a bit each; constant */
	uint32_t events;  /* so far */
	bool over;        /* there is a violation, an overflow or a defect */
	bool storing;     /* during EV_ENTRY: `at` is the store's point */
	enum point at;
	uint32_t ops;  /* ids given out */
	uint32_t high; /* frames from here up were not allocated in this execution, nor named by an entry */
	struct space space[SD_MAX_SPACES];
	uint8_t leaving; /* spaces with unseen or unseen_devs */
	struct live_table table[MEM_FRAMES];
	uint8_t leaves[MEM_FRAMES]; /* live leaves that name the frame */
	struct op op[SCHED_MAX_ACTORS];
	uint16_t unmapping; /* actors that unmap in a domain */
	struct waits waits[WALKER_COUNT];
	struct item item[ORACLE_ITEMS];
	uint32_t nitems;
	bool overflow;
	const char *defect;
	struct oracle_violation first, shown;
	bool violated, has_shown;
	struct owed *page[SD_MAX_SPACES]; /* of each space, by page */
	uint64_t touched[SD_MAX_SPACES];  /* parts of page[] that may not be all zero (owed.c) */
	/* concrete: newest data write and newest saved state of each frame */
	uint32_t wrote[MEM_FRAMES], saved[MEM_FRAMES];
	/* event at which the last stale instance that named the frame left the last cache */
	uint32_t gone[MEM_FRAMES];
	struct oracle_near near;
	uint32_t data_clock;
	uint8_t pulled; /* devices that are gone: a context entry gives their ATC nothing any more */
	uint8_t lost; /* devices that left an ATC invalidation unanswered: the IOMMU checks their requests */
};

static inline uint16_t walker_bit(int w) { return (uint16_t)(1u << w); }
static inline sd_page last_of(sd_page start, uint32_t n) { return start + n - 1; }

#endif
