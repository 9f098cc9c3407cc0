/* SPDX-License-Identifier: MIT */
/*
 * generate: seeded random valid cases, biased to what goes wrong: several
 * actors at the same few pages, ranges that cross or just fill a table, state
 * set up before it is torn down. The schedule stays empty; a policy fills it.
 */
#ifndef ENGINE_GENERATE_H
#define ENGINE_GENERATE_H

#include "case/case.h"
#include "engine/search/rng.h"

enum {
	GENERATE_ANY_PROFILE = -1,
	GENERATE_MAX_TOTAL = 60,
};

struct generate_config {
	int profile;              /* enum profile_id, or GENERATE_ANY_PROFILE */
	uint64_t bugs, skip[2];   /* go into the case as they are */
	uint8_t cpus, devs;       /* 0: 2 or 3, and 1 or 2 */
	uint8_t min_ops, max_ops; /* of one actor; 0: 2 and 6 */
	/* of all actors together, up to GENERATE_MAX_TOTAL; 0: min_ops and max_ops decide */
	uint8_t total_ops;
	bool preset; /* flags stay as the profile has them, one IOMMU, no split */
};

/* What one case is about: which operations it leans to, and where they aim. */
enum generate_theme { THEME_ZAP, THEME_MOVE, THEME_PROTECT, THEME_DMA, THEME_MIXED, THEME_COUNT };

struct generate_aim {
	uint8_t theme;
	uint8_t region, off, n; /* the focus: where most operands point */
	uint8_t region2;        /* its partner, for moves; same offset */
	uint8_t cut;            /* dma: pieces meet here, counted from the region's base */
	uint8_t table;          /* pages under one leaf table, at most CASE_MAX_N */
	uint8_t kind;           /* of memory, usually */
	uint8_t span;           /* dma: pages of the whole range */
};

void generate_case(struct case_file *c, struct rng *r, const struct generate_config *cfg);

/* Faults of the profile's inject block: one more, or all of them. */
void generate_fault(struct case_file *c, struct rng *r);
void generate_hostile(struct case_file *c, struct rng *r);

/* The pieces, for mutators. */
void generate_aim(struct generate_aim *a, const struct case_file *c, struct rng *r);
/* Operands for op->kind, as the programs of this case would have them. */
void generate_operands(struct case_op *op, const struct case_program *p, const struct generate_aim *a,
                       struct rng *r);
/* One more op for the program p of that class. */
void generate_op(struct case_op *op, const struct case_program *p, enum op_who who,
                 const struct generate_aim *a, struct rng *r);

#endif
