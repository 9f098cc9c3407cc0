/* SPDX-License-Identifier: MIT */
/* What must translate, and in one size. */
#ifndef ORACLE_HISTORY_OWED_H
#define ORACLE_HISTORY_OWED_H

#include <stdbool.h>
#include <stdint.h>

struct event;
struct history;

/* A page of a domain. */
struct history_iova {
	bool owed;
	uint32_t unmapped; /* when an unmap was called for it that is not over, or when the last one ended */
	uint16_t unmaps;   /* that are not over */
};

void history_owed_op_begin(struct history *h, const struct event *ev);
void history_owed_op_end(struct history *h, const struct event *ev);
void history_owed_extent(struct history *h, const struct event *ev);
void history_owed_check(struct history *h);
void history_owed_check_fault(struct history *h, const struct event *ev);
void history_owed_check_sizes(struct history *h);

#endif
