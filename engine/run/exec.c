/* SPDX-License-Identifier: MIT */
/*
 * Runs a case once: set up, spawn, let the policy decide, audit, judge. Every
 * decision of the policy goes through exec_decide(), which logs switches and, if
 * asked, records those that differ from the default, so that the very same
 * execution can be stored as a schedule.
 */
#include "engine/run/interleave.h"
#include "engine/run/probes.h"
#include "engine/run/program.h"
#include "engine/run/world.h"
#include "event/tell.h"

#include <stdlib.h>
#include <string.h>

static const struct exec_options NO_OPTIONS;
static const struct oracle_near NOT_NEAR;

struct world *world_create(void)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->ev.actor = EVENT_NOBODY;
	w->sched = sched_create(&w->ev.actor);
	if (w->sched && world_build(w, (struct mem_geometry){3, 3}))
		return w;
	world_destroy(w);
	return NULL;
}

void world_destroy(struct world *w)
{
	if (!w)
		return;
	world_tear(w);
	sched_destroy(w->sched);
	free(w->log);
	free(w);
}

/* -- listening ---------------------------------------------------------------------- */

/* Features and probes. They get an event after the oracle, which they ask how near it was. */
static void exec_watch(struct world *w, const struct event *ev)
{
	const struct oracle_near *near = w->opt->no_oracle ? &NOT_NEAR : oracle_near(w->oracle);

	if (w->opt->order)
		interleave_listen(w->opt->order, ev, near);
	if (w->opt->probes)
		probes_listen(w->opt->probes, ev, near);
}

static void exec_listen(void *ctx, const struct event *ev)
{
	struct world *w = ctx;

	if (w->counts) {
		w->counts->event[ev->type]++;
		if (ev->type == EV_OP_BEGIN)
			w->counts->op[ev->op.kind]++;
	}
	if (ev->type == EV_SWITCH)
		return; /* not part of the run's own history, by which places are found */
	if (!w->in_ghost)
		w->events++;
	if (!w->opt->no_oracle)
		oracle_listen(w->oracle, ev);
	if (!w->in_ghost && (w->opt->order || w->opt->probes))
		exec_watch(w, ev);
}

/* -- deciding -------------------------------------------------------------------------- */

static void exec_record(struct world *w, enum point p, int next)
{
	if (w->nrecorded < CASE_MAX_SCHED) {
		world_place(w, p, &w->recorded[w->nrecorded]);
		w->recorded[w->nrecorded].what = DO_SWITCH;
		w->recorded[w->nrecorded].target = (uint8_t)next;
	}
	w->nrecorded++;
}

static void exec_start(void *ctx, struct sched *s)
{
	struct world *w = ctx;

	if (w->policy->start)
		w->policy->start(w->policy->ctx, s);
}

static int exec_decide(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	struct world *w = ctx;
	int now = sched_current(s);
	int next = w->policy->next(w->policy->ctx, s, p, kind, runnable);

	if (w->opt->order && kind == SCHED_FORCED && !sched_yielding(s))
		interleave_blocked(w->opt->order, p, now, next);
	if (w->opt->record && next != (kind == SCHED_PLAIN ? now : sched_next_in_order(s, runnable)))
		exec_record(w, p, next);
	if (next != now && (w->ev.log || w->counts))
		event_switch(&w->ev, now, next, p, sched_passage(s, p));
	return next;
}

bool exec_recorded(const struct world *w, struct case_file *c)
{
	if (w->nrecorded > CASE_MAX_SCHED)
		return false;
	memcpy(c->sched, w->recorded, w->nrecorded * sizeof(c->sched[0]));
	c->nsched = (uint16_t)w->nrecorded;
	return true;
}

/* -- one run ----------------------------------------------------------------------------- */

