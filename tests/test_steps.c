/* SPDX-License-Identifier: MIT */
/*
 * Step deletion: each flush, wait, lock and batch step of the clean model is
 * taken out, one at a time, and the search must notice on some profile. A step
 * that another one covers is excused, with the reason, in steps_excused.def.
 * With arguments, only the steps named are hunted and printed.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/search/hunt.h"

/* Executions on one profile; where that finds nothing and nothing excuses it, far more. */
static const uint64_t BUDGET = 60000, RARE = 1000000;

static const struct {
	enum step step;
	const char *why;
} excused[] = {
#define EXCUSED(step, why) {STEP_##step, why},
#include "steps_excused.def"
#undef EXCUSED
        {STEP_COUNT, NULL},
};

static const char *excuse(enum step s)
{
	for (unsigned i = 0; excused[i].why; i++)
		if (excused[i].step == s)
			return excused[i].why;
	return NULL;
}

/* The profile on which the search noticed, or -1. */
static int hunt_step(struct world *w, enum step s, uint64_t budget, struct hunt_find *find,
                     uint64_t *executions)
{
	for (int p = 0; p < PROFILE_COUNT; p++) {
		struct hunt_config cfg = {.bug = HUNT_CLEAN, .profile = p, .seed = 1, .budget = budget};
		struct hunt *h;
		enum hunt_end end;

		cfg.skip[s / 64] = (uint64_t)1 << (s % 64);
		h = hunt_create(w, &cfg);
		assert_non_null(h);
		end = hunt_next(h, find);
		*executions += hunt_stats(h)->executions;
		hunt_destroy(h);
		if (end == HUNT_FOUND || end == HUNT_DEFECT)
			return p;
	}
	return -1;
}

static bool one(struct world *w, enum step s)
{
	static struct hunt_find find;
	const char *why = excuse(s);
	uint64_t executions = 0;
	int p = hunt_step(w, s, BUDGET, &find, &executions);

	if (p < 0 && !why)
		p = hunt_step(w, s, RARE, &find, &executions);
	printf("%-26s %-12s %8llu executions  %s\n", step_name(s),
	       p < 0 ? "-" : profile_name((enum profile_id)p), (unsigned long long)executions,
	       p < 0 ? (why ? "excused" : "NOT FOUND")
	             : (find.r.verdict == EXEC_DEFECT ? find.r.why : find.signature));
	fflush(stdout);
	return (p >= 0) == !why;
}

static void every_step_is_found_or_excused(void **state)
{
	struct world *w = world_create();
	int wrong = 0;

	(void)state;
	assert_non_null(w);
	for (int s = 0; s < STEP_COUNT; s++)
		wrong += !one(w, (enum step)s);
	world_destroy(w);
	assert_int_equal(wrong, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_step_is_found_or_excused)};
	struct world *w;

	if (argc == 1)
		return cmocka_run_group_tests(tests, NULL, NULL);
	w = world_create();
	for (int i = 1; w && i < argc; i++) {
		int s = step_find(argv[i], (unsigned)strlen(argv[i]));

		if (s >= 0)
			one(w, (enum step)s);
	}
	world_destroy(w);
	return 0;
}
