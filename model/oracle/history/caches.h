/* SPDX-License-Identifier: MIT */
/* Who may hold what: items, and the waits that end their being held. */
#ifndef ORACLE_HISTORY_CACHES_H
#define ORACLE_HISTORY_CACHES_H

#include "event/walker.h"
#include "mem/mem.h"

struct event;
struct history;

/*
 * An instance, found at one place of a space: what a walker caches. Times are
 * numbers of events from 1; 0: never.
 */
struct history_item {
	uint16_t inst, next;
	uint8_t space, level;
	sd_page base, span;
	uint16_t held;                  /* walkers that may have it in their caches */
	uint32_t dropped[WALKER_COUNT]; /* when an invalidation took it from the walker, the last time */
	uint32_t seen;                  /* the last look at software's tables that found it */
	uint32_t exposed; /* the last look that found it in a table which is younger than it is */
	bool live;        /* software's tables have it */
	/*
	 * not live: who took it out or never put it within software's reach, in which op; what took
	 * its place
	 */
	bool killed;
	uint8_t killer;
	uint32_t killer_op;
	pte_t replaced;
	bool resized; /* by another size at one stroke */
};

struct history_wait {
	uint8_t walker, actor;
	uint32_t began;
	uint64_t seq;
};

/* After a change: everything reachable is held by whoever can reach it, what is not any more was killed. */
void history_caches_spread(struct history *h);
void history_caches_invalidate(struct history *h, const struct event *ev);
void history_caches_wait_seen(struct history *h, const struct event *ev);
/* Walkers that may still use the item: they hold it, or nobody saw that they have let go of it. */
uint16_t history_caches_usable(const struct history *h, const struct history_item *i);
/* Walkers that can look into the space at all. */
uint16_t history_caches_awake(const struct history *h, int space);
/* A walker says that it caches or uses this: can it? */
void history_caches_check_member(struct history *h, const struct event *ev);

#endif
