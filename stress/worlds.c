/* SPDX-License-Identifier: MIT */
/*
 * A world for each geometry that a run meets, built once: a run of hours may
 * not grow, not even by what a sanitizer keeps of freed memory.
 */
#include <stdlib.h>

#include "engine/run/world.h"
#include "stress/worlds.h"

static struct world *stress_world_build(struct mem_geometry geo)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->sched = sched_create_free();
	if (w->sched && world_build(w, geo))
		return w;
	sched_destroy(w->sched);
	free(w);
	return NULL;
}

struct world *stress_world(struct stress_worlds *all, struct mem_geometry geo)
{
	for (unsigned i = 0; i < all->n; i++)
		if (all->world[i]->mem.geo.levels == geo.levels && all->world[i]->mem.geo.bits == geo.bits)
			return all->world[i];
	if (all->n == STRESS_WORLDS)
		return NULL;
	all->world[all->n] = stress_world_build(geo);
	return all->world[all->n] ? all->world[all->n++] : NULL;
}

void stress_worlds_free(struct stress_worlds *all)
{
	for (unsigned i = 0; i < all->n; i++) {
		world_tear(all->world[i]);
		sched_destroy(all->world[i]->sched);
		free(all->world[i]);
	}
	all->n = 0;
}
