/* SPDX-License-Identifier: MIT */
/*
 * The accessor of table entries: point, atomic access, event.
 *
 * Stands for READ_ONCE/WRITE_ONCE/xchg/cmpxchg on ptes (set_pte_at,
 * ptep_get_and_clear, ptep_set_access_flags). Software's accesses are
 * sequentially consistent; a walker's loads are relaxed. Does not model: weaker
 * orders of software's accesses.
 */
#include "event/tell.h"
#include "mem/mem.h"

/* Bits that only say what hardware did; turning them on makes no new instance. */
static const pte_t AD = PTE_A | PTE_D;

static bool entry_is_new_instance(pte_t old, pte_t new)
{
	const pte_t seen = PTE_P | PTE_W | PTE_LEAF | PTE_NT | ~((1u << PTE_PFN_SHIFT) - 1);

	if (!pte_present(old) && !pte_present(new))
		return false;
	return ((old ^ new) & seen) || (old & ~new &AD);
}

static pte_t entry_value(uint64_t word) { return (pte_t)word; }
static uint32_t entry_serial(uint64_t word) { return (uint32_t)(word >> 32); }

/* The word that v makes of the old one: a new instance has a serial that no older one has. */
static uint64_t entry_successor(struct mem *m, uint64_t old, pte_t v)
{
	uint32_t serial = entry_serial(old);

	if (entry_is_new_instance(entry_value(old), v))
		serial = mem_serial_draw(m);
	return v | (uint64_t)serial << 32;
}

static void entry_stored(struct mem *m, mem_entry e, uint64_t old, pte_t new, enum point p)
{
	if (entry_value(old) != new)
		event_entry(m->ev, e, entry_value(old), new, p, old >> 32);
	if (m->behind)
		mem_stored_apart(m, e);
}

pte_t mem_xchg_now(struct mem *m, mem_entry e, pte_t v, enum point p)
{
	_Atomic uint64_t *slot = &m->word[e];
	uint64_t old = atomic_load(slot);

	while (!atomic_compare_exchange_weak(slot, &old, entry_successor(m, old, v)))
		;
	mem_serial_stored(m);
	entry_stored(m, e, old, v, p);
	return entry_value(old);
}

bool mem_cmpxchg_now(struct mem *m, mem_entry e, pte_t *old, pte_t v, enum point p)
{
	_Atomic uint64_t *slot = &m->word[e];
	uint64_t found = atomic_load(slot);

	while (entry_value(found) == *old)
		if (atomic_compare_exchange_weak(slot, &found, entry_successor(m, found, v))) {
			mem_serial_stored(m);
			entry_stored(m, e, found, v, p);
			return true;
		}
	mem_serial_stored(m);
	*old = entry_value(found);
	return false;
}

/* Where a walker finds the entry. */
static _Atomic uint64_t *entry_seen_by_walker(struct mem *m, mem_entry e)
{
	return m->behind && m->frame[mem_entry_frame(m, e)].apart ? &m->memory[e] : &m->word[e];
}

/*
 * A walker reads what an entry points to after the entry: the order that an
 * address dependency gives it, which C has only as acquire.
 */
static uint64_t entry_fetch(struct mem *m, mem_entry e)
{
	return atomic_load_explicit(entry_seen_by_walker(m, e), memory_order_acquire);
}

pte_t mem_walk_now(struct mem *m, mem_entry e, uint32_t *serial)
{
	/* A stale table pointer may lead out of memory. */
	uint64_t word = mem_entry_frame(m, e) < MEM_FRAMES ? entry_fetch(m, e) : 0;

	*serial = entry_serial(word);
	return entry_value(word);
}

bool mem_set_ad_now(struct mem *m, int walker, mem_entry e, pte_t *old, pte_t bits)
{
	uint64_t found;

	if (mem_entry_frame(m, e) >= MEM_FRAMES) {
		*old = 0;
		return false;
	}
	found = entry_fetch(m, e);
	while (entry_value(found) == *old)
		if (atomic_compare_exchange_weak_explicit(entry_seen_by_walker(m, e), &found, found | bits,
		                                          memory_order_acquire, memory_order_acquire)) {
			if (bits & ~*old)
				event_entry_ad(m->ev, walker, e, *old, *old | bits);
			*old |= bits;
			return true;
		}
	*old = entry_value(found);
	return false;
}
