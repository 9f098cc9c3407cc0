/* SPDX-License-Identifier: MIT */
/*
 * What is relied on: frames that are freed, operations that return, addresses
 * that are dead from here on, pages that count as clean. Each time all items
 * are looked at: whatever was promised away and may still be used breaks the
 * promise (the table of docs/oracle.md).
 */
#include "oracle/history/state.h"

static bool promise_can_write(const struct history *h, const struct history_item *i)
{
	return history_is_leaf(h, i) && pte_write_through(history_value(h, i));
}

static bool promise_maps_frame(const struct history *h, const struct history_item *i, sd_page first,
                               sd_page n)
{
	sd_page pfn = pte_pfn(history_value(h, i));

	return history_is_leaf(h, i) && pfn < first + n && first < pfn + i->span;
}

/* Gone from software's tables, and yet somebody may use it. */
static bool promise_stale(const struct history *h, const struct history_item *i)
{
	return !i->live && history_caches_usable(h, i);
}

/* -- frees ---------------------------------------------------------------------------- */

static bool promise_is_root(const struct history *h, sd_page first, sd_page n)
{
	for (uint32_t k = 0; k < h->ncontexts; k++)
		if (h->context[k].root - first < n && history_context_usable(h, &h->context[k]))
			return true;
	return false;
}

void history_promise_check_free(struct history *h, const struct event *ev)
{
	for (sd_page pfn = ev->frames.pfn; pfn < ev->frames.pfn + ev->frames.n && pfn < MEM_FRAMES; pfn++)
		if (h->frame[pfn].kind == MEM_FREE) {
			history_violation(h, VC_REFCOUNT, false, SD_MAX_SPACES, 0);
			return;
		}
	for (uint32_t n = 1; n < h->nitems; n++) {
		const struct history_item *i = &h->item[n];

		if (!i->live && !history_caches_usable(h, i))
			continue;
		if (promise_maps_frame(h, i, ev->frames.pfn, ev->frames.n))
			history_item_violation(h, VC_STALE_USE, i);
		else if (pte_table(history_value(h, i)) &&
		         pte_pfn(history_value(h, i)) - ev->frames.pfn < ev->frames.n)
			history_item_violation(h, VC_WALK_FREED_TABLE, i);
	}
	if (promise_is_root(h, ev->frames.pfn, ev->frames.n))
		history_violation(h, VC_WALK_FREED_TABLE, false, SD_MAX_SPACES, 0);
}

/* The frame has another owner than when the instance was made, or none, or is for something else. */
static bool promise_frame_gone(const struct history *h, sd_page pfn, const struct history_item *i)
{
	const enum mem_kind kind = history_is_leaf(h, i) ? MEM_DATA : MEM_TABLE;

	return pfn >= MEM_FRAMES || h->frame[pfn].kind != kind || history_older(h, i, h->frame[pfn].born);
}

static bool promise_astray(const struct history *h, const struct history_item *i)
{
	sd_page pfn = pte_pfn(history_value(h, i)), n = history_is_leaf(h, i) ? i->span : 1;

	for (sd_page k = 0; k < n; k++)
		if (promise_frame_gone(h, pfn + k, i))
			return true;
	return false;
}

void history_promise_check_reached(struct history *h)
{
	for (uint32_t n = 1; n < h->nitems; n++) {
		const struct history_item *i = &h->item[n];

		if (promise_astray(h, i) && history_caches_usable(h, i))
			history_item_violation(h, history_is_leaf(h, i) ? VC_STALE_USE : VC_WALK_FREED_TABLE,
			                       i);
		else if (i->exposed == h->looks && history_caches_usable(h, i))
			history_item_violation(h, VC_STALE_MAP, i);
	}
}

/* -- returns ---------------------------------------------------------------------------- */

/* What took its place in the entry allows all that it did. */
static bool promise_only_weaker(const struct history *h, const struct history_item *i)
{
	const pte_t rights = PTE_W | PTE_A | PTE_D;
	pte_t old = history_value(h, i), new = i->replaced;

	return pte_leaf(old) && pte_leaf(new) && pte_pfn(old) == pte_pfn(new) && !(old & ~new &rights);
}

