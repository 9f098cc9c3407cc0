/* SPDX-License-Identifier: MIT */
/*
 * The accessor of table entries: point, atomic access, event.
 *
 * Stands for READ_ONCE/WRITE_ONCE/xchg/cmpxchg on ptes (set_pte_at,
 * ptep_get_and_clear, ptep_set_access_flags). Software's accesses are
 * sequentially consistent; a walker's loads are relaxed.
 */
#include "mem/mem.h"

/* Bits that only say what hardware did; turning them on makes no new instance. */
static const pte_t AD = PTE_A | PTE_D;

static bool new_instance(pte_t old, pte_t new)
{
	const pte_t seen = PTE_P | PTE_W | PTE_LEAF | PTE_NT | ~((1u << PTE_PFN_SHIFT) - 1);

	if (!pte_present(old) && !pte_present(new))
		return false;
	return ((old ^ new) & seen) || (old & ~new &AD);
}

static void stored(struct mem *m, mem_entry e, pte_t old, pte_t new, enum point p)
{
	uint32_t died = m->born[e];

	if (old == new)
		return;
	if (new_instance(old, new))
		m->born[e] = ++m->serial;
	event_emit(m->ev, EV_ENTRY, 0, 0, e, old, new, (uint64_t)p | (uint64_t)died << 32);
}

pte_t mem_peek(const struct mem *m, mem_entry e)
{
	return (pte_t)atomic_load_explicit(&m->word[mem_entry_frame(m, e) * m->words + (e & (m->nents - 1))],
	                                   memory_order_relaxed);
}

static _Atomic uint64_t *slot(struct mem *m, mem_entry e)
{
	return &m->word[mem_entry_frame(m, e) * m->words + (e & (m->nents - 1))];
}

pte_t mem_load(struct mem *m, mem_entry e, enum point p)
{
	sched_point(m->sched, p);
	return (pte_t)atomic_load(slot(m, e));
}

void mem_store(struct mem *m, mem_entry e, pte_t v, enum point p)
{
	sched_point(m->sched, p);
	stored(m, e, (pte_t)atomic_exchange(slot(m, e), v), v, p);
}

pte_t mem_xchg(struct mem *m, mem_entry e, pte_t v, enum point p)
{
	pte_t old;

	sched_point(m->sched, p);
	old = (pte_t)atomic_exchange(slot(m, e), v);
	stored(m, e, old, v, p);
	return old;
}

bool mem_cmpxchg(struct mem *m, mem_entry e, pte_t *old, pte_t v, enum point p)
{
	uint64_t expect = *old;
	bool won;

	sched_point(m->sched, p);
	won = atomic_compare_exchange_strong(slot(m, e), &expect, v);
	if (won)
		stored(m, e, *old, v, p);
	*old = (pte_t)expect;
	return won;
}

pte_t mem_walk(struct mem *m, mem_entry e, enum point p)
{
	sched_point(m->sched, p);
	if (mem_entry_frame(m, e) >= MEM_FRAMES)
		return 0; /* a stale table pointer led out of memory */
	return (pte_t)atomic_load_explicit(slot(m, e), memory_order_relaxed);
}

bool mem_set_ad(struct mem *m, int walker, mem_entry e, pte_t *old, pte_t bits, enum point p)
{
	sched_point(m->sched, p);
	return mem_set_ad_now(m, walker, e, old, bits);
}

bool mem_set_ad_now(struct mem *m, int walker, mem_entry e, pte_t *old, pte_t bits)
{
	uint64_t expect = *old;

	if (mem_entry_frame(m, e) >= MEM_FRAMES) {
		*old = 0;
		return false;
	}
	if (atomic_compare_exchange_strong_explicit(slot(m, e), &expect, *old | bits, memory_order_relaxed,
	                                            memory_order_relaxed)) {
		if (bits & ~*old)
			event_emit(m->ev, EV_ENTRY_AD, (uint8_t)walker, 0, e, *old, *old | bits, 0);
		*old |= bits;
		return true;
	}
	*old = (pte_t)expect;
	return false;
}
