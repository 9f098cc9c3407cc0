/* SPDX-License-Identifier: MIT */
/*
 * The list of mutants. Those inside an assertion or a macro are not taken, nor
 * those that only a planted bug would run. An id holds no line number: work
 * elsewhere in the file must not change it.
 */
#include "mutants.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* On one line, with single blanks. */
static void squeeze(char *text)
{
	char *out = text;

	for (const char *in = text; *in; in++) {
		if (!isspace((unsigned char)*in))
			*out++ = *in;
		else if (out > text && out[-1] != ' ')
			*out++ = ' ';
	}
	*out = 0;
}

/* An edit may take a whole macro along, and never a part of one. */
static bool cuts_macro(const struct source *s, struct span at)
{
	for (unsigned i = 0; i < s->nmacro; i++) {
		const struct macro *m = &s->macro[i];

		if (at.begin >= m->at.end || at.end <= m->at.begin)
			continue;
		if (m->assertion && at.begin >= m->at.begin && at.end <= m->at.end)
			return true;
		if (at.begin > m->at.begin || at.end < m->at.end)
			return true;
	}
	return false;
}

static bool made_already(const struct source *s, struct span at, const char *text)
{
	for (unsigned i = 0; i < s->nmutant; i++)
		if (s->mutant[i].at.begin == at.begin && s->mutant[i].at.end == at.end &&
		    strcmp(s->mutant[i].text, text) == 0)
			return true;
	return false;
}

void mutant_add(struct source *s, enum operator op, struct span at, char *text, char *what)
{
	struct mutant *m;

	if (s->planted || !s->function[0] || at.begin >= at.end || at.end > s->size || cuts_macro(s, at) ||
	    made_already(s, at, text)) {
		free(text);
		free(what);
		return;
	}
	s->mutant = grow(s->mutant, s->nmutant, sizeof(*s->mutant));
	m = &s->mutant[s->nmutant++];
	*m = (struct mutant){.op = op, .at = at, .text = text, .what = what};
	squeeze(what);
	m->line = source_line(s, at.begin);
	snprintf(m->function, sizeof(m->function), "%s", s->function);
}

static uint32_t hash(uint32_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h;
}

static void set_id(struct source *s, struct mutant *m)
{
	unsigned same = 0;
	uint32_t h = hash(2166136261u, m->what);

	for (const struct mutant *other = s->mutant; other < m; other++)
		same += other->op == m->op && strcmp(other->what, m->what) == 0 &&
		        strcmp(other->function, m->function) == 0;
	while (same--)
		h = hash(h, "again");
	snprintf(m->id, sizeof(m->id), "%s:%s:%s:%08x", s->path, m->function, names_operator(m->op), h);
}

static bool only_planted(const struct source *s, const char *function)
{
	for (unsigned i = 0; i < s->ncallee; i++)
		if (strcmp(s->callee[i].name, function) == 0)
			return s->callee[i].planted && !s->callee[i].clean;
	return false;
}

void mutants_finish(struct source *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->nmutant; i++) {
		if (only_planted(s, s->mutant[i].function)) {
			free(s->mutant[i].text);
			free(s->mutant[i].what);
			continue;
		}
		s->mutant[n] = s->mutant[i];
		set_id(s, &s->mutant[n]);
		n++;
	}
	s->nmutant = n;
}
