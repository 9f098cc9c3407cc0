/* SPDX-License-Identifier: MIT */
/* The world as the log tells it: what the files of history share. */
#ifndef ORACLE_HISTORY_STATE_H
#define ORACLE_HISTORY_STATE_H

#include "event/walker.h"
#include "mem/mem.h"
#include "oracle/history/caches.h"
#include "oracle/history/contexts.h"
#include "oracle/history/history.h"
#include "oracle/history/owed.h"
#include "oracle/history/promise.h"
#include "oracle/history/tables.h"

enum {
	HISTORY_INSTANCES = 8192, /* present values that software stored */
	HISTORY_ITEMS = 8192,     /* of these, as seen from a page of a space */
	HISTORY_SERIALS = 1 << 16,
	HISTORY_CONTEXTS = 128,
	HISTORY_WAITS = 8192,
	HISTORY_ROOTS = 16, /* of one space */
	HISTORY_ACTORS = 16,
	HISTORY_NONE = 0, /* no instance, no item: number 0 is not used */
};

struct history_space {
	struct history_root root; /* frame 0: none */
	struct history_root ever[HISTORY_ROOTS];
	unsigned nroots;
	uint16_t tag, pasid; /* the last ones it was given */
	uint16_t cpus;
	int32_t notified; /* starts without an end */
};

struct history {
	const struct history_run *run;
	const struct profile *prof;
	struct history_result *out;
	bool over;
	uint8_t levels, bits, frame_bits;
	uint32_t nents;
	sd_page pages;
	bool behind; /* domains' walkers do not snoop */

	uint32_t now;    /* number of the event that is being read, from 1 */
	uint32_t serial; /* newest */
	const struct event *ev;

	struct history_instance inst[HISTORY_INSTANCES];
	uint16_t by_serial[HISTORY_SERIALS];
	uint32_t ninst;
	struct history_item item[HISTORY_ITEMS];
	uint32_t nitems;
	uint32_t fresh; /* items from here on are new with this event */
	uint32_t looks;
	struct history_cell *cell;
	uint64_t used[MEM_FRAMES]; /* cells of a frame that are not empty, a bit each */
	struct history_frame frame[MEM_FRAMES];
	struct history_space space[SD_MAX_SPACES];
	struct history_context context[HISTORY_CONTEXTS];
	uint32_t ncontexts;
	uint16_t gone, silent; /* devices: pulled out; that left an invalidation unanswered */

	struct history_wait wait[HISTORY_WAITS];
	uint32_t nwaits;
	/*
	 * what the walker had dropped by then is gone, with every request that had begun, and somebody
	 * saw it
	 */
	uint32_t settled[WALKER_COUNT];

	struct history_op op[HISTORY_ACTORS];
	uint32_t nops;
	/* of each page: promised dead, or write-protected, for instances up to this serial */
	uint32_t *dead[SD_MAX_SPACES], *readonly[SD_MAX_SPACES];
	struct history_iova *iova[SD_MAX_DOMAINS];
};

/* -- verdicts: history.c -------------------------------------------------- */
void history_violation(struct history *h, enum violation_class class_, bool write, int space, sd_page page);
void history_item_violation(struct history *h, enum violation_class class_, const struct history_item *i);
void history_stop(struct history *h, enum history_verdict verdict, const char *why);

/* -- small questions ------------------------------------------------------- */
static inline pte_t history_value(const struct history *h, const struct history_item *i)
{
	return h->inst[i->inst].value;
}
static inline bool history_is_leaf(const struct history *h, const struct history_item *i)
{
	return pte_leaf(history_value(h, i));
}
static inline bool history_meets(const struct history_item *i, sd_page first, sd_page n)
{
	return i->base < first + n && first < i->base + i->span;
}
static inline bool history_older(const struct history *h, const struct history_item *i, uint32_t serial)
{
	return h->inst[i->inst].serial <= serial;
}
static inline int history_iommu(const struct history *h, int dev)
{
	return h->run->c->prog[ACTOR_DEV0 + dev].iommu;
}
static inline bool history_is_domain(int space) { return space >= SD_MAX_MMS; }
static inline struct history_op *history_op(struct history *h)
{
	return &h->op[h->ev->actor % HISTORY_ACTORS];
}
static inline sd_page history_tables_span(const struct history *h, int level)
{
	return 1u << (h->bits * level);
}

#endif
