/* SPDX-License-Identifier: MIT */
/*
 * dma: domains and their life.
 *
 * Models: paging domains of the IOMMU API, one root table each. Does not
 * model: identity and nested domains, the IOVA allocator (programs name their
 * IOVAs), dirty tracking.
 */
#include <stdlib.h>
#include <string.h>

#include "dma/grow.h"
#include "dma/pgtable.h"
#include "dma/state.h"

struct dma_sys *dma_create(struct mem *m, struct sched *s, struct event_sink *ev, struct drv *drv,
                           const struct bugs_set *bugs)
{
	struct dma_sys *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->m = m;
	d->s = s;
	d->ev = ev;
	d->drv = drv;
	d->bugs = bugs;
	return d;
}

void dma_destroy(struct dma_sys *d) { free(d); }

void dma_reset(struct dma_sys *d, const struct dma_config *cfg)
{
	d->cfg = *cfg;
	for (int i = 0; i < cfg->ndomain; i++) {
		int space = sd_space_of_domain(i);
		sd_page root = dma_table_new(d);

		d->domain[i] = (struct dma_domain){0};
		mem_clean_now(d->m, mem_at(d->m, root, 0), d->m->nents);
		dma_top_init(d, i, root);
		drv_space_init(d->drv, space, SD_NO_PASID, root);
		if (cfg->grow)
			dma_top_attach(d, i);
	}
}

static void dma_mark_table(const struct dma_sys *d, sd_page table, int level, uint8_t *marks)
{
	marks[table] = 1;
	for (uint32_t i = 0; i < d->m->nents; i++) {
		pte_t v = mem_peek(d->m, mem_at(d->m, table, i));

		if (pte_leaf(v))
			memset(marks + pte_pfn(v), 1, mem_span(d->m, level));
		else if (pte_table(v))
			dma_mark_table(d, pte_pfn(v), level - 1, marks);
	}
}

void dma_mark_frames(const struct dma_sys *d, uint8_t marks[MEM_FRAMES])
{
	for (int i = 0; i < d->cfg.ndomain; i++) {
		struct dma_top top = dma_top_now(d, i);

		dma_mark_table(d, top.table, top.level, marks);
	}
}
