/* SPDX-License-Identifier: MIT */
/* The labelled places at which another actor may run; see points.def. */
#ifndef SCHED_POINTS_H
#define SCHED_POINTS_H

enum point {
#define POINT(id, name, what) PT_##id,
#include "sched/points.def"
#undef POINT
	PT_COUNT
};

/* "mm.zap.clear"; never NULL for a valid point. */
const char *point_name(enum point p);
/* One line that says what is about to happen there. */
const char *point_what(enum point p);
/* The point of that name, or -1. len may stop before the string's end. */
int point_find(const char *name, unsigned len);

#endif
