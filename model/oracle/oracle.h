/* SPDX-License-Identifier: MIT */
/*
 * oracle: what the program was owed. It listens to events and never touches
 * either side. May-cache: everything reachable is held by every walker of the
 * space, and stays held until a covering invalidation was processed, its wait
 * completed and somebody saw it. Concrete: every access is checked against
 * what its address has been promised and what its frame is now.
 */
#ifndef ORACLE_ORACLE_H
#define ORACLE_ORACLE_H

#include "case/case.h"
#include "event/event.h"
#include "event/walker.h"
#include "mem/mem.h"

/*
 * Where in a run something happened, so that a witness can be placed: either
 * just before a passage of a point, or at the first point after an event.
 */
struct oracle_place {
	bool valid;
	uint8_t actor;
	uint8_t op_kind, op_occurrence; /* OP_COUNT: outside any op */
	uint16_t point, passage;
	uint32_t after_event; /* > 0: at the first point after so many events */
};

/* What was missing between the fill and the use. */
enum oracle_missing { MISSING_NONE, MISSING_INVALIDATION, MISSING_WAIT };

struct oracle_violation {
	uint8_t class_; /* enum violation_class */
	bool write;     /* a write can do it, not only a read */
	bool latent;    /* follows from the may-set, not (yet) seen in data */
	uint8_t missing;
	uint8_t space;
	uint8_t actor, op_kind;          /* at whose promise, free or access it broke; OP_COUNT: no op */
	uint8_t killer_actor, killer_op; /* who took the instance out; OP_COUNT: no op */
	uint16_t walkers;                /* who may hold it */
	uint8_t level;
	bool table; /* a pointer to a table, not a leaf */
	sd_page page, span;
	sd_page pfn;
	uint32_t serial;
	struct oracle_place fill;   /* last moment at which a walker could have cached it */
	struct oracle_place refill; /* if valid: an ATC got it back from its IOMMU from here on */
	struct oracle_place use;    /* first moment at which its use is wrong */
};

/* How near a promise or a free came to being broken: it relied on invalidations, and it came after them. */
struct oracle_near {
	bool tested; /* the event told last was such a moment */
	/* op kind: the end of that op, which had taken instances out; OP_COUNT: a frame was freed */
	uint8_t row;
	uint32_t events; /* since the last of those instances left the last cache for good */
};

struct oracle;

struct oracle_places {
	/* Asked for the place of the running actor at its last passage of a point. */
	void (*here)(void *ctx, enum point p, struct oracle_place *out);
	void *ctx;
	/*
	 * Told after every event once there is a violation, an overflow or a defect; need not return.
	 * May be NULL.
	 */
	void (*over)(void *ctx);
};

struct oracle *oracle_create(const struct mem *m, const struct oracle_places *places); /* NULL: no memory */
void oracle_destroy(struct oracle *o);
void oracle_reset(struct oracle *o, const struct case_file *c);
void oracle_listen(void *oracle, const struct event *ev);
/* Makes the oracle the only listener of the sink: the same as oracle_listen(), at less cost. */
void oracle_attach(struct oracle *o, struct event_sink *k);

/* The execution is over; marked: the frames that somebody still owns (only after SCHED_DONE, else NULL). */
void oracle_end(struct oracle *o, enum sched_end how, const uint8_t *marked);

/* The first violation; NULL: none. */
const struct oracle_violation *oracle_violation(const struct oracle *o);
/* The first one that an access showed in data; NULL: none. */
const struct oracle_violation *oracle_shown(const struct oracle *o);
const struct oracle_near *oracle_near(const struct oracle *o);
/* The pool of items overflowed: clean would mean nothing. */
bool oracle_inconclusive(const struct oracle *o);
/* A self-check failed: a defect of the model or of the oracle. NULL: none. */
const char *oracle_defect(const struct oracle *o);

#endif
