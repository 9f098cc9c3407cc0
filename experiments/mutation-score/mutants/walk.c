/* SPDX-License-Identifier: MIT */
/*
 * The walk over a source's functions. It passes by what is no part of the
 * correct model: the switches of planted bugs with the branch that they turn
 * on, the guards of deletable steps, and points, which are the harness's.
 */
#include "mutants.h"

#include <string.h>

static bool is_guard(const char *name) { return strcmp(name, "step") == 0 || strcmp(name, "bug_on") == 0; }

static void call_name(CXCursor call, char name[NAME_SIZE])
{
	CXCursor kid;

	cursor_name(call, name);
	if (!name[0] && cursor_kids(call, &kid, 1))
		cursor_name(cursor_bare(kid), name);
}

static enum CXChildVisitResult seek_guard(CXCursor c, CXCursor parent, CXClientData found)
{
	char name[NAME_SIZE];

	(void)parent;
	if (clang_getCursorKind(c) == CXCursor_CallExpr) {
		call_name(c, name);
		if (is_guard(name)) {
			*(bool *)found = true;
			return CXChildVisit_Break;
		}
	}
	return CXChildVisit_Recurse;
}

bool walk_guard(CXCursor c)
{
	bool found = false;

	seek_guard(c, c, &found);
	if (!found)
		clang_visitChildren(c, seek_guard, &found);
	return found;
}

/* "if (step(...)) f();" is as good as the call. */
static bool is_step(CXCursor condition)
{
	char name[NAME_SIZE] = "";

	condition = cursor_bare(condition);
	if (clang_getCursorKind(condition) == CXCursor_CallExpr)
		call_name(condition, name);
	return strcmp(name, "step") == 0;
}

CXCursor walk_call(CXCursor statement, char name[NAME_SIZE])
{
	CXCursor c = cursor_bare(statement), kid[3];

	name[0] = 0;
	if (clang_getCursorKind(c) == CXCursor_IfStmt && cursor_kids(c, kid, 3) == 2 && is_step(kid[0]))
		return walk_call(kid[1], name);
	if (clang_getCursorKind(c) != CXCursor_CallExpr)
		return clang_getNullCursor();
	call_name(c, name);
	return c;
}

static bool text_at(const struct source *s, unsigned at, const char *text)
{
	return strncmp(s->text + at, text, strlen(text)) == 0;
}

/* Does this condition hold only with a planted bug, or a step taken out (1)? Never with a planted bug (-1)? */
static int planted(const struct source *s, CXCursor condition)
{
	struct span at = source_span(condition);
	int way = 0;

	for (unsigned i = at.begin; i < at.end; i++) {
		if (text_at(s, i, "||"))
			return 0;
		if (text_at(s, i, "!step("))
			way = 1;
		if (text_at(s, i, "bug_on("))
			way = s->text[i - 1] == '!' ? -1 : 1;
	}
	return way;
}

/* "if (... || !bug_on(...)) return": what comes after it is for the planted bug. */
static bool leaves_unless_planted(const struct source *s, CXCursor statement)
{
	CXCursor kid[3];
	struct span at;
	bool leaves = false;

	if (clang_getCursorKind(statement) != CXCursor_IfStmt || cursor_kids(statement, kid, 3) != 2)
		return false;
	at = source_span(kid[1]);
	if (!text_at(s, at.begin, "return"))
		return false;
	at = source_span(kid[0]);
	for (unsigned i = at.begin; i < at.end; i++) {
		if (text_at(s, i, "&&"))
			return false;
		leaves |= text_at(s, i, "!bug_on(");
	}
	return leaves;
}

unsigned walk_clean(const struct source *s, const CXCursor *kid, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (leaves_unless_planted(s, kid[i]))
			return i + 1;
	return n;
}

static void walk_node(struct source *s, CXCursor c);

static enum CXChildVisitResult walk_kid(CXCursor c, CXCursor parent, CXClientData arg)
{
	(void)parent;
	walk_node(arg, c);
	return CXChildVisit_Continue;
}

static void walk_kids(struct source *s, CXCursor c) { clang_visitChildren(c, walk_kid, s); }

/* A branch or body: a block, or one statement. */
static void walk_body(struct source *s, CXCursor body)
{
	statements_drop(s, body);
	walk_node(s, body);
}

static void walk_block(struct source *s, CXCursor block)
{
	CXCursor kid[BLOCK_MAX];
	unsigned n = cursor_kids(block, kid, BLOCK_MAX), clean;

	if (n > BLOCK_MAX)
		n = BLOCK_MAX; /* functions here fit on a screen */
	clean = walk_clean(s, kid, n);
	statements_in_block(s, kid, clean);
	for (unsigned i = 0; i < n; i++) {
		s->planted += i >= clean;
		walk_node(s, kid[i]);
		s->planted -= i >= clean;
	}
}

