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

#include "mem/geometry.h"
#include "mem/state.h"
#include "mem/storebuf.h"

/* -- life ---------------------------------------------------------------- */
/* false: no memory, or a geometry out of range */
bool mem_init(struct mem *m, struct mem_geometry geo, struct sched *s, struct event_sink *ev);
void mem_fini(struct mem *m);
/* Cost: what the last execution touched. */
void mem_reset(struct mem *m);

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
/* The same without a point, for a caller that passed its own. */
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
