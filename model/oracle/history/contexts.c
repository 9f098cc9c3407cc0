/* SPDX-License-Identifier: MIT */
/*
 * Context and PASID entries: the level above the root. Whatever was written is
 * held by the context cache of the device's IOMMU until a context invalidation
 * that covers it took effect, and whoever went by it before may be under way
 * until somebody saw the wait behind that (VT-d 6.5.2.1, 6.5.2.2).
 */
#include "oracle/history/state.h"

static struct history_context *contexts_live(struct history *h, unsigned dev, unsigned pasid)
{
	for (uint32_t i = 0; i < h->ncontexts; i++)
		if (h->context[i].live && h->context[i].dev == dev && h->context[i].pasid == pasid)
			return &h->context[i];
	return NULL;
}

void history_contexts_store(struct history *h, const struct event *ev)
{
	struct history_context *old = contexts_live(h, ev->context.dev, ev->context.pasid);

	if (old)
		old->live = false;
	if (!ev->context.present)
		return;
	if (h->ncontexts == HISTORY_CONTEXTS) {
		history_stop(h, HISTORY_INCONCLUSIVE, "more context entries than are kept track of");
		return;
	}
	h->context[h->ncontexts++] = (struct history_context){
	        .dev = ev->context.dev,
	        .pasid = (uint8_t)ev->context.pasid,
	        .root = ev->context.root,
	        .tag = (uint16_t)ev->context.tag,
	        .fewer = (uint8_t)ev->context.fewer,
	        .live = true,
	        .held = true,
	        .under_way = (uint16_t)(1u << (WALKER_IOMMU0 + history_iommu(h, ev->context.dev)) |
	                                1u << (WALKER_ATC0 + ev->context.dev)),
	};
}

void history_contexts_invalidate(struct history *h, const struct event *ev)
{
	for (uint32_t i = 0; i < h->ncontexts; i++) {
		struct history_context *c = &h->context[i];

		if (!c->held || WALKER_IOMMU0 + history_iommu(h, c->dev) != ev->inv_ctx.walker)
			continue;
		if ((ev->inv_ctx.dev != 0xff && ev->inv_ctx.dev != c->dev) ||
		    (ev->inv_ctx.pasid != (uint32_t)-1 && ev->inv_ctx.pasid != c->pasid) ||
		    (ev->inv_ctx.tag && ev->inv_ctx.tag != c->tag))
			continue;
		c->held = c->live;
		c->dropped = h->now;
	}
}

void history_contexts_tag_invalidated(struct history *h, const struct event *ev)
{
	bool atc = ev->inv.walker >= WALKER_ATC0;

	if (!(ev->inv.flags & (INV_TAG_ALL | INV_ALL_TAGS)) || ev->inv.flags & INV_LEAF_ONLY ||
	    ev->inv.walker < WALKER_IOMMU0)
		return;
	for (uint32_t i = 0; i < h->ncontexts; i++) {
		struct history_context *c = &h->context[i];

		if (!history_context_held(c) &&
		    (ev->inv.flags & INV_ALL_TAGS || ev->inv.tag == (atc ? c->pasid : c->tag)))
			c->under_way &= (uint16_t) ~(1u << ev->inv.walker);
	}
}

bool history_context_usable(const struct history *h, const struct history_context *c)
{
	return c->live || c->held || c->dropped > h->settled[WALKER_IOMMU0 + history_iommu(h, c->dev)];
}
