/* SPDX-License-Identifier: MIT */
/* What has been promised of an address, and what must translate. */
#ifndef ORACLE_OWED_H
#define ORACLE_OWED_H

#include "mem/mem.h"

struct item;
struct oracle;

/* What has been promised of an address, and what it is owed. */
struct owed {
	uint32_t dead;     /* serial below which an access is promised away */
	uint32_t wp;       /* the same of a write */
	uint32_t unmapped; /* dma: id of the last unmap called for it */
	bool mapped;       /* dma: it must translate */
};

/* log2 of the parts of a space: touched[] has a bit for each. */
enum { ORACLE_PART_BITS = 6 };

/* To change what is promised of these pages; *n: how many of them there are (0: NULL). */
struct owed *owed_pages(struct oracle *o, int space, sd_page start, uint32_t *n);
void owed_forget(struct oracle *o, int space);
void owed_begin(struct oracle *o, int space, sd_page start, uint32_t n, uint32_t id);
void owed_end(struct oracle *o, int space, sd_page start, uint32_t n, uint32_t id);
/* Some table, live or stale, lost what it had for these pages. */
void owed_hole(struct oracle *o, int space, sd_page page, sd_page span);
/* A table was linked over these pages: it must already hold what is owed. */
void owed_linked(struct oracle *o, int space, sd_page page, int level, pte_t value);
void owed_stale_table(struct oracle *o, const struct item *it);

#endif
