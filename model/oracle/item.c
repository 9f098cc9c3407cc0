/* SPDX-License-Identifier: MIT */
/*
 * Stale items: made when an instance is overwritten or unlinked, with every
 * holder of the space; a walker leaves when a covering invalidation takes
 * effect there, unless it can read the very same entry again: through a stale
 * table pointer that it still holds, or, an ATC, from its IOMMU. Items are
 * processed top-down, so that a pointer that goes takes its leaves along.
 *
 * An ATC that answers no invalidations keeps what it holds, and what it holds
 * counts while a context entry lets its device in. One that was pulled out
 * with its device is empty.
 */
#include "oracle/item.h"
#include "oracle/space.h"
#include "oracle/state.h"

/* Who may hold such an entry at all: no ATC a pointer, no TLB a block that carries nT. */
static uint16_t item_cachers(const struct item *it)
{
	if (it->table)
		return (uint16_t)~WALKERS_ATC;
	return it->value & PTE_NT ? WALKERS_ATC : UINT16_MAX;
}

/* Who takes the instance out, and when a walker could last have cached it. */
static void item_note_killer(struct oracle *o, struct item *it)
{
	uint8_t actor = o->m->ev->actor;
	const struct op *op = actor < SCHED_MAX_ACTORS ? &o->op[actor] : NULL;

	it->killer_actor = actor;
	it->killer_op = op && op->active ? op->kind : OP_COUNT;
	it->killer_id = op ? op->id : 0;
	it->fill.valid = it->refill.valid = false;
	if (o->storing)
		o->places.here(o->places.ctx, o->at, &it->fill);
}

struct item *item_add(struct oracle *o, int space, int level, sd_page page, mem_entry e, pte_t value,
                      uint32_t serial)
{
	const struct space *s = &o->space[space];
	unsigned held = s->holders, unseen = s->unseen, may;
	struct item *it;

	if (!(held | unseen))
		return NULL;
	if (o->nitems == ORACLE_ITEMS) {
		o->over = o->overflow = true;
		return NULL;
	}
	it = &o->item[o->nitems++];
	it->space = (uint8_t)space;
	it->level = (uint8_t)level;
	it->table = level > 0 && pte_table(value);
	it->behind = it->weaker = it->resized = false;
	it->value = value;
	it->page = page;
	it->span = mem_span(o->m, level);
	it->entry = e;
	it->serial = serial;
	it->tag = s->known_as;
	it->pasid = s->pasid;
	may = item_cachers(it);
	it->held = (uint16_t)(held & may);
	it->unseen = (uint16_t)(unseen & may);
	for (unsigned left = unseen & may; left; left &= left - 1)
		it->when[__builtin_ctz(left)] = s->when[__builtin_ctz(left)];
	item_note_killer(o, it);
	return it;
}

bool item_covers(const struct item *it, sd_page first, sd_page last)
{
	return it->page <= last && first <= it->page + it->span - 1;
}

/* ATCs whose devices the IOMMU does not believe and does not let in. */
static uint16_t item_shut_out(const struct oracle *o, const struct item *it)
{
	uint16_t mask = 0;

	for (unsigned left = o->lost; left; left &= left - 1)
		if (!space_admits(o, __builtin_ctz(left), it->pasid))
			mask |= walker_bit(WALKER_ATC0 + __builtin_ctz(left));
	return mask;
}

uint16_t item_owed(const struct oracle *o, const struct item *it)
{
	uint16_t mask = it->held | it->unseen;

	if (mask & WALKERS_IOMMU)
		mask &= (uint16_t)(~WALKERS_IOMMU | space_selected(o, it->space));
	if (o->lost)
		mask &= (uint16_t)~item_shut_out(o, it);
	return mask;
}

/*
 * Can walker w read the item's entry again, unchanged, through a stale pointer
 * that it still holds? What was changed in a CPU's cache only is unchanged
 * where it walks, and there the table may be a live one.
 */
