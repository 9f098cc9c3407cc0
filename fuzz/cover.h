/* SPDX-License-Identifier: MIT */
/*
 * cover: hands the features of engine/run/interleave.h to the fuzzer that this
 * target was built for: libFuzzer's extra counters, or AFL++'s map.
 */
#ifndef FUZZ_COVER_H
#define FUZZ_COVER_H

#include <stdbool.h>
#include <stdint.h>

/* INTERLEAVE_FEATURES of them, all zero whenever an input is about to run. */
uint8_t *cover_counters(void);
/* What so many inputs from now on pass through is common, and the fuzzer is not told. false: no memory. */
bool cover_learn(uint32_t inputs);
/* The world is set up: from here on what is passed through says something of the input. */
void cover_begin(void);
/* The input has run: tells the fuzzer, and clears what the fuzzer does not. */
void cover_publish(void);

#endif
