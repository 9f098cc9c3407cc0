/* SPDX-License-Identifier: MIT */
/* Stale items and who may still hold them; waits, and what somebody has seen of them. */
#ifndef ORACLE_ITEM_H
#define ORACLE_ITEM_H

#include "event/event.h"
#include "event/walker.h"
#include "oracle/oracle.h"

/*
 * A stale item: an instance that software has overwritten or unlinked, and
 * that walkers may still hold. A walker leaves `held` when an invalidation
 * that covers the item takes effect there, and `unseen` when somebody saw a
 * wait behind that invalidation complete. With both empty the item is gone.
 */
struct item {
	uint8_t space, level;
	bool table;   /* a pointer to a table (else a leaf) */
	bool behind;  /* memory may still have it, behind the cache: whoever walks there finds it again */
	bool weaker;  /* replaced by the same frame with more permission */
	bool resized; /* one store put another size in its place: nothing was cleared in between */
	pte_t value;
	sd_page page, span;
	mem_entry entry; /* where it was */
	uint32_t serial;
	uint16_t tag;
	uint8_t pasid;
	uint16_t held, unseen;
	uint32_t when[WALKER_COUNT]; /* event at which the invalidation took effect, while unseen */
	uint8_t killer_actor, killer_op;
	uint32_t killer_id;               /* the op's number: debts are paid by the op that made them */
	struct oracle_place fill, refill; /* as in struct oracle_violation */
};

/*
 * Waits that have begun at a walker. One covers what took effect before that
 * moment, whatever the ordinals of the commands say. A ring; what falls out of
 * it covers nothing.
 */
enum { ORACLE_WAITS = 32 };

struct waits {
	uint32_t seq[ORACLE_WAITS], when[ORACLE_WAITS];
	uint32_t n;
};

/* A completed wait that software saw: these walkers are done with what left them before it began. */
struct seen {
	uint16_t walkers;
	uint32_t begun; /* event; 0: not known any more */
};

/* -- items ------------------------------------------------------------- */
struct item *item_add(struct oracle *o, int space, int level, sd_page page, mem_entry e, pte_t value,
                      uint32_t serial);
void item_invalidate(struct oracle *o, const struct event *ev);
void item_seen(struct oracle *o, struct seen seen);
void item_written_back(struct oracle *o, const struct event *ev);
uint16_t item_owed(const struct oracle *o, const struct item *it); /* walkers that can still use it */
bool item_holds(const struct oracle *o, int walker, mem_entry e, uint32_t serial);
bool item_covers(const struct item *it, sd_page first, sd_page last);
/* The walker can use nothing any more of the space, or (space < 0) of any. */
void item_forget(struct oracle *o, int space, int walker);

/* -- waits ------------------------------------------------------------- */
void wait_begun(struct oracle *o, const struct event *ev);
struct seen wait_seen(const struct oracle *o, const struct event *ev);

#endif
