/* SPDX-License-Identifier: MIT */
/*
 * AFL++ knows edges by guards: numbers that its runtime gives out, each an index
 * into the shared map. Features get guards of their own by the same call that
 * the compiler's code makes at start-up (SanitizerCoverage), so the map grows by
 * them and nothing falls together with an edge.
 */
#include "fuzz/cover.h"

#include <string.h>

#include "engine/interleave.h"

/* afl-compiler-rt. This file is compiled without instrumentation, which would bring names of its own. */
extern uint8_t *__afl_area_ptr;
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);

static uint32_t guards[INTERLEAVE_FEATURES];
static uint8_t counters[INTERLEAVE_FEATURES];

/* Before the runtime makes the map, which is as large as the guards are many. */
__attribute__((constructor(1))) static void take_guards(void)
{
	__sanitizer_cov_trace_pc_guard_init(guards, guards + INTERLEAVE_FEATURES);
}

uint8_t *cover_counters(void) { return counters; }

void cover_publish(void)
{
	for (int i = 0; i < INTERLEAVE_FEATURES; i++)
		if (counters[i])
			__afl_area_ptr[guards[i]] = counters[i];
	memset(counters, 0, sizeof(counters));
}
