/* SPDX-License-Identifier: MIT */
/*
 * size: no walker may hold two sizes for one address where the profile forbids
 * it (SMMU 3.21.1 break-before-make, VT-d 6.5.3.3). With different outputs one
 * may take the other's place as soon as its entry was cleared, flushed or not;
 * Linux relies on that where it zaps a huge entry. size-strict wants the flush.
 */
#include "oracle/size.h"
#include "oracle/state.h"
#include "oracle/violation.h"

/* The same output and permission for every page that both cover. */
static bool size_equivalent(const struct item *it, struct new_leaf leaf)
{
	const pte_t perm = PTE_W;

	return it->page - pte_pfn(it->value) == leaf.page - pte_pfn(leaf.value) &&
	       !((it->value ^ leaf.value) & perm);
}

static bool size_forbidden(const struct oracle *o, const struct item *it, struct new_leaf leaf)
{
	if (!size_equivalent(it, leaf))
		return it->resized || o->prof.size_strict;
	if (o->prof.bbml == 0)
		return true;
	/* Level 1: the block must carry nT while the table and it may both be seen. */
	return o->prof.bbml == 1 && !((it->level > 0 ? it->value : leaf.value) & PTE_NT);
}

void size_new_leaf(struct oracle *o, struct new_leaf leaf)
{
	sd_page last = last_of(leaf.page, mem_span(o->m, leaf.level));

	for (uint32_t i = 0; i < o->nitems; i++) {
		const struct item *it = &o->item[i];

		if (it->space == leaf.space && !it->table && it->level != leaf.level &&
		    item_covers(it, leaf.page, last) &&
		    (it->held & leaf.walkers & item_owed(o, it) & (WALKERS_IOMMU | WALKERS_CPU)) &&
		    size_forbidden(o, it, leaf))
			violation_raise_item(o, VC_OVERLAP, o->m->ev->actor, it);
	}
}
