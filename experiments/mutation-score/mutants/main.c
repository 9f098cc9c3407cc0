/* SPDX-License-Identifier: MIT */
/*
 * mutants: lists the mutants of a source, or prints the source with one of
 * them in it. experiments/mutation-score/run draws, builds and judges them.
 */
#include "mutants.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int usage(void)
{
	fputs("usage: mutants list SEED FILE [SOURCE] [-- COMPILER-FLAG...]\n"
	      "       mutants apply ID FILE [SOURCE] [-- COMPILER-FLAG...]\n\n"
	      "SOURCE: what includes FILE, if that is a header.\n"
	      "list: id, file, line, function, operator, place in the draw and what is done, separated by "
	      "tabs.\n"
	      "apply: the source with that mutant in it, as many lines long as before.\n",
	      stderr);
	return 2;
}

/* Where a mutant stands in the order that a seed draws them in: whatever else is listed, and in which order. */
static uint64_t place(const char *seed, const char *id)
{
	uint64_t h = 14695981039346656037u;

	for (const char *c = seed; *c; c++)
		h = (h ^ (unsigned char)*c) * 1099511628211u;
	for (const char *c = id; *c; c++)
		h = (h ^ (unsigned char)*c) * 1099511628211u;
	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
	h = (h ^ h >> 27) * 0x94d049bb133111ebu;
	return h ^ h >> 31;
}

static int list(const struct source *s, const char *seed)
{
	for (unsigned i = 0; i < s->nmutant; i++) {
		const struct mutant *m = &s->mutant[i];

		printf("%s\t%s\t%u\t%s\t%s\t%016" PRIx64 "\t%s\n", m->id, s->path, m->line, m->function,
		       names_operator(m->op), place(seed, m->id), m->what);
	}
	return 0;
}

static void put_lines(const char *text, unsigned n, int *lines)
{
	fwrite(text, 1, n, stdout);
	for (unsigned i = 0; i < n; i++)
		*lines += text[i] == '\n';
}

/* What follows keeps its line number, or every assertion below would be another one. */
static int apply(const struct source *s, const char *id)
{
	for (unsigned i = 0; i < s->nmutant; i++) {
		const struct mutant *m = &s->mutant[i];
		int before = 0, lines = 0;

		if (strcmp(m->id, id) != 0)
			continue;
		for (unsigned at = m->at.begin; at < m->at.end; at++)
			before += s->text[at] == '\n';
		fwrite(s->text, 1, m->at.begin, stdout);
		put_lines(m->text, (unsigned)strlen(m->text), &lines);
		for (; lines < before; lines++)
			putchar('\n');
		fwrite(s->text + m->at.end, 1, s->size - m->at.end, stdout);
		return 0;
	}
	fprintf(stderr, "mutants: %s has no mutant %s\n", s->path, id);
	return 1;
}

int main(int argc, char **argv)
{
	bool applying;
	struct source s;
	int ret, words = 1; /* before the flags */

	while (words < argc && strcmp(argv[words], "--") != 0)
		words++;
	if (words < 4 || words > 5)
		return usage();
	applying = strcmp(argv[1], "apply") == 0;
	if (!applying && strcmp(argv[1], "list") != 0)
		return usage();
	source_open(&s, argv[3], argv[words - 1], words < argc ? argc - words - 1 : 0,
	            (const char *const *)argv + words + 1);
	walk(&s);
	mutants_finish(&s);
	ret = applying ? apply(&s, argv[2]) : list(&s, argv[2]);
	source_close(&s);
	return ret;
}
