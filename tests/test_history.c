/* SPDX-License-Identifier: MIT */
/*
 * The second opinion: two oracles that share no code say the same of every
 * stored case, with its switches and without.
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

#include "engine/run/opinion.h"

enum { TEXT = 64 * 1024, PATH = 512 };

struct both {
	struct world *w;
	struct opinions *o;
	struct case_file c;
	struct opinion said;
	unsigned compared, violations, wrong;
	char text[TEXT], line[OPINION_LINE];
};

static int make(void **state)
{
	struct both *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->w = world_create();
	b->o = opinions_create();
	assert_non_null(b->w);
	assert_non_null(b->o);
	*state = b;
	return 0;
}

static int unmake(void **state)
{
	struct both *b = *state;

	opinions_destroy(b->o);
	world_destroy(b->w);
	free(b);
	return 0;
}

static void ask(struct both *b, const char *name)
{
	const struct exec_options opt = {.no_witness = true};

	opinion_run(b->o, b->w, &b->c, NULL, &opt, &b->said);
	b->compared += b->said.is == OPINION_SAME;
	b->violations += b->said.is == OPINION_SAME && b->said.first.verdict == EXEC_VIOLATION;
	if (b->said.is == OPINION_SAME)
		return;
	b->wrong++;
	print_message("%s: %s\n", name, opinion_says(&b->said, b->w, b->line));
}

static bool is_case(const char *name)
{
	size_t n = strlen(name);

	return n > 3 && !strcmp(name + n - 3, ".sd");
}

static void read_case(struct both *b, const char *dir, const char *name)
{
	struct case_error err;
	char path[PATH];
	size_t n;
	FILE *in;

	snprintf(path, sizeof(path), "%s/corpus/%s/%s", SHOOTDOWN_SOURCE_DIR, dir, name);
	in = fopen(path, "r");
	assert_non_null(in);
	n = fread(b->text, 1, TEXT - 1, in);
	fclose(in);
	if (!case_parse(&b->c, b->text, n, &err))
		fail_msg("%s:%d:%d: %s", name, err.line, err.column, err.text);
}

static void ask_folder(struct both *b, const char *dir)
{
	char path[PATH];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "%s/corpus/%s", SHOOTDOWN_SOURCE_DIR, dir);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d))) {
		if (!is_case(e->d_name))
			continue;
		read_case(b, dir, e->d_name);
		ask(b, e->d_name);
		b->c.bugs = b->c.skip[0] = b->c.skip[1] = 0;
		ask(b, e->d_name);
	}
	closedir(d);
}

static void both_oracles_say_the_same_of_every_stored_case(void **state)
{
	struct both *b = *state;

	ask_folder(b, ".");
	ask_folder(b, "bugs");
	assert_int_equal(b->wrong, 0);
	assert_true(b->compared > 200);
	assert_true(b->violations > 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(both_oracles_say_the_same_of_every_stored_case),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
