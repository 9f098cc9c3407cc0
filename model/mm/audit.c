/* SPDX-License-Identifier: MIT */
/*
 * Audit: who owns which frame when an execution is over, and are the counts
 * what the tables say.
 *
 * Every data frame has a reference for each entry that maps it and one for the
 * page or swap cache. Counts are only compared when no operation is under way:
 * one that was cut short holds references of its own.
 */
#include "mm/pages/page.h"
#include "mm/state.h"

struct audit {
	const struct mm_sys *s;
	uint8_t *mark;
	uint16_t maps[MEM_FRAMES];
	uint16_t refs[MEM_FRAMES];
};

static void audit_mapped(struct audit *a, sd_page pfn, sd_page n)
{
	for (; n && pfn < MEM_FRAMES; n--, pfn++) {
		a->maps[pfn]++;
		a->refs[pfn]++;
		a->mark[pfn] = 1;
	}
}

static void audit_deposits(struct audit *a, sd_page table)
{
	for (sd_page t = a->s->page[table].deposit; t < MEM_FRAMES && !a->mark[t]; t = a->s->page[t].next)
		a->mark[t] = 1;
}

static void audit_table(struct audit *a, sd_page pfn, int level)
{
	struct mem *m = a->s->mem;

	if (pfn >= MEM_FRAMES || a->mark[pfn])
		return;
	a->mark[pfn] = 1;
	if (level == 1)
		audit_deposits(a, pfn);
	for (uint32_t i = 0; i < m->nents; i++) {
		pte_t v = mem_peek(m, mem_at(m, pfn, i));

		if (level < 2 && v & PTE_LEAF)
			audit_mapped(a, pte_pfn(v), mem_span(m, level));
		else if (level && pte_table(v))
			audit_table(a, pte_pfn(v), level - 1);
	}
}

static void audit_caches(struct audit *a)
{
	const struct mm_sys *s = a->s;

	for (unsigned i = 0; i < s->nfile; i++) {
		if (s->file[i].pfn != MEM_NO_FRAME) {
			a->mark[s->file[i].pfn] = 1;
			a->refs[s->file[i].pfn]++;
		}
	}
	for (uint64_t b = s->blocks; b; b &= b - 1) {
		uint16_t pfn = s->block[__builtin_ctzll(b)].cache;

		if (pfn != MEM_NO_FRAME) {
			a->mark[pfn] = 1;
			a->refs[pfn]++;
		}
	}
}

static void audit_compare(const struct audit *a)
{
	const struct mm_sys *s = a->s;

	for (sd_page i = 0; i < s->mem->high; i++) {
		if (!a->refs[i] || s->mem->frame[i].kind != MEM_DATA)
			continue;
		if (atomic_load(&s->page[i].ref) != a->refs[i])
			mm_bad_ref(s, BAD_REF_AUDIT, i, atomic_load(&s->page[i].ref));
		else if (atomic_load(&s->page[i].map) != a->maps[i])
			mm_bad_ref(s, BAD_REF_AUDIT_MAP, i, atomic_load(&s->page[i].map));
	}
}

void mm_mark_frames(const struct mm_sys *sys, uint8_t mark[MEM_FRAMES])
{
	struct audit a = {.s = sys, .mark = mark};

	for (int i = 0; i < SD_MAX_MMS; i++)
		if (atomic_load(&sys->mm[i].state) != MM_FREE_SLOT)
			audit_table(&a, sys->mm[i].root, sys->mem->geo.levels - 1);
	audit_caches(&a);
	if (!atomic_load(&sys->busy))
		audit_compare(&a);
}
