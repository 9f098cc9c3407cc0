/* SPDX-License-Identifier: MIT */
/*
 * flaky: a world with a defect of the kind that --check-determinism is there
 * for. Between mm and driver sits something that counts calls over all
 * executions, and once does something else; nothing in a case
 * says when.
 */
#ifndef TESTS_FLAKY_H
#define TESTS_FLAKY_H

#include "engine/run/world.h"

enum flaky_kind {
	FLAKY_AGAIN, /* invalidates once more: other events */
	FLAKY_POINT, /* lets others run once more: another point, and no event */
	FLAKY_LOST,  /* tells nobody: another verdict */
};

struct flaky {
	struct world *w;
	struct mm_notifier_ops real;
	enum flaky_kind kind;
	unsigned calls; /* so far, in all executions */
	unsigned at;    /* the call at which it happens */
};

static inline void flaky_invalidate(void *ctx, int mm, sd_addr start, sd_addr end)
{
	struct flaky *f = ctx;

	const bool now = ++f->calls == f->at;

	if (!now || f->kind != FLAKY_LOST)
		f->real.invalidate_secondary(f->real.ctx, mm, start, end);
	if (now && f->kind == FLAKY_AGAIN)
		f->real.invalidate_secondary(f->real.ctx, mm, start, end);
	if (now && f->kind == FLAKY_POINT)
		sched_point(f->w->sched, PT_ACTOR_START);
}

static inline void flaky_release(void *ctx, int mm)
{
	struct flaky *f = ctx;

	f->real.release(f->real.ctx, mm);
}

/* Until a case of another geometry comes, for which a world is built anew. */
static inline void flaky_install(struct flaky *f, struct world *w)
{
	f->w = w;
	f->real = w->notifier;
	w->notifier = (struct mm_notifier_ops){flaky_invalidate, flaky_release, f};
}

#endif
