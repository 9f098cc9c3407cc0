/* SPDX-License-Identifier: MIT */
/*
 * Names of events and walkers, and the trace hash: XXH3 over the log. An event
 * has no padding (asserted), so the hash covers fields only.
 */
#include "event/event.h"
#include "event/walker.h"

#include <xxhash.h>

_Static_assert(sizeof(struct event) == 4 + 3 * 4 + 8, "an event must not have padding");

static const struct {
	const char *name, *field[6], *what;
} events[EV_COUNT] = {
#define EVENT(id, name, a, b, c, d, e, x, what) [EV_##id] = {name, {a, b, c, d, e, x}, what},
#include "event/events.def"
#undef EVENT
};

static const char *const walkers[WALKER_COUNT] = {"cpu0",    "cpu1", "cpu2", "cpu3", "iommu0",
						  "iommu1", "atc0", "atc1", "atc2", "atc3"};

const char *event_name(enum event_type t) { return events[t].name; }
const char *event_field(enum event_type t, int field) { return events[t].field[field]; }
const char *walker_name(int walker) { return walker >= 0 && walker < WALKER_COUNT ? walkers[walker] : "?"; }

uint64_t event_hash(const struct event_sink *sink) { return XXH3_64bits(sink->log, sink->len * sizeof(*sink->log)); }
