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

/* Where in the program something happened, so that a witness can be placed. */
struct oracle_place {
	uint8_t actor;
	uint16_t point, passage;
	uint8_t op_kind, op_occurrence;
	bool valid;
};

struct oracle_violation {
	uint8_t class_; /* enum violation_class */
	bool write;
	bool latent;   /* found in the may-set, not (yet) seen in data */
	uint8_t space;
	uint8_t actor; /* at whose promise, free or access it broke */
	uint8_t op_kind; /* of that actor, OP_COUNT: none */
	uint8_t walkers_kind; /* bit 0 CPU, 1 IOMMU, 2 ATC: who may hold it */
	uint16_t walkers;
	uint8_t level;
	sd_page page, span; /* pages that the stale item covers */
	sd_page pfn;
	uint32_t serial;
	uint8_t killer_op;  /* op that killed the instance, OP_COUNT: none */
	uint8_t killer_actor;
	uint8_t missing;    /* enum oracle_missing */
	struct oracle_place fill; /* last moment before the source entry changed, or after an ATC refill */
	struct oracle_place use;  /* where it broke */
};

enum oracle_missing { MISSING_NONE, MISSING_INVALIDATION, MISSING_WAIT, MISSING_DRAIN };

struct oracle;
/* Asked for the current op and place of the running actor. */
struct oracle_places {
	void (*here)(void *ctx, struct oracle_place *out);
	void *ctx;
};

struct oracle *oracle_create(const struct mem *m, const struct oracle_places *places);
void oracle_destroy(struct oracle *o);
void oracle_reset(struct oracle *o, const struct case_file *c);
void oracle_listen(void *oracle, const struct event *ev);
/* The first violation; NULL: none so far. */
const struct oracle_violation *oracle_violation(const struct oracle *o);
bool oracle_inconclusive(const struct oracle *o); /* the item pool overflowed */
const char *oracle_defect(const struct oracle *o); /* a self-check failed (exit 3); NULL: none */
/* Called when the execution is over. */
void oracle_end(struct oracle *o, enum sched_end how);

#endif
