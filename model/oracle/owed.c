/* SPDX-License-Identifier: MIT */
/*
 * owed: what has been promised of every address, and what it is owed. A page
 * of a DMA mapping is owed from the return of map to the call of unmap, through
 * every table, live or still cached: a hole is a spurious fault.
 *
 * Spaces are large and programs touch few of their pages, so a space is cut
 * into parts and only the parts that were written to are cleared again.
 */
#include "event/own_stores.h"
#include "oracle/internal.h"

/* log2 of the pages of a part. */
static unsigned part_bits(const struct oracle *o)
{
	unsigned bits = o->m->geo.levels * o->m->geo.bits;

	return bits > ORACLE_PART_BITS ? bits - ORACLE_PART_BITS : 0;
}

struct owed *owed_page(struct oracle *o, int space, sd_page page)
{
	o->touched[space] |= 1ull << (page >> part_bits(o));
	return &o->page[space][page];
}

OWN_STORES static void clear(struct owed *page, sd_page n)
{
	for (; n--; page++)
		*page = (struct owed){0};
}

void owed_forget(struct oracle *o, int space)
{
	const unsigned bits = part_bits(o);

	for (uint64_t left = o->touched[space]; left; left &= left - 1)
		clear(&o->page[space][(sd_page)__builtin_ctzll(left) << bits], (sd_page)1 << bits);
	o->touched[space] = 0;
}

/* -- pages that must translate ---------------------------------------------------- */

static void missing(struct oracle *o, int space, sd_page page, const struct item *it)
{
	struct oracle_violation *v;

	if (it) {
		violate_item(o, VC_SPURIOUS_FAULT, o->m->ev->actor, it);
		return;
	}
	v = violate(o, VC_SPURIOUS_FAULT, o->m->ev->actor);
	if (!v)
		return;
	v->latent = true;
	v->space = (uint8_t)space;
	v->page = page;
	v->span = 1;
	v->walkers = space_selected(o, space);
	v->missing = MISSING_NONE;
}

/* An entry that a walker may not find there yet. */
static bool on_its_way(const struct mem *m, mem_entry e)
{
	uint64_t word;

	return m->behind && mem_lags(m, e, &word) && !pte_present((pte_t)word);
}

/* Does every walk from this table reach a leaf for page? */
static bool reaches(const struct oracle *o, sd_page table, int level, sd_page page)
{
	for (; level >= 0 && table < MEM_FRAMES; level--) {
		mem_entry e = mem_at(o->m, table, mem_index(o->m, page, level));
		pte_t v = mem_peek(o->m, e);

		if (!pte_present(v) || on_its_way(o->m, e))
			return false;
		if (level == 0 || pte_leaf(v))
			return true;
		table = pte_pfn(v);
	}
	return false;
}

static bool reached_from(const struct oracle *o, sd_page root, unsigned fewer, sd_page page)
{
	int level = o->m->geo.levels - 1 - (int)fewer;

	return page < mem_span(o->m, level + 1) && reaches(o, root, level, page);
}

/* From the root, and from the one that it had before it grew where a context entry may still lead there. */
static bool reached_from_top(const struct oracle *o, int space, sd_page page)
{
	const struct space *s = &o->space[space];

	return reached_from(o, s->root, s->fewer, page) &&
	       (!((s->old_entry | s->old_cached) & s->devs) ||
	        reached_from(o, s->first_root, s->first_fewer, page));
}

static bool any_owed(const struct oracle *o, int space, sd_page page, sd_page span)
{
	sd_page end = page + span < o->m->pages ? page + span : o->m->pages;

	if (!o->touched[space])
		return false;
	while (page < end)
		if (o->page[space][page++].mapped)
			return true;
	return false;
}

/* Every owed page of the span must be found below this table. */
static void owed_below(struct oracle *o, int space, sd_page page, sd_page span, sd_page table, int level,
                       const struct item *it)
{
	if (!any_owed(o, space, page, span))
		return;
	for (sd_page i = page; i < page + span; i++)
		if (o->page[space][i].mapped && !reaches(o, table, level, i)) {
			missing(o, space, i, it);
			return;
		}
}

void owed_stale_table(struct oracle *o, const struct item *it)
{
	if (it->held & WALKERS_IOMMU & item_owed(o, it))
		owed_below(o, it->space, it->page, it->span, pte_pfn(it->value), it->level - 1, it);
}

void owed_linked(struct oracle *o, int space, sd_page page, int level, pte_t value)
{
	owed_below(o, space, page, mem_span(o->m, level), pte_pfn(value), level - 1, NULL);
}

/* An unmap of the page has been called or returned since the map began, or waits for its turn. */
static bool given_back(const struct oracle *o, int space, sd_page page, uint32_t id)
{
	if (o->page[space][page].unmapped >= id)
		return true;
	for (unsigned left = o->unmapping; left; left &= left - 1) {
		const struct op *op = &o->op[__builtin_ctz(left)];

		if (op->space == space && page - op->start < op->n)
			return true;
	}
	return false;
}

void owed_begin(struct oracle *o, int space, sd_page start, uint32_t n, uint32_t id)
{
	for (sd_page i = start; i < start + n && i < o->m->pages; i++) {
		if (given_back(o, space, i, id))
			continue;
		owed_page(o, space, i)->mapped = true;
		if (!reached_from_top(o, space, i))
			missing(o, space, i, NULL);
	}
	for (uint32_t i = 0; i < o->nitems; i++)
		if (o->item[i].table && o->item[i].space == space)
			owed_stale_table(o, &o->item[i]);
}

void owed_end(struct oracle *o, int space, sd_page start, uint32_t n, uint32_t id)
{
	for (sd_page i = start; i < start + n && i < o->m->pages; i++) {
		struct owed *gone = owed_page(o, space, i);

		gone->mapped = false;
		gone->unmapped = id;
	}
}

void owed_hole(struct oracle *o, int space, sd_page page, sd_page span)
{
	if (!any_owed(o, space, page, span))
		return;
	for (sd_page i = page; i < page + span; i++)
		if (o->page[space][i].mapped) {
			missing(o, space, i, NULL);
			return;
		}
}
