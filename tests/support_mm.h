/* SPDX-License-Identifier: MIT */
/*
 * A machine for the tests of mm/: memory, hardware, mms, an event log. Actor k
 * is the CPU k; bodies run one after the other unless a switch is asked for.
 */
#ifndef TESTS_SUPPORT_MM_H
#define TESTS_SUPPORT_MM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "event/walker.h"
#include "hw/hw.h"
#include "mm/mm.h"

enum { MMBOX_LOG = 8192, MMBOX_SPAN = 8 };

struct mmbox;
typedef void mmbox_body(struct mmbox *b);

struct mmbox_actor {
	struct mmbox *b;
	mmbox_body *body;
};

struct mmbox {
	struct event log[MMBOX_LOG];
	struct event_sink ev;
	struct bugs_set bugs;
	struct sched *s;
	struct mem m;
	struct hw *hw;
	struct mm_sys *mm;
	struct mm_config cfg;
	uint16_t base; /* frames in use right after the reset */
	struct mmbox_actor actor[2];
	enum point switch_at; /* actor 0 gives way to actor 1 there, once */
	bool switched;
	unsigned told, released; /* what the notifier heard */
	sd_addr told_start, told_end;
};

/* Fresh mms: mm 0 for cpu 0, mm 1 for cpu 1, alive: `mms` of them. */
void mmbox_reset(struct mmbox *b, enum profile_id id, int mms);
struct mmbox *mmbox_new(enum profile_id id, int mms);
void mmbox_free(struct mmbox *b);
void mmbox_notify(struct mmbox *b, int mm);
/* Runs cpu 0's body, and cpu 1's from the moment that cpu 0 reaches the point (or after it). */
enum sched_end mmbox_run2(struct mmbox *b, mmbox_body *body0, enum point at, mmbox_body *body1);
void mmbox_run(struct mmbox *b, mmbox_body *body);

/* -- looking in from outside ----------------------------------------------------- */

/* The leaf that maps page, and its level in *level; 0: none (then a swap entry, if any). */
pte_t mmbox_pte(struct mmbox *b, int mm, sd_page page, int *level);
pte_t mmbox_leaf(struct mmbox *b, int mm, sd_page page);
sd_page mmbox_pfn(struct mmbox *b, int mm, sd_page page);
/* The word that CPU `cpu` wrote to page. */
uint64_t mmbox_word(struct mmbox *b, int mm, sd_page page, int cpu);
unsigned mmbox_count(const struct mmbox *b, enum event_type t);
/* Position of the k-th event of that type (from 1), or -1. */
int mmbox_at(const struct mmbox *b, enum event_type t, unsigned k);
/* Nothing leaks, no count is wrong, every notifier bracket is closed. */
void mmbox_audit(struct mmbox *b);

#endif
