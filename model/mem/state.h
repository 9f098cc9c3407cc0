/* SPDX-License-Identifier: MIT */
/* state: all physical memory. Whoever is outside of mem/ reads geo, nents and pages, and calls mem.h. */
#ifndef MEM_STATE_H
#define MEM_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <shootdown/types.h>

#include "event/event.h"
#include "mem/pte.h"
#include "sched/sched.h"

/* Shape of every table; level 0 entries map one page, the root is level levels-1. */
struct mem_geometry {
	uint8_t levels; /* 2..4 */
	uint8_t bits;   /* index bits a level, 2..9 */
};

/* The number of an entry is that of its word in the arena: frame << mem_frame_bits() | index. */
typedef uint32_t mem_entry;

enum mem_kind { MEM_FREE, MEM_DATA, MEM_TABLE, MEM_CTX };

enum { MEM_FRAMES = 256, MEM_NO_FRAME = 0xffff };

struct mem_frame {
	_Atomic uint8_t kind;
	bool apart;            /* a table that walkers read from memory, not from the caches of the CPUs */
	uint32_t gen;          /* counts allocations of this frame */
	_Atomic uint32_t born; /* instance serial when it was allocated */
};

enum { MEM_DIRTY_RUNS = 16 };

/* What an actor stored and memory may not have yet, oldest first. What was cleaned meanwhile stays. */
struct mem_dirty {
	uint32_t head, tail; /* slot: % MEM_DIRTY_RUNS */
	struct mem_run {
		mem_entry first;
		uint32_t n;
	} run[MEM_DIRTY_RUNS];
};

struct mem {
	struct sched *sched;
	struct event_sink *ev;
	struct mem_geometry geo;
	uint8_t frame_bits;      /* mem_frame_bits(geo) */
	bool behind;             /* some tables are apart: set after a reset, for the whole execution */
	uint32_t nents;          /* entries a table */
	uint32_t words;          /* 64-bit words from one frame to the next */
	uint32_t used;           /* of these, what a table or data frame uses */
	sd_page pages;           /* pages of one address space */
	_Atomic uint32_t serial; /* of the newest instance */
	bool watched;            /* somebody asks for mem_serial_settled(): for real threads */
	/* of each actor: the least serial that its store may get; 0: it is in none */
	_Atomic uint32_t drawing[SCHED_MAX_ACTORS];
	bool poison; /* tell ASan what is free: for runs that end with the first wrong access */
	_Atomic uint64_t *word;
	/* of frames that are apart: what memory has, while word is what the CPUs see */
	_Atomic uint64_t *memory;
	struct mem_dirty dirty[SCHED_MAX_ACTORS]; /* of each actor */
	struct sched_instant writing_back;        /* around dirty and memory */
	struct sched_instant allocating;          /* around what follows, but for kind and born of a frame */
	struct mem_frame frame[MEM_FRAMES];
	uint64_t freemap[MEM_FRAMES / 64];
	uint16_t last_freed; /* handed out first: reuse is what bugs need */
	uint16_t in_use;
	uint16_t high;      /* frames from here up were never handed out since the reset */
	int32_t fail_after; /* allocations until one fails; < 0: never */
	int32_t fail_next;  /* what fail_after is then: 0, all that follow fail, too */
	uint32_t failures;  /* allocations that were failed */
};

#endif
