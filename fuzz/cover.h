/* SPDX-License-Identifier: MIT */
/*
 * cover: hands the features of engine/interleave.h to the fuzzer that this
 * target was built for: libFuzzer's extra counters, or AFL++'s map.
 */
#ifndef FUZZ_COVER_H
#define FUZZ_COVER_H

#include <stdint.h>

/* INTERLEAVE_FEATURES of them, all zero whenever an input is about to run. */
uint8_t *cover_counters(void);
/* The input has run: tells the fuzzer, and clears what the fuzzer does not. */
void cover_publish(void);

#endif
