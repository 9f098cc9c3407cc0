/* SPDX-License-Identifier: MIT */
/*
 * What a domain is owed: from the return of dma-map to the call of unmap every
 * page translates, whichever way a walker takes. And what no walker may hold
 * at the same time: two sizes of one address, unless the profile lets it (SMMU
 * 3.21.1 and IDR3.BBML, VT-d 6.5.3.3), or the old entry was cleared and the new
 * one leads elsewhere.
 */
#include <shootdown/hw.h>

#include "oracle/history_parts.h"

/* -- which pages are owed -------------------------------------------------------------- */

static struct iova *iova_of(struct history *h, int space, sd_page page)
{
	return &h->iova[space - SD_MAX_MMS][page];
}

static void unmap_begins(struct history *h, int space, sd_page start, sd_page n)
{
	for (sd_page page = start; page < start + n && page < h->pages; page++) {
		iova_of(h, space, page)->owed = false;
		iova_of(h, space, page)->unmaps++;
	}
}

static void unmap_ends(struct history *h, int space, sd_page start, sd_page n)
{
	for (sd_page page = start; page < start + n && page < h->pages; page++) {
		iova_of(h, space, page)->unmaps--;
		iova_of(h, space, page)->unmapped = h->now;
	}
}

void owed_op_begin(struct history *h, const struct event *ev)
{
	if (ev->a == OP_DMA_UNMAP)
		unmap_begins(h, ev->b, ev->c, ev->d);
}

/* It takes more than it was asked for; or it is an mremap whose old range stays, which takes nothing. */
void owed_extent(struct history *h, const struct event *ev)
{
	struct op *op = op_of(h);

	if (!op->open)
		return;
	if (op->kind == OP_DMA_UNMAP)
		unmap_ends(h, op->space, op->start, op->n);
	op->start = ev->c;
	op->n = ev->d;
	if (op->kind == OP_DMA_UNMAP)
		unmap_begins(h, op->space, op->start, op->n);
}

void owed_op_end(struct history *h, const struct event *ev)
{
	const struct op *op = op_of(h);

	if (op->kind == OP_DMA_UNMAP)
		unmap_ends(h, op->space, op->start, op->n);
	if (op->kind != OP_DMA_MAP || (int64_t)ev->x < 0)
		return;
	for (sd_page page = op->start; page < op->start + op->n && page < h->pages; page++) {
		struct iova *v = iova_of(h, op->space, page);

		/* Else it was given back meanwhile; if somebody has mapped it again, it is his. */
		if (!v->unmaps && v->unmapped < op->began)
			v->owed = true;
	}
}

/* -- does it translate? ------------------------------------------------------------------ */

static bool translates(struct history *h, sd_page table, int level, sd_page page);

static bool value_translates(struct history *h, unsigned inst, int level, sd_page page)
{
	pte_t v = inst ? h->inst[inst].value : 0;

	return pte_leaf(v) || (pte_table(v) && level && translates(h, pte_pfn(v), level - 1, page));
}

static bool translates(struct history *h, sd_page table, int level, sd_page page)
{
	uint32_t index = page / tables_span(h, level) % h->nents;
	const struct cell *c;

	if (table >= MEM_FRAMES || h->frame[table].kind != MEM_TABLE)
		return false;
	c = tables_cell(h, table << h->frame_bits | index);
	return value_translates(h, c->word, level, page) &&
	       (!h->behind || value_translates(h, c->memory, level, page));
}

static bool root_translates(struct history *h, struct root root, sd_page page)
{
	int level = h->levels - root.fewer - 1;

	return level >= 0 && page < tables_span(h, level + 1) && translates(h, root.frame, level, page);
}

static bool translates_everywhere(struct history *h, int space, sd_page page)
{
	if (!root_translates(h, h->space[space].root, page))
		return false;
	for (uint32_t k = 0; k < h->ncontexts; k++) {
		const struct context *c = &h->context[k];

		if (c->tag == h->space[space].tag && context_held(c) &&
		    !root_translates(h, (struct root){c->root, c->fewer}, page))
			return false;
	}
	for (uint32_t n = 1; n < h->nitems; n++) {
		const struct item *i = &h->item[n];
		pte_t v = value_of(h, i);

		if (i->space == space && !i->live && pte_table(v) && meets(i, page, 1) &&
		    i->held & WALKERS_IOMMU & caches_awake(h, space) &&
		    !translates(h, pte_pfn(v), i->level - 1, page))
			return false;
	}
	return true;
}

void owed_check(struct history *h)
{
	for (int s = SD_MAX_MMS; s < SD_MAX_SPACES; s++)
		for (sd_page page = 0; h->space[s].root.frame && page < h->pages; page++)
			if (iova_of(h, s, page)->owed && !translates_everywhere(h, s, page)) {
				history_violation(h, VC_SPURIOUS_FAULT, false, s, page);
				return;
			}
}

void owed_check_fault(struct history *h, const struct event *ev)
{
	unsigned dev = ev->e;
	int space;

	if (ev->a < WALKER_IOMMU0 || ev->d != SD_NO_PASID || ev->b & (ACC_PERM | ACC_CTX))
		return;
	if (h->silent >> dev & 1)
		return; /* it is being shut out */
	space = sd_space_of_domain(h->run->c->prog[ACTOR_DEV0 + dev % SD_MAX_DEVS].domain);
	if (ev->c < h->pages && iova_of(h, space, ev->c)->owed)
		history_violation(h, VC_SPURIOUS_FAULT, ev->b & ACC_WRITE, space, ev->c);
}

/* -- sizes ---------------------------------------------------------------------------------- */

/* Both give the same frames and rights, where both are. */
static bool equivalent(const struct history *h, const struct item *a, const struct item *b)
{
	const pte_t rights = PTE_W;
	pte_t va = value_of(h, a), vb = value_of(h, b);

	return pte_pfn(va) - a->base == pte_pfn(vb) - b->base && !((va ^ vb) & rights);
}

static bool allowed(const struct history *h, const struct item *stale, const struct item *leaf)
{
	const struct item *large = stale->level > leaf->level ? stale : leaf;

	if (!equivalent(h, stale, leaf))
		return !h->prof->size_strict && !stale->resized;
	if (h->prof->bbml == 0)
		return false;
	return h->prof->bbml == 2 || value_of(h, large) & PTE_NT;
}

/* A leaf has become reachable: what of another size may be cached for its pages? */
static void check_new_leaf(struct history *h, const struct item *leaf)
{
	for (uint32_t n = 1; n < h->nitems; n++) {
		const struct item *i = &h->item[n];

		if (i->space == leaf->space && i->level != leaf->level && is_leaf(h, i) && !i->live &&
		    meets(i, leaf->base, leaf->span) &&
		    i->held & leaf->held & (WALKERS_CPU | WALKERS_IOMMU) & caches_awake(h, i->space) &&
		    !allowed(h, i, leaf))
			history_item_violation(h, VC_OVERLAP, i);
	}
}

void owed_check_sizes(struct history *h)
{
	for (uint32_t n = h->fresh; n < h->nitems; n++)
		if (is_leaf(h, &h->item[n]) && !(value_of(h, &h->item[n]) & PTE_NT))
			check_new_leaf(h, &h->item[n]);
}
