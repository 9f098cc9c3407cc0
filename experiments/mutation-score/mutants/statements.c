/* SPDX-License-Identifier: MIT */
/*
 * Mutants of statements: a call left out, two neighbours the wrong way round,
 * freeing before flushing, a critical section without its lock, an error that
 * is not looked at or not cleaned up after.
 */
#include "mutants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOCKS_MAX = 64, FREE_BEHIND = 5 };

/* Not the model's doing, or set-up in no particular order. */
static bool ordinary(const char *name)
{
	return name[0] && strcmp(name, "sched_point") != 0 && strcmp(name, "atomic_init") != 0 &&
	       strcmp(name, "step") != 0 && strcmp(name, "bug_on") != 0 && strncmp(name, "__builtin", 9) != 0;
}

static bool is_paired(const struct source *s, struct span at)
{
	for (unsigned i = 0; i < s->npaired; i++)
		if (s->paired[i].begin == at.begin)
			return true;
	return false;
}

void statements_drop(struct source *s, CXCursor statement)
{
	struct span at = source_span(statement);
	char name[NAME_SIZE];
	char *old;

	if (clang_getCursorKind(cursor_bare(statement)) != CXCursor_CallExpr)
		return;
	walk_call(statement, name);
	if (!ordinary(name) || is_paired(s, at))
		return;
	old = source_text(s, at);
	mutant_add(s, s->on_error ? OP_UNWIND : names_call(name), at, format("(void)0"),
	           format("without `%s`", old));
	free(old);
}

static void swap(struct source *s, CXCursor first, CXCursor second)
{
	struct span a = source_span(first), b = source_span(second);
	char *x = source_text(s, a), *y = source_text(s, b);
	char *between = source_text(s, (struct span){a.end, b.begin});

	if (strcmp(x, y) != 0)
		mutant_add(s, OP_SWAP_CALLS, (struct span){a.begin, b.end}, format("%s%s%s", y, between, x),
		           format("`%s` behind `%s`", x, y));
	free(between);
	free(y);
	free(x);
}

/* Is there a call whose name is one of these? */
struct seek {
	bool (*names)(const char *name);
	bool found;
};

static enum CXChildVisitResult seek_call(CXCursor c, CXCursor parent, CXClientData data)
{
	struct seek *seek = data;
	char name[NAME_SIZE];

	(void)parent;
	if (clang_getCursorKind(c) == CXCursor_CallExpr) {
		walk_call(c, name);
		seek->found |= seek->names(name);
	}
	return CXChildVisit_Recurse;
}

static bool holds(CXCursor statement, bool (*names)(const char *name))
{
	struct seek seek = {names, false};

	seek_call(statement, statement, &seek);
	clang_visitChildren(statement, seek_call, &seek);
	return seek.found;
}

/* The statement that frees goes before the one that flushes. */
static void free_early(struct source *s, CXCursor flush, CXCursor release)
{
	struct span a = source_span(flush), b = source_span(release);
	char *freeing = source_text(s, b);
	char *first = source_text(s, a);
	char *rest = source_text(s, (struct span){a.begin, b.begin});

	mutant_add(s, OP_FREE_EARLY, (struct span){a.begin, b.end}, format("%s; %s", freeing, rest),
	           format("`%s` before `%s`", freeing, first));
	free(rest);
	free(first);
	free(freeing);
}

static void early_frees(struct source *s, const CXCursor *kid, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!holds(kid[i], names_flush) || holds(kid[i], names_free))
			continue;
		for (unsigned j = i + 1; j < n && j < i + FREE_BEHIND; j++) {
			enum CXCursorKind kind = clang_getCursorKind(kid[j]);

			if (kind == CXCursor_DeclStmt || kind == CXCursor_ReturnStmt ||
			    !holds(kid[j], names_free))
				continue;
			free_early(s, kid[i], kid[j]);
			break;
		}
	}
}

void statements_in_block(struct source *s, const CXCursor *kid, unsigned n)
{
	int before = -1;

	for (unsigned i = 0; i < n; i++) {
		char name[NAME_SIZE];

		statements_drop(s, kid[i]);
		walk_call(kid[i], name);
		if (strcmp(name, "sched_point") == 0)
			continue; /* neighbours all the same */
		if (!ordinary(name)) {
			before = -1;
			continue;
		}
		if (before >= 0)
			swap(s, kid[before], kid[i]);
		before = (int)i;
	}
	early_frees(s, kid, n);
}

/* Calls of lock and unlock that stand alone, in one function. */
struct lock_call {
	struct span at;
	char name[NAME_SIZE]; /* "unlock" is written "lock" */
	char args[NAME_SIZE]; /* of the unlock: all; of the lock, the first ones must be the same */
	bool unlock;
};

