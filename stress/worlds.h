/* SPDX-License-Identifier: MIT */
/* worlds: where a round happens. One world for each geometry. */
#ifndef STRESS_WORLDS_H
#define STRESS_WORLDS_H

#include "mem/mem.h"

struct world;

enum { STRESS_WORLDS = 24 /* more than there are geometries */ };

struct stress_worlds {
	unsigned n;
	struct world *world[STRESS_WORLDS];
};

struct world *stress_world(struct stress_worlds *all, struct mem_geometry geo); /* NULL: no memory */
void stress_worlds_free(struct stress_worlds *all);

#endif
