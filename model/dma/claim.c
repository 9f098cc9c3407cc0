/* SPDX-License-Identifier: MIT */
/*
 * claim: one owner per IOVA range at a time.
 *
 * The IOMMU API demands that map and unmap of one range never overlap; in
 * Linux the IOVA allocator sees to it, here a list of ranges in use. Disjoint
 * ranges run side by side, in the same tables. A table is freed only by an
 * operation that owns all of its range, so nobody else can be inside it. Does
 * not model: the allocator itself.
 */
#include "bugs/bugs.h"
#include "dma/claim.h"
#include "dma/state.h"

struct claim_want {
	struct dma_domain *dom;
	sd_page first, last;
	uint32_t seen; /* dom->released when the range was not free */
};

/* The number of a free claim, or -1: somebody owns part of the range. */
static int claim_free_slot(const struct claim_want *w)
{
	int slot = -1;

	for (int i = 0; i < DMA_CLAIMS; i++) {
		const struct dma_claim *c = &w->dom->claim[i];

		if (!c->used)
			slot = i;
		else if (c->first <= w->last && w->first <= c->last)
			return -1;
	}
	return slot;
}

static void claim_take(struct dma_claim *c, sd_page first, sd_page last)
{
	c->used = true;
	c->first = first;
	c->last = last;
}

static bool claim_was_released(void *arg)
{
	const struct claim_want *w = arg;

	return atomic_load_explicit(&w->dom->released, memory_order_acquire) != w->seen;
}

int dma_claim(struct dma_sys *d, int domain, sd_page first, sd_page last)
{
	struct dma_domain *dom = &d->domain[domain];
	struct claim_want w = {dom, first, last, 0};
	int slot;

	if (!step(d->bugs, STEP_DMA_CLAIM))
		return 0;
	for (;;) {
		sched_lock(d->s, &dom->lock, PT_DMA_CLAIM);
		slot = claim_free_slot(&w);
		w.seen = atomic_load_explicit(&dom->released, memory_order_relaxed);
		if (slot >= 0)
			claim_take(&dom->claim[slot], first, last);
		sched_unlock(d->s, &dom->lock);
		if (slot >= 0)
			return slot;
		sched_wait(d->s, &dom->wq, PT_DMA_CLAIM_WAIT, claim_was_released, &w);
	}
}

void dma_unclaim(struct dma_sys *d, int domain, int claim)
{
	struct dma_domain *dom = &d->domain[domain];

	if (!step(d->bugs, STEP_DMA_CLAIM))
		return;
	sched_lock(d->s, &dom->lock, PT_DMA_UNCLAIM);
	dom->claim[claim].used = false;
	atomic_fetch_add_explicit(&dom->released, 1, memory_order_release);
	sched_unlock(d->s, &dom->lock);
	sched_wake(d->s, &dom->wq);
}
