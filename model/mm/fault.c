/* SPDX-License-Identifier: MIT */
/*
 * Page faults, of CPUs and of devices, and the accesses that cause them.
 *
 * Follows handle_mm_fault(), handle_pte_fault() and do_anonymous_page() of
 * mm/memory.c. One difference: the handler looks again until the entry allows
 * the access, where Linux returns and lets the access fault once more; a
 * device that was told Success may not be able to ask again. Reading an
 * untouched anonymous page maps a fresh one without write permission, so that
 * the first write is an upgrade as it is after fork.
 *
 * A fault that finds a good entry flushes nothing. Whoever upgraded the entry
 * has flushed the weaker one where it may stay cached (mm_flush_upgrade()),
 * before the page-table lock was dropped.
 *
 * Does not model: the zero page, faults under the lock of a VMA alone
 * (lock_vma_under_rcu), flush_tlb_fix_spurious_fault(), userfaultfd.
 */
#include "hw/hw.h"
#include "mm/fault.h"
#include "mm/huge.h"
#include "mm/pages/page.h"
#include "mm/tables/flush.h"
#include "mm/tables/table.h"
#include "mm/users.h"

enum {
	FAULT_ROUNDS = 64, /* looks at the entry in one fault */
	FAULT_PATIENT = 4, /* lost races after which it yields */
	ACCESS_FAULTS = 8, /* faults of one access */
	ACCESS_ROUNDS = 64 /* tries of one access, with those that an invalidation overtook */
};

void mm_set_access_flags(struct mm *mm, mem_entry e, pte_t old, pte_t bits, sd_page page, sd_page n)
{
	struct mm_sys *s = mm->sys;
	pte_t want;

	if (!(bits & ~old))
		return;
	/* Again if hardware set A or D meanwhile. */
	do {
		want = old | bits;
		if (bits & PTE_W)
			want &= ~(pte_t)PTE_COW;
	} while (!mem_cmpxchg(s->mem, e, &old, want, PT_MM_FAULT_UPGRADE));
	mm_flush_upgrade(mm, page, n);
}

/* The entry lacks A or D only, or another fault has repaired it already. */
static int fault_touch_page(const struct mm_fault *f)
{
	struct mm_sys *s = f->mm->sys;
	pte_t want = PTE_A | (f->write ? PTE_D : 0);
	pte_t v;

	mm_ptl_lock(s, f->table, PT_MM_PTL);
	v = mm_load(s, f->e, PT_MM_FAULT_CHECK);
	if (!mm_same(v, f->orig)) {
		mm_ptl_unlock(s, f->table);
		return -EAGAIN;
	}
	mm_set_access_flags(f->mm, f->e, v, want, f->page, 1);
	*f->serial = mem_serial(s->mem, f->e);
	mm_ptl_unlock(s, f->table);
	return 0;
}

static int do_anonymous_page(const struct mm_fault *f)
{
	struct mm_sys *s = f->mm->sys;
	pte_t bits = PTE_P | PTE_LEAF | PTE_A | (f->write ? PTE_W | PTE_D : 0);
	sd_page pfn = mm_page_alloc(s, 1, PG_ANON, mm_fault_index(f));

	if (pfn == MEM_NO_FRAME)
		return -ENOMEM;
	if (!mm_fault_lock(f)) {
		mm_page_put(s, pfn);
		return -EAGAIN;
	}
	mm_page_add_rmap(s, pfn);
	mem_store(s->mem, f->e, pte_make(pfn, bits), PT_MM_FAULT_SET);
	*f->serial = mem_serial(s->mem, f->e);
	mm_ptl_unlock(s, f->table);
	return 0;
}

