/* SPDX-License-Identifier: MIT */
/*
 * mutants: single faults that could be made in a C source of the model.
 *
 * A mutant is one edit of one function. It has an id that does not change as
 * long as the function's text around it means the same: file, function,
 * operator, and a hash of what is done (with a number where it is done more
 * than once). Line numbers are for readers only.
 */
#ifndef BENCH_MUTANTS_H
#define BENCH_MUTANTS_H

#include <stdbool.h>
#include <clang-c/Index.h>

struct span {
	unsigned begin, end; /* offsets in the text */
};

enum { NAME_SIZE = 64, ID_SIZE = 256, BLOCK_MAX = 128 };

/* What is wrong with a mutant: the column that results are grouped by. */
enum operator{
	OP_DROP_INVALIDATION,
	OP_DROP_WAIT,
	OP_DROP_LOCK,
	OP_DROP_BARRIER,
	OP_DROP_CALL,
	OP_SWAP_CALLS,
	OP_FREE_EARLY,
	OP_RANGE,
	OP_PASID,
	OP_LEVEL,
	OP_GRANULE,
	OP_CONDITION,
	OP_OFF_BY_ONE,
	OP_UNWIND,
	OP_COUNT
};

struct mutant {
	enum operator op;
	struct span at;
	unsigned line;
	char function[NAME_SIZE];
	char *text; /* what stands there instead */
	char *what; /* for readers, on one line */
	char id[ID_SIZE];
};

struct macro {
	struct span at;
	bool assertion;
};

/* Is a function called by what runs with nothing planted, and by a planted bug? */
struct callee {
	char name[NAME_SIZE];
	bool clean, planted;
};

struct source {
	const char *path;
	char *text;
	unsigned size;
	CXIndex index;
	CXTranslationUnit tu;
	CXFile file; /* path, as the unit knows it */
	struct macro *macro;
	unsigned nmacro;
	struct mutant *mutant;
	unsigned nmutant;
	struct callee *callee;
	unsigned ncallee;
	/* where the walk is */
	char function[NAME_SIZE];
	struct span *paired; /* its locks that are unlocked in it, and their unlocks */
	unsigned npaired;
	unsigned planted;  /* depth of branches that only a planted bug takes */
	unsigned on_error; /* depth of branches that end in an error */
};

/*
 * source.c: the text and what libclang knows of it. Ends the program with 3 if it does not compile.
 * unit: the source that is parsed; path itself, or one that includes it.
 */
void source_open(struct source *s, const char *path, const char *unit, int nflags, const char *const *flags);
void source_close(struct source *s);
bool source_has(const struct source *s, CXCursor c); /* Is it in the file itself? */
struct span source_span(CXCursor c);
/* A copy; the caller frees it. */
char *source_text(const struct source *s, struct span at);
unsigned source_line(const struct source *s, unsigned offset);
void cursor_name(CXCursor c, char out[NAME_SIZE]);
/* The children, at most `max` of them; returns how many there are. */
unsigned cursor_kids(CXCursor c, CXCursor *kid, unsigned max);
/* Without parentheses, casts and what libclang wraps around them. */
CXCursor cursor_bare(CXCursor c);
/* printf to a new string */
char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Room for one more element; ends the program if there is none. */
void *grow(void *array, unsigned n, unsigned size);

/* names.c: what a name says. */
enum operator names_call(const char *callee);
bool names_free(const char *callee);
bool names_flush(const char *callee);
/* Of a value: OP_COUNT, or the operator with one or two formats of the replacement, to be given the value's text. */
enum operator names_value(const char *name, const char *type, const char *fmt[2]);
const char *names_operator(enum operator op);

/* add.c: takes text and what, whatever comes of it. */
void mutant_add(struct source *s, enum operator op, struct span at, char *text, char *what);
/* Ids, and without what only a planted bug reaches; after the walk. */
void mutants_finish(struct source *s);

/* walk.c: finds all mutants. */
void walk(struct source *s);
bool walk_guard(CXCursor c); /* a call of step() or bug_on() within? */
/* How many statements of a block run with nothing planted. */
unsigned walk_clean(const struct source *s, const CXCursor *kid, unsigned n);
/* The call that a statement is, with or without the guard of a step; a null cursor if it is none. */
CXCursor walk_call(CXCursor statement, char name[NAME_SIZE]);

/* statements.c, expressions.c: the mutants of one node. */
void statements_in_block(struct source *s, const CXCursor *kid, unsigned n);
void statements_drop(struct source *s, CXCursor statement);
void statements_locks(struct source *s, CXCursor function);
void statements_unwind(struct source *s, CXCursor condition);
bool statements_ends_in_error(const struct source *s, CXCursor branch);
void expressions_condition(struct source *s, CXCursor condition);
void expressions_binary(struct source *s, CXCursor binary);
void expressions_value(struct source *s, CXCursor value);
void expressions_loop_start(struct source *s, CXCursor first);

#endif
