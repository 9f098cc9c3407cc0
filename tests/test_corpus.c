/* SPDX-License-Identifier: MIT */
/*
 * The corpus: every stored case still says what it said, names match across
 * bugs.def, docs/ and corpus/, and between them the cases raise every class of
 * violation that can be raised. A good_ case must stay silent; a bad_ one and
 * that of a bug must not, and must be silent with their switches off.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/search/hunt.h"

enum { FILES = 512, NAME = 128, TEXT = 64 * 1024, PATH = 512 };

struct file {
	char dir[16];    /* "" or "bugs" */
	char name[NAME]; /* without .sd */
	struct case_file c;
};

struct corpus {
	struct world *w;
	struct file *file;
	int n;
	char text[TEXT], printed[TEXT], stripped[TEXT];
};

/* No rule raises these: docs/violations/ says what is missing. */
static const uint32_t never_raised = 1u << VC_STALE_ORDER | 1u << VC_WRONG_OWNER;

/* -- reading ------------------------------------------------------------------------ */

static void path_of(const struct file *f, char path[PATH])
{
	snprintf(path, PATH, "%s/corpus/%s%s%s.sd", SHOOTDOWN_SOURCE_DIR, f->dir, *f->dir ? "/" : "",
	         f->name);
}

static size_t read_text(struct corpus *k, const struct file *f)
{
	char path[PATH];
	FILE *in;
	size_t n;

	path_of(f, path);
	in = fopen(path, "r");
	assert_non_null(in);
	n = fread(k->text, 1, TEXT - 1, in);
	fclose(in);
	assert_true(n < TEXT - 1);
	k->text[n] = '\0';
	return n;
}

/* name without its suffix, or NULL: it has another one. */
static const char *stem(const char *name, const char *suffix, char buf[NAME])
{
	size_t n = strlen(name), s = strlen(suffix);

	if (n <= s || n - s >= NAME || strcmp(name + n - s, suffix))
		return NULL;
	memcpy(buf, name, n - s);
	buf[n - s] = '\0';
	return buf;
}

static void load_dir(struct corpus *k, const char *dir)
{
	struct case_error err;
	struct dirent *e;
	char path[PATH], name[NAME];
	DIR *d;

	snprintf(path, sizeof(path), "%s/corpus/%s", SHOOTDOWN_SOURCE_DIR, dir);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d))) {
		struct file *f = &k->file[k->n];
		size_t len;

		if (!stem(e->d_name, ".sd", name))
			continue;
		assert_true(k->n < FILES);
		snprintf(f->dir, sizeof(f->dir), "%s", dir);
		snprintf(f->name, sizeof(f->name), "%s", name);
		len = read_text(k, f);
		if (!case_parse(&f->c, k->text, len, &err))
			fail_msg("%s:%d:%d: %s", f->name, err.line, err.column, err.text);
		k->n++;
	}
	closedir(d);
}

static int load(void **state)
{
	struct corpus *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	k->w = world_create();
	k->file = calloc(FILES, sizeof(*k->file));
	assert_non_null(k->w);
	assert_non_null(k->file);
	load_dir(k, "");
	load_dir(k, "bugs");
	*state = k;
	return 0;
}

static int unload(void **state)
{
	struct corpus *k = *state;

	world_destroy(k->w);
	free(k->file);
	free(k);
	return 0;
}

/* -- shared ------------------------------------------------------------------------- */

static void run(struct corpus *k, const struct case_file *c, struct exec_result *r)
{
	const struct exec_options opt = {.no_witness = true};

	exec_run(k->w, c, NULL, &opt, r);
}

/* What is expected of this build: most see no races. */
static const char *expected(const struct case_file *c)
{
	return violation_name(c->expect == VC_RACE && !race_is_watched() ? VC_CLEAN
	                                                                 : (enum violation_class)c->expect);
}

static const char *verdict(const struct exec_result *r)
{
	static const char *const other[] = {"clean", "", "inconclusive", "defect"};

	return r->verdict == EXEC_VIOLATION ? violation_name(r->violation.class_) : other[r->verdict];
}

