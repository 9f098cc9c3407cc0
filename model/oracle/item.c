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
#include "oracle/internal.h"

/* Who may hold such an entry at all: no ATC a pointer, no TLB a block that carries nT. */
static uint16_t cachers(const struct item *it)
{
	if (it->table)
		return (uint16_t)~WALKERS_ATC;
	return it->value & PTE_NT ? WALKERS_ATC : UINT16_MAX;
}

struct item *item_add(struct oracle *o, int space, int level, sd_page page, mem_entry e, pte_t value,
                      uint32_t serial)
{
	const struct space *s = &o->space[space];
	struct item *it;

	if (!(s->holders | s->unseen))
		return NULL;
	if (o->nitems == ORACLE_ITEMS) {
		o->overflow = true;
		return NULL;
	}
	it = &o->item[o->nitems++];
	it->space = (uint8_t)space;
	it->level = (uint8_t)level;
	it->table = level > 0 && pte_table(value);
	it->weaker = false;
	it->value = value;
	it->page = page;
	it->span = mem_span(o->m, level);
	it->entry = e;
	it->serial = serial;
	it->tag = s->tag;
	it->pasid = s->pasid;
	it->held = s->holders & cachers(it);
	it->unseen = s->unseen & cachers(it);
	for (int w = 0; it->unseen >> w; w++)
		it->when[w] = s->when[w];
	it->killer_actor = o->m->ev->actor;
	it->killer_op = OP_COUNT;
	it->killer_id = 0;
	if (it->killer_actor < SCHED_MAX_ACTORS) {
		it->killer_id = promise_op_id(o, it->killer_actor);
		if (o->op[it->killer_actor].active)
			it->killer_op = o->op[it->killer_actor].kind;
	}
	it->fill = it->refill = (struct oracle_place){0};
	if (o->storing)
		o->places.here(o->places.ctx, o->at, &it->fill);
	return it;
}

bool item_covers(const struct item *it, sd_page first, sd_page last)
{
	return it->page <= last && first <= it->page + it->span - 1;
}

/* ATCs whose devices the IOMMU does not believe and does not let in. */
static uint16_t shut_out(const struct oracle *o, const struct item *it)
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
		mask &= (uint16_t)~shut_out(o, it);
	return mask;
}

/* Can walker w read the item's entry again, unchanged, through a stale pointer that it still holds? */
static bool refetch(const struct oracle *o, const struct item *it, uint16_t w)
{
	sd_page pfn = mem_entry_frame(o->m, it->entry);

	if (mem_serial(o->m, it->entry) != it->serial || !pte_present(mem_peek(o->m, it->entry)))
		return false;
	for (uint32_t i = 0; i < o->nitems; i++) {
		const struct item *t = &o->item[i];

		if (t->table && (t->held & w) && t->level == it->level + 1 && pte_pfn(t->value) == pfn &&
		    t->space == it->space && t->page <= it->page && it->page < t->page + t->span)
			return true;
	}
	return false;
}

/* Is the item in the scope of this invalidation? */
static bool in_scope(const struct item *it, const struct event *ev)
{
	unsigned only = ev->b >> INV_LEVEL_SHIFT & 7;
	uint16_t w = walker_bit(ev->a);
	/* A CPU names an mm by its ASID, an IOMMU by the driver's tag, an ATC by the PASID. */
	uint32_t tag = w & WALKERS_CPU ? it->space + 1u : w & WALKERS_ATC ? it->pasid : it->tag;

	if (!(ev->b & INV_ALL_TAGS) && ev->c != tag)
		return false;
	if (it->table && (ev->b & INV_LEAF_ONLY))
		return false;
	if (!it->table && only && it->level + 1u != only)
		return false;
	if (ev->b & (INV_TAG_ALL | INV_ALL_TAGS))
		return true;
	if (it->table && (ev->b & INV_TABLES_ALL))
		return true;
	return item_covers(it, ev->d, ev->e);
}

static void drop(const struct oracle *o, struct item *it, const struct event *ev)
{
	uint16_t w = walker_bit(ev->a);

	it->held &= (uint16_t)~w;
	it->unseen |= w;
	it->when[ev->a] = o->events;
}

static void refilled(struct oracle *o, struct item *it)
{
	/* The ATC can have it back from its IOMMU from the next point on. */
	it->refill = (struct oracle_place){.valid = true, .after_event = o->events};
}

void item_invalidate(struct oracle *o, const struct event *ev)
{
	uint16_t w = walker_bit(ev->a);
	bool atc = w & WALKERS_ATC;
	uint16_t source = atc ? walker_bit(WALKER_IOMMU0 + o->dev_iommu[ev->a - WALKER_ATC0]) : 0;

	for (int level = o->m->geo.levels; level >= 0; level--) {
		for (uint32_t i = 0; i < o->nitems; i++) {
			struct item *it = &o->item[i];

			if (it->level != level || !(it->held & w) || !in_scope(it, ev))
				continue;
			if (atc && (it->held & source) && space_leads(o, it->space, ev->a - WALKER_ATC0))
				refilled(o, it);
			else if (atc || !refetch(o, it, w))
				drop(o, it, ev);
		}
	}
}

void wait_begun(struct oracle *o, const struct event *ev)
{
	struct waits *q = &o->waits[ev->a];

	q->seq[q->n % ORACLE_WAITS] = (uint32_t)ev->x;
	q->when[q->n % ORACLE_WAITS] = o->events;
	q->n++;
}

struct seen wait_seen(const struct oracle *o, const struct event *ev)
{
	const struct waits *q = &o->waits[ev->a];
	uint32_t oldest = q->n > ORACLE_WAITS ? q->n - ORACLE_WAITS : 0;
	struct seen seen = {ev->b & SEEN_DRAINED ? walker_bit(ev->a) : 0, 0};

	/* A device answers an ATC invalidation when its own requests are done: no drain needed. */
	if ((walker_bit(ev->a) & WALKERS_IOMMU) && !(ev->b & SEEN_BROADCAST))
		for (int dev = 0; dev < SD_MAX_DEVS; dev++)
			if (WALKER_IOMMU0 + o->dev_iommu[dev] == ev->a)
				seen.walkers |= walker_bit(WALKER_ATC0 + dev);
	for (uint32_t i = q->n; i-- > oldest;)
		if (q->seq[i % ORACLE_WAITS] == (uint32_t)ev->x) {
			seen.begun = q->when[i % ORACLE_WAITS];
			break;
		}
	return seen;
}

void item_seen(struct oracle *o, const struct seen *seen)
{
	for (uint32_t i = 0; i < o->nitems; i++) {
		struct item *it = &o->item[i];

		for (unsigned left = it->unseen & seen->walkers; left; left &= left - 1)
			if (it->when[__builtin_ctz(left)] < seen->begun)
				it->unseen &= (uint16_t) ~(left & -left);
		if (!(it->held | it->unseen))
			*it = o->item[--o->nitems], i--;
	}
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
	for (uint32_t i = 0; i < o->nitems; i++)
		if (o->item[i].entry == e && o->item[i].serial == serial && (o->item[i].held >> walker & 1))
			return true;
	return false;
}
