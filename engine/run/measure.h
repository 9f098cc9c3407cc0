/* SPDX-License-Identifier: MIT */
/* measure: what a case consists of, counted. */
#ifndef ENGINE_MEASURE_H
#define ENGINE_MEASURE_H

#include "case/case.h"

unsigned measure_ops(const struct case_file *c);
/* Schedule entries that switch; a witness's ghost steps do not count. */
unsigned measure_switches(const struct case_file *c);
/* Actors, daemons included: the n of PCT. */
unsigned measure_actors(const struct case_file *c);
bool measure_uses_region(const struct case_file *c, int region);

#endif
