/* SPDX-License-Identifier: MIT */
/*
 * probes: how often a search was in states that are rare and matter, and how
 * hard it leant on each promise. A search that finds nothing ran on a correct
 * model or never reached the states that matter: probes say which.
 */
#ifndef ENGINE_PROBES_H
#define ENGINE_PROBES_H

#include "case/case.h"
#include "event/event.h"
#include "oracle/oracle.h"

enum probe {
#define PROBE(id, name, what) PROBE_##id,
#include "engine/run/probes.def"
#undef PROBE
	PROBE_COUNT
};

/* A near miss: so many events earlier it would have been broken. */
enum { PROBES_NEAR = 1 };

/* A row of the table of promises: an op kind, or OP_COUNT for the rule about freeing. */
struct probes_row {
	uint64_t tested; /* moments that relied on invalidations */
	uint64_t near;   /* of these, at most PROBES_NEAR events after the last of them */
};

struct probes_total {
	uint64_t probe[PROBE_COUNT];
	struct probes_row row[OP_COUNT + 1];
};

struct probes;

/* Adds to *total. NULL: no memory. */
struct probes *probes_create(struct probes_total *total);
void probes_destroy(struct probes *p);
void probes_begin(struct probes *p, const struct mem *m);
/* After the oracle heard it. */
void probes_listen(struct probes *p, const struct event *ev, const struct oracle_near *near);

const char *probe_name(enum probe p);
const char *probe_what(enum probe p);
/* "munmap", or for OP_COUNT "free". */
const char *probe_row_name(int row);

#endif
