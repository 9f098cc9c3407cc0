/* SPDX-License-Identifier: MIT */
/* What operations promise, and what frees, write-outs and answers rely on. */
#ifndef ORACLE_HISTORY_PROMISE_H
#define ORACLE_HISTORY_PROMISE_H

#include "mem/mem.h"

struct event;
struct history;

/* The op that an actor is in; a page-request handler is in one from answer to answer. */
struct history_op {
	bool open;
	uint8_t kind, space;
	uint32_t id;     /* no other op has it */
	uint32_t serial; /* newest instance when it began */
	uint32_t began;
	sd_page start, n;
	bool writable; /* it asks for write permission */
};

/* What is reachable must not lead to frames that are somebody else's by now, nor come from an earlier life. */
void history_promise_check_reached(struct history *h);
void history_promise_check_free(struct history *h, const struct event *ev);
void history_promise_op_end(struct history *h, const struct event *ev);
void history_promise_dead_range(struct history *h, const struct event *ev);
void history_promise_check_cleaned(struct history *h, const struct event *ev);
void history_promise_check_writeout(struct history *h, const struct event *ev);
void history_promise_check_served(struct history *h, const struct event *ev);

#endif
