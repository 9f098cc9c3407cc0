/* SPDX-License-Identifier: MIT */
/*
 * Context and PASID entries: the level above the root. Whatever was written is
 * held by the context cache of the device's IOMMU until a context invalidation
 * that covers it took effect, and whoever went by it before may be under way
 * until somebody saw the wait behind that (VT-d 6.5.2.1, 6.5.2.2).
 */
#include "oracle/history_parts.h"

static struct context *live_context(struct history *h, unsigned dev, unsigned pasid)
{
	for (uint32_t i = 0; i < h->ncontexts; i++)
		if (h->context[i].live && h->context[i].dev == dev && h->context[i].pasid == pasid)
			return &h->context[i];
	return NULL;
}

void contexts_store(struct history *h, const struct event *ev)
{
	struct context *old = live_context(h, ev->a, ev->c);

	if (old)
		old->live = false;
	if (!ev->b)
		return;
	if (h->ncontexts == HISTORY_CONTEXTS) {
		history_stop(h, HISTORY_INCONCLUSIVE, "more context entries than are kept track of");
		return;
	}
	h->context[h->ncontexts++] = (struct context){
	        .dev = ev->a,
	        .pasid = (uint8_t)ev->c,
	        .root = ev->d,
	        .tag = (uint16_t)ev->e,
	        .fewer = (uint8_t)ev->x,
	        .live = true,
	        .held = true,
	        .under_way =
	                (uint16_t)(1u << (WALKER_IOMMU0 + iommu_of(h, ev->a)) | 1u << (WALKER_ATC0 + ev->a)),
	};
}

void contexts_invalidate(struct history *h, const struct event *ev)
{
	for (uint32_t i = 0; i < h->ncontexts; i++) {
		struct context *c = &h->context[i];

		if (!c->held || WALKER_IOMMU0 + iommu_of(h, c->dev) != ev->a)
			continue;
		if ((ev->b != 0xff && ev->b != c->dev) || (ev->c != (uint32_t)-1 && ev->c != c->pasid) ||
		    (ev->d && ev->d != c->tag))
			continue;
		c->held = c->live;
		c->dropped = h->now;
	}
}

void contexts_tag_invalidated(struct history *h, const struct event *ev)
{
	bool atc = ev->a >= WALKER_ATC0;

	if (!(ev->b & (INV_TAG_ALL | INV_ALL_TAGS)) || ev->b & INV_LEAF_ONLY || ev->a < WALKER_IOMMU0)
		return;
	for (uint32_t i = 0; i < h->ncontexts; i++) {
		struct context *c = &h->context[i];

		if (!context_held(c) && (ev->b & INV_ALL_TAGS || ev->c == (atc ? c->pasid : c->tag)))
			c->under_way &= (uint16_t) ~(1u << ev->a);
	}
}

bool context_usable(const struct history *h, const struct context *c)
{
	return c->live || c->held || c->dropped > h->settled[WALKER_IOMMU0 + iommu_of(h, c->dev)];
}
