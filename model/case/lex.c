/* SPDX-License-Identifier: MIT */
/*
 * Words of a case file. A word is a run of visible characters; a '#' at the
 * start of a word begins a comment (inside a word it is part of it, as in
 * "mremap#1"). Lines and columns count from 1, columns in bytes. Any bytes may
 * come in: what is no word of the language ends up, made printable and cut
 * short, in an error.
 */
#include "case/lex.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 40 }; /* of a wrong word, in an error */

static bool lex_is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

void lex_init(struct lex *l, const char *text, size_t len, struct case_error *err)
{
	*l = (struct lex){.text = text, .len = len, .line = 1, .err = err};
}

struct token lex_word(struct lex *l)
{
	struct token t = {.s = "", .line = l->line};
	size_t start;

	while (l->pos < l->len && lex_is_space(l->text[l->pos]))
		l->pos++;
	start = l->pos;
	t.column = (int)(start - l->line_start) + 1;
	if (start == l->len || l->text[start] == '\n' || l->text[start] == '#')
		return t;
	while (l->pos < l->len && l->text[l->pos] != '\n' && !lex_is_space(l->text[l->pos]))
		l->pos++;
	t.s = &l->text[start];
	t.len = (unsigned)(l->pos - start);
	return t;
}

struct token lex_peek(const struct lex *l)
{
	struct lex copy = *l;

	return lex_word(&copy);
}

bool lex_line(struct lex *l)
{
	while (l->pos < l->len) {
		if (l->pos == l->line_start && lex_peek(l).len > 0)
			return true;
		const char *nl = memchr(&l->text[l->pos], '\n', l->len - l->pos);

		if (!nl) {
			l->pos = l->len;
			break;
		}
		l->pos = l->line_start = (size_t)(nl - l->text) + 1;
		l->line++;
		if (lex_peek(l).len > 0)
			return true;
	}
	return false;
}

bool lex_is(const struct token *t, const char *word)
{
	return strlen(word) == t->len && memcmp(t->s, word, t->len) == 0;
}

int lex_chr(const struct token *t, char c)
{
	const char *at = t->len ? memchr(t->s, c, t->len) : NULL;

	return at ? (int)(at - t->s) : -1;
}

struct token lex_part(const struct token *t, unsigned from, unsigned len)
{
	struct token part = *t;

	if (from > t->len)
		from = t->len;
	part.s += from;
	part.column += (int)from;
	part.len = len < t->len - from ? len : t->len - from;
	return part;
}

bool lex_error(struct lex *l, const struct token *t, const char *what)
{
	if (!l->err)
		return false;
	l->err->line = t->line;
	l->err->column = t->column;
	snprintf(l->err->text, sizeof(l->err->text), "%s", what);
	return false;
}

bool lex_fail(struct lex *l, const struct token *t, const char *expected)
{
	char text[sizeof(l->err->text)], shown[SHOWN_MAX + 4];
	unsigned n = t->len < SHOWN_MAX ? t->len : SHOWN_MAX;

	for (unsigned i = 0; i < n; i++)
		shown[i] = t->s[i] > ' ' && t->s[i] < 127 ? t->s[i] : '?';
	snprintf(&shown[n], 4, "%s", t->len > SHOWN_MAX ? "..." : "");
	if (t->len == 0)
		snprintf(text, sizeof(text), "the line ends here, expected %s", expected);
	else
		snprintf(text, sizeof(text), "found '%s', expected %s", shown, expected);
	return lex_error(l, t, text);
}

bool lex_number(struct lex *l, const struct token *t, unsigned min, unsigned max, const char *what,
                unsigned *out)
{
	char expected[100];
	unsigned v = 0;
	bool good = t->len > 0;

	for (unsigned i = 0; good && i < t->len; i++) {
		good = t->s[i] >= '0' && t->s[i] <= '9' && v <= max;
		v = v * 10 + (unsigned)(t->s[i] - '0');
	}
	if (good && v >= min && v <= max) {
		*out = v;
		return true;
	}
	snprintf(expected, sizeof(expected), "%s from %u to %u", what, min, max);
	return lex_fail(l, t, expected);
}

bool lex_word_is(struct lex *l, const char *word)
{
	const struct token t = lex_word(l);
	char expected[40];

	if (lex_is(&t, word))
		return true;
	snprintf(expected, sizeof(expected), "'%s'", word);
	return lex_fail(l, &t, expected);
}

bool lex_end(struct lex *l)
{
	const struct token t = lex_word(l);

	return t.len == 0 || lex_fail(l, &t, "the end of the line");
}
