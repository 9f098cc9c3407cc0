/* SPDX-License-Identifier: MIT */
/* program: what the actors of a case do. */
#ifndef ENGINE_PROGRAM_H
#define ENGINE_PROGRAM_H

#include "case/case.h"

struct world;

/* The actors of the case's programs, and the daemons. */
void program_spawn_all(struct world *w);
/* The queue processor and the page-request handler of each IOMMU. */
void program_spawn_daemons(struct world *w);
/*
 * One op by the actor that calls, with its points and events; index: its number
 * in the program. Returns the op's result.
 */
int program_op(struct world *w, int actor, const struct case_op *op, uint32_t index);

#endif