/* A weaker translation that stays makes a device fault for good if it can't ask for the page. */
static bool promise_upgrade_is_owed(const struct history *h, const struct history_item *i)
{
	bool asks = h->prof->pri || h->prof->stall;
	bool stronger = i->replaced & ~history_value(h, i) & PTE_W;

	return stronger && !asks && h->prof->keep_weak && !history_is_domain(i->space) &&
	       history_caches_usable(h, i) & WALKERS_IOMMU;
}

static bool promise_protects(const struct history_op *op)
{
	return op_promise((enum op_kind)op->kind) == PROMISE_SHARED ||
	       op_promise((enum op_kind)op->kind) == PROMISE_READONLY;
}
static bool promise_writable(const struct history *h, const struct history_item *i)
{
	return history_is_leaf(h, i) && history_value(h, i) & PTE_W;
}

/* What the op took out itself. */
static void promise_settle_own(struct history *h, const struct history_op *op)
{
	for (uint32_t n = 1; n < h->nitems; n++) {
		const struct history_item *i = &h->item[n];

		if (!i->killed || i->killer_op != op->id)
			continue;
		if (promise_only_weaker(h, i)) {
			if (promise_upgrade_is_owed(h, i))
				history_item_violation(h, VC_SPURIOUS_FAULT, i);
			continue;
		}
		if (!history_caches_usable(h, i))
			continue;
		history_item_violation(
		        h, promise_protects(op) && promise_writable(h, i) ? VC_STALE_PERM : VC_STALE_MAP, i);
	}
}

static void promise_forbid(uint32_t *upto, sd_page pages, sd_page start, sd_page n, uint32_t serial)
{
	for (sd_page page = start; page < start + n && page < pages; page++)
		if (upto[page] < serial)
			upto[page] = serial;
}

/* Nothing reaches instances of the range that are older than the op. */
static void promise_forbid_range(struct history *h, const struct history_op *op, sd_page start, sd_page n)
{
	for (uint32_t k = 1; k < h->nitems; k++) {
		const struct history_item *i = &h->item[k];

		if (i->space == op->space && history_is_leaf(h, i) && history_meets(i, start, n) &&
		    (history_older(h, i, op->serial) || i->killer_op == op->id) && promise_stale(h, i))
			history_item_violation(h, VC_STALE_MAP, i);
	}
	promise_forbid(h->dead[op->space], h->pages, start, n, op->serial);
}

/* No write lands through instances of the range that are older than the op. */
static void promise_forbid_writes(struct history *h, const struct history_op *op, sd_page start, sd_page n)
{
	for (uint32_t k = 1; k < h->nitems; k++) {
		const struct history_item *i = &h->item[k];

		if (i->space == op->space && promise_can_write(h, i) && history_meets(i, start, n) &&
		    history_older(h, i, op->serial) && promise_stale(h, i))
			history_item_violation(h, VC_STALE_PERM, i);
	}
	promise_forbid(h->readonly[op->space], h->pages, start, n, op->serial);
}

static unsigned promise_mappings(const struct history *h, sd_page pfn)
{
	unsigned n = 0;

	for (uint32_t k = 1; k < h->nitems; k++)
		n += h->item[k].live && promise_maps_frame(h, &h->item[k], pfn, 1);
	return n;
}

static bool promise_shares_frame(const struct history *h, const struct history_item *i)
{
	sd_page pfn = pte_pfn(history_value(h, i));

	for (sd_page k = 0; k < i->span; k++)
		if (promise_mappings(h, pfn + k) > 1)
			return true;
	return false;
}

/* Will the op that took it out still flush it? What set-up took out nobody will. */
static bool promise_still_owed(const struct history *h, const struct history_item *i)
{
	return i->killed && i->killer < HISTORY_ACTORS && h->op[i->killer].id == i->killer_op;
}

/* No write reaches a frame that is shared now. */
static void promise_forbid_shared(struct history *h, const struct history_op *op)
{
	for (uint32_t k = 1; k < h->nitems; k++) {
		const struct history_item *i = &h->item[k];

		if (i->space == op->space && promise_can_write(h, i) && history_older(h, i, op->serial) &&
		    promise_stale(h, i) && (!promise_still_owed(h, i) || i->killer_op == op->id) &&
		    promise_shares_frame(h, i))
			history_item_violation(h, VC_STALE_PERM, i);
	}
}

