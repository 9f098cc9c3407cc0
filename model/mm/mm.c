/* SPDX-License-Identifier: MIT */
/*
 * Life of an mm, and who uses it.
 *
 * mm_users keeps the tables alive: every system call and every device fault
 * takes one and drops it; the program's exit drops the one it started with;
 * whoever drops the last tears the mm down (kernel/fork.c: mmget_not_zero(),
 * mmput()). Does not model mm_count: nothing uses a dead mm lazily.
 */
#include "event/own_stores.h"
#include "mm/internal.h"

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

/* What the last owner of the slot left in it. Its locks are free and its vmas gone, or it would not be free. */
static void clean_slot(struct mm *mm)
{
	atomic_store_explicit(&mm->exited, false, memory_order_relaxed);
	atomic_store_explicit(&mm->users, 0, memory_order_relaxed);
	atomic_store_explicit(&mm->flush_pending, 0, memory_order_relaxed);
	atomic_store_explicit(&mm->flush_batched, 0, memory_order_relaxed);
	atomic_store_explicit(&mm->bound, false, memory_order_relaxed);
	mm->root = MEM_NO_FRAME;
}

/* And what an execution that was cut short may have left. Arrays behind counts and masks stay. */
OWN_STORES static void reset_slot(struct mm *mm)
{
	atomic_init(&mm->state, MM_FREE_SLOT);
	clean_slot(mm);
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
		reset_slot(mm);
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
	clean_slot(mm);
	mm->root = root;
	atomic_store(&mm->state, MM_NEW);
	atomic_store(&mm->users, 1);
	event_emit(s->ev, EV_SPACE_ROOT, 0, (uint8_t)sd_space_of_mm(mm->id), root, 1, 0, 0);
	event_emit(s->ev, EV_SPACE_CPU, 0, (uint8_t)sd_space_of_mm(mm->id), mm->cpus, 0, 0, 0);
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

bool mm_range_ok(const struct mm_sys *s, sd_page start, unsigned n)
{
	return n && start < s->mem->pages && n <= s->mem->pages - start;
}

/* -- users ------------------------------------------------------------------------ */

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
	if (mm_count_down(&mm->users))
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
