/* SPDX-License-Identifier: MIT */
/*
 * What the tables reach. Follows every store: a table that gets linked makes
 * its entries live, a table that gets unlinked makes them stale, all the way
 * down. Stores into a table that is only reachable through a stale pointer
 * make stale instances at once.
 *
 * Where walkers read memory and not the caches, everything is reachable that
 * memory has or that a store still on its way there will bring: a store makes
 * the new instance live, and the old one stays within reach until it is
 * written back; a table that is linked before it was cleaned exposes what an
 * earlier owner of its frame has left there.
 */
#include "oracle/size.h"
#include "oracle/state.h"
#include "oracle/violation.h"

static void live_link_table(struct oracle *o, int space, int level, sd_page page, sd_page pfn);
static void live_unlink_table(struct oracle *o, sd_page pfn);

/* A wrong entry may name frames that nobody ever had: what is noted of them must be forgotten, too. */
static void live_note_frames(struct oracle *o, sd_page pfn, sd_page n)
{
	sd_page end = n < MEM_FRAMES - pfn ? pfn + n : (sd_page)MEM_FRAMES;

	if (o->high < end)
		o->high = end;
}

static void live_count_leaf(struct oracle *o, int level, pte_t value, int by)
{
	sd_page span = mem_span(o->m, level), pfn = pte_pfn(value);

	if (pfn < MEM_FRAMES)
		live_note_frames(o, pfn, span);
	for (sd_page i = 0; i < span && pfn + i < MEM_FRAMES; i++)
		o->leaves[pfn + i] = (uint8_t)(o->leaves[pfn + i] + by);
}

static bool live_is_table(int level, pte_t value) { return level > 0 && pte_table(value); }

static bool live_frames_are(const struct oracle *o, sd_page pfn, sd_page n, enum mem_kind kind)
{
	for (; n--; pfn++)
		if (pfn >= MEM_FRAMES || o->m->frame[pfn].kind != kind)
			return false;
	return true;
}

/* The entry leads to frames that are nobody's, or somebody else's: walkers go there at once. */
static void live_astray(struct oracle *o, int space, bool table)
{
	const struct space *s = &o->space[space];
	const struct item live = {
	        .space = (uint8_t)space, .pasid = s->pasid, .held = s->holders, .unseen = s->unseen};

	if (item_owed(o, &live))
		violation_raise(o, table ? VC_WALK_FREED_TABLE : VC_STALE_USE, o->m->ev->actor);
}

static void live_entry_linked(struct oracle *o, int space, int level, sd_page page, pte_t value)
{
	if (live_is_table(level, value)) {
		if (!live_frames_are(o, pte_pfn(value), 1, MEM_TABLE))
			live_astray(o, space, true);
		live_link_table(o, space, level - 1, page, pte_pfn(value));
		return;
	}
	if (pte_leaf(value) && !live_frames_are(o, pte_pfn(value), mem_span(o->m, level), MEM_DATA))
		live_astray(o, space, false);
	live_count_leaf(o, level, value, 1);
	if (o->nitems)
		size_new_leaf(o, (struct new_leaf){space, level, page, value, o->space[space].holders});
}

static struct item *live_entry_unlinked(struct oracle *o, struct live_table t, mem_entry e, pte_t value,
                                        uint32_t serial)
{
	sd_page page = t.page + mem_entry_index(o->m, e) * mem_span(o->m, t.level);
	struct item *it = item_add(o, t.space, t.level, page, e, value, serial);

	if (live_is_table(t.level, value))
		live_unlink_table(o, pte_pfn(value));
	else
		live_count_leaf(o, t.level, value, -1);
	return it;
}

/* What becomes wrong by a walker that finds this in the place of nothing. */
static enum violation_class live_exposed_class(const struct oracle *o, const struct item *it)
{
	const enum mem_kind kind = it->table ? MEM_TABLE : MEM_DATA;
	sd_page pfn = pte_pfn(it->value);

	if (pfn < MEM_FRAMES && o->m->frame[pfn].kind == kind && o->m->frame[pfn].born <= it->serial)
		return VC_STALE_MAP;
	return it->table ? VC_WALK_FREED_TABLE : VC_STALE_USE;
}

/* The table went live; where memory lags behind, walkers find an earlier life of its frame. */
static void live_expose(struct oracle *o, int space, int level, sd_page page, sd_page pfn)
{
	const struct mem *m = o->m;

	for (uint32_t i = 0; i < m->nents; i++) {
		mem_entry e = mem_at(m, pfn, i);
		uint64_t word;
		struct item *it;

		if (!mem_lags(m, e, &word) || !pte_present((pte_t)word) || (!level && !pte_leaf((pte_t)word)))
			continue;
		it = item_add(o, space, level, page + i * mem_span(m, level), e, (pte_t)word,
		              (uint32_t)(word >> 32));
		if (!it || !item_owed(o, it))
			continue;
		it->behind = true;
		/* Where a witness can fill: when the link itself is in memory. */
		it->fill = (struct oracle_place){.valid = true, .after_event = o->events + 1};
		violation_raise_item(o, live_exposed_class(o, it), m->ev->actor, it);
	}
}

