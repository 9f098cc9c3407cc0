/* SPDX-License-Identifier: MIT */
/*
 * unmap: a range leaves a domain, strictly: flushed before anything is freed.
 *
 * Models: leaves taken out into a gather; a table whose range goes as a whole,
 * unlinked with its leaves in it and freed after the flush; a superpage that
 * the range covers in part, which goes entirely or, behind a flag, is split.
 * An emptied table that the range does not cover stays linked. Does not model:
 * the flush queue (lazy unmap), freeing of tables above the lowest level.
 * Follows Linux iommu_unmap(), __arm_lpae_unmap(), domain_unmap(),
 * dma_pte_clear_level(), intel_iommu_tlb_sync().
 */
#include <errno.h>

#include "bugs/bugs.h"
#include "dma/claim.h"
#include "dma/pgtable.h"
#include "dma/state.h"
#include "dma/unmap.h"
#include "event/tell.h"

enum { UNMAP_RUNS = 40 };

/* What goes at the next flush: frames that follow one another, or a table. */
struct unmap_run {
	sd_page pfn;
	uint32_t n;
};

struct unmap_batch {
	struct dma_sys *d;
	int domain;
	sd_page ask_first, ask_last; /* what was asked for */
	struct drv_gather gather;
	unsigned removed, nruns;
	struct unmap_run run[UNMAP_RUNS];
};

static inline void unmap_flush_and_free(struct unmap_batch *u)
{
	sched_point(u->d->s, PT_DMA_UNMAP_SYNC);
	if (step(u->d->bugs, STEP_DMA_UNMAP_SYNC))
		drv_iotlb_sync(u->d->drv, sd_space_of_domain(u->domain), &u->gather);
	sched_point(u->d->s, PT_DMA_UNMAP_FREE);
	for (unsigned i = 0; i < u->nruns; i++)
		mem_free(u->d->m, u->run[i].pfn, u->run[i].n);
	u->nruns = 0;
}

/* Flushes if n more runs do not fit; false: not even an empty batch holds them. */
static bool unmap_make_room(struct unmap_batch *u, uint32_t n)
{
	if (n > UNMAP_RUNS)
		return false;
	if (u->nruns + n > UNMAP_RUNS)
		unmap_flush_and_free(u);
	return true;
}

static void unmap_add_run(struct unmap_batch *u, sd_page pfn, uint32_t n)
{
	u->run[u->nruns++] = (struct unmap_run){pfn, n};
}

static void unmap_gather(struct unmap_batch *u, sd_page base, sd_page span, int level)
{
	sd_page last = base + span - 1;

	if (bug_on(u->d->bugs, BUG_SHORT_GATHER)) {
		base = base < u->ask_first ? u->ask_first : base;
		last = last > u->ask_last ? u->ask_last : last;
	}
	if (step(u->d->bugs, STEP_DMA_UNMAP_GATHER))
		drv_gather_add(u->d->drv, sd_space_of_domain(u->domain), &u->gather,
		               (sd_addr)base << SD_PAGE_SHIFT, (sd_addr)(last - base + 1) << SD_PAGE_SHIFT,
		               level);
}

static void unmap_leaf(struct unmap_batch *u, const struct dma_slot *slot)
{
	const uint32_t n = slot->value & PTE_CONT ? DMA_CONT : 1;

	unmap_make_room(u, 1);
	for (uint32_t i = 0; i < n; i++)
		mem_store(u->d->m, slot->entry + i, 0, PT_DMA_UNMAP_LEAF);
	dma_clean(u->d, slot->entry, n, STEP_DMA_CLEAN_UNMAP);
	unmap_add_run(u, pte_pfn(slot->value), slot->span);
	u->removed += slot->span;
	unmap_gather(u, slot->base, slot->span, slot->level);
}

static void unmap_table(struct unmap_batch *u, const struct dma_slot *slot)
{
	struct mem *m = u->d->m;
	sd_page table = pte_pfn(slot->value);

	for (uint32_t i = 0; i < m->nents; i++) {
		pte_t v = mem_load(m, mem_at(m, table, i), PT_DMA_UNMAP_READ);

		if (!pte_leaf(v))
			continue;
		unmap_add_run(u, pte_pfn(v), 1);
		u->removed++;
	}
	mem_store(m, slot->entry, 0, PT_DMA_UNMAP_UNLINK);
	dma_clean(u->d, slot->entry, 1, STEP_DMA_CLEAN_UNLINK);
	unmap_gather(u, slot->base, slot->span, 0);
	u->gather.tables |= step(u->d->bugs, STEP_DMA_UNMAP_TABLES);
	if (bug_on(u->d->bugs, BUG_FREE_TABLE_UNFLUSHED))
		mem_free(m, table, 1);
	else
		unmap_add_run(u, table, 1);
}

