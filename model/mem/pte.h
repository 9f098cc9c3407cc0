/* SPDX-License-Identifier: MIT */
/*
 * pte: what a table entry says.
 *
 * One format serves every profile: it has what the oracle's questions need
 * (present, writable, accessed, dirty, leaf, contiguous hint, frame) and is
 * closest to x86's. Values fit in 32 bits, so that an event can carry two.
 * Models: page-table entries of all levels. Does not model: NX, user/kernel,
 * memory types.
 */
#ifndef MEM_PTE_H
#define MEM_PTE_H

#include <stdbool.h>
#include <stdint.h>

#include <shootdown/types.h>

typedef uint32_t pte_t;

enum {
	PTE_P = 1u << 0,    /* present */
	PTE_W = 1u << 1,    /* writable */
	PTE_A = 1u << 2,    /* accessed */
	PTE_D = 1u << 3,    /* dirty */
	PTE_LEAF = 1u << 4, /* maps memory; clear in a present entry: points to a table */
	PTE_CONT = 1u << 5, /* one of an aligned contiguous group */
	PTE_NT = 1u << 6,   /* Arm nT: block must not be cached by a TLB while set */
	PTE_COW = 1u << 7,  /* software: write-protected because the frame is shared */
	PTE_SWAP = 1u << 8, /* software, only if not present: pfn field is a swap slot */
	PTE_PFN_SHIFT = 12,
};

static inline pte_t pte_make(sd_page pfn, pte_t bits) { return (pte_t)(pfn << PTE_PFN_SHIFT) | bits; }
static inline sd_page pte_pfn(pte_t e) { return e >> PTE_PFN_SHIFT; }
static inline bool pte_present(pte_t e) { return e & PTE_P; }
static inline bool pte_leaf(pte_t e) { return (e & (PTE_P | PTE_LEAF)) == (PTE_P | PTE_LEAF); }
static inline bool pte_table(pte_t e) { return (e & (PTE_P | PTE_LEAF)) == PTE_P; }
/* A cache that holds e can write without walking again: D need not be set. */
static inline bool pte_write_through(pte_t e) { return (e & (PTE_W | PTE_D)) == (PTE_W | PTE_D); }

#endif
