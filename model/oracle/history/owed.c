/* SPDX-License-Identifier: MIT */
/*
 * What a domain is owed: from the return of dma-map to the call of unmap every
 * page translates, whichever way a walker takes. And what no walker may hold
 * at the same time: two sizes of one address, unless the profile lets it (SMMU
 * 3.21.1 and IDR3.BBML, VT-d 6.5.3.3), or the old entry was cleared and the new
 * one leads elsewhere.
 */
#include <shootdown/hw.h>

#include "oracle/history/state.h"

/* -- which pages are owed -------------------------------------------------------------- */

static struct history_iova *owed_iova(struct history *h, int space, sd_page page)
{
	return &h->iova[space - SD_MAX_MMS][page];
}

static void owed_unmap_begin(struct history *h, int space, sd_page start, sd_page n)
{
	for (sd_page page = start; page < start + n && page < h->pages; page++) {
		owed_iova(h, space, page)->owed = false;
		owed_iova(h, space, page)->unmaps++;
	}
}

static void owed_unmap_end(struct history *h, int space, sd_page start, sd_page n)
{
	for (sd_page page = start; page < start + n && page < h->pages; page++) {
		owed_iova(h, space, page)->unmaps--;
		owed_iova(h, space, page)->unmapped = h->now;
	}
}

/* By its row an unmap of a domain leaves everything in its range dead. */
static bool owed_is_unmap(int kind, int space)
{
	return history_is_domain(space) && op_promise((enum op_kind)kind) == PROMISE_DEAD;
}

void history_owed_op_begin(struct history *h, const struct event *ev)
{
	if (owed_is_unmap(ev->op.kind, ev->op.space))
		owed_unmap_begin(h, ev->op.space, ev->op.start, ev->op.n);
}

/* It takes more than it was asked for; or it is an mremap whose old range stays, which takes nothing. */
void history_owed_extent(struct history *h, const struct event *ev)
{
	struct history_op *op = history_op(h);

	if (!op->open)
		return;
	if (owed_is_unmap(op->kind, op->space))
		owed_unmap_end(h, op->space, op->start, op->n);
	op->start = ev->range.start;
	op->n = ev->range.n;
	if (owed_is_unmap(op->kind, op->space))
		owed_unmap_begin(h, op->space, op->start, op->n);
}

void history_owed_op_end(struct history *h, const struct event *ev)
{
	const struct history_op *op = history_op(h);

	if (owed_is_unmap(op->kind, op->space))
		owed_unmap_end(h, op->space, op->start, op->n);
	if (op_promise((enum op_kind)op->kind) != PROMISE_MAPS || ev->op_end.ret < 0)
		return;
	for (sd_page page = op->start; page < op->start + op->n && page < h->pages; page++) {
		struct history_iova *v = owed_iova(h, op->space, page);

		/* Else it was given back meanwhile; if somebody has mapped it again, it is his. */
		if (!v->unmaps && v->unmapped < op->began)
			v->owed = true;
	}
}

/* -- does it translate? ------------------------------------------------------------------ */

static bool owed_translates(struct history *h, sd_page table, int level, sd_page page);

static bool owed_value_translates(struct history *h, unsigned inst, int level, sd_page page)
{
	pte_t v = inst ? h->inst[inst].value : 0;

	return pte_leaf(v) || (pte_table(v) && level && owed_translates(h, pte_pfn(v), level - 1, page));
}

static bool owed_translates(struct history *h, sd_page table, int level, sd_page page)
{
	uint32_t index = page / history_tables_span(h, level) % h->nents;
	const struct history_cell *c;

	if (table >= MEM_FRAMES || h->frame[table].kind != MEM_TABLE)
		return false;
	c = history_tables_cell(h, table << h->frame_bits | index);
	return owed_value_translates(h, c->word, level, page) &&
	       (!h->behind || owed_value_translates(h, c->memory, level, page));
}

static bool owed_root_translates(struct history *h, struct history_root root, sd_page page)
{
	int level = h->levels - root.fewer - 1;

	return level >= 0 && page < history_tables_span(h, level + 1) &&
	       owed_translates(h, root.frame, level, page);
}

