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
/* Features of the next so many inputs are common, and hidden from the fuzzer after them. false: no memory. */
bool cover_learn(uint32_t inputs);
/* The world is set up: coverage from here on says something of the input. */
void cover_begin(void);
/* The input has run: hands its features over and clears those that the fuzzer does not. */
void cover_publish(void);

#endif
