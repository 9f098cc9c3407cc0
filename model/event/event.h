/* SPDX-License-Identifier: MIT */
/*
 * event: everything that happened, told once, to whoever listens.
 *
 * The model emits events; it never asks whether anybody listens. The log keeps
 * them (fixed memory) for the timeline and the trace hash, the listener (the
 * oracle) sees each as it happens. An event carries no host addresses and no
 * time, so the hash of the log is the same on every compiler.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

enum event_type {
#define EVENT(id, name, a, b, c, d, e, x, what) EV_##id,
#include "event/events.def"
#undef EVENT
	EV_COUNT
};

struct event {
	uint8_t type;  /* enum event_type */
	uint8_t actor; /* who did it; EVENT_NOBODY during set-up */
	uint8_t a, b;  /* meaning: see events.def */
	uint32_t c, d, e;
	uint64_t x;
};

enum { EVENT_NOBODY = 0xff };

struct event_sink {
	void (*listen)(void *ctx, const struct event *ev); /* may be NULL */
	void *ctx;
	struct event *log; /* may be NULL: nothing is kept */
	uint32_t len, cap, lost;
	uint8_t actor; /* kept up to date by the scheduler's owner */
	/* Types, a bit each, of which the listener wants to know only how many there were, and where it counts. */
	uint64_t counted;
	uint32_t *count;
};

_Static_assert(EV_COUNT <= 64, "a bit for each type of event");

/* Names of a type and of its fields ("" where unused), for the timeline. */
const char *event_name(enum event_type t);
const char *event_field(enum event_type t, int field); /* 0..5 = a b c d e x */

/* XXH3 of the log, over fields only. */
uint64_t event_hash(const struct event_sink *sink);

/* The part of an event that fits in a register with what the caller knows of it. */
struct event_head {
	uint8_t type, a, b;
};

void event_tell(struct event_sink *k, struct event_head h, uint32_t c, uint32_t d, uint32_t e, uint64_t x);

static inline void event_emit(struct event_sink *k, enum event_type t, uint8_t a, uint8_t b, uint32_t c,
                              uint32_t d, uint32_t e, uint64_t x)
{
	event_tell(k, (struct event_head){(uint8_t)t, a, b}, c, d, e, x);
}

#endif
