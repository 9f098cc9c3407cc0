/* SPDX-License-Identifier: MIT */
/*
 * Minimiser: the loop and the check. A candidate counts only if an execution
 * showed the very same signature, and every accepted one carries a schedule
 * that shows it again, so the work can be cut short anywhere. Each of the other
 * minimize_*.c is a pass.
 *
 * The result is a local minimum, not the smallest case there is.
 */
#include "engine/minimize/minimizer.h"

#include <stdlib.h>
#include <string.h>

#include "engine/run/measure.h"

enum { DEFAULT_BUDGET = 200000, DEFAULT_SEARCH = 200 };

uint32_t minimizer_search(const struct minimizer *m)
{
	return m->cfg->search ? m->cfg->search : DEFAULT_SEARCH;
}

bool minimizer_spent(struct minimizer *m)
{
	if (m->st->executions >= (m->cfg->budget ? m->cfg->budget : DEFAULT_BUDGET) ||
	    (m->cfg->stop && *m->cfg->stop))
		m->st->stopped = true;
	return m->st->stopped;
}

bool minimizer_run(struct minimizer *m, const struct sched_policy *policy, struct exec_result *r)
{
	const struct exec_options opt = {.no_witness = true};

	m->st->executions++;
	exec_run(m->w, &m->trial, policy, &opt, r);
	return signature_is(r, &m->trial, m->signature);
}

bool minimizer_record(struct minimizer *m, const struct sched_policy *policy)
{
	bool differs;

	m->st->executions += 2;
	return search_record(m->w, &m->trial, policy, m->signature, &differs);
}

void minimizer_accept(struct minimizer *m)
{
	m->best = m->trial;
	m->st->accepted++;
	if (m->cfg->progress)
		m->cfg->progress(m->cfg->progress_ctx, m->st, &m->best);
}

bool minimizer_try_schedule(struct minimizer *m)
{
	struct exec_result r;

	m->st->tried++;
	case_fix(&m->trial);
	if (minimizer_spent(m) || !minimizer_run(m, NULL, &r))
		return false;
	minimizer_accept(m);
	return true;
}

/* Trial under one fresh schedule. */
static bool minimizer_try_fresh(struct minimizer *m, uint32_t *points)
{
	struct search_try t;
	struct sched_policy policy;
	struct exec_result r;

	m->trial.nsched = 0;
	search_draw(&t, &m->rng, SEARCH_MIX, *points, measure_actors(&m->trial));
	policy = search_policy(&m->state, &t);
	if (minimizer_run(m, &policy, &r)) {
		policy = search_policy(&m->state, &t);
		if (minimizer_record(m, &policy))
			return true;
	}
	if (r.points > *points && r.verdict == EXEC_CLEAN)
		*points = r.points;
	return false;
}

/* Trial under others than its own schedule, whose run took so many points; leaves one that fails in it. */
static bool minimizer_find(struct minimizer *m, uint32_t tries, uint32_t near_points)
{
	const struct case_file own = m->trial;
	uint32_t points = 0;

	for (uint32_t i = 0; i < tries && !minimizer_spent(m); i++) {
		m->trial = own;
		if (own.nsched && i % 2 ? minimizer_near(m, near_points) : minimizer_try_fresh(m, &points))
			return true;
	}
	return false;
}

bool minimizer_try(struct minimizer *m, uint32_t search)
{
	struct case_file own;
	struct exec_result r;
	uint32_t points;

	m->st->tried++;
	case_fix(&m->trial);
	if (minimizer_spent(m) || !memcmp(&m->trial, &m->best, sizeof(m->best)))
		return false;
	if (minimizer_run(m, NULL, &r)) {
		minimizer_accept(m);
		return true;
	}
	points = r.points;
	own = m->trial;
	if (own.nsched) {
		m->trial.nsched = 0;
		if (minimizer_run(m, NULL, &r)) {
			minimizer_accept(m);
			return true;
		}
		m->trial = own;
	}
	if (!minimizer_find(m, search, points))
		return false;
	minimizer_accept(m);
	return true;
}

