// SPDX-License-Identifier: MIT
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
 * is another one by then, the walk counts with what is found. Where hardware
 * does not manage them, A clear or (write and) D clear is a permission fault.
 * A present entry that is no table where one must be, or points outside of
 * memory (a walk that went into a freed frame), is not present.
 *
 * Does not model: A bits of table entries, permissions of table entries,
 * nested stages, speculative walks (the may-cache oracle stands for them).
 */
#include "hw/state.h"
#include "hw/walk.h"

/* The leaf as the walk sees it now. */
struct leaf {
	sd_page table;
	uint32_t index;
	uint8_t level;
	pte_t value;
	uint32_t serial;
};

static void enter(struct hw *hw, const struct hw_walk *w, enum point p)
{
	if (!w->ghost)
		hw_lock(hw, w->agent, p);
}

static void leave(struct hw *hw, const struct hw_walk *w)
{
	if (!w->ghost)
		hw_unlock(hw, w->agent);
}

static bool cancelled(const struct hw *hw, const struct hw_walk *w)
{
	return hw_gen(w->agent, w->tag) != w->gen && !w->ghost && step(hw->bugs, STEP_HW_CANCEL);
}

static struct hw_entry entry_of(const struct hw *hw, const struct hw_walk *w, const struct leaf *l)
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

static void told(struct hw *hw, enum event_type t, const struct hw_agent *a, const struct hw_entry *e)
{
	event_emit(hw->ev, t, a->walker, e->level, e->entry, e->value, e->base, hw_cookie(e->serial, e->tag));
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

/* SD_BUSY: nothing cached decides, walk. */
static enum sd_status lookup(struct hw *hw, struct hw_walk *w, struct hw_entry *out)
{
	struct hw_agent *a = w->agent;
	struct hw_entry *e = hw_cache_find(&a->tlb, w->tag, w->page);

	if (!e)
		return SD_BUSY;
	if (!w->write || pte_write_through(e->value)) {
		told(hw, EV_HIT, a, e);
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

static void read_entry(struct hw *hw, struct leaf *l)
{
	l->value = mem_walk_now(hw->m, mem_at(hw->m, l->table, l->index), &l->serial);
}

/* Goes down from (table, level) until the entry in hand is no pointer to a table. */
static enum sd_status descend(struct hw *hw, struct hw_walk *w, sd_page table, int level, struct leaf *l)
{
	for (;; level--) {
		struct hw_entry e;

		if (table >= MEM_FRAMES)
			return SD_FAULT;
		enter(hw, w, (enum point)(PT_HW_WALK_LEVEL0 + level));
		if (cancelled(hw, w)) {
			leave(hw, w);
			return SD_CANCEL;
		}
		*l = (struct leaf){
		        .table = table, .index = mem_index(hw->m, w->page, level), .level = (uint8_t)level};
		read_entry(hw, l);
		if (!pte_table(l->value) || level == 0) {
			leave(hw, w);
			return SD_OK;
		}
		e = entry_of(hw, w, l);
		if (hw_cache_fill(&w->agent->psc, &e))
			told(hw, EV_FILL_TABLE, w->agent, &e);
		leave(hw, w);
		table = pte_pfn(l->value);
	}
}

/* Sets what the access needs of A and D. l->value is what counts afterwards. */
static enum sd_status set_ad(struct hw *hw, struct hw_walk *w, struct leaf *l)
{
	for (;;) {
		pte_t need = PTE_A | (w->write ? PTE_D : 0);
		bool won;

		if (!pte_present(l->value))
			return SD_FAULT;
		if (!pte_leaf(l->value))
			return l->level ? SD_CANCEL : SD_FAULT; /* a table by now: again, from above */
		if (l->level > HW_MAX_LEAF_LEVEL)
			return SD_FAULT;
		if (w->write && !(l->value & PTE_W))
			return SD_PERM;
		need &= ~l->value;
		if (!need)
			return SD_OK;
		if (!w->agent->hwad)
			return SD_PERM;
		enter(hw, w, PT_HW_WALK_AD);
		if (cancelled(hw, w)) {
			leave(hw, w);
			return SD_CANCEL;
		}
		won = mem_set_ad_now(hw->m, w->agent->walker, mem_at(hw->m, l->table, l->index), &l->value,
		                     need);
		l->serial = mem_serial(hw->m, mem_at(hw->m, l->table, l->index));
		leave(hw, w);
		if (won)
			return SD_OK;
	}
}

static enum sd_status fill(struct hw *hw, struct hw_walk *w, const struct leaf *l, struct hw_entry *out)
{
	enum sd_status st = SD_CANCEL;

	enter(hw, w, PT_HW_WALK_FILL);
	if (!cancelled(hw, w)) {
		*out = entry_of(hw, w, l);
		/* SMMU 3.21.1.3: a block with nT set is used and not kept. */
		if (!(l->value & PTE_NT) && hw_cache_fill(&w->agent->tlb, out))
			told(hw, EV_FILL, w->agent, out);
		st = SD_OK;
	}
	leave(hw, w);
	return st;
}

enum sd_status hw_walk(struct hw *hw, struct hw_walk *w, struct hw_entry *out)
{
	enum sd_status st = lookup(hw, w, out);
	sd_page table = w->root;
	int level = hw->m->geo.levels - w->fewer - 1;
	struct hw_entry *e;
	struct leaf l;

	if (st != SD_BUSY || level < 0 || w->page >= mem_span(hw->m, level + 1)) {
		leave(hw, w);
		return st == SD_BUSY ? SD_FAULT : st;
	}
	e = hw_cache_find(&w->agent->psc, w->tag, w->page);
	if (e) {
		told(hw, EV_HIT_TABLE, w->agent, e);
		table = pte_pfn(e->value);
		level = e->level - 1;
	}
	leave(hw, w);
	st = descend(hw, w, table, level, &l);
	if (st == SD_OK)
		st = set_ad(hw, w, &l);
	return st == SD_OK ? fill(hw, w, &l, out) : st;
}