static bool exec_begin(struct world *w, const struct case_file *c, const struct exec_options *opt)
{
	struct mem_geometry geo = {c->levels, c->bits};

	/* TSan remembers four accesses of a word: those of the last execution would push out this one's. */
	if (geo.levels != w->mem.geo.levels || geo.bits != w->mem.geo.bits || race_is_watched()) {
		world_tear(w);
		if (!world_build(w, geo))
			return false;
	}
	if (opt->log && !w->log)
		w->log = malloc(EXEC_LOG_EVENTS * sizeof(*w->log));
	w->c = c;
	w->opt = opt;
	w->counts = opt->counts;
	w->end = SCHED_STOPPED;
	w->events = w->ops = w->ran_op = w->nrecorded = 0;
	w->running = w->in_ghost = false;
	for (int i = 0; i < SCHED_MAX_ACTORS; i++)
		w->op[i] = (struct world_op){.kind = OP_COUNT};
	w->ev = (struct event_sink){
	        .log = opt->log ? w->log : NULL,
	        .cap = EXEC_LOG_EVENTS,
	        .actor = EVENT_NOBODY,
	};
	if (opt->order)
		interleave_begin(opt->order);
	if (opt->probes)
		probes_begin(opt->probes, &w->mem);
	if (opt->counts || opt->log || opt->order || opt->probes || w->witness.on) {
		w->ev.listen = exec_listen;
		w->ev.ctx = w;
	} else if (!opt->no_oracle) { /* the common case: the oracle alone listens */
		oracle_attach(w->oracle, &w->ev);
	}
	return true;
}

static void exec_judge(struct world *w, struct exec_result *out)
{
	const struct oracle_violation *v = w->opt->no_oracle ? NULL : oracle_violation(w->oracle);

	out->verdict = EXEC_CLEAN;
	if (v) {
		out->verdict = EXEC_VIOLATION;
		out->violation = *v;
		out->violation.latent = v->latent && !oracle_shown(w->oracle);
	} else if (!w->opt->no_oracle && oracle_defect(w->oracle)) {
		out->verdict = EXEC_DEFECT;
		out->why = oracle_defect(w->oracle);
	} else if (!w->opt->no_oracle && oracle_inconclusive(w->oracle)) {
		out->verdict = EXEC_INCONCLUSIVE;
		out->why = "more stale items than the oracle keeps";
	} else if (w->end == SCHED_LIMIT) {
		out->verdict = EXEC_INCONCLUSIVE;
		out->why = "the budget of points is spent";
	}
	if (!v && out->verdict != EXEC_DEFECT && race_found(&out->race)) {
		out->verdict = EXEC_VIOLATION;
		out->violation = (struct oracle_violation){.class_ = VC_RACE,
		                                           .write = true,
		                                           .op_kind = OP_COUNT,
		                                           .killer_op = OP_COUNT,
		                                           .space = SD_MAX_SPACES};
		out->why = NULL;
	}
}

static void exec_count_programs(const struct world *w, struct exec_result *out)
{
	for (int i = 0; i < CASE_PROGRAMS; i++) {
		if (!(w->ran_op >> i & 1))
			continue;
		if (i < ACTOR_DEV0)
			out->cpus++;
		else
			out->devs++;
	}
}

void exec_run(struct world *w, const struct case_file *c, const struct sched_policy *policy,
              const struct exec_options *opt, struct exec_result *out)
{
	struct sched_policy replay = replay_policy(w), hook = {exec_start, exec_decide, w};

	*out = (struct exec_result){0};
	if (!opt)
		opt = &NO_OPTIONS;
	if (!exec_begin(w, c, opt)) {
		out->verdict = EXEC_DEFECT;
		out->why = "no memory for this geometry";
		return;
	}
	w->policy = policy ? policy : &replay;
	w->go_on = w->witness.on || (!policy && replay_has_ghosts(c));
	sched_reset(w->sched, NULL, 0);
	if (!opt->no_oracle)
		oracle_reset(w->oracle, c);
	world_set_up(w, c);
	/* Decisions matter only where something is recorded, logged or counted. */
	sched_reset(w->sched, opt->record || opt->log || opt->counts || opt->order ? &hook : w->policy,
	            opt->limit ? opt->limit : EXEC_LIMIT);
	sched_set_order(w->sched, c->order, ACTOR_COUNT);
	program_spawn_all(w);
	w->running = true;
	race_begin();
	if (opt->begun)
		opt->begun();
	w->end = sched_run(w->sched, -1);
	w->running = false;
	if (w->witness.on)
		witness_at_end(w);
	if (!opt->no_oracle) {
		if (w->end == SCHED_DONE)
			world_mark_frames(w, w->mark);
		oracle_end(w->oracle, w->end, w->end == SCHED_DONE ? w->mark : NULL);
	}
	exec_judge(w, out);
	exec_count_programs(w, out);
	out->points = sched_points(w->sched);
	out->switches = sched_switches(w->sched);
	out->ops = w->ops;
	out->skipped = policy ? 0 : replay_skipped(w);
	if (opt->log && w->log)
		out->trace_hash = event_hash(&w->ev);
}

const struct event_sink *exec_events(const struct world *w) { return &w->ev; }