/* The signature to keep, from the case as it came or from a search. */
static bool minimizer_begin(struct minimizer *m, const struct case_file *in)
{
	const struct exec_options opt = {.no_witness = true};
	struct exec_result r = {0};
	unsigned actors = measure_actors(in);
	uint32_t points = 0;

	m->trial = *in;
	case_fix(&m->trial);
	m->st->executions++;
	exec_run(m->w, &m->trial, NULL, &opt, &r);
	for (uint32_t i = 0;
	     r.verdict != EXEC_VIOLATION && i < 10 * minimizer_search(m) && !minimizer_spent(m); i++) {
		struct search_try t;
		struct sched_policy policy;
		bool differs;

		search_draw(&t, &m->rng, SEARCH_MIX, points, actors);
		policy = search_policy(&m->state, &t);
		m->st->executions++;
		exec_run(m->w, &m->trial, &policy, &opt, &r);
		points = r.points > points ? r.points : points;
		if (r.verdict != EXEC_VIOLATION)
			continue;
		signature_of(&r, &m->trial, m->signature, sizeof(m->signature));
		policy = search_policy(&m->state, &t);
		if (!search_record(m->w, &m->trial, &policy, m->signature, &differs))
			r.verdict = EXEC_CLEAN;
	}
	if (r.verdict != EXEC_VIOLATION)
		return false;
	signature_of(&r, &m->trial, m->signature, sizeof(m->signature));
	m->best = m->trial;
	return true;
}

/* A witness's ghost steps prove the case at its end; on the way they only bind. */
static void minimizer_drop_ghosts(struct minimizer *m)
{
	int n = 0;

	m->trial = m->best;
	for (int i = 0; i < m->trial.nsched; i++)
		if (m->trial.sched[i].what == DO_SWITCH)
			m->trial.sched[n++] = m->trial.sched[i];
	if (n == m->trial.nsched)
		return;
	m->trial.nsched = (uint16_t)n;
	minimizer_try_schedule(m);
}

static void minimizer_finish(struct minimizer *m, struct case_file *out, struct exec_result *r)
{
	const struct exec_options opt = {0};

	m->best.expect = VC_CLEAN;
	m->st->executions++;
	exec_witness(m->w, &m->best, &opt, r, out);
	if (r->verdict != EXEC_VIOLATION || r->violation.latent)
		*out = m->best;
	out->expect = r->verdict == EXEC_VIOLATION ? r->violation.class_ : VC_CLEAN;
	m->st->ops_after = (uint16_t)measure_ops(out);
	m->st->switches_after = (uint16_t)measure_switches(out);
}

enum minimize_result minimize_case(struct world *w, const struct case_file *in,
                                   const struct minimize_config *cfg, struct case_file *out,
                                   struct exec_result *r, struct minimize_stats *st)
{
	struct minimizer *m = calloc(1, sizeof(*m));

	*st = (struct minimize_stats){0};
	if (!m)
		return MINIMIZE_MEMORY;
	m->w = w;
	m->cfg = cfg;
	m->st = st;
	rng_seed(&m->rng, cfg->seed);
	st->ops_before = (uint16_t)measure_ops(in);
	if (!minimizer_begin(m, in)) {
		free(m);
		return MINIMIZE_SILENT;
	}
	st->switches_before = (uint16_t)measure_switches(&m->best);
	minimizer_drop_ghosts(m);
	while (!minimizer_spent(m)) {
		bool smaller = minimize_actors(m);

		smaller |= minimize_ops(m);
		smaller |= minimize_merge(m);
		smaller |= minimize_config(m);
		smaller |= minimize_operands(m);
		smaller |= minimize_schedule(m);
		if (!smaller && !minimize_hard(m))
			break;
	}
	minimizer_finish(m, out, r);
	free(m);
	return MINIMIZE_OK;
}
