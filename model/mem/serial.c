/* SPDX-License-Identifier: MIT */
/*
 * Serials of mapping instances. A serial is drawn before its entry is stored. On
 * real threads another operation may begin, find the entry still empty and return
 * in between; its promise must not cover an instance that was stored only after
 * that. So, where mem_serial_settled() is asked, an actor announces the serial
 * that it may draw until it has stored the entry.
 *
 * The order comes from fences, which TSan does not see: a question of the oracle
 * must not order the accesses that are under test.
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
