/* SPDX-License-Identifier: MIT */
/* actors: sets of actors as bit masks. */
#ifndef ENGINE_ACTORS_H
#define ENGINE_ACTORS_H

#include <stdint.h>

static inline uint32_t actors_bit(int actor) { return 1u << actor; }

static inline int actors_count(uint32_t set) { return __builtin_popcount(set); }

/* The lowest; the set is not empty. */
static inline int actors_lowest(uint32_t set) { return __builtin_ctz(set); }

/* The n-th from the lowest, n < actors_count(set). */
static inline int actors_nth(uint32_t set, uint32_t n)
{
	while (n--)
		set &= set - 1;
	return actors_lowest(set);
}

#endif
