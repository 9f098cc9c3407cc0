/* SPDX-License-Identifier: MIT */
/*
 * The oracle's state. listen.c dispatches events to: live.c (what the tables
 * reach), item.c (what is stale and who may hold it), promise.c (what ops and
 * frees owe), size.c (overlap, spurious faults), concrete.c (accesses).
 */
#ifndef ORACLE_INTERNAL_H
#define ORACLE_INTERNAL_H

#include "oracle/oracle.h"

enum { ORACLE_ITEMS = 384, NO_SPACE = 0xff };

/*
 * A stale item: an instance that software has overwritten or unlinked, and
 * that walkers may still hold. A walker leaves `held` when an invalidation
 * that covers the item takes effect there, and `unseen` when somebody saw a
 * wait behind that invalidation complete. With both empty the item is gone.
 */
struct item {
	uint8_t space, level;
	bool table;  /* a pointer to a table (else a leaf) */
	bool behind; /* memory may still have it, behind the cache: whoever walks there finds it again */
	bool weaker; /* replaced by the same frame with more permission */
	/* One store put another size in its place: nothing was cleared in between. */
	bool resized;
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

/* A table frame that is reachable from a root right now. */
struct live_table {
	uint8_t space; /* NO_SPACE: not reachable */
	uint8_t level; /* of its entries */
	sd_page page;  /* that its first entry maps */
};

struct space {
	bool exists;
	sd_page root;
	uint8_t fewer; /* levels than the deepest table has */
	bool grown;
	sd_page first_root; /* before it grew, and that one's levels */
	uint8_t first_fewer;
	uint8_t old_entry; /* devices whose entry in memory has the first root, though the table has grown, */
	uint8_t old_cached; /* and those whose cached one may */
	uint16_t tag;
	uint16_t known_as; /* the same, also after the driver has given it back */
	uint8_t pasid;
	uint16_t cpus;    /* walkers: CPU TLBs that may run it */
	uint16_t holders; /* walkers that may hold what is live */
	uint16_t unseen;  /* left holders, wait not yet seen */
	uint32_t when[WALKER_COUNT];
	uint8_t devs;       /* whose context entry selects it */
	uint8_t stale_devs; /* whose entry may still be cached, though cleared */
	uint8_t unseen_devs;
	uint32_t dev_when[SD_MAX_DEVS]; /* event at which the context invalidation took effect */
	int notifiers;                  /* range_start calls not yet ended */
};

/* What has been promised of an address, and what it is owed. */
struct owed {
	uint32_t dead;     /* serial below which an access is promised away */
	uint32_t wp;       /* the same of a write */
	uint32_t unmapped; /* dma: id of the last unmap called for it */
	bool mapped;       /* dma: it must translate */
};

/* log2 of the parts of a space: touched[] has a bit for each. */
enum { ORACLE_PART_BITS = 6 };

/* The operation that an actor is in. */
struct op {
	bool active;
	uint8_t kind, space, prot;
	sd_page start;
	uint32_t n;
	uint32_t id;     /* unique in the run */
	uint32_t before; /* newest serial when it began: older ones are in its promise */
	uint32_t
	        gone; /* event at which the last instance that it took out left the last cache; 0: none did */
};

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
	uint16_t unmapping; /* actors in an OP_DMA_UNMAP */
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
	uint32_t gone
	        [MEM_FRAMES]; /* event at which the last stale instance that named the frame left the last cache */
	struct oracle_near near;
	uint32_t data_clock;
	uint8_t lost; /* devices that left an ATC invalidation unanswered: the IOMMU checks their requests */
};

/* -- live.c: tables ------------------------------------------------------------ */
void live_root(struct oracle *o, int space, sd_page root, bool present, unsigned fewer);
void live_store(struct oracle *o, const struct event *ev);
bool live_entry(const struct oracle *o, int space, sd_page page, mem_entry e, uint32_t serial);

/* -- item.c: stale items --------------------------------------------------------- */
struct item *item_add(struct oracle *o, int space, int level, sd_page page, mem_entry e, pte_t value,
                      uint32_t serial);
void item_invalidate(struct oracle *o, const struct event *ev);
struct seen wait_seen(const struct oracle *o, const struct event *ev);
void item_seen(struct oracle *o, struct seen seen);
void item_written_back(struct oracle *o, const struct event *ev);
void wait_begun(struct oracle *o, const struct event *ev);
uint16_t item_owed(const struct oracle *o, const struct item *it); /* walkers that can still use it */
bool item_holds(const struct oracle *o, int walker, mem_entry e, uint32_t serial);
bool item_covers(const struct item *it, sd_page first, sd_page last);
/* The walker can use nothing any more of the space, or (space < 0) of any. */
void item_forget(struct oracle *o, int space, int walker);

