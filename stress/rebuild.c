/* SPDX-License-Identifier: MIT */
/*
 * Attempts, and what becomes of the best one. An attempt is one program under
 * some hundred schedules of the mix (engine/search/search.h); it counts as reproduced
 * once a violation was recorded and replayed. A finding of the class that the
 * threads showed beats any other, then the smaller program wins.
 */
#include "stress/rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/minimize/minimize.h"
#include "engine/run/measure.h"
#include "engine/search/search.h"

struct rebuild {
	struct world *w;
	const struct case_file *last;
	const struct rebuild_focus *focus;
	const struct rebuild_config *cfg;
	struct rebuild_stats *st;
	struct rng rng;
	struct case_file c;
	struct exec_result r;
	char signature[SIGNATURE_MAX];
	struct case_file best;
	unsigned best_size;
	bool best_same;
};

static uint32_t rebuild_or_default(uint32_t n, uint32_t otherwise) { return n ? n : otherwise; }

static bool rebuild_stopped(const struct rebuild *b) { return b->cfg->stop && *b->cfg->stop; }

/* -- one attempt --------------------------------------------------------------------- */

/* A violation, recorded in c; false: this schedule shows none, or one that cannot be kept. */
static bool rebuild_run(struct rebuild *b, uint32_t *points)
{
	const struct exec_options opt = {.no_witness = true, .record = true};
	union search_state state;
	struct search_try t;
	struct sched_policy policy;
	bool differs;

	search_draw(&t, &b->rng, SEARCH_MIX, *points, measure_actors(&b->c));
	policy = search_policy(&state, &t);
	b->st->executions++;
	exec_run(b->w, &b->c, &policy, &opt, &b->r);
	if (b->r.points > *points)
		*points = b->r.points;
	if (b->r.verdict != EXEC_VIOLATION)
		return false;
	signature_of(&b->r, &b->c, b->signature, sizeof(b->signature));
	policy = search_policy(&state, &t);
	b->st->executions += 2;
	return search_record(b->w, &b->c, &policy, b->signature, &differs);
}

static bool rebuild_same_class(const struct rebuild *b)
{
	return b->last->expect == VC_CLEAN || b->r.violation.class_ == b->last->expect;
}

static void rebuild_keep_if_better(struct rebuild *b)
{
	unsigned size = measure_ops(&b->c) * 4 + measure_switches(&b->c);
	bool same = rebuild_same_class(b);

	if (b->st->reproduced > 1 && (same < b->best_same || (same == b->best_same && size >= b->best_size)))
		return;
	b->best = b->c;
	b->best_size = size;
	b->best_same = same;
}

/* The first finding of the class ends it; another class is kept, but the search goes on. */
static void rebuild_attempt(struct rebuild *b)
{
	const struct case_file program = b->c;
	uint32_t runs = rebuild_or_default(b->cfg->runs, REBUILD_RUNS), points = 0;
	bool any = false, same = false;

	if (b->cfg->about_to)
		b->cfg->about_to(b->cfg->ctx, &b->c);
	for (uint32_t i = 0; i < runs && !same && !rebuild_stopped(b); i++) {
		b->c = program;
		if (!rebuild_run(b, &points))
			continue;
		b->st->reproduced += !any;
		any = true;
		same = rebuild_same_class(b);
		rebuild_keep_if_better(b);
	}
	b->st->attempts++;
	b->st->same += same;
}

/* -- the whole --------------------------------------------------------------------------- */

static enum rebuild_end rebuild_shrink(struct rebuild *b, struct rebuild_result *out)
{
	const struct minimize_config cfg = {
	        .seed = b->cfg->seed,
	        .budget = b->cfg->minimize ? b->cfg->minimize : REBUILD_MINIMIZE,
	        .stop = b->cfg->stop,
	};
	struct minimize_stats st;
	enum minimize_result end = minimize_case(b->w, &b->best, &cfg, &out->c, &out->r, &st);

	out->st.executions += st.executions;
	if (end == MINIMIZE_MEMORY)
		return REBUILD_NO_MEMORY;
	if (end != MINIMIZE_OK || out->r.verdict != EXEC_VIOLATION)
		return REBUILD_NOTHING;
	signature_of(&out->r, &out->c, out->signature, sizeof(out->signature));
	return REBUILD_FOUND;
}

enum rebuild_end rebuild_case(struct world *w, const struct case_file *last,
                              const struct rebuild_focus *focus, const struct rebuild_config *cfg,
                              struct rebuild_result *out)
{
	struct rebuild *b = calloc(1, sizeof(*b));
	uint32_t attempts = rebuild_or_default(cfg->attempts, REBUILD_ATTEMPTS);
	enum rebuild_end end = REBUILD_NOTHING;

	*out = (struct rebuild_result){0};
	if (!b)
		return REBUILD_NO_MEMORY;
	b->w = w;
	b->last = last;
	b->focus = focus;
	b->cfg = cfg;
	b->st = &out->st;
	rng_seed(&b->rng, cfg->seed);
	for (uint32_t n = 0; n < attempts && !rebuild_stopped(b); n++) {
		rebuild_candidate(&b->c, last, focus, n, cfg->seed);
		rebuild_attempt(b);
		if (cfg->progress)
			cfg->progress(cfg->ctx, b->st);
	}
	if (cfg->about_to)
		cfg->about_to(cfg->ctx, NULL);
	if (b->st->reproduced)
		end = rebuild_shrink(b, out);
	free(b);
	return end;
}

/* What a sanitizer meets has no class, so the signature says who saw what. */
bool rebuild_from_report(const struct world *w, const struct case_file *running,
                         const struct sanitizer_report *report, struct rebuild_result *out)
{
	out->c = *running;
	snprintf(out->signature, sizeof(out->signature), "%s:%s:%s", report->by, report->what,
	         profile_name((enum profile_id)running->profile));
	if (!exec_recorded(w, &out->c))
		return false;
	out->st.attempts++;
	out->st.reproduced++;
	return true;
}
