/* SPDX-License-Identifier: MIT */
/* What operations and frees owe. */
#ifndef ORACLE_PROMISE_H
#define ORACLE_PROMISE_H

#include "mem/mem.h"

struct event;
struct oracle;

/* The operation that an actor is in. */
struct op {
	bool active;
	uint8_t kind, space, prot;
	sd_page start;
	uint32_t n;
	uint32_t id;     /* unique in the run */
	uint32_t before; /* newest serial when it began: older ones are in its promise */
	/* event at which the last instance that it took out left the last cache; 0: none did */
	uint32_t gone;
};

void promise_begin(struct oracle *o, const struct event *ev);
void promise_end(struct oracle *o, const struct event *ev);
void promise_extent(struct oracle *o, const struct event *ev);
void promise_free(struct oracle *o, const struct event *ev);
void promise_dead(struct oracle *o, const struct event *ev);
void promise_cleaned(struct oracle *o, const struct event *ev);
void promise_writeout(struct oracle *o, const struct event *ev);
void promise_served(struct oracle *o, const struct event *ev);
uint32_t promise_op_id(const struct oracle *o, int actor);

#endif
