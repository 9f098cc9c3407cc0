/* SPDX-License-Identifier: MIT */
/*
 * mem: physical frames and the tables in them.
 *
 * Frames are real memory in one arena. A table frame holds 1 << bits entries,
 * a data frame one word per actor. Every entry access goes through one
 * accessor: point, atomic access, event. Every store by software that changes
 * frame, permission or validity, or clears A or D, makes a new *mapping
 * instance* and gives the entry its serial; hardware setting A or D does not.
 *
 * A walker need not be coherent: what software stores into a table that such a
 * walker reads is seen by other software at once, by the walker when it has
 * been written back (storebuf.c).
 *
 * An entry's word is its pte in the low half and the serial in the high one,
 * so that both change in one store. Data words are plain memory: two actors
 * that meet in one without an invalidation between them are a race.
 */
#ifndef MEM_MEM_H
#define MEM_MEM_H

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

/* What an actor stored and memory may not have yet, oldest first. What was cleaned meanwhile stays. */
enum { MEM_DIRTY_RUNS = 16 };

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
	struct sched_instant writing_back;        /* all of them, and memory */
	struct sched_instant allocating;          /* what follows, but for kind and born of a frame */
	struct mem_frame frame[MEM_FRAMES];
	uint64_t freemap[MEM_FRAMES / 64];
	uint16_t last_freed; /* handed out first: reuse is what bugs need */
	uint16_t in_use;
	uint16_t high;      /* frames from here up were never handed out since the reset */
	int32_t fail_after; /* allocations until one fails; < 0: never */
	int32_t fail_next;  /* what fail_after is then: 0, all that follow fail, too */
	uint32_t failures;  /* allocations that were failed */
};

/* -- life ---------------------------------------------------------------- */
/* false: no memory, or a geometry out of range */
bool mem_init(struct mem *m, struct mem_geometry geo, struct sched *s, struct event_sink *ev);
void mem_fini(struct mem *m);
/* Cost: what the last execution touched. */
void mem_reset(struct mem *m);

/* -- geometry ------------------------------------------------------------ */
/* log2 of the words from one frame to the next; a context table needs 64. */
static inline unsigned mem_frame_bits(struct mem_geometry geo) { return geo.bits < 6 ? 6 : geo.bits; }
/* log2 of the pages that an entry of this level covers. */
static inline unsigned mem_shift(const struct mem *m, int level) { return m->geo.bits * (unsigned)level; }
static inline sd_page mem_span(const struct mem *m, int level) { return 1u << mem_shift(m, level); }
static inline uint32_t mem_index(const struct mem *m, sd_page page, int level)
{
	return (page >> mem_shift(m, level)) & (m->nents - 1);
}
static inline mem_entry mem_at(const struct mem *m, sd_page table, uint32_t index)
{
	return table << m->frame_bits | index;
}
static inline sd_page mem_entry_frame(const struct mem *m, mem_entry e) { return e >> m->frame_bits; }
static inline uint32_t mem_entry_index(const struct mem *m, mem_entry e)
{
	return e & ((1u << m->frame_bits) - 1);
}

/* -- frames -------------------------------------------------------------- */
/* n: 1, or a power of two up to the entries of a table, aligned. Zeroed. MEM_NO_FRAME when none is left. */
static inline sd_page mem_alloc(struct mem *m, enum mem_kind kind, uint32_t n);
static inline void mem_free(struct mem *m, sd_page pfn, uint32_t n);
/* should_failslab(): whoever takes something else than frames asks, too. true: this allocation fails. */
bool mem_fails(struct mem *m);

/* -- serials: serial.c ----------------------------------------------------- */
/* Around the store of a new instance. */
uint32_t mem_serial_draw(struct mem *m);
void mem_serial_stored(struct mem *m);
/* All instances up to this one have been stored. */
uint32_t mem_serial_settled(struct mem *m);

/* -- entries: software ---------------------------------------------------- */
static inline pte_t mem_load(struct mem *m, mem_entry e, enum point p);
static inline void mem_store(struct mem *m, mem_entry e, pte_t v, enum point p);
static inline pte_t mem_xchg(struct mem *m, mem_entry e, pte_t v, enum point p);
/* On failure *old is what was found. */
static inline bool mem_cmpxchg(struct mem *m, mem_entry e, pte_t *old, pte_t v, enum point p);
/* No point, no event: for checks that are not part of the model (audits, witnesses). */
static inline pte_t mem_peek(const struct mem *m, mem_entry e)
{
	return (pte_t)atomic_load_explicit(&m->word[e], memory_order_relaxed);
}

/* -- entries: walkers that are not coherent (storebuf.c); nothing happens while !m->behind -- */
/* From here on walkers read this new table from memory, which still holds what it held before it was zeroed. */
void mem_set_apart(struct mem *m, sd_page table);
/* clflush: on return memory has these n entries. A point, if the frame is apart. */
void mem_clean(struct mem *m, mem_entry first, uint32_t n, enum point p);
/* Without a point, for set-up. */
void mem_clean_now(struct mem *m, mem_entry first, uint32_t n);
/* Does memory lag behind? *memory: the word that a walker may still read there. */
bool mem_lags(const struct mem *m, mem_entry e, uint64_t *memory);
/* For the accessors: a store to an entry of a frame that is apart; the life of a frame. */
void mem_stored_apart(struct mem *m, mem_entry e);
void mem_frame_born(struct mem *m, sd_page pfn);
void mem_frame_dies(struct mem *m, sd_page pfn);

/* -- entries: hardware ---------------------------------------------------- */
/* Reading a frame that is no table any more gives what is there. */
static inline pte_t mem_walk(struct mem *m, mem_entry e, enum point p);
/* Sets bits (A, D) if the entry still is *old; else false and *old is what was found. */
static inline bool mem_set_ad(struct mem *m, int walker, mem_entry e, pte_t *old, pte_t bits, enum point p);
/* The same without a point: for a walker that passed its own, and for witnesses. */
bool mem_set_ad_now(struct mem *m, int walker, mem_entry e, pte_t *old, pte_t bits);
/* Entry and serial in one access, for a walker that passed its point. */
pte_t mem_walk_now(struct mem *m, mem_entry e, uint32_t *serial);
/* Serial of the instance in the entry: the tracing cookie for fills. */
static inline uint32_t mem_serial(const struct mem *m, mem_entry e)
{
	return (uint32_t)(atomic_load_explicit(&m->word[e], memory_order_relaxed) >> 32);
}

/* -- words of context tables; where no memory is, reads give 0 and writes are lost -- */
static inline uint64_t mem_word_load(struct mem *m, sd_page pfn, uint32_t word, enum point p);
static inline void mem_word_store(struct mem *m, sd_page pfn, uint32_t word, uint64_t v, enum point p);
/* The same without a point, for who passed his own. */
uint64_t mem_word_load_now(struct mem *m, sd_page pfn, uint32_t word);
void mem_word_store_now(struct mem *m, sd_page pfn, uint32_t word, uint64_t v);
/* -- words of data: plain accesses, no point, no check -------------------------- */
static inline uint64_t *mem_data(struct mem *m, sd_page pfn)
{
	return (uint64_t *)(void *)&m->word[(size_t)pfn * m->words];
}
/* Copies all data words of a frame (COW, migration). */
static inline void mem_copy(struct mem *m, sd_page to, sd_page from, enum point p);

#include "mem/mem_inline.h"

#endif
