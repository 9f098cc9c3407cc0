/* SPDX-License-Identifier: MIT */
/*
 * Mutants of expressions: a condition turned round or half of it lost, a bound
 * off by one, a range, tag, level or granule that is not what it should be.
 */
#include "mutants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_span(CXCursor a, CXCursor b)
{
	struct span x = source_span(a), y = source_span(b);

	return x.begin == y.begin && x.end == y.end;
}

/* Puts `text` there; both are named to the reader. */
static void replace(struct source *s, enum operator op, struct span at, char *text)
{
	char *old = source_text(s, at);

	mutant_add(s, op, at, text, format("`%s` becomes `%s`", old, text));
	free(old);
}

/* Where the operator stands: between its operands, comments aside. */
static struct span operator_span(const struct source *s, struct span left, struct span right)
{
	struct span at = {left.end, right.begin};
	const char *comment;

	while (at.begin < at.end && strchr(" \t\n", s->text[at.begin]))
		at.begin++;
	comment = strstr(s->text + at.begin, "/*");
	if (comment && comment < s->text + at.end)
		at.end = (unsigned)(comment - s->text);
	while (at.end > at.begin && strchr(" \t\n", s->text[at.end - 1]))
		at.end--;
	return at;
}

/* The mutant that turns it round is made where the operator is exchanged. */
static bool is_equality(const struct source *s, CXCursor condition)
{
	CXCursor kid[2];
	struct span at;

	condition = cursor_bare(condition);
	if (clang_getCursorKind(condition) != CXCursor_BinaryOperator || cursor_kids(condition, kid, 2) != 2)
		return false;
	at = operator_span(s, source_span(kid[0]), source_span(kid[1]));
	return at.end - at.begin == 2 && s->text[at.begin + 1] == '=' && strchr("=!", s->text[at.begin]);
}

void expressions_condition(struct source *s, CXCursor condition)
{
	struct span at = source_span(condition);
	char *old = source_text(s, at);

	if (!is_equality(s, condition))
		replace(s, OP_CONDITION, at, format("!(%s)", old));
	free(old);
}

static const struct {
	const char *is, *becomes;
	enum operator op;
} exchange[] = {
        {"<=", "<", OP_OFF_BY_ONE}, {">=", ">", OP_OFF_BY_ONE}, {"<", "<=", OP_OFF_BY_ONE},
        {">", ">=", OP_OFF_BY_ONE}, {"==", "!=", OP_CONDITION}, {"!=", "==", OP_CONDITION},
        {"&&", "||", OP_CONDITION}, {"||", "&&", OP_CONDITION},
};

static void literal_off_by_one(struct source *s, CXCursor operand)
{
	struct span at = source_span(operand);
	char *old = source_text(s, at);

	if (clang_getCursorKind(operand) == CXCursor_IntegerLiteral)
		replace(s, OP_OFF_BY_ONE, at, strcmp(old, "1") == 0 ? format("0") : format("(%s - 1)", old));
	free(old);
}

void expressions_binary(struct source *s, CXCursor binary)
{
	struct span whole = source_span(binary), left, right, at;
	CXCursor kid[2];

	if (cursor_kids(binary, kid, 2) != 2)
		return;
	left = source_span(kid[0]);
	right = source_span(kid[1]);
	if (left.end >= right.begin) /* within a macro */
		return;
	at = operator_span(s, left, right);
	for (unsigned i = 0; i < sizeof(exchange) / sizeof(exchange[0]); i++) {
		const char *is = exchange[i].is;
		const bool logical = is[0] == '&' || is[0] == '|';
		char *l, *r;

		if (strlen(is) != at.end - at.begin || strncmp(is, s->text + at.begin, strlen(is)) != 0 ||
		    (logical && (walk_guard(kid[0]) || walk_guard(kid[1]))))
			continue;
		l = source_text(s, left);
		r = source_text(s, right);
		/* what stood in one pair of parentheses or none must stay one operand */
		replace(s, exchange[i].op, whole, format("(%s %s %s)", l, exchange[i].becomes, r));
		if (logical) {
			replace(s, OP_CONDITION, whole, format("(%s)", l));
			replace(s, OP_CONDITION, whole, format("(%s)", r));
		}
		free(l);
		free(r);
	}
	if (at.end - at.begin == 1 && strchr("+-", s->text[at.begin]))
		literal_off_by_one(s, cursor_bare(kid[1]));
}

static bool is_number(CXType t)
{
	t = clang_getCanonicalType(t);
	return t.kind > CXType_Bool && t.kind <= CXType_Int128;
}

/* libclang wraps what is read, and nothing that is written or has its address taken. */
void expressions_value(struct source *s, CXCursor value)
{
	char name[NAME_SIZE];
	const char *fmt[2] = {NULL, NULL};
	enum operator op;
	CXCursor kid;
	CXString type;
	char *old;

	if (cursor_kids(value, &kid, 1) != 1 || !same_span(value, kid) ||
	    (clang_getCursorKind(kid) != CXCursor_DeclRefExpr &&
	     clang_getCursorKind(kid) != CXCursor_MemberRefExpr))
		return;
	switch (clang_getCursorKind(clang_getCursorReferenced(kid))) {
	case CXCursor_VarDecl:
	case CXCursor_ParmDecl:
	case CXCursor_FieldDecl:
		break;
	default:
		return;
	}
	if (!is_number(clang_getCursorType(kid)))
		return;
	cursor_name(kid, name);
	type = clang_getTypeSpelling(clang_getCursorType(kid));
	op = names_value(name, clang_getCString(type), fmt);
	clang_disposeString(type);
	if (op == OP_COUNT)
		return;
	old = source_text(s, source_span(kid));
	for (int i = 0; i < 2 && fmt[i]; i++) {
		char *text = malloc(strlen(old) + strlen(fmt[i]) + 1), *in = strstr(fmt[i], "%s");

		if (!text)
			abort();
		sprintf(text, "%.*s%s%s", (int)(in - fmt[i]), fmt[i], old, in + 2);
		replace(s, op, source_span(kid), text);
	}
	free(old);
}

void expressions_loop_start(struct source *s, CXCursor first)
{
	CXCursor kid[2], value;
	unsigned n;
	char *old;

	if (clang_getCursorKind(first) == CXCursor_DeclStmt && cursor_kids(first, kid, 2) == 1)
		first = kid[0];
	n = cursor_kids(first, kid, 2);
	if (n == 0 || n > 2)
		return;
	value = cursor_bare(kid[n - 1]);
	if (clang_getCursorKind(value) != CXCursor_IntegerLiteral)
		return;
	old = source_text(s, source_span(value));
	replace(s, OP_OFF_BY_ONE, source_span(value), format("(%s + 1)", old));
	free(old);
}
