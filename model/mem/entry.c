/* SPDX-License-Identifier: MIT */
/*
 * The accessor of table entries: point, atomic access, event.
 *
 * Stands for READ_ONCE/WRITE_ONCE/xchg/cmpxchg on ptes (set_pte_at,
 * ptep_get_and_clear, ptep_set_access_flags). Software's accesses are
 * sequentially consistent; a walker's loads are relaxed. Does not model: weaker
 * orders of software's accesses.
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

static pte_t value_of(uint64_t word) { return (pte_t)word; }
static uint32_t serial_of(uint64_t word) { return (uint32_t)(word >> 32); }

/* The word that v makes of the old one: a new instance has a serial that no older one has. */
static uint64_t successor(struct mem *m, uint64_t old, pte_t v)
{
	uint32_t serial = serial_of(old);

	if (new_instance(value_of(old), v))
		serial = mem_serial_draw(m);
	return v | (uint64_t)serial << 32;
}

static void stored(struct mem *m, mem_entry e, uint64_t old, pte_t new, enum point p)
{
	if (value_of(old) != new)
		event_emit(m->ev, EV_ENTRY, 0, 0, e, value_of(old), new, (uint64_t)p | old >> 32 << 32);
	if (m->behind)
		mem_stored_apart(m, e);
}

pte_t mem_xchg_now(struct mem *m, mem_entry e, pte_t v, enum point p)
{
	_Atomic uint64_t *slot = &m->word[e];
	uint64_t old = atomic_load(slot);

	while (!atomic_compare_exchange_weak(slot, &old, successor(m, old, v)))
		;
	mem_serial_stored(m);
	stored(m, e, old, v, p);
	return value_of(old);
}

bool mem_cmpxchg_now(struct mem *m, mem_entry e, pte_t *old, pte_t v, enum point p)
{
	_Atomic uint64_t *slot = &m->word[e];
	uint64_t found = atomic_load(slot);

	while (value_of(found) == *old)
		if (atomic_compare_exchange_weak(slot, &found, successor(m, found, v))) {
			mem_serial_stored(m);
			stored(m, e, found, v, p);
			return true;
		}
	mem_serial_stored(m);
	*old = value_of(found);
	return false;
}

/* Where a walker finds the entry. */
static _Atomic uint64_t *seen(struct mem *m, mem_entry e)
{
	return m->behind && m->frame[mem_entry_frame(m, e)].apart ? &m->memory[e] : &m->word[e];
}

/*
 * A walker reads what an entry points to after the entry: the order that an
 * address dependency gives it, which C has only as acquire.
 */
static uint64_t fetch(struct mem *m, mem_entry e)
{
	return atomic_load_explicit(seen(m, e), memory_order_acquire);
}

pte_t mem_walk_now(struct mem *m, mem_entry e, uint32_t *serial)
{
	/* A stale table pointer may lead out of memory. */
	uint64_t word = mem_entry_frame(m, e) < MEM_FRAMES ? fetch(m, e) : 0;

	*serial = serial_of(word);
	return value_of(word);
}

bool mem_set_ad_now(struct mem *m, int walker, mem_entry e, pte_t *old, pte_t bits)
{
	uint64_t found;

	if (mem_entry_frame(m, e) >= MEM_FRAMES) {
		*old = 0;
		return false;
	}
	found = fetch(m, e);
	while (value_of(found) == *old)
		if (atomic_compare_exchange_weak_explicit(seen(m, e), &found, found | bits,
		                                          memory_order_acquire, memory_order_acquire)) {
			if (bits & ~*old)
				event_emit(m->ev, EV_ENTRY_AD, (uint8_t)walker, 0, e, *old, *old | bits, 0);
			*old |= bits;
			return true;
		}
	*old = value_of(found);
	return false;
}
