/* SPDX-License-Identifier: MIT */
/*
 * event: everything that happened, told once, to whoever listens.
 *
 * The model tells events (event/tell.h has an emitter for each); it never asks
 * whether anybody listens. The log keeps them (fixed memory) for the timeline
 * and the trace hash, the listener (the oracle) sees each as it happens. An
 * event carries no host addresses and no time, so the hash of the log is the
 * same on every compiler (of little-endian machines: it covers words).
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/shapes.h"

enum event_type {
#define EVENT(id, emitter, shape, name, what) EV_##id,
#include "event/events.def"
#undef EVENT
	EV_COUNT
};

_Static_assert(EV_COUNT <= 64, "a bit for each type of event");

/* unit_walker, unit_page ...: the C type of a unit */
#define UNIT(unit, type, what) typedef type unit_##unit;
EVENT_UNITS(UNIT)
#undef UNIT

/* struct event_cached, struct event_inv ...: the fields of a shape, behind the type and the actor */
#define EVENT_FIELD(unit, name) unit_##unit name;
#define EVENT_GAP(bits) unsigned : bits;
#define SHAPE(shape)                                                                                         \
	struct event_##shape {                                                                               \
		unsigned : 16;                                                                               \
		EVENT_SHAPE_##shape(EVENT_FIELD, EVENT_GAP)                                                  \
	};
EVENT_SHAPES(SHAPE)
#undef SHAPE
#undef EVENT_GAP
#undef EVENT_FIELD

struct event {
	union {
		struct {
			uint8_t type;  /* enum event_type; it says which of the shapes below is meant */
			uint8_t actor; /* who did it; EVENT_NOBODY during set-up */
		};
		uint64_t word[3]; /* all of it */
#define SHAPE(shape) struct event_##shape shape;
		EVENT_SHAPES(SHAPE)
#undef SHAPE
	};
};

enum { EVENT_NOBODY = 0xff, EVENT_FIELDS = 8 };

struct event_sink {
	void (*listen)(void *ctx, const struct event *ev); /* may be NULL */
	void *ctx;
	struct event *log; /* may be NULL: nothing is kept */
	uint32_t len, cap, lost;
	uint8_t actor; /* kept up to date by the scheduler's owner */
	/*
	 * Types, a bit each, of which the listener wants to know only how many there were, and where
	 * it counts.
	 */
	uint64_t counted;
	uint32_t *count;
};

/* ev happened; its actor is filled in. Emitters (event/tell.h) call it. */
void event_told(struct event_sink *k, struct event *ev);

/* XXH3 of the log, over fields and gaps. */
uint64_t event_hash(const struct event_sink *sink);

/* -- an event field by field, for whoever prints or compares any of them ---------- */
struct event_value {
	const char *name, *unit;
	int64_t value;
};

const char *event_name(enum event_type t);
/* Fills v with the fields of ev, in their order; how many there are. */
unsigned event_values(const struct event *ev, struct event_value v[EVENT_FIELDS]);

#endif
