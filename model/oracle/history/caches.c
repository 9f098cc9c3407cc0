/* SPDX-License-Identifier: MIT */
/*
 * Who may hold what. Everything reachable is held by everybody who can reach
 * it: CPUs from the root of their mm, IOMMUs from the roots that their context
 * entries name, and from there through live tables and through pointers to
 * tables that they still hold; an ATC gets whatever its IOMMU has. It stays
 * held until an invalidation that covers it took effect; and it counts as used
 * until somebody saw a wait complete that began after that.
 *
 * After every change all tables are walked again. What software's own tables
 * had before and have no more was killed by that event.
 */
#include "oracle/history/state.h"

static bool caches_ats(const struct history *h) { return h->prof->ats; }

/* -- items --------------------------------------------------------------------------- */

static struct history_item *caches_find_item(struct history *h, unsigned inst, int space, int level,
                                             sd_page base)
{
	for (unsigned i = h->inst[inst].items; i; i = h->item[i].next)
		if (h->item[i].space == space && h->item[i].level == level && h->item[i].base == base)
			return &h->item[i];
	return NULL;
}

static struct history_item *caches_item(struct history *h, unsigned inst, int space, int level, sd_page base)
{
	struct history_item *i = caches_find_item(h, inst, space, level, base);

	if (i)
		return i;
	if (h->nitems == HISTORY_ITEMS) {
		history_stop(h, HISTORY_INCONCLUSIVE, "more items than are kept track of");
		return NULL;
	}
	i = &h->item[h->nitems];
	*i = (struct history_item){
	        .inst = (uint16_t)inst,
	        .next = h->inst[inst].items,
	        .space = (uint8_t)space,
	        .level = (uint8_t)level,
	        .base = base,
	        .span = history_tables_span(h, level),
	};
	h->inst[inst].items = (uint16_t)h->nitems++;
	return i;
}

/* -- reaching --------------------------------------------------------------------------- */

/* A walk of everything below a table. */
struct reach {
	struct history *h;
	int space;
	uint16_t walkers;
	bool software; /* by the words alone, from software's own root */
};

static void caches_reach_table(const struct reach *r, sd_page table, int level, sd_page base);

/*
 * SMMU 3.21.1.3: a block with nT is used and not kept. Whoever uses it now has done so when a wait
 * from now on ends.
 */
static void caches_use_now(struct history *h, struct history_item *i, unsigned walkers)
{
	for (; walkers; walkers &= walkers - 1)
		i->dropped[__builtin_ctz(walkers)] = h->now;
}

static void caches_reach_value(const struct reach *r, unsigned inst, int level, sd_page base)
{
	struct history *h = r->h;
	pte_t v = h->inst[inst].value;
	struct history_item *i;

	if (pte_table(v) && level == 0)
		return; /* a walker takes it for not present */
	i = caches_item(h, inst, r->space, level, base);
	if (!i)
		return;
	if (pte_leaf(v) && v & PTE_NT)
		caches_use_now(h, i, r->walkers);
	else
		i->held |= r->walkers;
	if (r->software)
		i->seen = h->looks;
	if (h->inst[inst].serial <= h->frame[h->inst[inst].entry >> h->frame_bits].born)
		i->exposed = h->looks;
	if (pte_table(v))
		caches_reach_table(r, pte_pfn(v), level - 1, base);
}

static void caches_reach_table(const struct reach *r, sd_page table, int level, sd_page base)
{
	struct history *h = r->h;
	bool apart = h->behind && history_is_domain(r->space);

	if (table >= MEM_FRAMES || level < 0 || h->frame[table].kind != MEM_TABLE)
		return;
	h->frame[table].apart |= apart;
	for (uint64_t left = h->used[table]; left; left &= left - 1) {
		uint32_t index = (uint32_t)__builtin_ctzll(left);
		const struct history_cell *c = history_tables_cell(h, table << h->frame_bits | index);
		sd_page at = base + index * history_tables_span(h, level);
		struct reach behind = *r;

		if (c->word)
			caches_reach_value(r, c->word, level, at);
		behind.software = false;
		if (apart && c->memory && c->memory != c->word && r->walkers)
			caches_reach_value(&behind, c->memory, level, at);
	}
}

static void caches_reach_root(struct history *h, int space, struct history_root root, uint16_t walkers,
                              bool software)
{
	const struct reach r = {h, space, walkers, software};

	caches_reach_table(&r, root.frame, h->levels - root.fewer - 1, 0);
}

