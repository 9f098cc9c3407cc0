/* SPDX-License-Identifier: MIT */
/*
 * cache: TLBs and paging-structure caches, and what an invalidation does to them.
 *
 * A cache is a small array. Nothing leaves it but by an invalidation (or where
 * a profile says that a weaker entry goes): when it is full, a new entry is
 * simply not kept. An invalidation drops a leaf or a table pointer if the pages
 * it covers overlap the range. Walks in flight compare the agent's counters.
 *
 * Does not model: eviction, associativity, global entries, contiguous-hint
 * groups cached as one.
 */
#include "event/tell.h"
#include "hw/state.h"

struct hw_entry *hw_cache_find(struct hw_cache *c, uint16_t tag, sd_page page)
{
	struct hw_entry *best = NULL;

	for (unsigned i = 0; i < c->n; i++) {
		struct hw_entry *e = &c->e[i];

		if (e->tag == tag && page - e->base < e->span && (!best || e->level < best->level))
			best = e;
	}
	return best;
}

bool hw_cache_fill(struct hw_cache *c, const struct hw_entry *e)
{
	for (unsigned i = 0; i < c->n; i++) {
		if (c->e[i].tag == e->tag && c->e[i].base == e->base && c->e[i].level == e->level) {
			c->e[i] = *e;
			return true;
		}
	}
	if (c->n == c->cap)
		return false;
	c->e[c->n++] = *e;
	return true;
}

void hw_cache_drop(struct hw_cache *c, struct hw_entry *e) { *e = c->e[--c->n]; }

static bool cache_entry_overlaps(const struct hw_entry *e, sd_page first, sd_page last)
{
	return e->base <= last && e->base + (e->span - 1) >= first;
}

/* flags: INV_ALL_TAGS, INV_TAG_ALL, and the level of INV_LEVEL_SHIFT. */
static void cache_drop_range(struct hw_cache *c, uint16_t tag, sd_page first, sd_page last, unsigned flags)
{
	unsigned level1 = flags >> INV_LEVEL_SHIFT & 7;

	for (unsigned i = 0; i < c->n;) {
		struct hw_entry *e = &c->e[i];
		bool hit = (e->tag == tag || (flags & INV_ALL_TAGS)) &&
		           ((flags & INV_TAG_ALL) || cache_entry_overlaps(e, first, last)) &&
		           (!level1 || e->level == level1 - 1);

		if (hit)
			hw_cache_drop(c, e);
		else
			i++;
	}
}

void hw_agent_invalidate(struct hw *hw, struct hw_agent *a, uint16_t tag, sd_page first, sd_page last,
                         unsigned flags, uint64_t seq)
{
	unsigned of_tables = flags & INV_ALL_TAGS;

	if (!step(hw->bugs, STEP_HW_DROP_TABLES))
		flags |= INV_LEAF_ONLY;
	if (flags & (INV_TAG_ALL | INV_TABLES_ALL))
		of_tables |= INV_TAG_ALL;
	cache_drop_range(&a->tlb, tag, first, last, flags);
	if (!(flags & INV_LEAF_ONLY))
		cache_drop_range(&a->psc, tag, first, last, of_tables);
	if (flags & INV_ALL_TAGS)
		a->gen_all++;
	else
		a->gen[tag % HW_GENS]++;
	event_inv(hw->ev, a->walker, flags, tag, first, last, seq);
}

void hw_agent_reset(struct hw_agent *a, int walker, unsigned tlb, unsigned psc, bool hwad, bool keep_weak)
{
	a->lock = (struct sched_lock){0};
	a->walker = (uint8_t)walker;
	a->hwad = hwad;
	a->keep_weak = keep_weak;
	a->tlb.n = a->psc.n = 0;
	a->tlb.cap = (uint8_t)tlb;
	a->psc.cap = (uint8_t)psc;
}
