/* SPDX-License-Identifier: MIT */
/*
 * The fuzz target: bytes are decoded to a case, which is run once by its own
 * schedule. A violation or a defect of the harness is a crash, with one line
 * that says which. The same file serves libFuzzer, which calls the structure-
 * aware mutator below, and AFL++, which loads it as a library (afl_mutator.c).
 * Beside the edges of the code, what the schedule did is coverage (fuzz/cover.h).
 *
 * fuzz_shootdown_raw is the same without the mutator: what libFuzzer makes of
 * bytes alone. It is there to be compared with.
 *
 * The environment says what is planted: see mutate_settings_from_env(). What
 * an input says about bugs, steps and its expected verdict is overwritten, so
 * with an empty environment every violation is a finding.
 *
 * With SHOOTDOWN_SECOND_OPINION=on the target is another one: both oracles judge
 * the run, and what crashes is that they differ, whatever they say.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run/interleave.h"
#include "engine/run/opinion.h"
#include "engine/run/signature.h"
#include "fuzz/cover.h"
#include "fuzz/mutate.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2, size_t size2,
                                 uint8_t *out, size_t max_out, unsigned seed);

enum { EXIT_USAGE = 2, EXIT_DEFECT = 3, LEARN_MAX = 1000000 };

struct harness {
	struct mutate_settings set;
	struct world *world;
	struct interleave *order;  /* NULL: edges are all the coverage there is */
	struct mutator *mutator;   /* made when first asked for: AFL++ never does */
	struct opinions *opinions; /* NULL: a violation is what is looked for */
	struct case_file c, other;
	uint64_t executions, points; /* so far; of inputs, not of what the mutator tries */
};

/* false: the environment asks for something else than on or off. */
static bool fuzz_make_opinions(struct harness *h)
{
	const char *asked = getenv("SHOOTDOWN_SECOND_OPINION");

	if (!asked || !*asked || !strcmp(asked, "off"))
		return true;
	if (strcmp(asked, "on") != 0)
		return false;
	h->opinions = opinions_create();
	if (h->opinions)
		return true;
	fprintf(stderr, "shootdown: no memory for a second opinion\n");
	exit(EXIT_DEFECT);
}

/* SHOOTDOWN_COVER=edges leaves the features of interleavings out, to compare. */
static bool fuzz_wants_cover(void)
{
	const char *cover = getenv("SHOOTDOWN_COVER");

	return !cover || strcmp(cover, "edges") != 0;
}

/* SHOOTDOWN_LEARN=128: the first so many inputs teach what is common. false: no number. */
static bool fuzz_learn_common(void)
{
	const char *asked = getenv("SHOOTDOWN_LEARN");
	char *end;
	unsigned long n;

	if (!asked || !*asked)
		return true;
	n = strtoul(asked, &end, 10);
	if (*end || asked[0] < '0' || asked[0] > '9' || n > LEARN_MAX)
		return false;
	if (n == 0 || cover_learn((uint32_t)n))
		return true;
	fprintf(stderr, "shootdown: no memory for what is common\n");
	exit(EXIT_DEFECT);
}

/* The callbacks have no context argument, so the one harness of the process is found here. */
static struct harness *fuzz_harness(void)
{
	static struct harness *the_harness;
	const char *wrong;

	if (the_harness)
		return the_harness;
	the_harness = calloc(1, sizeof(*the_harness));
	if (!the_harness || !(the_harness->world = world_create())) {
		fprintf(stderr, "shootdown: no memory for a world\n");
		exit(EXIT_DEFECT);
	}
	if (fuzz_wants_cover() && !(the_harness->order = interleave_create(cover_counters()))) {
		fprintf(stderr, "shootdown: no memory for coverage\n");
		exit(EXIT_DEFECT);
	}
	if (!mutate_settings_from_env(&the_harness->set, &wrong)) {
		fprintf(stderr,
		        "shootdown: environment: found '%s', expected a slug in SHOOTDOWN_BUG, a step in "
		        "SHOOTDOWN_SKIP, a profile in SHOOTDOWN_HW, a number in SHOOTDOWN_FRESH\n",
		        wrong);
		exit(EXIT_USAGE);
	}
	if (!fuzz_make_opinions(the_harness)) {
		fprintf(stderr, "shootdown: environment: expected on or off in SHOOTDOWN_SECOND_OPINION\n");
		exit(EXIT_USAGE);
	}
	if (!fuzz_learn_common()) {
		fprintf(stderr, "shootdown: environment: expected a number up to %d in SHOOTDOWN_LEARN\n",
		        LEARN_MAX);
		exit(EXIT_USAGE);
	}
	return the_harness;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_harness();
	return 0;
}

static void fuzz_crash_on_defect(const struct exec_result *r)
{
	if (r->verdict != EXEC_DEFECT)
		return;
	fprintf(stderr, "shootdown: defect: %s\n", r->why ? r->why : "unknown");
	abort();
}

static struct exec_result fuzz_ask_both(struct harness *h, const struct exec_options *opt)
{
	char line[OPINION_LINE];
	struct opinion said;

	opinion_run(h->opinions, h->world, &h->c, NULL, opt, &said);
	if (said.is != OPINION_DIFFERS)
		return said.first;
	fprintf(stderr, "shootdown: disagreement: %s\n", opinion_says(&said, h->world, line));
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct harness *h = fuzz_harness();
	const struct exec_options opt = {.no_witness = true, .order = h->order, .begun = cover_begin};
	struct exec_result result;
	char signature[200];

	case_decode(&h->c, data, size);
	mutate_force(&h->set, &h->c);
	if (h->opinions)
		result = fuzz_ask_both(h, &opt);
	else
		exec_run(h->world, &h->c, NULL, &opt, &result);
	cover_publish();
	h->executions++;
	h->points += result.points;
	fuzz_crash_on_defect(&result);
	if (h->opinions)
		return 0;
	if (result.verdict == EXEC_VIOLATION) {
		signature_of(&result, &h->c, signature, sizeof(signature));
		fprintf(stderr,
		        "shootdown: violation: %s\nshootdown: %" PRIu64 " executions, %" PRIu64 " points\n",
		        signature, h->executions, h->points);
		abort();
	}
	return 0;
}

#ifndef FUZZ_RAW
static struct mutator *fuzz_harness_mutator(struct harness *h)
{
	if (h->mutator)
		return h->mutator;
	h->mutator = mutator_create(&h->set);
	if (!h->mutator) {
		fprintf(stderr, "shootdown: no memory for a mutator\n");
		exit(EXIT_DEFECT);
	}
	return h->mutator;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	struct harness *h = fuzz_harness();
	struct mutator *m = fuzz_harness_mutator(h);
	size_t len;

	case_decode(&h->c, data, size);
	mutator_seed(m, seed);
	mutate_case(m, &h->c);
	len = mutate_encode(&h->c, data, max_size);
	return len ? len : size;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2, size_t size2,
                                 uint8_t *out, size_t max_out, unsigned seed)
{
	struct harness *h = fuzz_harness();
	struct mutator *m = fuzz_harness_mutator(h);

	case_decode(&h->c, data1, size1);
	case_decode(&h->other, data2, size2);
	mutator_seed(m, seed);
	mutate_cross(m, &h->c, &h->other);
	return mutate_encode(&h->c, out, max_out);
}
#endif
