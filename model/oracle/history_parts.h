/* SPDX-License-Identifier: MIT */
/* Shared by the files of history only: the world as the log tells it. */
#ifndef ORACLE_HISTORY_PARTS_H
#define ORACLE_HISTORY_PARTS_H

#include "event/walker.h"
#include "mem/mem.h"
#include "oracle/history.h"

enum {
	HISTORY_INSTANCES = 8192, /* present values that software stored */
	HISTORY_ITEMS = 8192,     /* of these, as seen from a page of a space */
	HISTORY_SERIALS = 1 << 16,
	HISTORY_CONTEXTS = 128,
	HISTORY_WAITS = 8192,
	HISTORY_ROOTS = 16, /* of one space */
	HISTORY_ACTORS = 16,
	NONE = 0, /* no instance, no item: number 0 is not used */
};

/* A mapping instance: what one store put into an entry. A and D that come later are in value. */
struct instance {
	mem_entry entry;
	uint32_t serial;
	pte_t value;
	uint16_t items; /* the first of them; more by item.next */
};

/*
 * An instance, found at one place of a space: what a walker caches. Times are
 * numbers of events from 1; 0: never.
 */
struct item {
	uint16_t inst, next;
	uint8_t space, level;
	sd_page base, span;
	uint16_t held;                  /* walkers that may have it in their caches */
	uint32_t dropped[WALKER_COUNT]; /* when an invalidation took it from the walker, the last time */
	uint32_t seen;                  /* the last look at software's tables that found it */
	uint32_t exposed; /* the last look that found it in a table which is younger than it is */
	bool live;                      /* software's tables have it */
	/* not live: who took it out or never put it within software's reach, in which op; what took its place */
	bool killed;
	uint8_t killer;
	uint32_t killer_op;
	pte_t replaced;
	/* By another size, at one stroke. */
	bool resized;
};

/* An entry as software sees it (word), and as walkers do that do not snoop (memory): instances. */
struct cell {
	uint16_t word, memory;
	uint32_t serial;
};

struct frame {
	uint8_t kind;    /* enum mem_kind */
	bool apart;      /* a table that is read from memory */
	uint32_t born;   /* serial when it was allocated */
	uint32_t wrote;  /* the newest access that wrote to it */
	uint32_t copied; /* the newest copy to its backing store */
};

/*
 * A context or PASID entry: live in memory, held by the context cache of the
 * device's IOMMU. Whoever went by it may find what is new in its tables, until
 * it is held no more and then all of its tag is invalidated there.
 */
struct context {
	uint8_t dev, pasid, fewer;
	uint16_t tag;
	sd_page root;
	bool live, held;
	uint16_t under_way; /* the IOMMU, the ATC */
	uint32_t dropped;
};

/* The op that an actor is in; a page-request handler is in one from answer to answer. */
struct op {
	bool open;
	uint8_t kind, space;
	uint32_t id;     /* no other op has it */
	uint32_t serial; /* newest instance when it began */
	uint32_t began;
	sd_page start, n;
	bool writable; /* it asks for write permission */
};

struct wait {
	uint8_t walker, actor;
	uint32_t began;
	uint64_t seq;
};

struct root {
	sd_page frame;
	uint8_t fewer;
};

struct space {
	struct root root; /* frame 0: none */
	struct root ever[HISTORY_ROOTS];
	unsigned nroots;
	uint16_t tag, pasid; /* the last ones it was given */
	uint16_t cpus;
	int32_t notified; /* starts without an end */
};

/* A page of a domain. */
struct iova {
	bool owed;
	uint32_t unmapped; /* when an unmap was called for it that is not over, or when the last one ended */
	uint16_t unmaps;   /* that are not over */
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

	struct instance inst[HISTORY_INSTANCES];
	uint16_t by_serial[HISTORY_SERIALS];
	uint32_t ninst;
	struct item item[HISTORY_ITEMS];
	uint32_t nitems;
	uint32_t fresh; /* items from here on are new with this event */
	uint32_t looks;
	struct cell *cell;
	uint64_t used[MEM_FRAMES]; /* cells of a frame that are not empty, a bit each */
	struct frame frame[MEM_FRAMES];
	struct space space[SD_MAX_SPACES];
	struct context context[HISTORY_CONTEXTS];
	uint32_t ncontexts;
	uint16_t gone, silent; /* devices: pulled out; that left an invalidation unanswered */

	struct wait wait[HISTORY_WAITS];
	uint32_t nwaits;
	/* what the walker had dropped by then is gone, with every request that had begun, and somebody saw it */
	uint32_t settled[WALKER_COUNT];