static int handle_pte_fault(struct mm_fault *f)
{
	f->e = mm_pte_at(f->mm->sys, f->table, f->page);
	f->orig = mm_load(f->mm->sys, f->e, PT_MM_FAULT_READ);
	if (!f->orig)
		return f->vma->kind == MM_FILE ? mm_do_file_page(f) : do_anonymous_page(f);
	if (!pte_present(f->orig))
		return f->orig & PTE_SWAP ? mm_do_swap_page(f) : -EAGAIN;
	if (f->write && !(f->orig & PTE_W))
		return mm_do_wp_page(f);
	return fault_touch_page(f);
}

/* One look at the tables; *small: there was no memory for a huge page. */
static int fault_once(struct mm_fault *f, bool *small)
{
	struct mm_sys *s = f->mm->sys;
	mem_entry pmd;
	pte_t v;
	int err = mm_pmd_alloc(f->mm, f->page, &pmd);

	if (err)
		return err;
	v = mm_load(s, pmd, PT_MM_WALK);
	if (!v && !*small && mm_huge_fits(s, f->vma, f->page)) {
		err = mm_huge_fault(f->mm, f->vma, pmd, f->page, f->write, f->serial);
		if (err != -ENOMEM)
			return err;
		*small = true;
	}
	if (mm_huge_entry(v))
		return mm_huge_touch(f->mm, pmd, f->page, f->write, f->serial);
	err = mm_pte_alloc(f->mm, pmd, &f->table);
	return err ? err : handle_pte_fault(f);
}

int mm_handle_fault(struct mm *mm, sd_page page, bool write, uint32_t *serial)
{
	struct mm_fault f = {.mm = mm, .page = page, .write = write, .serial = serial};
	bool small = false;

	*serial = 0;
	f.vma = page < mm->sys->mem->pages ? mm_vma_find(mm, page) : NULL;
	if (!f.vma || (write && !f.vma->write))
		return -EFAULT;
	for (int round = 0; round < FAULT_ROUNDS; round++) {
		int err = fault_once(&f, &small);

		if (err != -EAGAIN)
			return err;
		if (round >= FAULT_PATIENT)
			sched_relax(mm->sys->sched, PT_MM_FAULT_READ);
	}
	return -EFAULT;
}

static int fault_locked(struct mm *mm, sd_page page, bool write, uint32_t *serial)
{
	int err;

	mm_read_lock(mm);
	err = mm_handle_fault(mm, page, write, serial);
	mm_read_unlock(mm);
	return err;
}

int mm_device_fault(struct mm_sys *sys, int mm, sd_page page, bool write, uint32_t *serial)
{
	struct mm *m = &sys->mm[mm];
	int err;

	*serial = 0;
	if (!mm_get_not_zero(m))
		return -ESRCH;
	atomic_fetch_add_explicit(&sys->busy, 1, memory_order_relaxed);
	err = fault_locked(m, page, write, serial);
	mm_leave(m);
	return err;
}

static int access_loop(struct mm *mm, int cpu, sd_page page, bool write)
{
	struct mm_sys *s = mm->sys;
	int faults = 0;
	uint32_t serial;

	for (int round = 0; round < ACCESS_ROUNDS; round++) {
		enum sd_status st;
		int err;

		st = hw_cpu_access(s->hw, cpu, (uint16_t)(mm->id + 1), mm->root, page, write);
		if (st == SD_OK)
			return 0;
		if (st == SD_FAULT || st == SD_PERM) {
			if (++faults > ACCESS_FAULTS)
				return -EFAULT;
			err = fault_locked(mm, page, write, &serial);
			if (err)
				return err;
		}
		if (round > 1)
			sched_relax(s->sched, PT_MM_ACCESS_RETRY);
	}
	return -EFAULT;
}

int mm_access(struct mm_sys *sys, int cpu, sd_page page, bool write)
{
	struct mm *mm = mm_enter(sys, cpu);
	int err;

	if (!mm)
		return -ESRCH;
	err = page < sys->mem->pages ? access_loop(mm, cpu, page, write) : -EFAULT;
	mm_leave(mm);
	return err;
}
