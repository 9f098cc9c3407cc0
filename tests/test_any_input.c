/* SPDX-License-Identifier: MIT */
/*
 * Any input: byte strings through case_decode(), mutilated case files through
 * case_parse(), and what comes out is run. Nothing may crash, no run may
 * exceed its points, the harness finds no defect in itself, and where nothing
 * is planted and no step taken out there is no violation.
 *
 *   test_any_input                     a sample
 *   test_any_input --bytes N --texts N [--seed S] [--from I]
 *                                      as many, with a line of progress now and then
 *   test_any_input --write DIR N [--seed S]
 *                                      the texts of that seed, as files
 *
 * Input I of a seed is always the same, whatever N is.
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

#include "engine/run/exec.h"
#include "support_text.h"

enum { SAMPLE_BYTES = 20000, SAMPLE_TEXTS = 2000, BYTES_MAX = 2000, LIMIT = 5000, SHOW_EVERY = 1000 };

struct totals {
	uint64_t inputs, refused, points, verdict[EXEC_DEFECT + 1];
};

struct job {
	struct world *w;
	struct text_store *store;
	uint64_t seed, from, bytes, texts;
	bool show;
	struct totals t;
};

static void seed_input(struct rng *r, const struct job *j, uint64_t i)
{
	rng_seed(r, j->seed * 0x9e3779b97f4a7c15u + i);
	rng_next(r);
}

/* -- running --------------------------------------------------------------------- */

/* Planted bugs and steps taken out, now and then; noise rarely says so itself. */
static void break_something(struct case_file *c, struct rng *r)
{
	if (rng_one_in(r, 2))
		c->bugs |= (uint64_t)1 << rng_below(r, BUG_COUNT);
	for (unsigned n = rng_below(r, 4); n > 0; n--) {
		unsigned step = rng_below(r, STEP_COUNT);

		c->skip[step / 64] |= (uint64_t)1 << (step % 64);
	}
	if (rng_one_in(r, 16))
		c->bugs = c->skip[0] = c->skip[1] = ~(uint64_t)0;
	case_fix(c);
}

/* Ends the test with the case as a text that can be run by itself. */
static void blame(const struct job *j, const struct case_file *c, const char *what, uint64_t i,
                  const char *why)
{
	size_t cap = case_print(c, NULL, 0) + 1;
	char *text = malloc(cap);

	if (text) {
		case_print(c, text, cap);
		printf("%s", text);
	}
	free(text);
	fail_msg("%s %" PRIu64 " of seed %" PRIu64 ": %s", what, i, j->seed, why);
}

static void run(struct job *j, struct case_file *c, struct rng *r, const char *what, uint64_t i)
{
	struct exec_options opt = {.limit = LIMIT, .log = rng_one_in(r, 16)};
	struct exec_result res;
	bool sound;

	if (rng_one_in(r, 4))
		break_something(c, r);
	sound = !c->bugs && !c->skip[0] && !c->skip[1];
	if (rng_one_in(r, 4))
		exec_witness(j->w, c, &opt, &res, NULL);
	else
		exec_run(j->w, c, NULL, &opt, &res);
	if (res.points > LIMIT)
		blame(j, c, what, i, "too many points");
	if (sound && res.verdict == EXEC_DEFECT)
		blame(j, c, what, i, res.why);
	if (sound && res.verdict == EXEC_VIOLATION)
		blame(j, c, what, i, violation_name((enum violation_class)res.violation.class_));
	j->t.points += res.points;
	j->t.verdict[res.verdict]++;
}

static void progress(struct job *j, const char *what, uint64_t i)
{
	if (!j->show || (i + 1) % SHOW_EVERY != 0)
		return;
	printf("%s %" PRIu64 "\n", what, i + 1);
	fflush(stdout);
}

static void tell(const struct job *j, const char *what)
{
	printf("%s: %" PRIu64 " inputs, %" PRIu64 " refused, %" PRIu64 " points; %" PRIu64 " clean, %" PRIu64
	       " violations, %" PRIu64 " inconclusive, %" PRIu64 " defects with steps taken out\n",
	       what, j->t.inputs, j->t.refused, j->t.points, j->t.verdict[EXEC_CLEAN],
	       j->t.verdict[EXEC_VIOLATION], j->t.verdict[EXEC_INCONCLUSIVE], j->t.verdict[EXEC_DEFECT]);
}

/* -- byte strings ------------------------------------------------------------------- */

/* Noise, noise that claims to be an encoded case, or an encoded case with noise in it. */
static size_t make_bytes(struct job *j, struct rng *r, uint8_t *p, size_t cap, struct case_file *scratch)
{
	size_t len = rng_below(r, BYTES_MAX + 1);

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)rng_next(r);
	switch (rng_below(r, 4)) {
	case 0:
		if (len)
			p[0] = 0xc0 + CASE_VERSION;
		return len;
	case 1:
		text_case(j->store, r, scratch);
		len = case_encode(scratch, p, cap);
		for (unsigned n = 1 + rng_below(r, 8); n > 0 && len; n--)
			p[rng_below(r, (uint32_t)len)] ^= (uint8_t)(1u << rng_below(r, 8));
		return rng_one_in(r, 4) ? rng_below(r, (uint32_t)len + 1) : len;
	default:
		return len;
	}
}