	struct op op[HISTORY_ACTORS];
	uint32_t nops;
	/* of each page: promised dead, or write-protected, for instances up to this serial */
	uint32_t *dead[SD_MAX_SPACES], *readonly[SD_MAX_SPACES];
	struct iova *iova[SD_MAX_DOMAINS];
};

/* -- history.c ------------------------------------------------------------------------ */
void history_violation(struct history *h, enum violation_class class_, bool write, int space, sd_page page);
void history_item_violation(struct history *h, enum violation_class class_, const struct item *i);
void history_stop(struct history *h, enum history_verdict verdict, const char *why);
static inline pte_t value_of(const struct history *h, const struct item *i) { return h->inst[i->inst].value; }
static inline bool is_leaf(const struct history *h, const struct item *i) { return pte_leaf(value_of(h, i)); }
static inline bool meets(const struct item *i, sd_page first, sd_page n)
{
	return i->base < first + n && first < i->base + i->span;
}
static inline bool older(const struct history *h, const struct item *i, uint32_t serial)
{
	return h->inst[i->inst].serial <= serial;
}
static inline int iommu_of(const struct history *h, int dev)
{
	return h->run->c->prog[ACTOR_DEV0 + dev].iommu;
}
static inline bool is_domain(int space) { return space >= SD_MAX_MMS; }
static inline struct op *op_of(struct history *h) { return &h->op[h->ev->actor % HISTORY_ACTORS]; }

/* -- history_tables.c: frames, entries, instances ---------------------------------------- */
void tables_alloc(struct history *h, const struct event *ev);
void tables_free(struct history *h, const struct event *ev);
void tables_store(struct history *h, const struct event *ev);
void tables_set_ad(struct history *h, const struct event *ev);
void tables_written_back(struct history *h, const struct event *ev);
struct cell *tables_cell(struct history *h, mem_entry e);
static inline sd_page tables_span(const struct history *h, int level) { return 1u << (h->bits * level); }

/* -- history_caches.c: who may hold what --------------------------------------------------- */
/* After a change: everything reachable is held by whoever can reach it, what is not any more was killed. */
void caches_spread(struct history *h);
void caches_invalidate(struct history *h, const struct event *ev);
void caches_wait_seen(struct history *h, const struct event *ev);
/* Walkers that may still use the item: they hold it, or nobody saw that they have let go of it. */
uint16_t caches_usable(const struct history *h, const struct item *i);
/* Walkers that can look into the space at all. */
uint16_t caches_awake(const struct history *h, int space);
/* A walker says that it caches or uses this: can it? */
void caches_check_member(struct history *h, const struct event *ev);

/* -- history_contexts.c ---------------------------------------------------------------------- */
void contexts_store(struct history *h, const struct event *ev);
void contexts_invalidate(struct history *h, const struct event *ev);
void contexts_tag_invalidated(struct history *h, const struct event *ev);
/*
 * May hardware still go by it; may anybody who goes by it still be under way?
 * Whether the device is there makes no difference: the next one in its place
 * would find the entry as it is.
 */
static inline bool context_held(const struct context *c) { return c->live || c->held; }
bool context_usable(const struct history *h, const struct context *c);

/* -- history_promise.c: what is relied on -------------------------------------------------- */
/* What is reachable must not lead to frames that are somebody else's by now, nor come from an earlier life. */
void promise_check_reached(struct history *h);
void promise_check_free(struct history *h, const struct event *ev);
void promise_op_end(struct history *h, const struct event *ev);
void promise_dead_range(struct history *h, const struct event *ev);
void promise_check_cleaned(struct history *h, const struct event *ev);
void promise_check_writeout(struct history *h, const struct event *ev);
void promise_check_served(struct history *h, const struct event *ev);

/* -- history_owed.c: what must translate, and in one size ------------------------------------ */
void owed_op_begin(struct history *h, const struct event *ev);
void owed_op_end(struct history *h, const struct event *ev);
void owed_extent(struct history *h, const struct event *ev);
void owed_check(struct history *h);
void owed_check_fault(struct history *h, const struct event *ev);
void owed_check_sizes(struct history *h);

/* -- history_access.c: what was really read and written ----------------------------------------- */
void access_check(struct history *h, const struct event *ev);
void access_check_table(struct history *h, const struct event *ev);
void access_check_top(struct history *h, const struct event *ev);
void access_check_context(struct history *h, const struct event *ev);
void access_discard(struct history *h, const struct event *ev);

#endif