struct lock_calls {
	struct source *s;
	struct lock_call call[LOCKS_MAX];
	unsigned n;
};

static enum CXChildVisitResult collect_lock(CXCursor c, CXCursor parent, CXClientData arg)
{
	struct lock_calls *l = arg;
	struct lock_call *k = &l->call[l->n];
	enum CXCursorKind above = clang_getCursorKind(parent);
	char *at, *text;

	if (clang_getCursorKind(c) != CXCursor_CallExpr || l->n == LOCKS_MAX ||
	    (above != CXCursor_CompoundStmt && above != CXCursor_IfStmt))
		return CXChildVisit_Recurse;
	walk_call(c, k->name);
	if (names_call(k->name) != OP_DROP_LOCK)
		return CXChildVisit_Recurse;
	k->at = source_span(c);
	text = source_text(l->s, k->at);
	at = strchr(text, '(');
	snprintf(k->args, sizeof(k->args), "%s", at ? at + 1 : "");
	free(text);
	k->args[strlen(k->args) - (k->args[0] ? 1 : 0)] = 0; /* the closing parenthesis */
	at = strstr(k->name, "unlock");
	k->unlock = at;
	if (at)
		memmove(at, at + 2, strlen(at + 2) + 1);
	l->n++;
	return CXChildVisit_Recurse;
}

static bool fits(const struct lock_call *lock, const struct lock_call *unlock)
{
	size_t n = strlen(unlock->args);

	return !lock->unlock && unlock->unlock && strcmp(lock->name, unlock->name) == 0 &&
	       strncmp(lock->args, unlock->args, n) == 0 && (!lock->args[n] || lock->args[n] == ',');
}

static bool same_section(const struct lock_call *a, const struct lock_call *unlock)
{
	return fits(a, unlock) ||
	       (a->unlock && strcmp(a->name, unlock->name) == 0 && strcmp(a->args, unlock->args) == 0);
}

/* The function without the locks and unlocks of one kind and argument. */
static void without_lock(struct lock_calls *l, const struct lock_call *unlock)
{
	struct source *s = l->s;
	struct span all = {~0u, 0};
	char *text = format("%s", ""), *joined;
	unsigned from = ~0u;

	for (unsigned i = 0; i < l->n; i++) {
		const struct lock_call *k = &l->call[i];

		if (!same_section(k, unlock))
			continue;
		if (from == ~0u)
			from = all.begin = k->at.begin;
		joined = format("%s%.*s(void)0", text, (int)(k->at.begin - from), s->text + from);
		free(text);
		text = joined;
		from = all.end = k->at.end;
		s->paired = grow(s->paired, s->npaired, sizeof(*s->paired));
		s->paired[s->npaired++] = k->at;
	}
	mutant_add(s, OP_DROP_LOCK, all, text,
	           format("without `%s(%s)` and its unlock", unlock->name, unlock->args));
}

void statements_locks(struct source *s, CXCursor function)
{
	static struct lock_calls l;

	l.n = 0;
	l.s = s;
	s->npaired = 0;
	free(s->paired);
	s->paired = NULL;
	clang_visitChildren(function, collect_lock, &l);
	for (unsigned i = 0; i < l.n; i++) {
		bool pair = false;

		for (unsigned j = 0; j < l.n; j++)
			pair |= fits(&l.call[j], &l.call[i]);
		if (pair && !is_paired(s, l.call[i].at))
			without_lock(&l, &l.call[i]);
	}
}

static CXCursor last_statement(CXCursor branch)
{
	CXCursor kid[BLOCK_MAX];
	unsigned n;

	if (clang_getCursorKind(branch) != CXCursor_CompoundStmt)
		return branch;
	n = cursor_kids(branch, kid, BLOCK_MAX);
	return n && n <= BLOCK_MAX ? kid[n - 1] : branch;
}

bool statements_ends_in_error(const struct source *s, CXCursor branch)
{
	static const char *const ends[] = {"return -", "return err", "return ret", "return NULL", NULL};
	CXCursor last = last_statement(branch);
	struct span at = source_span(last);

	if (clang_getCursorKind(last) == CXCursor_GotoStmt)
		return true;
	for (int i = 0; ends[i]; i++)
		if (strncmp(s->text + at.begin, ends[i], strlen(ends[i])) == 0)
			return true;
	return false;
}

void statements_unwind(struct source *s, CXCursor condition)
{
	struct span at = source_span(condition);
	char *old = source_text(s, at);

	mutant_add(s, OP_UNWIND, at, format("(%s) && 0", old), format("`if (%s)` has no consequence", old));
	free(old);
}
