/* SPDX-License-Identifier: MIT */
/*
 * case: one file that holds everything a run needs.
 *
 * A case has a configuration, a program for every actor, a schedule and an
 * expected verdict. It has a text form (.sd) for people and a loss-free binary
 * twin for fuzzers: text(bin(t)) == t for the canonical text of every case,
 * and every byte string decodes to some valid case.
 */
#ifndef CASE_CASE_H
#define CASE_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <shootdown/types.h>

#include "bugs/bugs.h"
#include "case/class.h"
#include "case/op.h"
#include "hw/profile.h"
#include "sched/points.h"

enum {
	CASE_VERSION = 1,
	CASE_MAX_OPS = 32,    /* of one actor */
	CASE_MAX_SCHED = 512, /* schedule entries */
	CASE_REGIONS = 8,     /* a..h */
	CASE_MAX_OFF = 15,
	CASE_MAX_N = 16,
};

enum { PROT_R = 0, PROT_RW = 1 };
enum { CASE_ANON, CASE_FILE, CASE_HUGE, CASE_KINDS };

struct case_op {
	uint8_t kind;          /* enum op_kind */
	uint8_t region, off;   /* R: region 0..7, page offset in it */
	uint8_t region2, off2; /* S */
	uint8_t n;             /* pages, 1..16 */
	uint8_t prot;          /* PROT_R, PROT_RW */
	uint8_t arg;           /* k: memory kind; d: domain; m: 1 for write */
};

/* Actors by fixed number, so that a schedule entry means the same in every case. */
enum {
	ACTOR_CPU0 = 0,
	ACTOR_DEV0 = ACTOR_CPU0 + SD_MAX_CPUS,
	ACTOR_QUEUE0 = ACTOR_DEV0 + SD_MAX_DEVS,   /* queue processor of an IOMMU */
	ACTOR_PRQ0 = ACTOR_QUEUE0 + SD_MAX_IOMMUS, /* page-request handler */
	ACTOR_COUNT = ACTOR_PRQ0 + SD_MAX_IOMMUS,
	CASE_PROGRAMS = ACTOR_QUEUE0 /* actors that have a program */
};

struct case_program {
	uint8_t present;
	uint8_t mm;     /* cpu: the mm it runs on; dev with a PASID: pasid - 1 */
	uint8_t pasid;  /* dev: 1..SD_MAX_MMS (mm = pasid - 1), or 0: the domain's IOVAs */
	uint8_t domain; /* dev without PASID: the domain it is attached to */
	uint8_t iommu;  /* dev: the IOMMU it sits behind */
	uint8_t nops;
	struct case_op op[CASE_MAX_OPS];
};

/*
 * "before the n-th passage of point P in op K of actor A, switch to B".
 * K is an op kind and its occurrence in the program (mremap#1), not an index,
 * so that removing another op does not shift it; op_kind OP_COUNT stands for
 * "outside any op" (a daemon, or the actor's start).
 * do_what says whether to switch, or to let a ghost walker or device act.
 */
enum sched_do { DO_SWITCH, DO_FILL, DO_DMA_READ, DO_DMA_WRITE, DO_COUNT };

struct case_sched {
	uint8_t actor;
	uint8_t op_kind, op_occurrence; /* occurrence from 1 */
	uint8_t what;                   /* enum sched_do */
	uint16_t point;
	uint16_t passage;    /* from 1, counted within the op */
	uint8_t target;      /* switch: actor; else: the walker's actor, cpu or dev */
	uint8_t region, off; /* ghost: the page */
	uint8_t fill_write;  /* ghost fill for a write */
};

struct case_file {
	struct profile prof;
	uint8_t profile;      /* enum profile_id the flags started from */
	uint8_t levels, bits; /* geometry; default 3, 3 */
	uint8_t mms;          /* mms that live at the start, 1..SD_MAX_MMS; further ones are born by fork */
	uint64_t bugs;        /* planted bugs, a bit each */
	uint64_t skip[2];     /* steps taken out */
	uint8_t split;        /* dma: unmap inside a superpage splits it (legacy, gone since Linux 6.14) */
	uint8_t expect;       /* enum violation_class, or 0 for clean */
	struct case_program prog[CASE_PROGRAMS];
	uint8_t order[ACTOR_COUNT]; /* fixed order of forced switches; a permutation of all actors */
	uint16_t nsched;
	uint16_t dropped; /* entries that case_parse() left out: their point or actor is gone */
	struct case_sched sched[CASE_MAX_SCHED];
};

const char *actor_name(int actor); /* "cpu0", "dev1", "iommu0", "prq0" */
int actor_find(const char *name, unsigned len);

/* -- validity ------------------------------------------------------------- */
/* One CPU program, nothing else; every field legal. */
void case_init(struct case_file *c, enum profile_id prof);
/* Clamps every field to something legal; what generators and mutators end with. */
void case_fix(struct case_file *c);
/* First page of a region, and clamping of R + n to the address space. */
sd_page case_region_base(const struct case_file *c, int region);
sd_page case_page(const struct case_file *c, int region, int off);
unsigned case_npages(const struct case_file *c, sd_page start, int n);

/* -- text ------------------------------------------------------------------ */
struct case_error {
	int line, column; /* from 1 */
	char text[200];   /* what, and what was expected */
};
bool case_parse(struct case_file *c, const char *text, size_t len, struct case_error *err);
/* Canonical text. Returns its length, at most cap - 1 written (as snprintf). */
size_t case_print(const struct case_file *c, char *buf, size_t cap);

/* -- binary twin ------------------------------------------------------------ */
enum { CASE_BIN_MAX = 64 * 1024 };
void case_decode(struct case_file *c, const uint8_t *bytes, size_t len);   /* never fails */
size_t case_encode(const struct case_file *c, uint8_t *bytes, size_t cap); /* 0: cap too small */

#endif