/* -- space.c: tags, contexts, who may hold what ------------------------------------ */
void space_tag(struct oracle *o, const struct event *ev);
void space_cpus(struct oracle *o, const struct event *ev);
void space_context(struct oracle *o, const struct event *ev);
void space_context_invalidated(struct oracle *o, const struct event *ev);
void space_invalidated(struct oracle *o, const struct event *ev);
void space_seen(struct oracle *o, struct seen seen);
void space_grown(struct oracle *o, int space, sd_page root, unsigned fewer);
/* Software or a context cache goes by this root and depth: were they ever published together? */
void space_top_read(struct oracle *o, const struct event *ev);
void space_context_filled(struct oracle *o, const struct event *ev);
int space_by_tag(const struct oracle *o, uint16_t tag); /* -1: nobody's */
int space_by_pasid(const struct oracle *o, int dev, int pasid);
uint16_t space_selected(const struct oracle *o,
                        int space); /* IOMMUs that a possibly cached context leads to it */
/* A new request of the device still gets there: its entry is there, or cached. */
bool space_leads(const struct oracle *o, int space, int dev);
/* ATCs that can have from these IOMMUs what they hold of the space. */
uint16_t space_atcs(const struct oracle *o, int space, uint16_t iommus);
/* A request of the device with that PASID may find a context entry, in memory or cached. */
bool space_admits(const struct oracle *o, int dev, int pasid);
void space_device_gone(struct oracle *o, int dev);
bool space_reached(const struct oracle *o, int space); /* any context entry may be cached */

/* -- promise.c ------------------------------------------------------------------------ */
void promise_begin(struct oracle *o, const struct event *ev);
void promise_end(struct oracle *o, const struct event *ev);
void promise_extent(struct oracle *o, const struct event *ev);
void promise_free(struct oracle *o, const struct event *ev);
void promise_dead(struct oracle *o, const struct event *ev);
void promise_cleaned(struct oracle *o, const struct event *ev);
void promise_writeout(struct oracle *o, const struct event *ev);
void promise_served(struct oracle *o, const struct event *ev);
uint32_t promise_op_id(const struct oracle *o, int actor);

/* -- size.c ---------------------------------------------------------------------------- */
struct new_leaf {
	int space, level;
	sd_page page;
	pte_t value;
	uint16_t walkers; /* that can reach it */
};
/* May one of the walkers still hold another size of it? */
void size_new_leaf(struct oracle *o, struct new_leaf leaf);

/* -- owed.c: addresses ------------------------------------------------------------------ */
/* To change what is promised of these pages; *n: how many of them there are (0: NULL). */
struct owed *owed_pages(struct oracle *o, int space, sd_page start, uint32_t *n);
void owed_forget(struct oracle *o, int space);
void owed_begin(struct oracle *o, int space, sd_page start, uint32_t n, uint32_t id);
void owed_end(struct oracle *o, int space, sd_page start, uint32_t n, uint32_t id);
/* Some table, live or stale, lost what it had for these pages. */
void owed_hole(struct oracle *o, int space, sd_page page, sd_page span);
/* A table was linked over these pages: it must already hold what is owed. */
void owed_linked(struct oracle *o, int space, sd_page page, int level, pte_t value);
void owed_stale_table(struct oracle *o, const struct item *it);

/* -- concrete.c ------------------------------------------------------------------------ */
void concrete_access(struct oracle *o, const struct event *ev);
void concrete_table(struct oracle *o, const struct event *ev);
void concrete_fault(struct oracle *o, const struct event *ev);
void concrete_promise(struct oracle *o, int space, sd_page start, uint32_t n, uint32_t before,
                      bool writes_only);

/* -- violation.c ------------------------------------------------------------------------- */
struct oracle_violation *violate(struct oracle *o, enum violation_class c, int actor);
void violate_item(struct oracle *o, enum violation_class c, int actor, const struct item *it);
void show(struct oracle *o, enum violation_class c, const struct event *ev, int space);
void defect(struct oracle *o, const char *what);

static inline uint16_t walker_bit(int w) { return (uint16_t)(1u << w); }
static inline sd_page last_of(sd_page start, uint32_t n) { return start + n - 1; }

#endif