/* Through the context entries; CPUs have none. */
static void caches_reach_contexts(struct history *h, int space)
{
	const struct history_space *sp = &h->space[space];
	const struct history_root own = sp->root;
	uint16_t walkers = own.frame ? sp->cpus : 0;

	for (uint32_t i = 0; i < h->ncontexts; i++) {
		const struct history_context *c = &h->context[i];
		uint16_t iommu = (uint16_t)(1u << (WALKER_IOMMU0 + history_iommu(h, c->dev)));

		if (c->tag != sp->tag || !(c->under_way & iommu))
			continue;
		if (own.frame == c->root && own.fewer == c->fewer)
			walkers |= iommu;
		else
			caches_reach_root(h, space, (struct history_root){c->root, c->fewer}, iommu, false);
	}
	if (own.frame)
		caches_reach_root(h, space, own, walkers, true);
}

/* Through tables that are linked no more, as long as a walker holds a pointer to them. */
static void caches_reach_stale(struct history *h)
{
	for (uint32_t n = 1; n < h->nitems && !h->over; n++) {
		const struct history_item *i = &h->item[n];
		struct reach r = {h, i->space, i->held & (WALKERS_CPU | WALKERS_IOMMU), false};

		if (i->seen == h->looks || !r.walkers || !pte_table(history_value(h, i)))
			continue;
		r.walkers &= history_caches_awake(h, i->space);
		if (r.walkers)
			caches_reach_table(&r, pte_pfn(history_value(h, i)), i->level - 1, i->base);
	}
}

/*
 * A device may ask for whatever its IOMMU has, and keep the answer. Who has
 * asked while it was let in may be answered with what is new.
 */
static void caches_refill_atcs(struct history *h)
{
	uint16_t iommus_of[SD_MAX_SPACES] = {0}, atcs_of[SD_MAX_SPACES][SD_MAX_IOMMUS] = {{0}};
	uint16_t asked[SD_MAX_SPACES] = {0};

	for (uint32_t k = 0; k < h->ncontexts; k++) {
		const struct history_context *c = &h->context[k];

		for (int s = 0; s < SD_MAX_SPACES; s++)
			if (h->space[s].tag == c->tag)
				asked[s] |= c->under_way & WALKERS_ATC;
		if (!history_context_held(c))
			continue;
		for (int s = 0; s < SD_MAX_SPACES; s++)
			if (h->space[s].tag == c->tag) {
				iommus_of[s] |= 1u << history_iommu(h, c->dev);
				atcs_of[s][history_iommu(h, c->dev)] |= 1u << (WALKER_ATC0 + c->dev);
			}
	}
	for (uint32_t n = 1; n < h->nitems; n++) {
		struct history_item *i = &h->item[n];

		if (i->seen == h->looks && history_is_leaf(h, i))
			i->held |= asked[i->space];
		for (int io = 0; io < SD_MAX_IOMMUS; io++)
			if (iommus_of[i->space] >> io & 1 && i->held >> (WALKER_IOMMU0 + io) & 1 &&
			    history_is_leaf(h, i))
				i->held |= atcs_of[i->space][io];
	}
}

/*
 * Also what was never live: who stores into a table that only stale pointers
 * lead to has made something that is out of software's reach.
 */
static void caches_note_killed(struct history *h)
{
	const struct event *ev = h->ev;

	for (uint32_t n = 1; n < h->nitems; n++) {
		struct history_item *i = &h->item[n];

		if (i->seen == h->looks) {
			i->live = true;
			i->killed = false;
		} else if (i->live || n >= h->fresh) {
			i->replaced =
			        i->live && ev->type == EV_ENTRY && ev->store.entry == h->inst[i->inst].entry
			                ? ev->store.value
			                : 0;
			i->resized = i->live && ev->type == EV_ENTRY && pte_present(ev->store.old) &&
			             pte_present(ev->store.value) &&
			             pte_leaf(ev->store.old) != pte_leaf(ev->store.value);
			i->live = false;
			i->killed = true;
			i->killer = ev->actor;
			i->killer_op = history_op(h)->id;
		}
	}
}

void history_caches_spread(struct history *h)
{
	h->looks++;
	for (int s = 0; s < SD_MAX_SPACES; s++)
		if (h->space[s].root.frame || h->space[s].tag)
			caches_reach_contexts(h, s);
	caches_reach_stale(h);
	if (caches_ats(h))
		caches_refill_atcs(h);
	caches_note_killed(h);
}

/* -- invalidations ------------------------------------------------------------------------- */

static bool caches_tag_matches(const struct history *h, const struct history_item *i, const struct event *ev)
{
	if (ev->inv.flags & INV_ALL_TAGS)
		return true;
	if (ev->inv.walker < WALKER_IOMMU0)
		return ev->inv.tag == i->space + 1u; /* its ASID */
	if (ev->inv.walker < WALKER_ATC0)
		return ev->inv.tag == h->space[i->space].tag;
	return ev->inv.tag == h->space[i->space].pasid;
}

