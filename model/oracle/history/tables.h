/* SPDX-License-Identifier: MIT */
/* Frames, entries, instances: what software stored, and what memory has. */
#ifndef ORACLE_HISTORY_TABLES_H
#define ORACLE_HISTORY_TABLES_H

#include "mem/mem.h"

struct event;
struct history;

/* A mapping instance: what one store put into an entry. A and D that come later are in value. */
struct history_instance {
	mem_entry entry;
	uint32_t serial;
	pte_t value;
	uint16_t items; /* the first of them; more by item.next */
};

/* An entry as software sees it (word), and as walkers do that do not snoop (memory): instances. */
struct history_cell {
	uint16_t word, memory;
	uint32_t serial;
};

struct history_frame {
	uint8_t kind;    /* enum mem_kind */
	bool apart;      /* a table that is read from memory */
	uint32_t born;   /* serial when it was allocated */
	uint32_t wrote;  /* the newest access that wrote to it */
	uint32_t copied; /* the newest copy to its backing store */
};

struct history_root {
	sd_page frame;
	uint8_t fewer;
};

void history_tables_alloc(struct history *h, const struct event *ev);
void history_tables_free(struct history *h, const struct event *ev);
void history_tables_store(struct history *h, const struct event *ev);
void history_tables_set_ad(struct history *h, const struct event *ev);
void history_tables_written_back(struct history *h, const struct event *ev);
struct history_cell *history_tables_cell(struct history *h, mem_entry e);

#endif