static bool owed_translates_everywhere(struct history *h, int space, sd_page page)
{
	if (!owed_root_translates(h, h->space[space].root, page))
		return false;
	for (uint32_t k = 0; k < h->ncontexts; k++) {
		const struct history_context *c = &h->context[k];

		if (c->tag == h->space[space].tag && history_context_held(c) &&
		    !owed_root_translates(h, (struct history_root){c->root, c->fewer}, page))
			return false;
	}
	for (uint32_t n = 1; n < h->nitems; n++) {
		const struct history_item *i = &h->item[n];
		pte_t v = history_value(h, i);

		if (i->space == space && !i->live && pte_table(v) && history_meets(i, page, 1) &&
		    i->held & WALKERS_IOMMU & history_caches_awake(h, space) &&
		    !owed_translates(h, pte_pfn(v), i->level - 1, page))
			return false;
	}
	return true;
}

void history_owed_check(struct history *h)
{
	for (int s = SD_MAX_MMS; s < SD_MAX_SPACES; s++)
		for (sd_page page = 0; h->space[s].root.frame && page < h->pages; page++)
			if (owed_iova(h, s, page)->owed && !owed_translates_everywhere(h, s, page)) {
				history_violation(h, VC_SPURIOUS_FAULT, false, s, page);
				return;
			}
}

void history_owed_check_fault(struct history *h, const struct event *ev)
{
	unsigned dev = ev->fault.dev;
	int space;

	if (ev->fault.walker < WALKER_IOMMU0 || ev->fault.pasid != SD_NO_PASID ||
	    ev->fault.flags & (ACC_PERM | ACC_CTX))
		return;
	if (h->silent >> dev & 1)
		return; /* it is being shut out */
	space = sd_space_of_domain(h->run->c->prog[ACTOR_DEV0 + dev % SD_MAX_DEVS].domain);
	if (ev->fault.page < h->pages && owed_iova(h, space, ev->fault.page)->owed)
		history_violation(h, VC_SPURIOUS_FAULT, ev->fault.flags & ACC_WRITE, space, ev->fault.page);
}

/* -- sizes ---------------------------------------------------------------------------------- */

/* Both give the same frames and rights, where both are. */
static bool owed_equivalent(const struct history *h, const struct history_item *a,
                            const struct history_item *b)
{
	const pte_t rights = PTE_W;
	pte_t va = history_value(h, a), vb = history_value(h, b);

	return pte_pfn(va) - a->base == pte_pfn(vb) - b->base && !((va ^ vb) & rights);
}

static bool owed_allowed(const struct history *h, const struct history_item *stale,
                         const struct history_item *leaf)
{
	const struct history_item *large = stale->level > leaf->level ? stale : leaf;

	if (!owed_equivalent(h, stale, leaf))
		return !h->prof->size_strict && !stale->resized;
	if (h->prof->bbml == 0)
		return false;
	return h->prof->bbml == 2 || history_value(h, large) & PTE_NT;
}

/* A leaf has become reachable: what of another size may be cached for its pages? */
static void owed_check_new_leaf(struct history *h, const struct history_item *leaf)
{
	for (uint32_t n = 1; n < h->nitems; n++) {
		const struct history_item *i = &h->item[n];

		if (i->space == leaf->space && i->level != leaf->level && history_is_leaf(h, i) && !i->live &&
		    history_meets(i, leaf->base, leaf->span) &&
		    i->held & leaf->held & (WALKERS_CPU | WALKERS_IOMMU) &
		            history_caches_awake(h, i->space) &&
		    !owed_allowed(h, i, leaf))
			history_item_violation(h, VC_OVERLAP, i);
	}
}

void history_owed_check_sizes(struct history *h)
{
	for (uint32_t n = h->fresh; n < h->nitems; n++)
		if (history_is_leaf(h, &h->item[n]) && !(history_value(h, &h->item[n]) & PTE_NT))
			owed_check_new_leaf(h, &h->item[n]);
}
