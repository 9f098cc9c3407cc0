/* SPDX-License-Identifier: MIT */
/* What the tables reach. */
#ifndef ORACLE_LIVE_H
#define ORACLE_LIVE_H

#include "mem/mem.h"

struct event;
struct oracle;

/* A table frame that is reachable from a root right now. */
struct live_table {
	uint8_t space; /* NO_SPACE: not reachable */
	uint8_t level; /* of its entries */
	sd_page page;  /* that its first entry maps */
};

void live_root(struct oracle *o, int space, sd_page root, bool present, unsigned fewer);
void live_store(struct oracle *o, const struct event *ev);
bool live_entry(const struct oracle *o, int space, sd_page page, mem_entry e, uint32_t serial);

#endif