static void every_byte_string_runs(void **state)
{
	struct job *j = *state;
	struct case_file *c = malloc(sizeof(*c));
	uint8_t *p = malloc(CASE_BIN_MAX), *exact;

	assert_non_null(c);
	assert_non_null(p);
	j->t = (struct totals){0};
	for (uint64_t i = j->from; i < j->from + j->bytes; i++) {
		struct rng r;
		size_t len;

		seed_input(&r, j, i);
		len = make_bytes(j, &r, p, CASE_BIN_MAX, c);
		exact = malloc(len ? len : 1); /* a sanitizer sees the first byte too far */
		assert_non_null(exact);
		memcpy(exact, p, len);
		memset(c, 0x5a, sizeof(*c));
		case_decode(c, exact, len);
		free(exact);
		run(j, c, &r, "byte string", i);
		j->t.inputs++;
		progress(j, "bytes", i);
	}
	free(p);
	free(c);
	tell(j, "byte strings");
	assert_true(j->bytes < 100 || j->t.verdict[EXEC_CLEAN] > 0);
}

/* -- texts ---------------------------------------------------------------------------- */

static void every_text_is_run_or_refused(void **state)
{
	struct job *j = *state;
	struct case_file *c = malloc(sizeof(*c));
	char *p = malloc(TEXT_MAX), *exact;

	assert_non_null(c);
	assert_non_null(p);
	j->t = (struct totals){0};
	for (uint64_t i = j->from; i < j->from + j->texts; i++) {
		struct case_error err = {.line = 0};
		struct rng r;
		size_t len;

		seed_input(&r, j, i);
		len = text_mutate(j->store, &r, p);
		exact = malloc(len ? len : 1);
		assert_non_null(exact);
		memcpy(exact, p, len);
		if (case_parse(c, exact, len, &err)) {
			run(j, c, &r, "text", i);
		} else {
			assert_true(err.line >= 1 && err.column >= 1);
			assert_non_null(memchr(err.text, '\0', sizeof(err.text)));
			assert_true(err.text[0] != '\0');
			j->t.refused++;
		}
		free(exact);
		j->t.inputs++;
		progress(j, "texts", i);
	}
	free(p);
	free(c);
	tell(j, "texts");
	assert_true(j->texts < 100 || (j->t.refused > 0 && j->t.refused < j->t.inputs));
}

static int write_texts(struct job *j, const char *dir, uint64_t n)
{
	char path[4096], *p = malloc(TEXT_MAX);
	bool ok = p != NULL;

	for (uint64_t i = 0; ok && i < n; i++) {
		struct rng r;
		size_t len;
		FILE *f;

		seed_input(&r, j, i);
		len = text_mutate(j->store, &r, p);
		snprintf(path, sizeof(path), "%s/%06" PRIu64 ".sd", dir, i);
		f = fopen(path, "w");
		ok = f && fwrite(p, 1, len, f) == len;
		if (f)
			ok = fclose(f) == 0 && ok;
	}
	free(p);
	return ok ? 0 : 1;
}

/* -- start ------------------------------------------------------------------------------ */

static int usage(void)
{
	fprintf(stderr,
	        "usage: test_any_input [--bytes N] [--texts N] [--seed S] [--from I] [--write DIR N]\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct job j = {.seed = 1, .bytes = SAMPLE_BYTES, .texts = SAMPLE_TEXTS};
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_prestate(every_byte_string_runs, &j),
	        cmocka_unit_test_prestate(every_text_is_run_or_refused, &j),
	};
	const char *dir = NULL;
	uint64_t n = 0;
	int rc;

	if (argc > 1) {
		j.bytes = j.texts = 0;
		j.show = true;
	}
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 >= argc)
			return usage();
		n = strtoull(argv[i + 1], NULL, 10);
		if (!strcmp(argv[i], "--bytes"))
			j.bytes = n;
		else if (!strcmp(argv[i], "--texts"))
			j.texts = n;
		else if (!strcmp(argv[i], "--seed"))
			j.seed = n;
		else if (!strcmp(argv[i], "--from"))
			j.from = n;
		else if (!strcmp(argv[i], "--write") && i + 2 < argc)
			dir = argv[i + 1], j.texts = strtoull(argv[i++ + 2], NULL, 10);
		else
			return usage();
	}
	j.w = world_create();
	j.store = text_load(SHOOTDOWN_SOURCE_DIR "/corpus");
	if (!j.w || !j.store) {
		fprintf(stderr, "no memory, or no corpus\n");
		return 1;
	}
	rc = dir ? write_texts(&j, dir, j.texts) : cmocka_run_group_tests(tests, NULL, NULL);
	text_free(j.store);
	world_destroy(j.w);
	return rc;
}
