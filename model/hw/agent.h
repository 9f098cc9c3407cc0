/* SPDX-License-Identifier: MIT */
/*
 * agent: one thing that walks and caches, a CPU's MMU or an IOMMU, with its TLB
 * and its paging-structure cache.
 *
 * Its lock (hw_lock() in state.h) is never held across a point: taking it is
 * the point, and what follows up to the unlock is one instant.
 */
#ifndef HW_AGENT_H
#define HW_AGENT_H

#include "event/walker.h"
#include "hw/limits.h"
#include "mem/mem.h"
#include "sched/sched.h"

struct hw;

/* A cached leaf, or a cached pointer to a table (level: of the entry that points). */
struct hw_entry {
	uint16_t tag;
	uint8_t level;
	sd_page base, span; /* pages it covers */
	pte_t value;
	mem_entry entry;
	uint32_t serial;
};

struct hw_cache {
	uint8_t n, cap;
	struct hw_entry e[HW_IOTLB_ENTRIES];
};

struct hw_agent {
	struct sched_lock lock;
	uint8_t walker;
	bool hwad;      /* it sets A and D itself */
	bool keep_weak; /* a write that a cached entry does not allow faults, and the entry stays */
	struct hw_cache tlb, psc;
	uint32_t gen_all, gen[HW_GENS]; /* invalidations so far, of every tag and of a tag */
};

/* The smallest entry that covers page; NULL: none. */
struct hw_entry *hw_cache_find(struct hw_cache *c, uint16_t tag, sd_page page);
/* Replaces the entry of the same pages or takes a free slot; nothing is evicted. false: not cached. */
bool hw_cache_fill(struct hw_cache *c, const struct hw_entry *e);
void hw_cache_drop(struct hw_cache *c, struct hw_entry *e);

void hw_agent_reset(struct hw_agent *a, int walker, unsigned tlb, unsigned psc, bool hwad, bool keep_weak);
/*
 * An invalidation takes effect: entries leave, walks in flight for the tag are
 * cancelled, the event is told. With the lock held.
 */
void hw_agent_invalidate(struct hw *hw, struct hw_agent *a, uint16_t tag, sd_page first, sd_page last,
                         unsigned flags, uint64_t seq);

/* Changes with every invalidation that may concern the tag. */
static inline uint32_t hw_gen(const struct hw_agent *a, uint16_t tag)
{
	return a->gen_all + a->gen[tag % HW_GENS];
}

#endif