static bool item_refetch(const struct oracle *o, const struct item *it, uint16_t w)
{
	sd_page pfn = mem_entry_frame(o->m, it->entry);

	if (it->behind && o->table[pfn].space == it->space)
		return true;
	if (!it->behind &&
	    (mem_serial(o->m, it->entry) != it->serial || !pte_present(mem_peek(o->m, it->entry))))
		return false;
	for (const struct item *t = o->item, *end = t + o->nitems; t < end; t++)
		if (t->table && (t->held & w) && t->level == it->level + 1 && pte_pfn(t->value) == pfn &&
		    t->space == it->space && t->page <= it->page && it->page < t->page + t->span)
			return true;
	return false;
}

/* What an invalidation covers, at one walker. */
struct scope {
	uint16_t w;
	unsigned flags, only; /* only: 1 + the level whose leaves go, 0: every level */
	uint32_t tag;
	sd_page first, last;
};

static bool item_in_scope(const struct item *it, const struct scope *sc)
{
	/* A CPU names an mm by its ASID, an IOMMU by the driver's tag, an ATC by the PASID. */
	uint32_t tag = sc->w & WALKERS_CPU ? it->space + 1u : sc->w & WALKERS_ATC ? it->pasid : it->tag;
	bool table = it->table;

	if (!(sc->flags & INV_ALL_TAGS) && sc->tag != tag)
		return false;
	if (table ? sc->flags & INV_LEAF_ONLY : sc->only && it->level + 1u != sc->only)
		return false;
	if (sc->flags & (INV_TAG_ALL | INV_ALL_TAGS) || (table && (sc->flags & INV_TABLES_ALL)))
		return true;
	return item_covers(it, sc->first, sc->last);
}

static void item_drop(const struct oracle *o, struct item *it, int walker)
{
	uint16_t w = walker_bit(walker);

	it->held &= (uint16_t)~w;
	it->unseen |= w;
	it->when[walker] = o->events;
}

/* One that is in scope; what is above it has been dealt with. */
static void item_drop_covered(struct oracle *o, struct item *it, int walker)
{
	int dev = walker - WALKER_ATC0;

	if (dev < 0) {
		if (!item_refetch(o, it, walker_bit(walker)))
			item_drop(o, it, walker);
	} else if ((it->held >> (WALKER_IOMMU0 + o->dev_iommu[dev]) & 1) && space_leads(o, it->space, dev)) {
		/* The ATC can have it back from its IOMMU from the next point on. */
		it->refill = (struct oracle_place){.valid = true, .after_event = o->events};
	} else {
		item_drop(o, it, walker);
	}
}

/* Levels of the tables that the walker holds, a bit each. */
static unsigned item_held_tables(const struct oracle *o, uint16_t w)
{
	unsigned levels = 0;

	if (w & WALKERS_ATC)
		return 0; /* leaves only */
	for (const struct item *it = o->item, *end = it + o->nitems; it < end; it++)
		if (it->table && (it->held & w))
			levels |= 1u << it->level;
	return levels;
}

void item_invalidate(struct oracle *o, const struct event *ev)
{
	struct scope sc = {walker_bit(ev->inv.walker),
	                   ev->inv.flags,
	                   ev->inv.flags >> INV_LEVEL_SHIFT & 7,
	                   ev->inv.tag,
	                   ev->inv.first,
	                   ev->inv.last};
	struct item *end = o->item + o->nitems;
	int walker = ev->inv.walker;

	if (!o->nitems)
		return;
	for (unsigned levels = item_held_tables(o, sc.w), level; levels; levels &= ~(1u << level)) {
		level = 31 - (unsigned)__builtin_clz(levels);
		for (struct item *it = o->item; it < end; it++)
			if (it->table && it->level == level && (it->held & sc.w) && item_in_scope(it, &sc))
				item_drop_covered(o, it, walker);
	}
	for (struct item *it = o->item; it < end; it++)
		if (!it->table && (it->held & sc.w) && item_in_scope(it, &sc))
			item_drop_covered(o, it, walker);
}

