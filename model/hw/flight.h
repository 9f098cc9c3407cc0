/* SPDX-License-Identifier: MIT */
/* flight: accesses that have begun and not ended, and waits that drain them. */
#ifndef HW_FLIGHT_H
#define HW_FLIGHT_H

#include <stdint.h>

#include "sched/points.h"

struct hw;

/* The newest stamp given to an access. */
uint64_t hw_flight_now(struct hw *hw);
void hw_flight_begin(struct hw *hw, _Atomic uint64_t *slot);
void hw_flight_end(struct hw *hw, _Atomic uint64_t *slot);
/*
 * Blocks until all accesses of these CPUs, and all untranslated DMA through
 * these IOMMUs, that began by `limit` have ended.
 */
void hw_flight_drain(struct hw *hw, uint32_t cpus, uint32_t iommus, uint64_t limit, enum point p);

#endif
