/* SPDX-License-Identifier: MIT */
/*
 * walk: from a page to its leaf, the same for a CPU's MMU and for an IOMMU.
 *
 * TLB hit, or a walk from the lowest cached table pointer with a point before
 * each read. Table pointers are cached as they are read, the leaf after a
 * point of its own. Before every read and fill the walk asks whether an
 * invalidation of its tag was processed since it began; then it is cancelled
 * (VT-d 6.5.2, SMMU 3.21.1: completion covers walks in progress).
 *
 * Accessed and dirty are set with a compare-exchange on the leaf; if the entry
 * has changed by then, the walk goes on with what is found. Where hardware
 * does not manage them, A clear or (write and) D clear is a permission fault.
 * A present entry that is no table where one must be, or points outside of
 * memory (a walk that went into a freed frame), is not present.
 *
 * Does not model: A bits of table entries, permissions of table entries,
 * nested stages, speculative walks (the may-cache oracle stands for them).
 */
#include "event/tell.h"
#include "hw/state.h"
#include "hw/walk.h"

/* The leaf as the walk sees it now. */
struct walk_leaf {
	sd_page table;
	uint32_t index;
	uint8_t level;
	pte_t value;
	uint32_t serial;
};

static void walk_enter(struct hw *hw, const struct hw_walk *w, enum point p)
{
	if (!w->ghost)
		hw_lock(hw, w->agent, p);
}

static void walk_leave(struct hw *hw, const struct hw_walk *w)
{
	if (!w->ghost)
		hw_unlock(hw, w->agent);
}

static bool walk_is_cancelled(const struct hw *hw, const struct hw_walk *w)
{
	return hw_gen(w->agent, w->tag) != w->gen && !w->ghost && step(hw->bugs, STEP_HW_CANCEL);
}

static struct hw_entry walk_entry(const struct hw *hw, const struct hw_walk *w, const struct walk_leaf *l)
{
	sd_page span = mem_span(hw->m, l->level);

	return (struct hw_entry){
	        .tag = w->tag,
	        .level = l->level,
	        .base = w->page & ~(span - 1),
	        .span = span,
	        .value = l->value,
	        .entry = mem_at(hw->m, l->table, l->index),
	        .serial = l->serial,
	};
}

static void walk_tell(struct hw *hw, enum event_type t, const struct hw_agent *a, const struct hw_entry *e)
{
	event_tell_cached(hw->ev, t, a->walker, e->level, e->entry, e->value, e->base, e->serial, e->tag);
}

void hw_translation(const struct hw_entry *e, sd_page page, struct sd_translation *out)
{
	*out = (struct sd_translation){
	        .pfn = pte_pfn(e->value) + (page - e->base),
	        .value = e->value,
	        .entry = e->entry,
	        .serial = e->serial,
	        .base = e->base,
	        .span = e->span,
	        .level = e->level,
	        .tag = e->tag,
	};
}

/* SD_BUSY: the TLB does not decide it, a walk must. */
static enum sd_status walk_lookup(struct hw *hw, struct hw_walk *w, struct hw_entry *out)
{
	struct hw_agent *a = w->agent;
	struct hw_entry *e = hw_cache_find(&a->tlb, w->tag, w->page);

	if (!e)
		return SD_BUSY;
	if (!w->write || pte_write_through(e->value)) {
		walk_tell(hw, EV_HIT, a, e);
		*out = *e;
		return SD_OK;
	}
	if (a->hwad && (e->value & PTE_W))
		return SD_BUSY; /* D must be set in memory first */
	if (a->keep_weak)
		return SD_PERM;
	hw_cache_drop(&a->tlb, e);
	return SD_BUSY;
}

static void walk_read_entry(struct hw *hw, struct walk_leaf *l)
{
	l->value = mem_walk_now(hw->m, mem_at(hw->m, l->table, l->index), &l->serial);
}

