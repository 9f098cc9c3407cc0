/* SPDX-License-Identifier: MIT */
/* Tables of planted bugs and of deletable steps, from bugs.def and steps.def. */
#include "bugs/bugs.h"

#include <string.h>

_Static_assert(BUG_COUNT <= 64, "struct bugs_set has a bit for each bug");
_Static_assert(STEP_COUNT <= 128, "struct bugs_set has a bit for each step");

static const struct bug_info bugs[BUG_COUNT] = {
#define BUG(id, slug, catalogue, seed, family, classes, hw, what)                                            \
	[BUG_##id] = {slug, catalogue, seed, family, classes, hw, what},
#include "bugs/bugs.def"
#undef BUG
};

static const char *const steps[STEP_COUNT + 1] = {
#define STEP(id, name, what) [STEP_##id] = name,
#include "bugs/steps.def"
#undef STEP
};

static bool bugs_name_is(const char *a, const char *b, unsigned len)
{
	return strlen(a) == len && !memcmp(a, b, len);
}

const struct bug_info *bug_info(enum bug b) { return &bugs[b]; }

int bug_find(const char *slug, unsigned len)
{
	for (int i = 0; i < BUG_COUNT; i++)
		if (bugs_name_is(bugs[i].slug, slug, len))
			return i;
	return -1;
}

const char *step_name(enum step t) { return steps[t]; }

int step_find(const char *name, unsigned len)
{
	for (int i = 0; i < STEP_COUNT; i++)
		if (bugs_name_is(steps[i], name, len))
			return i;
	return -1;
}
