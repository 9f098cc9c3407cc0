/* SPDX-License-Identifier: MIT */
/*
 * Life of an mm, and who uses it.
 *
 * mm_users keeps the tables alive: every system call and every device fault
 * takes one and drops it; the program's exit drops the one it started with;
 * whoever drops the last tears the mm down (kernel/fork.c: mmget_not_zero(),
 * mmput()).
 *
 * Does not model: mm_count (nothing uses a dead mm lazily), a CPU that changes
 * to another mm, unregistering a notifier.
 */
#include "event/tell.h"
#include "mm/state.h"
#include "mm/tables/table.h"
#include "mm/users.h"

#include <stdlib.h>

struct mm_sys *mm_create(struct mem *m, struct hw *hw, struct sched *s, struct event_sink *ev,
                         const struct bugs_set *bugs)
{
	struct mm_sys *sys = calloc(1, sizeof(*sys));

	if (!sys)
		return NULL;
	sys->mem = m;
	sys->hw = hw;
	sys->sched = s;
	sys->ev = ev;
	sys->bugs = bugs;
	return sys;
}

void mm_destroy(struct mm_sys *sys) { free(sys); }

/* Forgets the last owner of a free slot, which has no vmas and holds no locks. */
static void mm_slot_clean(struct mm *mm)
{
	atomic_store_explicit(&mm->exited, false, memory_order_relaxed);
	atomic_store_explicit(&mm->users, 0, memory_order_relaxed);
	atomic_store_explicit(&mm->flush_pending, 0, memory_order_relaxed);
	atomic_store_explicit(&mm->flush_batched, 0, memory_order_relaxed);
	atomic_store_explicit(&mm->bound, false, memory_order_relaxed);
	mm->root = MEM_NO_FRAME;
}

/* Forgets an execution that may have been cut short: locks, and the masks that say which vmas there are. */
static void mm_slot_reset(struct mm *mm)
{
	atomic_init(&mm->state, MM_FREE_SLOT);
	mm_slot_clean(mm);
	mm->mmap_lock = (struct sched_rwlock){0};
	mm->table_lock = (struct sched_lock){0};
	mm->linked = 0;
	for (int c = 0; c < RMAP_CLASSES; c++)
		mm->rmapped[c] = 0;
}

void mm_reset(struct mm_sys *sys, const struct mm_config *cfg)
{
	sys->prof = cfg->prof;
	atomic_init(&sys->busy, 0);
	atomic_init(&sys->vma_seq, 0);
	sys->list_lock = sys->cache_lock = (struct sched_lock){0};
	for (int c = 0; c < RMAP_CLASSES; c++)
		sys->rmap[c] = (struct sched_rwlock){0};
	sys->nfile = 0;
	sys->blocks = 0;
	for (int i = 0; i < SD_MAX_MMS; i++) {
		struct mm *mm = &sys->mm[i];

		mm->sys = sys;
		mm->id = (uint8_t)i;
		mm->cpus = 0;
		mm_slot_reset(mm);
	}
	for (int i = 0; i < cfg->ncpu; i++) {
		sys->cpu_mm[i] = cfg->cpu_mm[i] % SD_MAX_MMS;
		sys->mm[sys->cpu_mm[i]].cpus |= 1u << i;
	}
	for (int i = 0; i < cfg->mms; i++)
		if (mm_init_slot(&sys->mm[i]))
			atomic_store(&sys->mm[i].state, MM_LIVE);
}

bool mm_init_slot(struct mm *mm)
{
	struct mm_sys *s = mm->sys;
	sd_page root = mm_table_alloc(s);

	if (root == MEM_NO_FRAME)
		return false;
	mm_slot_clean(mm);
	mm->root = root;
	atomic_store(&mm->state, MM_NEW);
	atomic_store(&mm->users, 1);
	event_root(s->ev, sd_space_of_mm(mm->id), root, 1, 0);
	event_cpu_mask(s->ev, sd_space_of_mm(mm->id), mm->cpus);
	return true;
}

sd_page mm_root(const struct mm_sys *sys, int mm) { return sys->mm[mm].root; }

bool mm_alive(const struct mm_sys *sys, int mm) { return atomic_load(&sys->mm[mm].state) == MM_LIVE; }

void mm_set_notifier(struct mm_sys *sys, int mm, const struct mm_notifier_ops *ops)
{
	sys->mm[mm].bound = ops != NULL;
	if (ops)
		sys->mm[mm].ops = *ops;
}

/* -- users ------------------------------------------------------------------------ */

/*
 * refcount_dec_and_test(): who drops the last reference comes after what the
 * others did before they dropped theirs. Nobody else is ordered.
 */
static bool mm_users_dec_and_test(atomic_int *n)
{
	return atomic_fetch_sub_explicit(n, 1, memory_order_release) == 1 &&
	       !atomic_load_explicit(n, memory_order_acquire);
}

bool mm_get_not_zero(struct mm *mm)
{
	int users;

	sched_point(mm->sys->sched, PT_MM_GET);
	if (atomic_load(&mm->state) != MM_LIVE)
		return false;
	users = atomic_load_explicit(&mm->users, memory_order_relaxed);
	while (users > 0)
		if (atomic_compare_exchange_weak_explicit(&mm->users, &users, users + 1, memory_order_relaxed,
		                                          memory_order_relaxed))
			return true;
	return false;
}

void mm_put(struct mm *mm)
{
	sched_point(mm->sys->sched, PT_MM_PUT);
	if (mm_users_dec_and_test(&mm->users))
		mm_exit_mmap(mm);
}

struct mm *mm_enter(struct mm_sys *s, int cpu)
{
	struct mm *mm = &s->mm[s->cpu_mm[cpu]];

	if (atomic_load(&mm->exited) || !mm_get_not_zero(mm))
		return NULL;
	atomic_fetch_add_explicit(&s->busy, 1, memory_order_relaxed);
	return mm;
}

void mm_leave(struct mm *mm)
{
	mm_put(mm);
	atomic_fetch_sub_explicit(&mm->sys->busy, 1, memory_order_relaxed);
}

int mm_exit(struct mm_sys *sys, int cpu)
{
	struct mm *mm = mm_enter(sys, cpu);

	if (!mm)
		return -ESRCH;
	if (!atomic_exchange(&mm->exited, true))
		mm_put(mm); /* the one that mm_init_slot() gave */
	mm_leave(mm);
	return 0;
}
