/* SPDX-License-Identifier: MIT */
/* geometry: from a page and a level to an entry, and back. */
#ifndef MEM_GEOMETRY_H
#define MEM_GEOMETRY_H

#include "mem/state.h"

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

#endif