static void walk_if(struct source *s, const CXCursor *kid, unsigned n)
{
	const int way = planted(s, kid[0]);
	const bool error = n == 2 && statements_ends_in_error(s, kid[1]);

	s->planted += way > 0;
	if (!walk_guard(kid[0]))
		expressions_condition(s, kid[0]);
	if (error)
		statements_unwind(s, kid[0]);
	walk_node(s, kid[0]);
	s->on_error += error;
	walk_body(s, kid[1]);
	s->on_error -= error;
	s->planted -= way > 0;
	if (n < 3)
		return;
	s->planted += way < 0;
	walk_body(s, kid[2]);
	s->planted -= way < 0;
}

static void walk_choice(struct source *s, const CXCursor *kid)
{
	const int way = planted(s, kid[0]);

	if (!walk_guard(kid[0]))
		expressions_condition(s, kid[0]);
	for (int i = 0; i < 3; i++) {
		const bool off = (way > 0 && i < 2) || (way < 0 && i == 2);

		s->planted += off;
		walk_node(s, kid[i]);
		s->planted -= off;
	}
}

static void walk_loop(struct source *s, CXCursor loop)
{
	CXCursor kid[4];
	unsigned n = cursor_kids(loop, kid, 4);

	if (clang_getCursorKind(loop) == CXCursor_ForStmt && n > 1)
		expressions_loop_start(s, kid[0]);
	for (unsigned i = 0; i + 1 < n; i++)
		walk_node(s, kid[i]);
	if (n)
		walk_body(s, kid[n - 1]);
}

static void heard_of(struct source *s, CXCursor reference)
{
	CXCursor f = clang_getCursorReferenced(reference);
	char name[NAME_SIZE];
	unsigned i = 0;

	if (clang_getCursorKind(f) != CXCursor_FunctionDecl ||
	    clang_getCursorLinkage(f) != CXLinkage_Internal)
		return;
	cursor_name(f, name);
	while (i < s->ncallee && strcmp(s->callee[i].name, name) != 0)
		i++;
	if (i == s->ncallee) {
		s->callee = grow(s->callee, s->ncallee, sizeof(*s->callee));
		s->callee[s->ncallee] = (struct callee){0};
		strcpy(s->callee[s->ncallee++].name, name);
	}
	*(s->planted ? &s->callee[i].planted : &s->callee[i].clean) = true;
}

static void walk_function(struct source *s, CXCursor f)
{
	if (!clang_isCursorDefinition(f))
		return;
	cursor_name(f, s->function);
	statements_locks(s, f);
	walk_kids(s, f);
	s->function[0] = 0;
}

static void walk_node(struct source *s, CXCursor c)
{
	CXCursor kid[3];
	char name[NAME_SIZE];
	unsigned n;

	switch (clang_getCursorKind(c)) {
	case CXCursor_FunctionDecl:
		walk_function(s, c);
		return;
	case CXCursor_IfStmt:
		n = cursor_kids(c, kid, 3);
		walk_if(s, kid, n);
		return;
	case CXCursor_ConditionalOperator:
		cursor_kids(c, kid, 3);
		walk_choice(s, kid);
		return;
	case CXCursor_ForStmt:
	case CXCursor_WhileStmt:
		walk_loop(s, c);
		return;
	case CXCursor_CaseStmt:
		if (cursor_kids(c, kid, 3) == 2)
			walk_body(s, kid[1]);
		return;
	case CXCursor_DefaultStmt:
		if (cursor_kids(c, kid, 3) == 1)
			walk_body(s, kid[0]);
		return;
	case CXCursor_CallExpr:
		call_name(c, name);
		if (is_guard(name) || strcmp(name, "sched_point") == 0)
			return;
		break;
	case CXCursor_CompoundStmt:
		walk_block(s, c);
		return;
	case CXCursor_BinaryOperator:
		expressions_binary(s, c);
		break;
	case CXCursor_UnexposedExpr:
		expressions_value(s, c);
		break;
	case CXCursor_DeclRefExpr:
		heard_of(s, c);
		break;
	default:
		break;
	}
	walk_kids(s, c);
}

static enum CXChildVisitResult walk_top(CXCursor c, CXCursor parent, CXClientData arg)
{
	(void)parent;
	if (source_has(arg, c))
		walk_node(arg, c);
	return CXChildVisit_Continue;
}

void walk(struct source *s) { clang_visitChildren(clang_getTranslationUnitCursor(s->tu), walk_top, s); }