void wait_begun(struct oracle *o, const struct event *ev)
{
	struct waits *q = &o->waits[ev->wait_begin.walker];

	q->seq[q->n % ORACLE_WAITS] = (uint32_t)ev->wait_begin.seq;
	q->when[q->n % ORACLE_WAITS] = o->events;
	q->n++;
}

struct seen wait_seen(const struct oracle *o, const struct event *ev)
{
	const struct waits *q = &o->waits[ev->wait.walker];
	uint32_t oldest = q->n > ORACLE_WAITS ? q->n - ORACLE_WAITS : 0;
	struct seen seen = {ev->wait.flags & SEEN_DRAINED ? walker_bit(ev->wait.walker) : 0, 0};

	/* A device answers an ATC invalidation when its own requests are done: no drain needed. */
	if ((walker_bit(ev->wait.walker) & WALKERS_IOMMU) && !(ev->wait.flags & SEEN_BROADCAST))
		for (int dev = 0; dev < SD_MAX_DEVS; dev++)
			if (WALKER_IOMMU0 + o->dev_iommu[dev] == ev->wait.walker)
				seen.walkers |= walker_bit(WALKER_ATC0 + dev);
	for (uint32_t i = q->n; i-- > oldest;)
		if (q->seq[i % ORACLE_WAITS] == (uint32_t)ev->wait.seq) {
			seen.begun = q->when[i % ORACLE_WAITS];
			break;
		}
	return seen;
}

/* Nobody can use it any more, and software knows: whoever relies on that may come from here on. */
static void item_gone(struct oracle *o, const struct item *it)
{
	sd_page pfn = pte_pfn(it->value), end = pfn + (it->table ? 1 : it->span);
	struct op *op = it->killer_actor < SCHED_MAX_ACTORS ? &o->op[it->killer_actor] : NULL;

	for (; pfn < end && pfn < o->high; pfn++) /* a wrong entry may name frames that nobody had */
		o->gone[pfn] = o->events;
	if (op && op->id == it->killer_id)
		op->gone = o->events;
}

void item_seen(struct oracle *o, struct seen seen)
{
	struct item *end = o->item + o->nitems;

	for (struct item *it = o->item; it < end;) {
		unsigned unseen = it->unseen;

		for (unsigned left = unseen & seen.walkers; left; left &= left - 1)
			if (it->when[__builtin_ctz(left)] < seen.begun)
				unseen &= ~(left & -left);
		it->unseen = (uint16_t)unseen;
		if (unseen | it->held) {
			it++;
			continue;
		}
		item_gone(o, it);
		if (it != --end)
			*it = *end;
	}
	o->nitems = (uint32_t)(end - o->item);
}

void item_written_back(struct oracle *o, const struct event *ev)
{
	for (uint32_t i = 0; i < o->nitems; i++)
		if (o->item[i].entry - ev->written_back.entry < ev->written_back.n)
			o->item[i].behind = false;
}

void item_forget(struct oracle *o, int space, int walker)
{
	for (uint32_t i = 0; i < o->nitems; i++) {
		struct item *it = &o->item[i];

		if (space >= 0 && it->space != space)
			continue;
		it->held &= (uint16_t)~walker_bit(walker);
		it->unseen &= (uint16_t)~walker_bit(walker);
		if (!(it->held | it->unseen))
			*it = o->item[--o->nitems], i--;
	}
}

bool item_holds(const struct oracle *o, int walker, mem_entry e, uint32_t serial)
{
	for (const struct item *it = o->item, *end = it + o->nitems; it < end; it++)
		if (it->entry == e && it->serial == serial && (it->held >> walker & 1))
			return true;
	return false;
}