static bool is_good(const struct file *f) { return !*f->dir && !strncmp(f->name, "good_", 5); }
static bool is_bad(const struct file *f) { return !*f->dir && !strncmp(f->name, "bad_", 4); }

static bool exists(const char *folder, const char *name, const char *suffix)
{
	char path[PATH];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s%s", SHOOTDOWN_SOURCE_DIR, folder, name, suffix);
	f = fopen(path, "r");
	if (f)
		fclose(f);
	else
		print_message("missing: %s/%s%s\n", folder, name, suffix);
	return f;
}

/* Files of the folder that no name() knows. */
static int strangers(const char *folder, const char *suffix, bool (*known)(const char *name))
{
	char path[PATH], name[NAME];
	struct dirent *e;
	int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/%s", SHOOTDOWN_SOURCE_DIR, folder);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d))) {
		if (!stem(e->d_name, suffix, name) || !strcmp(name, "README") || known(name))
			continue;
		print_message("%s/%s%s belongs to nothing\n", folder, name, suffix);
		n++;
	}
	closedir(d);
	return n;
}

/* -- tests ---------------------------------------------------------------------------- */

static void every_case_replays_with_its_verdict(void **state)
{
	struct corpus *k = *state;
	struct exec_result r;
	int wrong = 0;

	assert_true(k->n >= BUG_COUNT);
	for (int i = 0; i < k->n; i++) {
		const struct file *f = &k->file[i];
		const char *want = expected(&f->c);

		run(k, &f->c, &r);
		if (strcmp(verdict(&r), want)) {
			print_message("%s: %s, expected %s\n", f->name, verdict(&r), want);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void name_says_whether_it_is_silent(void **state)
{
	struct corpus *k = *state;

	for (int i = 0; i < k->n; i++) {
		const struct file *f = &k->file[i];

		if (!is_good(f) && !is_bad(f) && !*f->dir)
			fail_msg("%s: expected good_... or bad_...", f->name);
		assert_int_equal(f->c.expect == VC_CLEAN, is_good(f));
	}
}

/* A schedule that no longer fits leaves a case that stays silent for want of trying. */
static void schedule_of_a_silent_case_still_happens(void **state)
{
	struct corpus *k = *state;
	struct exec_result r;
	int wrong = 0;

	for (int i = 0; i < k->n; i++) {
		const struct file *f = &k->file[i];

		if (!is_good(f))
			continue;
		run(k, &f->c, &r);
		if (r.skipped + f->c.dropped) {
			print_message("%s: %u schedule entries are skipped\n", f->name,
			              r.skipped + f->c.dropped);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void every_bad_case_is_silent_with_its_switches_off(void **state)
{
	struct corpus *k = *state;
	struct exec_result r;
	int wrong = 0;

	for (int i = 0; i < k->n; i++) {
		struct case_file healthy = k->file[i].c;

		if (!healthy.bugs && !healthy.skip[0] && !healthy.skip[1] && is_good(&k->file[i]))
			continue;
		assert_true(healthy.bugs || healthy.skip[0] || healthy.skip[1]);
		healthy.bugs = healthy.skip[0] = healthy.skip[1] = 0;
		run(k, &healthy, &r);
		if (r.verdict != EXEC_CLEAN) {
			print_message("%s: %s without its switches\n", k->file[i].name, verdict(&r));
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static bool is_bug(const char *name) { return bug_find(name, (unsigned)strlen(name)) >= 0; }

static bool is_class(const char *name) { return violation_find(name, (unsigned)strlen(name)) > VC_CLEAN; }

static void every_bug_has_its_page_and_its_case_and_nothing_else_has(void **state)
{
	int missing = 0;

	(void)state;
	for (int b = 0; b < BUG_COUNT; b++) {
		missing += !exists("docs/bugs", bug_info((enum bug)b)->slug, ".md");
		missing += !exists("corpus/bugs", bug_info((enum bug)b)->slug, ".sd");
	}
	missing += strangers("docs/bugs", ".md", is_bug);
	missing += strangers("corpus/bugs", ".sd", is_bug);
	assert_int_equal(missing, 0);
}

static void case_of_a_bug_is_about_that_bug(void **state)
{
	struct corpus *k = *state;

	for (int i = 0; i < k->n; i++) {
		const struct file *f = &k->file[i];
		int b = bug_find(f->name, (unsigned)strlen(f->name));

		if (!*f->dir)
			continue;
		assert_int_equal(f->c.bugs, (uint64_t)1 << b);
		if (!hunt_class_of(b, (enum violation_class)f->c.expect))
			fail_msg("%s shows as %s, which bugs.def does not list", f->name,
			         violation_name(f->c.expect));
		if (strcmp(profile_name(f->c.profile), bug_info((enum bug)b)->hw))
			fail_msg("%s is on %s, bugs.def says %s", f->name, profile_name(f->c.profile),
			         bug_info((enum bug)b)->hw);
	}
}

static void every_class_has_its_page(void **state)
{
	int missing = 0;

	(void)state;
	for (int v = VC_CLEAN + 1; v < VC_COUNT; v++)
		missing += !exists("docs/violations", violation_name((enum violation_class)v), ".md");
	missing += strangers("docs/violations", ".md", is_class);
	assert_int_equal(missing, 0);
}

static void every_class_that_can_be_raised_is_raised_by_a_case(void **state)
{
	struct corpus *k = *state;
	uint32_t raised = 0;

	for (int i = 0; i < k->n; i++)
		if (is_bad(&k->file[i]))
			raised |= 1u << k->file[i].c.expect;
	for (int v = VC_CLEAN + 1; v < VC_COUNT; v++) {
		if ((raised >> v & 1) == (never_raised >> v & 1))
			fail_msg("%s: %s", violation_name((enum violation_class)v),
			         raised >> v & 1 ? "raised now: its page says that nothing can"
			                         : "no bad_*.sd raises it");
	}
}

/* Comment lines are for the reader. */
static void strip(const char *text, char *out)
{
	while (*text) {
		size_t line = strcspn(text, "\n");

		line += text[line] == '\n';
		if (*text != '#') {
			memcpy(out, text, line);
			out += line;
		}
		text += line;
	}
	*out = '\0';
}

static void text_is_canonical_below_a_comment(void **state)
{
	struct corpus *k = *state;
	int wrong = 0;

	for (int i = 0; i < k->n; i++) {
		read_text(k, &k->file[i]);
		strip(k->text, k->stripped);
		case_print(&k->file[i].c, k->printed, TEXT);
		if (k->text[0] != '#' || strcmp(k->stripped, k->printed)) {
			print_message("%s: not canonical, or no comment says what it shows\n",
			              k->file[i].name);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void binary_twin_is_the_same_case(void **state)
{
	static uint8_t bytes[CASE_BIN_MAX];
	struct corpus *k = *state;
	struct case_file *twin = malloc(sizeof(*twin));

	assert_non_null(twin);
	for (int i = 0; i < k->n; i++) {
		size_t len = case_encode(&k->file[i].c, bytes, sizeof(bytes));

		assert_true(len > 0);
		case_decode(twin, bytes, len);
		case_print(&k->file[i].c, k->printed, TEXT);
		case_print(twin, k->stripped, TEXT);
		assert_string_equal(k->printed, k->stripped);
	}
	free(twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_case_replays_with_its_verdict),
	        cmocka_unit_test(name_says_whether_it_is_silent),
	        cmocka_unit_test(schedule_of_a_silent_case_still_happens),
	        cmocka_unit_test(every_bad_case_is_silent_with_its_switches_off),
	        cmocka_unit_test(every_bug_has_its_page_and_its_case_and_nothing_else_has),
	        cmocka_unit_test(case_of_a_bug_is_about_that_bug),
	        cmocka_unit_test(every_class_has_its_page),
	        cmocka_unit_test(every_class_that_can_be_raised_is_raised_by_a_case),
	        cmocka_unit_test(text_is_canonical_below_a_comment),
	        cmocka_unit_test(binary_twin_is_the_same_case),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