static bool caches_covers(const struct history *h, const struct history_item *i, const struct event *ev)
{
	unsigned level1 = ev->inv.flags >> INV_LEVEL_SHIFT & 7;
	bool in_range = i->base <= ev->inv.last && i->base + (i->span - 1) >= ev->inv.first;

	if (!caches_tag_matches(h, i, ev))
		return false;
	if (ev->inv.flags & INV_TAG_ALL)
		in_range = true;
	if (history_is_leaf(h, i))
		return in_range && (!level1 || ev->inv.walker >= WALKER_ATC0 || i->level == level1 - 1);
	if (ev->inv.flags & INV_LEAF_ONLY)
		return false;
	return in_range || ev->inv.flags & INV_TABLES_ALL;
}

/* What can be reached still is back at once, by the walk that follows. */
void history_caches_invalidate(struct history *h, const struct event *ev)
{
	uint16_t walker = (uint16_t)(1u << ev->inv.walker);

	history_contexts_tag_invalidated(h, ev);
	for (uint32_t n = 1; n < h->nitems; n++) {
		struct history_item *i = &h->item[n];

		if (!(i->held & walker) || !caches_covers(h, i, ev))
			continue;
		i->held &= (uint16_t)~walker;
		i->dropped[ev->inv.walker] = h->now;
	}
}

/* -- waits ------------------------------------------------------------------------------------ */

static const struct history_wait *caches_find_wait(const struct history *h, const struct event *seen)
{
	for (uint32_t n = h->nwaits; n--;) {
		const struct history_wait *w = &h->wait[n];

		if (w->walker == seen->wait.walker && w->seq == seen->wait.seq)
			return w;
	}
	return NULL;
}

static void caches_settle(struct history *h, int walker, uint32_t began)
{
	if (h->settled[walker] < began)
		h->settled[walker] = began;
}

void history_caches_wait_seen(struct history *h, const struct event *ev)
{
	const struct history_wait *w = caches_find_wait(h, ev);
	int iommu = ev->wait.walker - WALKER_IOMMU0;

	if (!w) {
		history_stop(h, HISTORY_DEFECT, "somebody saw a wait that never began");
		return;
	}
	/*
	 * A device may send untranslated requests even if it has an ATC, which drains its own (PCIe
	 * ATS 10.3).
	 */
	if (ev->wait.flags & SEEN_DRAINED)
		caches_settle(h, ev->wait.walker, w->began);
	if (iommu < 0 || ev->wait.flags & SEEN_BROADCAST)
		return;
	for (int dev = 0; dev < SD_MAX_DEVS; dev++)
		if (history_iommu(h, dev) == iommu)
			caches_settle(h, WALKER_ATC0 + dev, w->began);
}

/* -- questions ----------------------------------------------------------------------------------- */

/* A device that did not answer is checked: out is out, once its requests have ended. */
static bool caches_shut_out(const struct history *h, int dev, int space)
{
	if (!(h->silent >> dev & 1))
		return false;
	for (uint32_t k = 0; k < h->ncontexts; k++) {
		const struct history_context *c = &h->context[k];

		if (c->dev == dev && c->tag == h->space[space].tag &&
		    (c->live || c->held || c->dropped > h->settled[WALKER_IOMMU0 + history_iommu(h, dev)]))
			return false;
	}
	return true;
}

uint16_t history_caches_awake(const struct history *h, int space)
{
	uint16_t walkers = WALKERS_CPU;

	for (uint32_t k = 0; k < h->ncontexts; k++) {
		const struct history_context *c = &h->context[k];

		if (c->tag == h->space[space].tag && history_context_usable(h, c))
			walkers |= 1u << (WALKER_IOMMU0 + history_iommu(h, c->dev));
	}
	for (int dev = 0; dev < SD_MAX_DEVS; dev++)
		if (!(h->gone >> dev & 1) && !caches_shut_out(h, dev, space))
			walkers |= 1u << (WALKER_ATC0 + dev);
	return walkers;
}

uint16_t history_caches_usable(const struct history *h, const struct history_item *i)
{
	uint16_t walkers = i->held;

	for (int w = 0; w < WALKER_COUNT; w++)
		if (i->dropped[w] > h->settled[w])
			walkers |= 1u << w;
	return walkers ? walkers & history_caches_awake(h, i->space) : 0;
}

void history_caches_check_member(struct history *h, const struct event *ev)
{
	for (uint32_t n = 1; n < h->nitems; n++) {
		const struct history_item *i = &h->item[n];

		if (i->held >> ev->cached.walker & 1 && h->inst[i->inst].entry == ev->cached.entry &&
		    h->inst[i->inst].serial == ev->cached.serial && i->level == ev->cached.level &&
		    i->base == ev->cached.page)
			return;
	}
	history_stop(h, HISTORY_DEFECT, "a walker caches or uses what it cannot have");
}
