/* SPDX-License-Identifier: MIT */
/*
 * size: no walker may hold two sizes for one address where the profile forbids
 * it (SMMU 3.21.1 break-before-make, VT-d 6.5.3.3).
 */
#include "oracle/internal.h"

/* The same output and permission for every page that both cover. */
static bool equivalent(const struct item *it, sd_page page, pte_t value)
{
	const pte_t perm = PTE_W;

	return it->page - pte_pfn(it->value) == page - pte_pfn(value) && !((it->value ^ value) & perm);
}

static bool forbidden(const struct oracle *o, const struct item *it, sd_page page, pte_t value)
{
	if (!equivalent(it, page, value) || o->prof.bbml == 0)
		return true;
	/* Level 1: the block must carry nT while the table and it may both be seen. */
	return o->prof.bbml == 1 && !((it->level > 0 ? it->value : value) & PTE_NT);
}

void size_new_leaf(struct oracle *o, int space, int level, sd_page page, pte_t value)
{
	sd_page last = last_of(page, mem_span(o->m, level));

	for (uint32_t i = 0; i < o->nitems; i++) {
		const struct item *it = &o->item[i];

		if (it->space == space && !it->table && it->level != level && item_covers(it, page, last) &&
		    (it->held & item_owed(o, it) & (WALKERS_IOMMU | WALKERS_CPU)) &&
		    forbidden(o, it, page, value))
			violate_item(o, VC_OVERLAP, o->m->ev->actor, it);
	}
}
