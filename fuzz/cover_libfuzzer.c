/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer reads every byte of this section after an input, as it reads the
 * counters of edges, and clears it before the next (FuzzerExtraCounters.cpp).
 */
#include "fuzz/cover.h"

#include "engine/run/interleave.h"

/* The linker gathers the section, so this cannot be a field of a struct. */
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[INTERLEAVE_FEATURES];

uint8_t *cover_counters(void) { return counters; }
void cover_publish(void) {}
/* libFuzzer runs an input once, so one more in its corpus costs next to nothing: hide no features. */
void cover_begin(void) {}
bool cover_learn(uint32_t inputs)
{
	(void)inputs;
	return true;
}
