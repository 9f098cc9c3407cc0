/* SPDX-License-Identifier: MIT */
/*
 * AFL++ knows edges by guards: numbers that its runtime gives out, each an index
 * into the shared map. Features get guards of their own by the same call that
 * the compiler's code makes at start-up (SanitizerCoverage), so the map grows by
 * them and nothing falls together with an edge.
 *
 * An input that shows something new costs afl-fuzz four executions and more:
 * it is run again three times, and seven times if its map is not the same every time
 * (calibrate_case(), AFL_FAST_CAL). So the map holds only what is worth that: not
 * the set-up, which depends on the input before; no counts; and on request no
 * feature that nearly every input has.
 */
#include "fuzz/cover.h"

#include <string.h>
#include <sys/mman.h>

#include "engine/run/interleave.h"

/* afl-compiler-rt. This file is compiled without instrumentation, which would bring names of its own. */
extern uint8_t *__afl_area_ptr;
extern uint32_t __afl_map_size;
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);

enum { COMMON_MAX = 1 << 20 }; /* of a map; what is beyond is never common */

static uint32_t guards[INTERLEAVE_FEATURES];
static uint8_t counters[INTERLEAVE_FEATURES];
static struct common {
	uint32_t left; /* inputs to learn from */
	uint8_t seen[COMMON_MAX];
} * common; /* NULL: nothing is. Shared, as a crash ends the process that has learnt it */

/* Before the runtime makes the map, whose size is the number of guards. */
__attribute__((constructor(1))) static void cover_take_guards(void)
{
	__sanitizer_cov_trace_pc_guard_init(guards, guards + INTERLEAVE_FEATURES);
}

uint8_t *cover_counters(void) { return counters; }

bool cover_learn(uint32_t inputs)
{
	void *shared;

	shared = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return false;
	common = shared;
	common->left = inputs;
	return true;
}

/* The first byte is the runtime's own: afl-fuzz takes an empty map for a target without instrumentation. */
void cover_begin(void) { memset(__afl_area_ptr + 1, 0, __afl_map_size - 1); }

static void cover_leave_out_common(uint8_t *map, uint32_t size)
{
	const bool learn = common->left > 0;

	for (uint32_t i = 1; i < size && i < COMMON_MAX; i++) {
		if (learn)
			common->seen[i] |= map[i];
		map[i] &= !common->seen[i];
	}
	common->left -= learn;
}

void cover_publish(void)
{
	uint8_t *map = __afl_area_ptr;

	for (int i = 0; i < INTERLEAVE_FEATURES; i++)
		if (counters[i])
			map[guards[i]] = 1;
	memset(counters, 0, sizeof(counters));
	for (uint32_t i = 1; i < __afl_map_size; i++)
		map[i] = map[i] != 0;
	if (common)
		cover_leave_out_common(map, __afl_map_size);
}
