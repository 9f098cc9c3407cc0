/* SPDX-License-Identifier: MIT */
/*
 * Serials of mapping instances. One is drawn before the entry is stored: on real
 * threads an operation may begin, find the entry empty and return in between,
 * and what it promises must not count an instance that came to be after it. So
 * where somebody asks, an actor says that it is drawing until it has stored.
 *
 * The fences give the order that this needs and that TSan does not see: to it
 * an oracle's question must order nothing that is being tested.
 */
#include "mem/mem.h"

/* Of the actor that stores; NULL: nobody asks, or all actors have ended. */
static _Atomic uint32_t *serial_own_slot(struct mem *m)
{
	int me = m->watched ? sched_current(m->sched) : -1;

	return me < 0 ? NULL : &m->drawing[me];
}

uint32_t mem_serial_draw(struct mem *m)
{
	_Atomic uint32_t *slot = serial_own_slot(m);

	if (slot) {
		uint32_t next = atomic_load_explicit(&m->serial, memory_order_relaxed) + 1;

		atomic_store_explicit(slot, next, memory_order_relaxed);
		atomic_thread_fence(memory_order_seq_cst);
	}
	return atomic_fetch_add_explicit(&m->serial, 1, memory_order_relaxed) + 1;
}

void mem_serial_stored(struct mem *m)
{
	_Atomic uint32_t *slot = serial_own_slot(m);

	if (!slot)
		return;
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(slot, 0, memory_order_relaxed);
}

uint32_t mem_serial_settled(struct mem *m)
{
	uint32_t newest = atomic_load_explicit(&m->serial, memory_order_relaxed);

	atomic_thread_fence(memory_order_seq_cst);
	for (int i = 0; i < SCHED_MAX_ACTORS; i++) {
		uint32_t next = atomic_load_explicit(&m->drawing[i], memory_order_relaxed);

		if (next && next <= newest)
			newest = next - 1;
	}
	return newest;
}