static void live_link_table(struct oracle *o, int space, int level, sd_page page, sd_page pfn)
{
	const struct mem *m = o->m;
	mem_entry e;

	if (pfn >= MEM_FRAMES) {
		violation_defect(o, "a table entry points outside memory");
		return;
	}
	live_note_frames(o, pfn, 1);
	o->table[pfn] = (struct live_table){(uint8_t)space, (uint8_t)level, page};
	e = mem_at(m, pfn, 0);
	for (uint32_t i = 0, n = m->nents; i < n; i++) {
		pte_t v = mem_peek(m, e + i);

		if (pte_present(v))
			live_entry_linked(o, space, level, page + i * mem_span(m, level), v);
	}
	if (m->behind)
		live_expose(o, space, level, page, pfn);
}

static void live_unlink_table(struct oracle *o, sd_page pfn)
{
	const struct mem *m = o->m;
	struct live_table t = o->table[pfn];
	mem_entry first = mem_at(m, pfn, 0);

	if (t.space == NO_SPACE)
		return; /* already unlinked by another path to it */
	o->table[pfn].space = NO_SPACE;
	for (mem_entry e = first; e < first + m->nents; e++) {
		pte_t v = mem_peek(m, e);

		if (pte_present(v))
			live_entry_unlinked(o, t, e, v, mem_serial(m, e));
	}
}

void live_root(struct oracle *o, int space, sd_page root, bool present, unsigned fewer)
{
	struct space *s = &o->space[space];

	if (!present) {
		live_unlink_table(o, root);
		s->exists = false;
		return;
	}
	if (s->exists) { /* what is below the new root is live already */
		o->table[root] =
		        (struct live_table){(uint8_t)space, (uint8_t)(o->m->geo.levels - 1 - fewer), 0};
		space_grown(o, space, root, fewer);
		if (o->m->behind)
			live_expose(o, space, o->table[root].level, 0, root);
		return;
	}
	s->exists = true;
	s->grown = false;
	s->old_entry = s->old_cached = 0;
	s->root = root;
	s->fewer = (uint8_t)fewer;
	live_link_table(o, space, o->m->geo.levels - 1 - (int)fewer, 0, root);
}

/* Same frame, and everything the old one allowed: a walker that keeps the old one only faults more. */
static bool live_only_weaker(pte_t old, pte_t new)
{
	const pte_t perm = PTE_W | PTE_A | PTE_D;

	return pte_leaf(old) && pte_leaf(new) && pte_pfn(old) == pte_pfn(new) && !(old & perm & ~new);
}

/* A store into a table that only a stale pointer names: walkers that hold the pointer see it. */
static void live_store_unlinked(struct oracle *o, sd_page pfn, mem_entry e, pte_t new)
{
	uint32_t n = o->nitems;

	for (uint32_t i = 0; i < n; i++) {
		struct item *t = &o->item[i], *it;

		if (!t->table || pte_pfn(t->value) != pfn || !t->held)
			continue;
		sd_page span = mem_span(o->m, t->level - 1);
		sd_page page = t->page + mem_entry_index(o->m, e) * span;

		if (!pte_present(new)) {
			owed_hole(o, t->space, page, span);
			continue;
		}
		it = item_add(o, t->space, t->level - 1, page, e, new, mem_serial(o->m, e));
		if (!it)
			continue;
		it->held &= t->held | space_atcs(o, t->space, t->held);
		if (!it->table)
			size_new_leaf(o, (struct new_leaf){t->space, it->level, page, new, it->held});
	}
}

void live_store(struct oracle *o, const struct event *ev)
{
	mem_entry e = ev->store.entry;
	pte_t old = ev->store.old, new = ev->store.value;
	sd_page pfn = mem_entry_frame(o->m, e);
	struct live_table t = o->table[pfn];
	bool born = mem_serial(o->m, e) != ev->store.old_serial;
	sd_page page, span;

	if (t.space == NO_SPACE) {
		if (o->nitems)
			live_store_unlinked(o, pfn, e, new);
		return;
	}
	if (!born)
		return; /* a swap entry, or software setting A or D */
	span = mem_span(o->m, t.level);
	page = t.page + mem_entry_index(o->m, e) * span;
	if (pte_present(old)) {
		uint32_t first = o->nitems;
		struct item *it = live_entry_unlinked(o, t, e, old, ev->store.old_serial);

		if (it) {
			it->weaker = live_only_weaker(old, new);
			it->behind = o->m->behind && o->m->frame[pfn].apart;
			if (it->table)
				owed_stale_table(o, it);
		}
		if (pte_present(new) && pte_leaf(old) != pte_leaf(new))
			for (uint32_t i = first; i < o->nitems; i++)
				o->item[i].resized = true;
	}
	if (pte_present(new)) {
		live_entry_linked(o, t.space, t.level, page, new);
		if (live_is_table(t.level, new))
			owed_linked(o, t.space, page, t.level, new);
	} else {
		owed_hole(o, t.space, page, span);
	}
}

bool live_entry(const struct oracle *o, int space, sd_page page, mem_entry e, uint32_t serial)
{
	sd_page pfn = mem_entry_frame(o->m, e);
	const struct live_table *t;

	if (pfn >= MEM_FRAMES)
		return false;
	t = &o->table[pfn];
	return t->space == space && mem_serial(o->m, e) == serial &&
	       t->page + mem_entry_index(o->m, e) * mem_span(o->m, t->level) == page;
}
