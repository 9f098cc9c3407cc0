/* SPDX-License-Identifier: MIT */
/* storebuf: walkers that do not snoop the caches of the CPUs. Nothing happens while !m->behind. */
#ifndef MEM_STOREBUF_H
#define MEM_STOREBUF_H

#include "mem/state.h"

/* From here on walkers read this new table from memory, which does not have its zeroes yet. */
void mem_set_apart(struct mem *m, sd_page table);
/* clflush: on return memory has these n entries. A point, if the frame is apart. */
void mem_clean(struct mem *m, mem_entry first, uint32_t n, enum point p);
/* Without a point, for set-up. */
void mem_clean_now(struct mem *m, mem_entry first, uint32_t n);
/* Does memory lag behind? *memory: the word that a walker may still read there. */
bool mem_lags(const struct mem *m, mem_entry e, uint64_t *memory);

/* For the accessors of entries: a store to an entry of a frame that is apart. */
void mem_stored_apart(struct mem *m, mem_entry e);
/* For the allocator: a frame begins its life, and ends it. */
void mem_frame_born(struct mem *m, sd_page pfn);
void mem_frame_dies(struct mem *m, sd_page pfn);

#endif
