/* SPDX-License-Identifier: MIT */
/*
 * owed: what has been promised of every address, and what it is owed. A page
 * of a DMA mapping is owed from the return of map to the call of unmap, through
 * every table, live or still cached: a hole is a spurious fault.
 *
 * Spaces are large and programs touch few of their pages, so a space is cut
 * into parts and only the parts that were written to are cleared again.
 */
#include "oracle/state.h"
#include "oracle/violation.h"

/* log2 of the pages of a part. */
static unsigned owed_part_bits(const struct oracle *o)
{
	unsigned bits = o->m->geo.levels * o->m->geo.bits;

	return bits > ORACLE_PART_BITS ? bits - ORACLE_PART_BITS : 0;
}

static sd_page owed_end_of(const struct oracle *o, sd_page page, sd_page span)
{
	return page + span < o->m->pages ? page + span : o->m->pages;
}

struct owed *owed_pages(struct oracle *o, int space, sd_page start, uint32_t *n)
{
	const unsigned bits = owed_part_bits(o);

	*n = start < o->m->pages ? owed_end_of(o, start, *n) - start : 0;
	if (!*n)
		return NULL;
	for (sd_page part = start >> bits; part <= last_of(start, *n) >> bits; part++)
		o->touched[space] |= 1ull << part;
	return &o->page[space][start];
}

static void owed_clear(struct owed *page, sd_page n)
{
	for (; n--; page++)
		*page = (struct owed){0};
}

void owed_forget(struct oracle *o, int space)
{
	const unsigned bits = owed_part_bits(o);

	for (uint64_t left = o->touched[space]; left; left &= left - 1)
		owed_clear(&o->page[space][(sd_page)__builtin_ctzll(left) << bits], (sd_page)1 << bits);
	o->touched[space] = 0;
}

/* -- pages that must translate ---------------------------------------------------- */

static void owed_missing(struct oracle *o, int space, sd_page page, const struct item *it)
{
	struct oracle_violation *v;

	if (it) {
		violation_raise_item(o, VC_SPURIOUS_FAULT, o->m->ev->actor, it);
		return;
	}
	v = violation_raise(o, VC_SPURIOUS_FAULT, o->m->ev->actor);
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
static bool owed_on_its_way(const struct mem *m, mem_entry e)
{
	uint64_t word;

	return m->behind && mem_lags(m, e, &word) && !pte_present((pte_t)word);
}

/* The first page of [page, end) for which a walk from this table reaches no leaf; none: end. */
static sd_page owed_unreached(const struct oracle *o, sd_page table, int level, sd_page page, sd_page end)
{
	const sd_page span = mem_span(o->m, level);

	if (table >= MEM_FRAMES)
		return page;
	for (sd_page next; page < end; page = next) {
		mem_entry e = mem_at(o->m, table, mem_index(o->m, page, level));
		pte_t v = mem_peek(o->m, e);

		next = page - page % span + span < end ? page - page % span + span : end;
		if (!pte_present(v) || owed_on_its_way(o->m, e))
			return page;
		if (level > 0 && !pte_leaf(v)) {
			sd_page first = owed_unreached(o, pte_pfn(v), level - 1, page, next);

			if (first < next)
				return first;
		}
	}
	return end;
}

/* The first page of [page, end) that is owed; none: end. */
static sd_page owed_first(const struct oracle *o, int space, sd_page page, sd_page end)
{
	const struct owed *owed = o->page[space];

	if (!o->touched[space])
		return end;
	while (page < end && !owed[page].mapped)
		page++;
	return page;
}

/* The first page of [page, end) that is owed and not found below this table; none: end. */
static sd_page owed_first_missing(const struct oracle *o, int space, sd_page table, int level, sd_page page,
                                  sd_page end)
{
	for (;; page++) {
		page = owed_first(o, space, page, end);
		if (page < end)
			page = owed_unreached(o, table, level, page, end);
		if (page >= end || o->page[space][page].mapped)
			return page;
	}
}

/* The same from a root; what it is too small for is not found there. */
static sd_page owed_missing_from(const struct oracle *o, int space, sd_page root, unsigned fewer,
                                 sd_page page, sd_page end)
{
	const int level = o->m->geo.levels - 1 - (int)fewer;
	const sd_page room = mem_span(o->m, level + 1), inside = end < room ? end : room;

	if (page < inside)
		page = owed_first_missing(o, space, root, level, page, inside);
	return page < inside ? page : owed_first(o, space, page, end);
}

/* From the root, and from the one that it had before it grew where a context entry may still lead there. */
static sd_page owed_missing_from_top(const struct oracle *o, int space, sd_page page, sd_page end)
{
	const struct space *s = &o->space[space];
	sd_page first = owed_missing_from(o, space, s->root, s->fewer, page, end);

	if ((s->old_entry | s->old_cached) & s->devs)
		first = owed_missing_from(o, space, s->first_root, s->first_fewer, page, first);
	return first;
}

/* Every owed page of the span must be found below this table. */
static void owed_below(struct oracle *o, int space, sd_page page, sd_page span, sd_page table, int level,
                       const struct item *it)
{
	sd_page end = owed_end_of(o, page, span),
	        first = owed_first_missing(o, space, table, level, page, end);

	if (first < end)
		owed_missing(o, space, first, it);
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
static bool owed_given_back(const struct oracle *o, int space, sd_page page, uint32_t id)
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
	struct owed *page = owed_pages(o, space, start, &n);
	sd_page first;

	for (uint32_t i = 0; i < n; i++)
		if (!owed_given_back(o, space, start + i, id))
			page[i].mapped = true;
	first = owed_missing_from_top(o, space, start, start + n);
	if (first < start + n)
		owed_missing(o, space, first, NULL);
	for (uint32_t i = 0; i < o->nitems; i++)
		if (o->item[i].table && o->item[i].space == space)
			owed_stale_table(o, &o->item[i]);
}

void owed_end(struct oracle *o, int space, sd_page start, uint32_t n, uint32_t id)
{
	struct owed *gone = owed_pages(o, space, start, &n);

	for (; n--; gone++) {
		gone->mapped = false;
		gone->unmapped = id;
	}
}

void owed_hole(struct oracle *o, int space, sd_page page, sd_page span)
{
	sd_page end = owed_end_of(o, page, span), first = owed_first(o, space, page, end);

	if (first < end)
		owed_missing(o, space, first, NULL);
}
