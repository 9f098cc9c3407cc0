/* SPDX-License-Identifier: MIT */
/*
 * The one way of an event to the log and the listener, the names of events,
 * fields and walkers, and the trace hash: XXH3 over the log. Emitters clear
 * the gaps of an event, so the hash depends on what was told alone.
 */
#include "event/event.h"
#include "event/quiet.h"
#include "event/walker.h"

#include <string.h>
#include <xxhash.h>

_Static_assert(sizeof(struct event) == 24, "an event is three words");

/* A field, or a gap (no name), in the order in which they stand in an event; the last has size 0. */
struct field {
	const char *name, *unit;
	uint8_t size;
	bool has_sign;
};

#define EVENT_FIELD(u, n) {#n, #u, sizeof(unit_##u), (unit_##u) - 1 < (unit_##u)1},
#define EVENT_GAP(bits) {NULL, NULL, (bits) / 8, false},
#define SHAPE(shape)                                                                                         \
	static const struct field fields_##shape[] = {EVENT_SHAPE_##shape(EVENT_FIELD, EVENT_GAP){0}};
EVENT_SHAPES(SHAPE)
#undef SHAPE
#undef EVENT_GAP
#undef EVENT_FIELD

static const struct {
	const char *name;
	const struct field *field;
} events[EV_COUNT] = {
#define EVENT(id, emitter, shape, name, what) [EV_##id] = {name, fields_##shape},
#include "event/events.def"
#undef EVENT
};

static const char *const walkers[WALKER_COUNT] = {"cpu0",   "cpu1", "cpu2", "cpu3", "iommu0",
                                                  "iommu1", "atc0", "atc1", "atc2", "atc3"};

const char *event_name(enum event_type t) { return events[t].name; }
const char *walker_name(int walker) { return walker >= 0 && walker < WALKER_COUNT ? walkers[walker] : "?"; }

/* Little and big ends alike: by the width of the field. */
static int64_t event_value_at(const unsigned char *at, const struct field *f)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (f->size) {
	case 1:
		memcpy(&u8, at, 1);
		return u8;
	case 2:
		memcpy(&u16, at, 2);
		return u16;
	case 4:
		memcpy(&u32, at, 4);
		return f->has_sign ? (int64_t)(int32_t)u32 : (int64_t)u32;
	default:
		memcpy(&u64, at, 8);
		return (int64_t)u64;
	}
}

unsigned event_values(const struct event *ev, struct event_value v[EVENT_FIELDS])
{
	const unsigned char *at = (const unsigned char *)ev + 2;
	unsigned n = 0;

	for (const struct field *f = events[ev->type].field; f->size; at += f->size, f++)
		if (f->name)
			v[n++] = (struct event_value){f->name, f->unit, event_value_at(at, f)};
	return n;
}

uint64_t event_hash(const struct event_sink *sink)
{
	return XXH3_64bits(sink->log, sink->len * sizeof(*sink->log));
}

void event_told(struct event_sink *k, struct event *ev)
{
	ev->actor = k->actor;
	if (k->log) {
		if (k->len < k->cap)
			k->log[k->len++] = *ev;
		else
			k->lost++;
	}
	if (k->listen) {
		quiet_begin();
		if (k->counted >> ev->type & 1)
			++*k->count;
		else
			k->listen(k->ctx, ev);
		quiet_end();
	}
}
