// SPDX-License-Identifier: MIT
/*
 * grow: a domain whose table gets another level above it.
 *
 * Root and depth are one word, because maps and unmaps of other ranges read
 * them without a lock: either both are the old ones or both are the new ones.
 * The old root lives on below the new one, so whoever still goes by the old
 * pair finds everything that was there. Device entries lead to the new root,
 * and no context cache to the old one, before the pair is published.
 * Does not model: growth by more than a level (the old root is never a table of
 * leaves, which unmap could free), shrinking.
 * Follows Linux increase_address_space(), fetch_pte() and alloc_pte() of AMD's
 * io_pgtable.c, amd_iommu_domain_set_pgtable().
 */
#include <errno.h>

#include "dma/dma_internal.h"

enum { FEWER_SHIFT = 32, LEAST_LEVELS = 2 };

static struct dma_top unpack(const struct dma_sys *d, uint64_t root, uint64_t depth)
{
	return (struct dma_top){(sd_page)root, d->m->geo.levels - 1 - (int)(depth >> FEWER_SHIFT)};
}

static unsigned fewer(const struct dma_sys *d, struct dma_top top)
{
	return (unsigned)(d->m->geo.levels - 1 - top.level);
}

struct dma_top dma_top_now(const struct dma_sys *d, int domain)
{
	uint64_t top = atomic_load_explicit(&d->domain[domain].top, memory_order_acquire);

	return unpack(d, top, top);
}

struct dma_top dma_top_read(struct dma_sys *d, int domain)
{
	struct dma_domain *dom = &d->domain[domain];
	struct dma_top top;
	uint64_t depth;

	if (!d->cfg.grow)
		return dma_top_now(d, domain);
	sched_point(d->s, PT_DMA_TOP_READ);
	top = dma_top_now(d, domain);
	if (bug_on(d->bugs, BUG_TORN_TOP)) { /* fetch_pte(): the mode, then the root */
		depth = atomic_load_explicit(&dom->top, memory_order_acquire);
		sched_point(d->s, PT_DMA_TOP_LEVEL);
		top = unpack(d, atomic_load_explicit(&dom->top, memory_order_acquire), depth);
	}
	event_emit(d->ev, EV_TOP_READ, 0, (uint8_t)sd_space_of_domain(domain), top.table, fewer(d, top), 0,
	           0);
	return top;
}

static void publish(struct dma_sys *d, int domain, struct dma_top top)
{
	atomic_store_explicit(&d->domain[domain].top, top.table | (uint64_t)fewer(d, top) << FEWER_SHIFT,
	                      memory_order_release);
}

/* From here on hardware may walk there; software not before it is published. */
static void made(struct dma_sys *d, int domain, struct dma_top top)
{
	event_emit(d->ev, EV_SPACE_ROOT, 0, (uint8_t)sd_space_of_domain(domain), top.table, 1, fewer(d, top),
	           0);
}

static void tell(struct dma_sys *d, int domain, struct dma_top top)
{
	drv_set_root(d->drv, sd_space_of_domain(domain), top.table, fewer(d, top));
}

void dma_top_init(struct dma_sys *d, int domain, sd_page root)
{
	int levels = d->m->geo.levels - (d->cfg.grow && d->m->geo.levels > LEAST_LEVELS);
	struct dma_top top = {root, levels - 1};

	publish(d, domain, top);
	made(d, domain, top);
}

void dma_top_tell(struct dma_sys *d, int domain) { tell(d, domain, dma_top_now(d, domain)); }

static int add_level(struct dma_sys *d, int domain)
{
	struct dma_top old = dma_top_now(d, domain), top = {dma_table_new(d), old.level + 1};

	if (top.table == MEM_NO_FRAME)
		return -ENOMEM;
	mem_store(d->m, mem_at(d->m, top.table, 0), pte_make(old.table, PTE_P), PT_DMA_GROW_LINK);
	dma_clean_table(d, top.table);
	made(d, domain, top);
	if (step(d->bugs, STEP_DMA_GROW_CTX))
		tell(d, domain, top);
	sched_point(d->s, PT_DMA_GROW_PUBLISH);
	publish(d, domain, top);
	return 0;
}

int dma_grow(struct dma_sys *d, int domain)
{
	struct dma_domain *dom = &d->domain[domain];
	bool locked = step(d->bugs, STEP_DMA_GROW_LOCK);
	int ret = 0;

	if (locked)
		sched_lock(d->s, &dom->growing, PT_DMA_GROW_LOCK);
	if (dma_top_now(d, domain).level < d->m->geo.levels - 1)
		ret = add_level(d, domain);
	if (locked)
		sched_unlock(d->s, &dom->growing);
	return ret;
}
