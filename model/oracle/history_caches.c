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
#include "oracle/history_parts.h"

static bool has_ats(const struct history *h) { return h->prof->ats; }

/* -- items --------------------------------------------------------------------------- */

static struct item *find_item(struct history *h, unsigned inst, int space, int level, sd_page base)
{
	for (unsigned i = h->inst[inst].items; i; i = h->item[i].next)
		if (h->item[i].space == space && h->item[i].level == level && h->item[i].base == base)
			return &h->item[i];
	return NULL;
}

static struct item *get_item(struct history *h, unsigned inst, int space, int level, sd_page base)
{
	struct item *i = find_item(h, inst, space, level, base);

	if (i)
		return i;
	if (h->nitems == HISTORY_ITEMS) {
		history_stop(h, HISTORY_INCONCLUSIVE, "more items than are kept track of");
		return NULL;
	}
	i = &h->item[h->nitems];
	*i = (struct item){
	        .inst = (uint16_t)inst,
	        .next = h->inst[inst].items,
	        .space = (uint8_t)space,
	        .level = (uint8_t)level,
	        .base = base,
	        .span = tables_span(h, level),
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

static void reach_table(const struct reach *r, sd_page table, int level, sd_page base);

/* SMMU 3.21.1.3: a block with nT is used and not kept. Whoever uses it now has done so when a wait from now on ends. */
static void use_now(struct history *h, struct item *i, unsigned walkers)
{
	for (; walkers; walkers &= walkers - 1)
		i->dropped[__builtin_ctz(walkers)] = h->now;
}

static void reach_value(const struct reach *r, unsigned inst, int level, sd_page base)
{
	struct history *h = r->h;
	pte_t v = h->inst[inst].value;
	struct item *i;

	if (pte_table(v) && level == 0)
		return; /* a walker takes it for not present */
	i = get_item(h, inst, r->space, level, base);
	if (!i)
		return;
	if (pte_leaf(v) && v & PTE_NT)
		use_now(h, i, r->walkers);
	else
		i->held |= r->walkers;
	if (r->software)
		i->seen = h->looks;
	if (h->inst[inst].serial <= h->frame[h->inst[inst].entry >> h->frame_bits].born)
		i->exposed = h->looks;
	if (pte_table(v))
		reach_table(r, pte_pfn(v), level - 1, base);
}

static void reach_table(const struct reach *r, sd_page table, int level, sd_page base)
{
	struct history *h = r->h;
	bool apart = h->behind && is_domain(r->space);

	if (table >= MEM_FRAMES || level < 0 || h->frame[table].kind != MEM_TABLE)
		return;
	h->frame[table].apart |= apart;
	for (uint64_t left = h->used[table]; left; left &= left - 1) {
		uint32_t index = (uint32_t)__builtin_ctzll(left);
		const struct cell *c = tables_cell(h, table << h->frame_bits | index);
		sd_page at = base + index * tables_span(h, level);
		struct reach behind = *r;

		if (c->word)
			reach_value(r, c->word, level, at);
		behind.software = false;
		if (apart && c->memory && c->memory != c->word && r->walkers)
			reach_value(&behind, c->memory, level, at);
	}
}

static void reach_root(struct history *h, int space, struct root root, uint16_t walkers, bool software)
{
	const struct reach r = {h, space, walkers, software};

	reach_table(&r, root.frame, h->levels - root.fewer - 1, 0);
}

/* Through the context entries; CPUs have none. */
static void reach_from_contexts(struct history *h, int space)
{
	const struct space *sp = &h->space[space];
	const struct root own = sp->root;
	uint16_t walkers = own.frame ? sp->cpus : 0;

	for (uint32_t i = 0; i < h->ncontexts; i++) {
		const struct context *c = &h->context[i];
		uint16_t iommu = (uint16_t)(1u << (WALKER_IOMMU0 + iommu_of(h, c->dev)));

		if (c->tag != sp->tag || !(c->under_way & iommu))
			continue;
		if (own.frame == c->root && own.fewer == c->fewer)
			walkers |= iommu;
		else
			reach_root(h, space, (struct root){c->root, c->fewer}, iommu, false);
	}
	if (own.frame)
		reach_root(h, space, own, walkers, true);
}

/* Through tables that are linked no more, as long as a walker holds a pointer to them. */
static void reach_through_stale(struct history *h)
{
	for (uint32_t n = 1; n < h->nitems && !h->over; n++) {
		const struct item *i = &h->item[n];
		struct reach r = {h, i->space, i->held & (WALKERS_CPU | WALKERS_IOMMU), false};

		if (i->seen == h->looks || !r.walkers || !pte_table(value_of(h, i)))
			continue;
		r.walkers &= caches_awake(h, i->space);
		if (r.walkers)
			reach_table(&r, pte_pfn(value_of(h, i)), i->level - 1, i->base);
	}
}

/*
 * A device may ask for whatever its IOMMU has, and keep the answer. Who has
 * asked while it was let in may be answered with what is new.
 */
static void refill_atcs(struct history *h)
{
	uint16_t iommus_of[SD_MAX_SPACES] = {0}, atcs_of[SD_MAX_SPACES][SD_MAX_IOMMUS] = {{0}};
	uint16_t asked[SD_MAX_SPACES] = {0};

	for (uint32_t k = 0; k < h->ncontexts; k++) {
		const struct context *c = &h->context[k];

		for (int s = 0; s < SD_MAX_SPACES; s++)
			if (h->space[s].tag == c->tag)
				asked[s] |= c->under_way & WALKERS_ATC;
		if (!context_held(c))
			continue;
		for (int s = 0; s < SD_MAX_SPACES; s++)
			if (h->space[s].tag == c->tag) {
				iommus_of[s] |= 1u << iommu_of(h, c->dev);
				atcs_of[s][iommu_of(h, c->dev)] |= 1u << (WALKER_ATC0 + c->dev);
			}
	}
	for (uint32_t n = 1; n < h->nitems; n++) {
		struct item *i = &h->item[n];

		if (i->seen == h->looks && is_leaf(h, i))
			i->held |= asked[i->space];
		for (int io = 0; io < SD_MAX_IOMMUS; io++)
			if (iommus_of[i->space] >> io & 1 && i->held >> (WALKER_IOMMU0 + io) & 1 &&
			    is_leaf(h, i))
				i->held |= atcs_of[i->space][io];
	}
}

/*
 * Also what was never live: who stores into a table that only stale pointers
 * lead to has made something that is out of software's reach.
 */
static void note_killed(struct history *h)
{
	const struct event *ev = h->ev;

	for (uint32_t n = 1; n < h->nitems; n++) {
		struct item *i = &h->item[n];

		if (i->seen == h->looks) {
			i->live = true;
			i->killed = false;
		} else if (i->live || n >= h->fresh) {
			i->replaced = i->live && ev->type == EV_ENTRY && ev->c == h->inst[i->inst].entry
			                      ? ev->e
			                      : 0;
			i->resized = i->live && ev->type == EV_ENTRY && pte_present(ev->d) &&
			             pte_present(ev->e) && pte_leaf(ev->d) != pte_leaf(ev->e);
			i->live = false;
			i->killed = true;
			i->killer = ev->actor;
			i->killer_op = op_of(h)->id;
		}
	}
}

void caches_spread(struct history *h)
{
	h->looks++;
	for (int s = 0; s < SD_MAX_SPACES; s++)
		if (h->space[s].root.frame || h->space[s].tag)
			reach_from_contexts(h, s);
	reach_through_stale(h);
	if (has_ats(h))
		refill_atcs(h);
	note_killed(h);
}

/* -- invalidations ------------------------------------------------------------------------- */

static bool tag_matches(const struct history *h, const struct item *i, const struct event *ev)
{
	if (ev->b & INV_ALL_TAGS)
		return true;
	if (ev->a < WALKER_IOMMU0)
		return ev->c == i->space + 1u; /* its ASID */
	if (ev->a < WALKER_ATC0)
		return ev->c == h->space[i->space].tag;
	return ev->c == h->space[i->space].pasid;
}

static bool covers(const struct history *h, const struct item *i, const struct event *ev)
{
	unsigned level1 = ev->b >> INV_LEVEL_SHIFT & 7;
	bool in_range = i->base <= ev->e && i->base + (i->span - 1) >= ev->d;

	if (!tag_matches(h, i, ev))
		return false;
	if (ev->b & INV_TAG_ALL)
		in_range = true;
	if (is_leaf(h, i))
		return in_range && (!level1 || ev->a >= WALKER_ATC0 || i->level == level1 - 1);
	if (ev->b & INV_LEAF_ONLY)
		return false;
	return in_range || ev->b & INV_TABLES_ALL;
}

/* What can be reached still is back at once, by the walk that follows. */
void caches_invalidate(struct history *h, const struct event *ev)
{
	uint16_t walker = (uint16_t)(1u << ev->a);

	contexts_tag_invalidated(h, ev);
	for (uint32_t n = 1; n < h->nitems; n++) {
		struct item *i = &h->item[n];

		if (!(i->held & walker) || !covers(h, i, ev))
			continue;
		i->held &= (uint16_t)~walker;
		i->dropped[ev->a] = h->now;
	}
}

/* -- waits ------------------------------------------------------------------------------------ */

static const struct wait *find_wait(const struct history *h, const struct event *seen)
{
	for (uint32_t n = h->nwaits; n--;) {
		const struct wait *w = &h->wait[n];

		if (w->walker == seen->a && w->seq == seen->x)
			return w;
	}
	return NULL;
}

static void settle(struct history *h, int walker, uint32_t began)
{
	if (h->settled[walker] < began)
		h->settled[walker] = began;
}

void caches_wait_seen(struct history *h, const struct event *ev)
{
	const struct wait *w = find_wait(h, ev);
	int iommu = ev->a - WALKER_IOMMU0;

	if (!w) {
		history_stop(h, HISTORY_DEFECT, "somebody saw a wait that never began");
		return;
	}
	/* A device may send untranslated requests even if it has an ATC, which drains its own (PCIe ATS 10.3). */
	if (ev->b & SEEN_DRAINED)
		settle(h, ev->a, w->began);
	if (iommu < 0 || ev->b & SEEN_BROADCAST)
		return;
	for (int dev = 0; dev < SD_MAX_DEVS; dev++)
		if (iommu_of(h, dev) == iommu)
			settle(h, WALKER_ATC0 + dev, w->began);
}

/* -- questions ----------------------------------------------------------------------------------- */

/* A device that did not answer is checked: out is out, once its requests have ended. */
static bool shut_out(const struct history *h, int dev, int space)
{
	if (!(h->silent >> dev & 1))
		return false;
	for (uint32_t k = 0; k < h->ncontexts; k++) {
		const struct context *c = &h->context[k];

		if (c->dev == dev && c->tag == h->space[space].tag &&
		    (c->live || c->held || c->dropped > h->settled[WALKER_IOMMU0 + iommu_of(h, dev)]))
			return false;
	}
	return true;
}

uint16_t caches_awake(const struct history *h, int space)
{
	uint16_t walkers = WALKERS_CPU;

	for (uint32_t k = 0; k < h->ncontexts; k++) {
		const struct context *c = &h->context[k];

		if (c->tag == h->space[space].tag && context_usable(h, c))
			walkers |= 1u << (WALKER_IOMMU0 + iommu_of(h, c->dev));
	}
	for (int dev = 0; dev < SD_MAX_DEVS; dev++)
		if (!(h->gone >> dev & 1) && !shut_out(h, dev, space))
			walkers |= 1u << (WALKER_ATC0 + dev);
	return walkers;
}

uint16_t caches_usable(const struct history *h, const struct item *i)
{
	uint16_t walkers = i->held;

	for (int w = 0; w < WALKER_COUNT; w++)
		if (i->dropped[w] > h->settled[w])
			walkers |= 1u << w;
	return walkers ? walkers & caches_awake(h, i->space) : 0;
}

void caches_check_member(struct history *h, const struct event *ev)
{
	for (uint32_t n = 1; n < h->nitems; n++) {
		const struct item *i = &h->item[n];

		if (i->held >> ev->a & 1 && h->inst[i->inst].entry == ev->c &&
		    h->inst[i->inst].serial == (uint32_t)ev->x && i->level == ev->b && i->base == ev->e)
			return;
	}
	history_stop(h, HISTORY_DEFECT, "a walker caches or uses what it cannot have");
}
