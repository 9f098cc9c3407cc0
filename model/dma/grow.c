/* SPDX-License-Identifier: MIT */
/*
 * grow: a domain whose table gets another level above it.
 *
 * Root and depth are one word, because maps and unmaps of other ranges read
 * them without a lock: either both are old or both are new. The old root stays
 * as a table below the new one, so a reader that has the old pair still finds
 * everything that was there. Before the new pair is published, device entries
 * lead to the new root and no context cache leads to the old one.
 * Does not model: growth by more than a level (the old root is never a table of
 * leaves, which unmap could free), shrinking.
 * Follows Linux increase_address_space(), fetch_pte() and alloc_pte() of AMD's
 * io_pgtable.c, amd_iommu_domain_set_pgtable().
 */
#include <errno.h>

#include "bugs/bugs.h"
#include "dma/grow.h"
#include "dma/pgtable.h"
#include "dma/state.h"
#include "event/tell.h"
#include "sched/lock_if.h"

enum { FEWER_SHIFT = 32, LEAST_LEVELS = 2 };

static struct dma_top top_unpack(const struct dma_sys *d, uint64_t root, uint64_t depth)
{
	return (struct dma_top){(sd_page)root, d->m->geo.levels - 1 - (int)(depth >> FEWER_SHIFT)};
}

static unsigned top_fewer(const struct dma_sys *d, struct dma_top top)
{
	return (unsigned)(d->m->geo.levels - 1 - top.level);
}

struct dma_top dma_top_now(const struct dma_sys *d, int domain)
{
	uint64_t top = atomic_load_explicit(&d->domain[domain].top, memory_order_acquire);

	return top_unpack(d, top, top);
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
		top = top_unpack(d, atomic_load_explicit(&dom->top, memory_order_acquire), depth);
	}
	event_top_read(d->ev, sd_space_of_domain(domain), top.table, top_fewer(d, top));
	return top;
}

static void top_publish(struct dma_sys *d, int domain, struct dma_top top)
{
	atomic_store_explicit(&d->domain[domain].top, top.table | (uint64_t)top_fewer(d, top) << FEWER_SHIFT,
	                      memory_order_release);
}

/* From here on hardware may walk this table; software does not before top_publish(). */
static void top_made(struct dma_sys *d, int domain, struct dma_top top)
{
	event_root(d->ev, sd_space_of_domain(domain), top.table, 1, top_fewer(d, top));
}

static void top_attach(struct dma_sys *d, int domain, struct dma_top top)
{
	drv_set_root(d->drv, sd_space_of_domain(domain), top.table, top_fewer(d, top));
}

void dma_top_init(struct dma_sys *d, int domain, sd_page root)
{
	int levels = d->m->geo.levels - (d->cfg.grow && d->m->geo.levels > LEAST_LEVELS);
	struct dma_top top = {root, levels - 1};

	top_publish(d, domain, top);
	top_made(d, domain, top);
}

void dma_top_attach(struct dma_sys *d, int domain) { top_attach(d, domain, dma_top_now(d, domain)); }

static int grow_add_level(struct dma_sys *d, int domain)
{
	struct dma_top old = dma_top_now(d, domain), top = {dma_table_new(d), old.level + 1};

	if (top.table == MEM_NO_FRAME)
		return -ENOMEM;
	mem_store(d->m, mem_at(d->m, top.table, 0), pte_make(old.table, PTE_P), PT_DMA_GROW_LINK);
	dma_clean_table(d, top.table);
	top_made(d, domain, top);
	if (step(d->bugs, STEP_DMA_GROW_CTX))
		top_attach(d, domain, top);
	sched_point(d->s, PT_DMA_GROW_PUBLISH);
	top_publish(d, domain, top);
	return 0;
}

int dma_grow(struct dma_sys *d, int domain)
{
	struct sched_lock *lock = step(d->bugs, STEP_DMA_GROW_LOCK) ? &d->domain[domain].growing : NULL;
	int ret = 0;

	sched_lock_if(d->s, lock, PT_DMA_GROW_LOCK);
	if (dma_top_now(d, domain).level < d->m->geo.levels - 1)
		ret = grow_add_level(d, domain);
	sched_unlock_if(d->s, lock);
	return ret;
}
