/* SPDX-License-Identifier: MIT */
/*
 * bugs: the switches that break the model on purpose.
 *
 * A planted bug (bugs.def) puts back a historical mistake at the one place
 * where the real code made it. A step (steps.def) names one flush, wait, lock
 * or batch step of the correct model, so that a test can take it out.
 * With an empty set the model is correct.
 */
#ifndef BUGS_BUGS_H
#define BUGS_BUGS_H

#include <stdbool.h>
#include <stdint.h>

enum bug {
#define BUG(id, slug, catalogue, seed, family, classes, hw, what) BUG_##id,
#include "bugs/bugs.def"
#undef BUG
	BUG_COUNT
};

enum step {
#define STEP(id, name, what) STEP_##id,
#include "bugs/steps.def"
#undef STEP
	STEP_COUNT
};

struct bugs_set {
	uint64_t bug;     /* planted bugs that are on */
	uint64_t skip[2]; /* steps that are taken out */
};

struct bug_info {
	const char *slug;      /* as in the catalogue and in case files */
	const char *catalogue; /* "B1", or ""; see bugs.def */
	const char *seed;      /* "000", or ""; see bugs.def */
	const char *family;
	const char *classes; /* violation ids, space separated: any of them may show */
	const char *hw;      /* a profile on which it shows */
	const char *what;
};

static inline bool bug_on(const struct bugs_set *s, enum bug b) { return s->bug >> b & 1; }
/* "if (step(b, STEP_X)) do_it();" */
static inline bool step(const struct bugs_set *s, enum step t)
{
	return !__builtin_expect(s->skip[t / 64] >> (t % 64) & 1, 0);
}

const struct bug_info *bug_info(enum bug b);
int bug_find(const char *slug, unsigned len);
const char *step_name(enum step t);
int step_find(const char *name, unsigned len);

#endif
