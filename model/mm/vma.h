/* SPDX-License-Identifier: MIT */
/* vma: the mappings of an mm. */
#ifndef MM_VMA_H
#define MM_VMA_H

#include "mm/mm.h"

enum { MM_VMAS = 24 };

struct mm;

/* enum mm_kind has two reverse maps: anonymous (huge ones too) and file. */
enum { RMAP_ANON, RMAP_FILE, RMAP_CLASSES };
static inline int mm_rmap_class(unsigned kind) { return kind == MM_FILE ? RMAP_FILE : RMAP_ANON; }

struct mm_vma {
	sd_page start, n;
	sd_page pgoff; /* index of the first page; mremap keeps it */
	uint32_t seq;  /* reverse-map walks go from old to new */
	uint8_t kind;  /* enum mm_kind */
	bool write;
};

/* The vma that holds the page; NULL: none. */
struct mm_vma *mm_vma_find(struct mm *mm, sd_page page);
/* The vma with the lowest start that ends after page, as find_vma() has it; NULL: none. */
struct mm_vma *mm_vma_next(struct mm *mm, sd_page page);
int mm_vma_room(const struct mm *mm); /* free slots */
/* Links a copy of *v with a new seq; NULL: no slot. */
struct mm_vma *mm_vma_insert(struct mm *mm, const struct mm_vma *v);
/* Splits whatever crosses the two ends of start..start+n. */
int mm_vma_split_range(struct mm *mm, sd_page start, sd_page n);
/* Faults do not find it any more; reverse-map walks still do. */
void mm_vma_detach(struct mm *mm, struct mm_vma *v);
/* Nor do reverse-map walks: its slot is free. */
void mm_vma_unlink_rmap(struct mm *mm, struct mm_vma *v);

#endif
