/* SPDX-License-Identifier: MIT */
/*
 * tell: an emitter for each row of events.def.
 *
 *   event_fill(sink, walker, level, entry, value, page, serial, tag);
 *   event_notify_start(sink, space, start, n);
 *
 * The arguments are the fields of the event's shape (shapes.h), in their order.
 * Where one of several types is meant that share a shape:
 *
 *   event_tell_cached(sink, hit ? EV_HIT : EV_FILL, walker, level, ...);
 */
#ifndef EVENT_TELL_H
#define EVENT_TELL_H

#include "event/event.h"

#define EVENT_PARAMETER(unit, name) , unit_##unit name
#define EVENT_ARGUMENT(unit, name) , name
#define EVENT_STORE(unit, name) into->name = name;
#define EVENT_NOTHING(bits)

/* event_set_cached(ev, EV_HIT, ...): makes ev that event; gaps and the actor are 0. */
#define SHAPE(shape) \
	static inline void event_set_##shape(struct event *ev, enum event_type type \
	                                     EVENT_SHAPE_##shape(EVENT_PARAMETER, EVENT_NOTHING)) \
	{ \
		struct event_##shape *into = &ev->shape; \
\
		ev->word[0] = ev->word[1] = ev->word[2] = 0; \
		ev->type = (uint8_t)type; \
		EVENT_SHAPE_##shape(EVENT_STORE, EVENT_NOTHING) \
	} \
\
	static inline void event_tell_##shape(struct event_sink *sink, enum event_type type \
	                                      EVENT_SHAPE_##shape(EVENT_PARAMETER, EVENT_NOTHING)) \
	{ \
		struct event ev; \
\
		event_set_##shape(&ev, type EVENT_SHAPE_##shape(EVENT_ARGUMENT, EVENT_NOTHING)); \
		event_told(sink, &ev); \
	}
EVENT_SHAPES(SHAPE)
#undef SHAPE

#define EVENT(id, emitter, shape, name, what) \
	static inline void event_##emitter(struct event_sink *sink \
	                                   EVENT_SHAPE_##shape(EVENT_PARAMETER, EVENT_NOTHING)) \
	{ \
		event_tell_##shape(sink, EV_##id EVENT_SHAPE_##shape(EVENT_ARGUMENT, EVENT_NOTHING)); \
	}
#include "event/events.def"
#undef EVENT

#undef EVENT_NOTHING
#undef EVENT_STORE
#undef EVENT_ARGUMENT
#undef EVENT_PARAMETER

#endif
