/* SPDX-License-Identifier: MIT */
/*
 * Names of events and walkers, and the trace hash: XXH3 over the log. An event
 * has no padding (asserted), so the hash covers fields only.
 */
#include "event/event.h"
#include "event/quiet.h"
#include "event/walker.h"

#include <xxhash.h>

#define NO_ASAN __attribute__((no_sanitize("address")))

_Static_assert(sizeof(struct event) == 4 + 3 * 4 + 8, "an event must not have padding");

static const struct {
	const char *name, *field[6], *what;
} events[EV_COUNT] = {
#define EVENT(id, name, a, b, c, d, e, x, what) [EV_##id] = {name, {a, b, c, d, e, x}, what},
#include "event/events.def"
#undef EVENT
};

static const char *const walkers[WALKER_COUNT] = {"cpu0",   "cpu1", "cpu2", "cpu3", "iommu0",
                                                  "iommu1", "atc0", "atc1", "atc2", "atc3"};

const char *event_name(enum event_type t) { return events[t].name; }
const char *event_field(enum event_type t, int field) { return events[t].field[field]; }
const char *walker_name(int walker) { return walker >= 0 && walker < WALKER_COUNT ? walkers[walker] : "?"; }

uint64_t event_hash(const struct event_sink *sink)
{
	return XXH3_64bits(sink->log, sink->len * sizeof(*sink->log));
}

/*
 * The one place where an event is in memory, and not one in the frame of every
 * function that emits some. ASan would do more here than the function does, for
 * each event: it stays out of these lines, and sees what listeners do with it.
 */
NO_ASAN void event_tell(struct event_sink *k, struct event_head h, uint32_t c, uint32_t d, uint32_t e,
                        uint64_t x)
{
	struct event ev = {h.type, k->actor, h.a, h.b, c, d, e, x};

	if (k->log) {
		if (k->len < k->cap)
			k->log[k->len++] = ev;
		else
			k->lost++;
	}
	if (k->listen) {
		quiet_begin();
		if (k->counted >> h.type & 1)
			++*k->count;
		else
			k->listen(k->ctx, &ev);
		quiet_end();
	}
}
