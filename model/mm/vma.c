/* SPDX-License-Identifier: MIT */
/*
 * VMAs: a small array per mm, and the reverse map made of it.
 *
 * Follows mm/mmap.c (find_vma, __split_vma, detach_vmas_to_be_unmapped) and
 * the interval trees of mm/interval_tree.c: pages do not know who maps them,
 * their index and the vmas do. A vma leaves the mm when munmap begins and the
 * reverse map only when its tables go (unlink_file_vma, unlink_anon_vmas in
 * free_pgtables), so two masks say where each slot is linked.
 *
 * Walks go from old vmas to new ones, so that copying or moving an entry from
 * an old to a new one cannot be missed in both. Does not model: merging.
 */
#include "mm/internal.h"

struct mm_vma *mm_vma_find(struct mm *mm, sd_page page)
{
	for (uint32_t m = mm->linked; m; m &= m - 1) {
		struct mm_vma *v = &mm->vma[__builtin_ctz(m)];

		if (page - v->start < v->n)
			return v;
	}
	return NULL;
}

struct mm_vma *mm_vma_next(struct mm *mm, sd_page page)
{
	struct mm_vma *best = NULL;

	for (uint32_t m = mm->linked; m; m &= m - 1) {
		struct mm_vma *v = &mm->vma[__builtin_ctz(m)];

		if (v->start + v->n > page && (!best || v->start < best->start))
			best = v;
	}
	return best;
}

static uint32_t free_slots(const struct mm *mm)
{
	return ((1u << MM_VMAS) - 1) & ~(mm->linked | mm->rmapped[RMAP_ANON] | mm->rmapped[RMAP_FILE]);
}

int mm_vma_room(const struct mm *mm) { return __builtin_popcount(free_slots(mm)); }

static uint32_t bit_of(const struct mm *mm, const struct mm_vma *v) { return 1u << (v - mm->vma); }

/* Both masks; the reverse-map lock of its class is held. */
static struct mm_vma *link_slot(struct mm *mm, const struct mm_vma *v)
{
	uint32_t room = free_slots(mm);
	struct mm_vma *slot;

	if (!room)
		return NULL;
	slot = &mm->vma[__builtin_ctz(room)];
	*slot = *v;
	mm->rmapped[rmap_class(v->kind)] |= bit_of(mm, slot);
	mm->linked |= bit_of(mm, slot);
	return slot;
}

struct mm_vma *mm_vma_insert(struct mm *mm, const struct mm_vma *v)
{
	struct mm_sys *s = mm->sys;
	int cls = rmap_class(v->kind);
	struct mm_vma copy = *v, *slot;

	if (mem_fails(s->mem))
		return NULL;
	copy.seq = atomic_fetch_add(&s->vma_seq, 1) + 1;
	mm_rmap_write_lock(s, cls);
	slot = link_slot(mm, &copy);
	mm_rmap_write_unlock(s, cls);
	return slot;
}

static int split_at(struct mm *mm, sd_page at)
{
	struct mm_sys *s = mm->sys;
	struct mm_vma *v = mm_vma_find(mm, at);
	struct mm_vma high;
	mem_entry pmd;
	int cls;

	if (!v || v->start == at)
		return 0;
	if (!mm_vma_room(mm) || mem_fails(s->mem))
		return -ENOMEM;
	/* A huge entry must not lie in two vmas: vma_adjust_trans_huge(). */
	if (at != mm_huge_base(s, at) && mm_pmd_find(mm, at, &pmd))
		mm_huge_split(mm, pmd, at);
	high = *v;
	high.start = at;
	high.n = v->start + v->n - at;
	high.pgoff = v->pgoff + (at - v->start);
	cls = rmap_class(v->kind);
	mm_rmap_write_lock(s, cls);
	v->n = at - v->start;
	link_slot(mm, &high);
	mm_rmap_write_unlock(s, cls);
	return 0;
}

int mm_vma_split_range(struct mm *mm, sd_page start, sd_page n)
{
	int err = split_at(mm, start);

	if (!err && start + n < mm->sys->mem->pages)
		err = split_at(mm, start + n);
	return err;
}

void mm_vma_detach(struct mm *mm, struct mm_vma *v) { mm->linked &= ~bit_of(mm, v); }

void mm_vma_unlink_rmap(struct mm *mm, struct mm_vma *v)
{
	int cls = rmap_class(v->kind);

	mm_rmap_write_lock(mm->sys, cls);
	mm->rmapped[cls] &= ~bit_of(mm, v);
	mm_rmap_write_unlock(mm->sys, cls);
}

/* -- the reverse map ----------------------------------------------------------------- */

void mm_rmap_begin(struct mm_rmap_walk *w, struct mm_sys *s, int cls, sd_page first, sd_page n)
{
	*w = (struct mm_rmap_walk){.sys = s, .cls = cls, .first = first, .n = n};
	mm_rmap_read_lock(s, cls);
}

void mm_rmap_end(struct mm_rmap_walk *w) { mm_rmap_read_unlock(w->sys, w->cls); }

/* Two halves of a split share a seq; mm and slot tell them apart. */
static uint64_t order_of(const struct mm *mm, int slot)
{
	return (uint64_t)mm->vma[slot].seq << 8 | (uint64_t)mm->id << 5 | (uint64_t)slot;
}

static void found(struct mm_rmap_walk *w)
{
	const struct mm_vma *v = w->vma;
	sd_page first = mm_max(w->first, v->pgoff);
	sd_page last = mm_min(w->first + w->n, v->pgoff + v->n);

	w->start = v->start + (first - v->pgoff);
	w->end = v->start + (last - v->pgoff);
}

bool mm_rmap_next(struct mm_rmap_walk *w)
{
	uint64_t best = ~(uint64_t)0;

	w->vma = NULL;
	for (int i = 0; i < SD_MAX_MMS; i++) {
		struct mm *mm = &w->sys->mm[i];

		for (uint32_t m = mm->rmapped[w->cls]; m; m &= m - 1) {
			int slot = __builtin_ctz(m);
			struct mm_vma *v = &mm->vma[slot];
			uint64_t order = order_of(mm, slot);

			if (order <= w->last || order >= best || v->pgoff >= w->first + w->n ||
			    v->pgoff + v->n <= w->first)
				continue;
			best = order;
			w->mm = mm;
			w->vma = v;
		}
	}
	if (!w->vma)
		return false;
	w->last = best;
	found(w);
	return true;
}
