/* SPDX-License-Identifier: MIT */
/*
 * VMAs: a small array per mm.
 *
 * Follows mm/mmap.c (find_vma, __split_vma, detach_vmas_to_be_unmapped) and
 * mm/interval_tree.c, in whose place is a mask of slots. A vma leaves the mm
 * when munmap begins, and the reverse map only when its tables go
 * (unlink_file_vma, unlink_anon_vmas in free_pgtables), so two masks say where
 * each slot is linked.
 *
 * Does not model: merging.
 */
#include "mm/huge.h"
#include "mm/lock.h"
#include "mm/range.h"
#include "mm/tables/table.h"
#include "mm/vma.h"

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

static uint32_t vma_free_slots(const struct mm *mm)
{
	return ((1u << MM_VMAS) - 1) & ~(mm->linked | mm->rmapped[RMAP_ANON] | mm->rmapped[RMAP_FILE]);
}

int mm_vma_room(const struct mm *mm) { return __builtin_popcount(vma_free_slots(mm)); }

static uint32_t vma_bit(const struct mm *mm, const struct mm_vma *v) { return 1u << (v - mm->vma); }

/* Both masks; the reverse-map lock of its class is held. */
static struct mm_vma *vma_link(struct mm *mm, const struct mm_vma *v)
{
	uint32_t room = vma_free_slots(mm);
	struct mm_vma *slot;

	if (!room)
		return NULL;
	slot = &mm->vma[__builtin_ctz(room)];
	*slot = *v;
	mm->rmapped[mm_rmap_class(v->kind)] |= vma_bit(mm, slot);
	mm->linked |= vma_bit(mm, slot);
	return slot;
}

struct mm_vma *mm_vma_insert(struct mm *mm, const struct mm_vma *v)
{
	struct mm_sys *s = mm->sys;
	int cls = mm_rmap_class(v->kind);
	struct mm_vma copy = *v, *slot;

	if (mem_fails(s->mem))
		return NULL;
	copy.seq = atomic_fetch_add(&s->vma_seq, 1) + 1;
	mm_rmap_write_lock(s, cls);
	slot = vma_link(mm, &copy);
	mm_rmap_write_unlock(s, cls);
	return slot;
}

static int vma_split_at(struct mm *mm, sd_page at)
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
	cls = mm_rmap_class(v->kind);
	mm_rmap_write_lock(s, cls);
	v->n = at - v->start;
	vma_link(mm, &high);
	mm_rmap_write_unlock(s, cls);
	return 0;
}

int mm_vma_split_range(struct mm *mm, sd_page start, sd_page n)
{
	int err = vma_split_at(mm, start);

	if (!err && start + n < mm->sys->mem->pages)
		err = vma_split_at(mm, start + n);
	return err;
}

void mm_vma_detach(struct mm *mm, struct mm_vma *v) { mm->linked &= ~vma_bit(mm, v); }

void mm_vma_unlink_rmap(struct mm *mm, struct mm_vma *v)
{
	int cls = mm_rmap_class(v->kind);

	mm_rmap_write_lock(mm->sys, cls);
	mm->rmapped[cls] &= ~vma_bit(mm, v);
	mm_rmap_write_unlock(mm->sys, cls);
}