int dma_remove(struct dma_sys *d, int domain, sd_page first, sd_page last, sd_page ask_first,
               sd_page ask_last)
{
	sd_page span = mem_span(d->m, 1);
	struct dma_slot slot;
	struct unmap_batch u;

	dma_slot_top(&slot);
	u.d = d;
	u.domain = domain;
	u.ask_first = ask_first;
	u.ask_last = ask_last;
	u.nruns = u.removed = 0;
	drv_gather_init(&u.gather);
	for (sd_page page = first; page <= last;) {
		bool whole = page % span == 0 && last - page >= span - 1;

		whole = whole && unmap_make_room(&u, d->m->nents + 1);
		dma_lookup(d, domain, page, whole ? 1 : 0, &slot);
		if (whole && pte_table(slot.value))
			unmap_table(&u, &slot);
		else if (pte_leaf(slot.value))
			unmap_leaf(&u, &slot);
		page = slot.base + slot.span;
	}
	unmap_flush_and_free(&u);
	return (int)u.removed;
}

/* Extends first..last to the whole of the superpages in which it begins and ends. */
static void unmap_widen(struct dma_sys *d, int domain, sd_page *first, sd_page *last)
{
	struct dma_slot slot;

	dma_slot_top(&slot);
	dma_lookup(d, domain, *first, 0, &slot);
	if (pte_leaf(slot.value))
		*first = slot.base;
	if (*last >= slot.base + slot.span)
		dma_lookup(d, domain, *last, 0, &slot);
	if (pte_leaf(slot.value))
		*last = slot.base + slot.span - 1;
}

/* Claims the range and every superpage that it touches; *first..*last: what is to go. Returns the claim. */
static int unmap_claim_extent(struct dma_sys *d, int domain, sd_page *first, sd_page *last)
{
	sd_page own_first = *first, own_last = *last;

	for (;;) {
		int claim = dma_claim(d, domain, own_first, own_last);
		sd_page low = *first, high = *last;

		unmap_widen(d, domain, &low, &high);
		if ((low >= own_first && high <= own_last) || !step(d->bugs, STEP_DMA_CLAIM_WIDEN)) {
			*first = low;
			*last = high;
			return claim;
		}
		dma_unclaim(d, domain, claim);
		own_first = low;
		own_last = high;
	}
}

/* Splits the superpages at both ends of the range; every page translates as before. */
static int unmap_split_ends(struct dma_sys *d, int domain, sd_page first, sd_page last)
{
	const sd_page end[2] = {first, last};
	struct dma_slot slot;

	if (!d->cfg.bbml && !bug_on(d->bugs, BUG_SPLIT_NO_BBM))
		return -EINVAL;
	dma_slot_top(&slot);
	for (int i = 0; i < 2; i++) {
		bool inside;

		dma_lookup(d, domain, end[i], 0, &slot);
		inside = slot.base >= first && slot.base + slot.span - 1 <= last;
		if (slot.level == 0 || !pte_leaf(slot.value) || inside)
			continue;
		if (dma_split(d, domain, &slot))
			return -ENOMEM;
	}
	return 0;
}

int dma_unmap(struct dma_sys *d, int domain, sd_page iova, unsigned n)
{
	sd_page first = iova, last = iova + n - 1;
	int claim, ret = 0;
	bool partial;

	if (domain >= d->cfg.ndomain || !n || iova >= d->m->pages || n > d->m->pages - iova)
		return -EINVAL;
	claim = unmap_claim_extent(d, domain, &first, &last);
	partial = first < iova || last > iova + n - 1;
	if (partial && d->cfg.split) {
		first = iova;
		last = iova + n - 1;
		ret = unmap_split_ends(d, domain, first, last);
	} else if (partial) {
		event_extent(d->ev, sd_space_of_domain(domain), first, last - first + 1);
	}
	if (!ret)
		ret = dma_remove(d, domain, first, last, iova, iova + n - 1);
	dma_unclaim(d, domain, claim);
	return ret;
}
