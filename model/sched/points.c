/* SPDX-License-Identifier: MIT */
/* Names of points, from the folders' points.def. */
#include "sched/points.h"

#include <string.h>

static const struct {
	const char *name, *what;
} points[PT_COUNT] = {
#define POINT(id, name, what) [PT_##id] = {name, what},
#include "sched/points.def"
#undef POINT
};

const char *point_name(enum point p) { return points[p].name; }
const char *point_what(enum point p) { return points[p].what; }

int point_find(const char *name, unsigned len)
{
	for (int i = 0; i < PT_COUNT; i++)
		if (strlen(points[i].name) == len && !memcmp(points[i].name, name, len))
			return i;
	return -1;
}
