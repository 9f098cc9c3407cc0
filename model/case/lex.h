/* SPDX-License-Identifier: MIT */
/* Words of a case file, with their places; for model/case only. */
#ifndef CASE_LEX_H
#define CASE_LEX_H

#include "case/case.h"

struct token {
	const char *s; /* not terminated */
	unsigned len;  /* 0: the end of the line */
	int line, column;
};

struct lex {
	const char *text;
	size_t len, pos, line_start;
	int line;
	struct case_error *err; /* may be NULL */
};

void lex_init(struct lex *l, const char *text, size_t len, struct case_error *err);
/* Goes to the first, then to the next line that holds a word. false: no more. */
bool lex_line(struct lex *l);
/* The next word of this line; len 0 at its end. */
struct token lex_word(struct lex *l);
/* What lex_word() would return. */
struct token lex_peek(const struct lex *l);

bool lex_is(const struct token *t, const char *word);
/* The place of c in the word, -1: not there. */
int lex_chr(const struct token *t, char c);
/* The part from `from` (to the end, or len characters), with its own column. */
struct token lex_part(const struct token *t, unsigned from, unsigned len);

/* All of these return false and fill the error: what was found, and what was expected. */
bool lex_fail(struct lex *l, const struct token *t, const char *expected);
bool lex_error(struct lex *l, const struct token *t, const char *what);
bool lex_number(struct lex *l, const struct token *t, unsigned min, unsigned max, const char *what,
                unsigned *out);
bool lex_word_is(struct lex *l, const char *word);
bool lex_end(struct lex *l);

#endif