void history_promise_op_end(struct history *h, const struct event *ev)
{
	const struct history_op *op = history_op(h);
	bool done = ev->op_end.ret >= 0;

	promise_settle_own(h, op);
	if (h->over || !done)
		return;
	switch (op_promise((enum op_kind)op->kind)) {
	case PROMISE_DEAD:
		promise_forbid_range(h, op, op->start, op->n);
		break;
	case PROMISE_READONLY:
		if (!op->writable)
			promise_forbid_writes(h, op, op->start, op->n);
		break;
	case PROMISE_SHARED:
		promise_forbid_shared(h, op);
		break;
	case PROMISE_MAPS: /* owed.c */
	case PROMISE_NOTHING:
	case PROMISE_OWN:
	case PROMISE_CLEAN:
		break;
	}
}

void history_promise_dead_range(struct history *h, const struct event *ev)
{
	const struct history_op *op = history_op(h);

	if (op->open && op->space == ev->range.space)
		promise_forbid_range(h, op, ev->range.start, ev->range.n);
}

/* -- clean pages --------------------------------------------------------------------------- */

void history_promise_check_cleaned(struct history *h, const struct event *ev)
{
	for (uint32_t k = 1; k < h->nitems; k++) {
		const struct history_item *i = &h->item[k];

		if (i->space == ev->range.space && promise_can_write(h, i) &&
		    history_meets(i, ev->range.start, ev->range.n) && i->killer_op == history_op(h)->id &&
		    promise_stale(h, i))
			history_item_violation(h, VC_LOST_DIRTY, i);
	}
}

/* Reclaim answers for what it took out; writeback relies on the reverse map, for everybody. */
void history_promise_check_writeout(struct history *h, const struct event *ev)
{
	const struct history_op *op = history_op(h);

	for (uint32_t k = 1; k < h->nitems; k++) {
		const struct history_item *i = &h->item[k];

		if (promise_can_write(h, i) && promise_maps_frame(h, i, ev->frame.pfn, 1) &&
		    promise_stale(h, i) &&
		    (op_promise((enum op_kind)op->kind) == PROMISE_CLEAN || i->killer_op == op->id))
			history_item_violation(h, VC_LOST_DIRTY, i);
	}
	if (ev->frame.pfn < MEM_FRAMES)
		h->frame[ev->frame.pfn].copied = h->now;
}

/* -- page requests ------------------------------------------------------------------------- */

static bool promise_refuses_write(const struct history *h, const struct history_item *i)
{
	pte_t need = h->prof->hwad ? PTE_W : PTE_W | PTE_D;

	return (history_value(h, i) & need) != need;
}

/* A device that was detached meanwhile meets no entry of the space, weak or not. */
static bool promise_let_in(const struct history *h, unsigned dev, unsigned pasid)
{
	for (uint32_t k = 0; k < h->ncontexts; k++)
		if (h->context[k].dev == dev && h->context[k].pasid == pasid &&
		    history_context_usable(h, &h->context[k]))
			return true;
	return false;
}

/* Success was said: the retry must not meet something weaker than what was served. */
void history_promise_check_served(struct history *h, const struct event *ev)
{
	int space = sd_space_of_mm((int)ev->served.pasid - 1);
	uint16_t iommu = (uint16_t)(1u << (WALKER_IOMMU0 + history_iommu(h, ev->served.dev)));
	bool asks_again =
	        !ev->served.code && ev->served.write && promise_let_in(h, ev->served.dev, ev->served.pasid);
	struct history_op *op = history_op(h);

	promise_settle_own(h, op);
	for (uint32_t k = 1; k < h->nitems && asks_again; k++) {
		const struct history_item *i = &h->item[k];

		if (!h->prof->keep_weak || h->prof->prq_drops_weak || i->space != space ||
		    !history_is_leaf(h, i) || !history_meets(i, ev->served.page, 1) || i->live ||
		    h->inst[i->inst].serial >= ev->served.serial)
			continue;
		if (promise_refuses_write(h, i) && history_caches_usable(h, i) & iommu &&
		    (!promise_still_owed(h, i) || i->killer_op == op->id))
			history_item_violation(h, VC_NO_PROGRESS, i);
	}
	op->id = ++h->nops;
}
