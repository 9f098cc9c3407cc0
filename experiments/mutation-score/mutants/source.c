/* SPDX-License-Identifier: MIT */
/*
 * A source as libclang sees it: offsets of nodes in the text as it is written,
 * macros not expanded. Macros have their extents kept, because nothing may be
 * edited inside one.
 */
#define _GNU_SOURCE /* vasprintf */
#include "mutants.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void give_up(const char *path, const char *why)
{
	fprintf(stderr, "mutants: %s: %s\n", path, why);
	exit(3);
}

char *format(const char *fmt, ...)
{
	char *out = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&out, fmt, args) < 0)
		give_up("memory", "none left");
	va_end(args);
	return out;
}

void *grow(void *array, unsigned n, unsigned size)
{
	if (n & (n - 1)) /* room up to the next power of two */
		return array;
	array = realloc(array, (size_t)(n ? 2 * n : 1) * size);
	if (!array)
		give_up("memory", "none left");
	return array;
}

struct span source_span(CXCursor c)
{
	CXSourceRange r = clang_getCursorExtent(c);
	struct span s;

	clang_getExpansionLocation(clang_getRangeStart(r), NULL, NULL, NULL, &s.begin);
	clang_getExpansionLocation(clang_getRangeEnd(r), NULL, NULL, NULL, &s.end);
	return s;
}

char *source_text(const struct source *s, struct span at)
{
	return format("%.*s", (int)(at.end - at.begin), s->text + at.begin);
}

unsigned source_line(const struct source *s, unsigned offset)
{
	unsigned line = 1;

	for (unsigned i = 0; i < offset; i++)
		line += s->text[i] == '\n';
	return line;
}

void cursor_name(CXCursor c, char out[NAME_SIZE])
{
	CXString name = clang_getCursorSpelling(c);

	snprintf(out, NAME_SIZE, "%s", clang_getCString(name));
	clang_disposeString(name);
}

bool source_has(const struct source *s, CXCursor c)
{
	CXFile file;

	clang_getExpansionLocation(clang_getCursorLocation(c), &file, NULL, NULL, NULL);
	return file && clang_File_isEqual(file, s->file);
}

struct kids {
	CXCursor *kid;
	unsigned n, max;
};

static enum CXChildVisitResult count_kid(CXCursor c, CXCursor parent, CXClientData arg)
{
	struct kids *k = arg;

	(void)parent;
	if (k->n < k->max)
		k->kid[k->n] = c;
	k->n++;
	return CXChildVisit_Continue;
}

unsigned cursor_kids(CXCursor c, CXCursor *kid, unsigned max)
{
	struct kids k = {kid, 0, max};

	clang_visitChildren(c, count_kid, &k);
	return k.n;
}

CXCursor cursor_bare(CXCursor c)
{
	for (;;) {
		CXCursor kid[2];
		enum CXCursorKind kind = clang_getCursorKind(c);
		unsigned n = cursor_kids(c, kid, 2);

		if (n == 0 || (kind != CXCursor_UnexposedExpr && kind != CXCursor_ParenExpr &&
		               kind != CXCursor_CStyleCastExpr))
			return c;
		c = kid[n > 1 && kind == CXCursor_CStyleCastExpr]; /* behind the type's name */
	}
}

static enum CXChildVisitResult keep_macro(CXCursor c, CXCursor parent, CXClientData arg)
{
	struct source *s = arg;
	char name[NAME_SIZE];

	(void)parent;
	if (clang_getCursorKind(c) != CXCursor_MacroExpansion || !source_has(s, c))
		return CXChildVisit_Continue;
	cursor_name(c, name);
	s->macro = grow(s->macro, s->nmacro, sizeof(*s->macro));
	s->macro[s->nmacro++] = (struct macro){source_span(c), strcmp(name, "assert") == 0};
	return CXChildVisit_Continue;
}

static void read_text(struct source *s)
{
	FILE *f = fopen(s->path, "rb");
	long size = f && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;

	if (size < 0 || fseek(f, 0, SEEK_SET))
		give_up(s->path, "cannot be read");
	s->size = (unsigned)size;
	s->text = malloc(s->size + 1);
	if (!s->text || fread(s->text, 1, s->size, f) != s->size)
		give_up(s->path, "cannot be read");
	s->text[s->size] = 0;
	fclose(f);
}

static void refuse_errors(const struct source *s)
{
	for (unsigned i = 0; i < clang_getNumDiagnostics(s->tu); i++) {
		CXDiagnostic d = clang_getDiagnostic(s->tu, i);

		if (clang_getDiagnosticSeverity(d) >= CXDiagnostic_Error) {
			CXString text = clang_formatDiagnostic(d, clang_defaultDiagnosticDisplayOptions());

			give_up(s->path, clang_getCString(text));
		}
		clang_disposeDiagnostic(d);
	}
}

struct search {
	CXFile wanted;
	bool found;
};

static void compare_file(CXFile file, CXSourceLocation *stack, unsigned depth, CXClientData arg)
{
	struct search *search = arg;

	(void)stack;
	(void)depth;
	search->found |= search->wanted && clang_File_isEqual(file, search->wanted) != 0;
}

static CXFile find_file(const struct source *s)
{
	struct search search = {clang_getFile(s->tu, s->path), false};

	clang_getInclusions(s->tu, compare_file, &search);
	if (!search.found)
		give_up(s->path, "is no part of what was parsed");
	return search.wanted;
}

void source_open(struct source *s, const char *path, const char *unit, int nflags, const char *const *flags)
{
	*s = (struct source){.path = path};
	read_text(s);
	s->index = clang_createIndex(0, 0);
	s->tu = clang_parseTranslationUnit(s->index, unit, flags, nflags, NULL, 0,
	                                   CXTranslationUnit_DetailedPreprocessingRecord);
	if (!s->tu)
		give_up(unit, "libclang cannot parse it");
	refuse_errors(s);
	s->file = find_file(s);
	clang_visitChildren(clang_getTranslationUnitCursor(s->tu), keep_macro, s);
}

void source_close(struct source *s)
{
	for (unsigned i = 0; i < s->nmutant; i++) {
		free(s->mutant[i].text);
		free(s->mutant[i].what);
	}
	free(s->mutant);
	free(s->macro);
	free(s->callee);
	free(s->paired);
	free(s->text);
	clang_disposeTranslationUnit(s->tu);
	clang_disposeIndex(s->index);
}
