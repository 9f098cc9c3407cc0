/* SPDX-License-Identifier: MIT */
/*
 * A small machine for the tests of hw/ and dev/: memory, hardware, devices, an
 * event log, and a policy that makes given switches at given points.
 * Three levels of three bits; space tags and tables are made by hand.
 */
#ifndef SUPPORT_HW_H
#define SUPPORT_HW_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dev/dev.h"
#include "event/walker.h"
#include "hw/ctx.h"

enum { BOX_LOG = 8192, BOX_SWITCHES = 8, BOX_RW = PTE_P | PTE_W };

/* Before the n-th passage of point p by actor `from` (from 1): to `to`. */
struct box_switch {
	int from;
	enum point p;
	uint32_t n;
	int to;
};

struct box {
	struct event log[BOX_LOG];
	struct event_sink ev;
	struct bugs_set bugs;
	struct sched *s;
	struct mem m;
	struct hw_config cfg;
	struct hw *hw;
	struct dev_sys *dev;
	sd_page ctx;  /* context table of every IOMMU */
	sd_page root; /* of the first space */
	struct box_switch sw[BOX_SWITCHES];
	int nsw;
	unsigned forced[PT_COUNT]; /* forced yields: a retry lets others go first */
};

/* One CPU of the profile, one IOMMU, two devices; a root table. */
struct box *box_new(enum profile_id id);
void box_free(struct box *b);
/* After a change of b->cfg: the hardware as new; memory stays. */
void box_reset(struct box *b);
/* Makes the tables down to `level` and the leaf there; returns the leaf's frame. flags: PTE_*. */
sd_page box_map(struct box *b, sd_page root, sd_page page, int level, pte_t flags);
/* A box whose device 0 has translated one page of a domain with this tag, so that the IOTLB holds it. */
struct box *box_one_page(enum profile_id id, uint16_t tag, sd_page page);
mem_entry box_entry(struct box *b, sd_page root, sd_page page, int level);
void box_set_entry(struct box *b, sd_page root, sd_page page, int level, pte_t v);
void box_ctx(struct box *b, int dev, int pasid, sd_page root, uint16_t tag);
enum sd_status box_translate(struct box *b, int dev, int pasid, sd_page page, bool write,
                             struct sd_translation *t);
/* Queues commands (pairs of quadwords) and executes all of them here and now. */
uint64_t box_command(struct box *b, int iommu, const struct sd_inv_cmd *c, unsigned n);
/* How many events of the type (and walker or device, -1: any) since log entry `from`. */
unsigned box_count(const struct box *b, enum event_type t, int a, uint32_t from);
/* The first of them; NULL: none. */
const struct event *box_event(const struct box *b, enum event_type t, int a, uint32_t from);
void box_switch_at(struct box *b, int from, enum point p, uint32_t n, int to);
/* Runs the spawned actors with the switches asked for; starts with `first`. */
void box_begin(struct box *b); /* before the spawns */
enum sched_end box_run(struct box *b, int first);

#endif
