/* SPDX-License-Identifier: MIT */
/*
 * Determinism: the trace of a case depends on the case and its schedule, not
 * on what the world ran before, nor on who compiled it. With --print N SEED
 * it prints a line of hashes for each case instead, for comparing builds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run/measure.h"
#include "engine/search/generate.h"
#include "engine/search/search.h"

enum { CASES = 300, SEED = 1, PCT_POINTS = 300 };

struct trace {
	struct exec_result r;
	bool recorded;
	struct case_file c; /* with the schedule that the policy decided */
};

/* Case number i of a seed; all profiles in turn, every third with a planted bug. */
static void make_case(struct case_file *c, struct rng *rng, uint64_t seed, unsigned i)
{
	struct generate_config gen = {.profile = (int)(i % PROFILE_COUNT)};

	if (i % 3 == 2)
		gen.bugs = (uint64_t)1 << (i / 3 % BUG_COUNT);
	rng_seed(rng, seed ^ (uint64_t)i << 32);
	generate_case(c, rng, &gen);
}

static void run(struct world *w, uint64_t seed, unsigned i, unsigned schedule, struct trace *t)
{
	const struct exec_options opt = {.log = true, .record = true, .no_witness = true};
	static const enum search_engine engines[] = {SEARCH_RANDOM, SEARCH_PCT};
	union search_state state;
	struct sched_policy policy;
	struct search_try try;
	struct rng rng;

	make_case(&t->c, &rng, seed, i);
	for (unsigned k = 0; k <= schedule; k++)
		search_draw(&try, &rng, engines[i % 2], PCT_POINTS, measure_actors(&t->c));
	policy = search_policy(&state, &try);
	exec_run(w, &t->c, &policy, &opt, &t->r);
	t->recorded = exec_recorded(w, &t->c);
}

static void replay(struct world *w, const struct case_file *c, struct exec_result *r)
{
	const struct exec_options opt = {.log = true, .no_witness = true};

	exec_run(w, c, NULL, &opt, r);
}

static void same(const struct exec_result *a, const struct exec_result *b, unsigned i)
{
	if (a->trace_hash != b->trace_hash || a->points != b->points || a->verdict != b->verdict)
		fail_msg("case %u: trace %016" PRIx64 " of %u points, then %016" PRIx64 " of %u", i,
		         a->trace_hash, a->points, b->trace_hash, b->points);
	assert_true(a->trace_hash != 0);
}

static void hash_does_not_depend_on_what_ran_before(void **state)
{
	struct trace *first = calloc(CASES, sizeof(*first)), *t = malloc(sizeof(*t));
	struct world *up = world_create(), *down = world_create();
	struct exec_result again;
	unsigned replayed = 0;

	(void)state;
	assert_non_null(first);
	assert_non_null(t);
	assert_non_null(up);
	assert_non_null(down);
	for (unsigned i = 0; i < CASES; i++)
		run(up, SEED, i, 0, &first[i]);
	for (unsigned i = CASES; i-- > 0;) {
		run(down, SEED, i, 0, t);
		same(&first[i].r, &t->r, i);
		if (!t->recorded)
			continue;
		assert_memory_equal(&t->c, &first[i].c, sizeof(t->c));
		replay(down, &t->c, &again);
		same(&first[i].r, &again, i);
		assert_int_equal(again.skipped, 0);
		replayed++;
	}
	assert_true(replayed > CASES * 9 / 10);
	world_destroy(up);
	world_destroy(down);
	free(t);
	free(first);
}

static bool same_schedule(const struct case_file *a, const struct case_file *b)
{
	return a->nsched == b->nsched && !memcmp(a->sched, b->sched, a->nsched * sizeof(a->sched[0]));
}

static void hash_changes_with_the_schedule(void **state)
{
	struct world *w = world_create();
	struct trace *t = calloc(2, sizeof(*t));
	unsigned others = 0;

	(void)state;
	assert_non_null(w);
	assert_non_null(t);
	for (unsigned i = 0; i < CASES; i++) {
		run(w, SEED, i, 0, &t[0]);
		run(w, SEED, i, 1, &t[1]);
		if (!t[0].recorded || !t[1].recorded)
			continue;
		if (same_schedule(&t[0].c, &t[1].c)) {
			same(&t[0].r, &t[1].r, i);
			continue;
		}
		assert_true(t[0].r.trace_hash != t[1].r.trace_hash);
		others++;
	}
	assert_true(others > CASES * 9 / 10);
	free(t);
	world_destroy(w);
}

static void hash_changes_with_one_switch(void **state)
{
	struct world *w = world_create();
	struct trace *t = malloc(sizeof(*t));
	unsigned changed = 0, tried = 0;
	struct exec_result r;

	(void)state;
	assert_non_null(w);
	assert_non_null(t);
	for (unsigned i = 0; i < CASES; i++) {
		run(w, SEED, i, 0, t);
		if (!t->recorded || !t->c.nsched)
			continue;
		t->c.nsched--;
		replay(w, &t->c, &r);
		changed += r.trace_hash != t->r.trace_hash;
		tried++;
	}
	/* the last switch made the run what it was */
	assert_true(tried > CASES / 2);
	assert_int_equal(changed, tried);
	free(t);
	world_destroy(w);
}

static int print(unsigned n, uint64_t seed)
{
	struct world *w = world_create();
	struct trace *t = malloc(sizeof(*t));

	for (unsigned i = 0; w && t && i < n; i++) {
		struct exec_result again = {0};

		run(w, seed, i, 0, t);
		if (t->recorded)
			replay(w, &t->c, &again);
		printf("%u %s %016" PRIx64 " %016" PRIx64 " %u points, %u switches, verdict %d\n", i,
		       profile_name((enum profile_id)t->c.profile), t->r.trace_hash, again.trace_hash,
		       t->r.points, t->r.switches, (int)t->r.verdict);
	}
	free(t);
	world_destroy(w);
	return 0;
}

/* A schedule too long to keep is left out: then the case runs by its fixed order. */
static int write_cases(unsigned n, uint64_t seed, const char *dir)
{
	static char text[CASE_BIN_MAX], path[4096];
	struct world *w = world_create();
	struct trace *t = malloc(sizeof(*t));
	unsigned written = 0;

	for (unsigned i = 0; w && t && i < n; i++) {
		FILE *out;

		run(w, seed, i, 0, t);
		if (case_print(&t->c, text, sizeof(text)) >= sizeof(text))
			continue;
		snprintf(path, sizeof(path), "%s/%05u.sd", dir, i);
		out = fopen(path, "w");
		if (!out)
			break;
		written += fputs(text, out) >= 0;
		if (fclose(out))
			break;
	}
	free(t);
	world_destroy(w);
	return written == n ? 0 : 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(hash_does_not_depend_on_what_ran_before),
	        cmocka_unit_test(hash_changes_with_the_schedule),
	        cmocka_unit_test(hash_changes_with_one_switch),
	};

	if (argc == 4 && !strcmp(argv[1], "--print"))
		return print((unsigned)strtoul(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
	if (argc == 5 && !strcmp(argv[1], "--cases"))
		return write_cases((unsigned)strtoul(argv[2], NULL, 10), strtoull(argv[3], NULL, 10),
		                   argv[4]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