/* Goes down from (table, level) until the entry in hand is no pointer to a table. */
static enum sd_status walk_descend(struct hw *hw, struct hw_walk *w, sd_page table, int level,
                                   struct walk_leaf *l)
{
	for (;; level--) {
		struct hw_entry e;

		if (table >= MEM_FRAMES)
			return SD_FAULT;
		walk_enter(hw, w, (enum point)(PT_HW_WALK_LEVEL0 + level));
		if (walk_is_cancelled(hw, w)) {
			walk_leave(hw, w);
			return SD_CANCEL;
		}
		*l = (struct walk_leaf){
		        .table = table, .index = mem_index(hw->m, w->page, level), .level = (uint8_t)level};
		walk_read_entry(hw, l);
		if (!pte_table(l->value) || level == 0) {
			walk_leave(hw, w);
			return SD_OK;
		}
		e = walk_entry(hw, w, l);
		if (hw_cache_fill(&w->agent->psc, &e))
			walk_tell(hw, EV_FILL_TABLE, w->agent, &e);
		walk_leave(hw, w);
		table = pte_pfn(l->value);
	}
}

/* Sets what the access needs of A and D. l->value is what counts afterwards. */
static enum sd_status walk_set_ad(struct hw *hw, struct hw_walk *w, struct walk_leaf *l)
{
	for (;;) {
		pte_t need = PTE_A | (w->write ? PTE_D : 0);
		bool won;

		if (!pte_present(l->value))
			return SD_FAULT;
		if (!pte_leaf(l->value))
			return l->level ? SD_CANCEL : SD_FAULT; /* a table by now: walk again from the root */
		if (l->level > HW_MAX_LEAF_LEVEL)
			return SD_FAULT;
		if (w->write && !(l->value & PTE_W))
			return SD_PERM;
		need &= ~l->value;
		if (!need)
			return SD_OK;
		if (!w->agent->hwad)
			return SD_PERM;
		walk_enter(hw, w, PT_HW_WALK_AD);
		if (walk_is_cancelled(hw, w)) {
			walk_leave(hw, w);
			return SD_CANCEL;
		}
		won = mem_set_ad_now(hw->m, w->agent->walker, mem_at(hw->m, l->table, l->index), &l->value,
		                     need);
		l->serial = mem_serial(hw->m, mem_at(hw->m, l->table, l->index));
		walk_leave(hw, w);
		if (won)
			return SD_OK;
	}
}

static enum sd_status walk_fill(struct hw *hw, struct hw_walk *w, const struct walk_leaf *l,
                                struct hw_entry *out)
{
	enum sd_status st = SD_CANCEL;

	walk_enter(hw, w, PT_HW_WALK_FILL);
	if (!walk_is_cancelled(hw, w)) {
		*out = walk_entry(hw, w, l);
		/* SMMU 3.21.1.3: a block with nT set is used and not kept. */
		if (!(l->value & PTE_NT) && hw_cache_fill(&w->agent->tlb, out))
			walk_tell(hw, EV_FILL, w->agent, out);
		st = SD_OK;
	}
	walk_leave(hw, w);
	return st;
}

enum sd_status hw_walk(struct hw *hw, struct hw_walk *w, struct hw_entry *out)
{
	enum sd_status st = walk_lookup(hw, w, out);
	sd_page table = w->root;
	int level = hw->m->geo.levels - w->fewer - 1;
	struct hw_entry *e;
	struct walk_leaf l;

	if (st != SD_BUSY || level < 0 || w->page >= mem_span(hw->m, level + 1)) {
		walk_leave(hw, w);
		return st == SD_BUSY ? SD_FAULT : st;
	}
	e = hw_cache_find(&w->agent->psc, w->tag, w->page);
	if (e) {
		walk_tell(hw, EV_HIT_TABLE, w->agent, e);
		table = pte_pfn(e->value);
		level = e->level - 1;
	}
	walk_leave(hw, w);
	st = walk_descend(hw, w, table, level, &l);
	if (st == SD_OK)
		st = walk_set_ad(hw, w, &l);
	return st == SD_OK ? walk_fill(hw, w, &l, out) : st;
}
