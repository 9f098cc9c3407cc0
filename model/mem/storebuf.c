/* SPDX-License-Identifier: MIT */
/*
 * storebuf: walkers that do not snoop the caches of the CPUs.
 *
 * A frame that is *apart* has two contents: what software sees (mem.word), and
 * what memory has and walkers read (mem.memory). A store changes the first; it
 * reaches the second when somebody cleans the entry, or when the actor that
 * stored it needs room: each keeps MEM_DIRTY_RUNS stores back, and its oldest
 * goes first. Stores of two actors get there in any order. The CPUs are coherent
 * among themselves: what one has stored the others see, and may clean.
 *
 * Allocation is where it hurts: the zeroes of a new table are stores, too, and
 * until they are cleaned memory has what the frame's last owner left. An owner
 * long gone has been written back as a whole; what is in a data frame looks
 * like no entry to a walker (our choice).
 *
 * Does not model: lines of several entries, context and PASID tables (they are
 * coherent always), tables shared with CPUs (VT-d ECAP.SMPWC).
 * Follows Linux domain_flush_cache(), __iommu_flush_cache(), __arm_lpae_sync_pte().
 */
#include "event/tell.h"
#include "mem/mem.h"

bool mem_lags(const struct mem *m, mem_entry e, uint64_t *memory)
{
	sd_page pfn = mem_entry_frame(m, e);

	if (!m->behind || pfn >= MEM_FRAMES || !m->frame[pfn].apart)
		return false;
	*memory = atomic_load_explicit(&m->memory[e], memory_order_relaxed);
	return *memory != atomic_load_explicit(&m->word[e], memory_order_relaxed);
}

/* With the lock, which orders it before whatever becomes of the frame. false: memory had it all. */
static bool storebuf_write_back(struct mem *m, struct mem_run r)
{
	bool any = false;

	for (mem_entry e = r.first; e < r.first + r.n; e++) {
		uint64_t unused;

		if (!mem_lags(m, e, &unused))
			continue;
		atomic_store_explicit(&m->memory[e], atomic_load(&m->word[e]), memory_order_release);
		any = true;
	}
	return any;
}

static void storebuf_keep_back(struct mem *m, mem_entry first, uint32_t n)
{
	struct mem_dirty *d = &m->dirty[sched_current(m->sched)];
	struct mem_run out = {0};
	bool any;

	sched_enter(m->sched, &m->writing_back);
	if (d->tail - d->head == MEM_DIRTY_RUNS)
		out = d->run[d->head++ % MEM_DIRTY_RUNS];
	d->run[d->tail++ % MEM_DIRTY_RUNS] = (struct mem_run){first, n};
	any = storebuf_write_back(m, out);
	sched_leave(m->sched, &m->writing_back);
	if (any)
		event_written_back(m->ev, true, out.first, out.n);
}

void mem_stored_apart(struct mem *m, mem_entry e)
{
	if (m->frame[mem_entry_frame(m, e)].apart)
		storebuf_keep_back(m, e, 1);
}

void mem_clean_now(struct mem *m, mem_entry first, uint32_t n)
{
	bool any;

	if (!m->behind)
		return;
	sched_enter(m->sched, &m->writing_back);
	any = storebuf_write_back(m, (struct mem_run){first, n});
	sched_leave(m->sched, &m->writing_back);
	if (any)
		event_written_back(m->ev, false, first, n);
}

void mem_clean(struct mem *m, mem_entry first, uint32_t n, enum point p)
{
	if (!m->behind || !m->frame[mem_entry_frame(m, first)].apart)
		return;
	sched_point(m->sched, p);
	mem_clean_now(m, first, n);
}

/* -- lives of frames ------------------------------------------------------------- */

void mem_set_apart(struct mem *m, sd_page table)
{
	if (!m->behind)
		return;
	m->frame[table].apart = true;
	storebuf_keep_back(m, mem_at(m, table, 0), m->nents);
}

void mem_frame_born(struct mem *m, sd_page pfn)
{
	mem_entry first = mem_at(m, pfn, 0);

	if (m->frame[pfn].gen > 1)
		return; /* what its last owner left is still there */
	for (mem_entry e = first; e < first + m->nents; e++)
		atomic_store_explicit(&m->memory[e], 0, memory_order_relaxed);
}

static void storebuf_forget(struct mem_dirty *d, const struct mem *m, sd_page pfn)
{
	for (uint32_t i = d->head; i != d->tail; i++)
		if (mem_entry_frame(m, d->run[i % MEM_DIRTY_RUNS].first) == pfn)
			d->run[i % MEM_DIRTY_RUNS].n = 0;
}

void mem_frame_dies(struct mem *m, sd_page pfn)
{
	struct mem_frame *f = &m->frame[pfn];
	mem_entry first = mem_at(m, pfn, 0);
	bool table = f->kind == MEM_TABLE;

	sched_enter(m->sched, &m->writing_back);
	for (int i = 0; i < SCHED_MAX_ACTORS; i++)
		storebuf_forget(&m->dirty[i], m, pfn);
	for (mem_entry e = first; e < first + m->nents; e++)
		atomic_store_explicit(&m->memory[e],
		                      table ? atomic_load_explicit(&m->word[e], memory_order_relaxed) : 0,
		                      memory_order_relaxed);
	f->apart = false;
	sched_leave(m->sched, &m->writing_back);
}
