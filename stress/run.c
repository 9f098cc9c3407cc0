/* SPDX-License-Identifier: MIT */
/* Rounds: configure, set up, let go, audit, again. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/run/world.h"
#include "stress/actor.h"
#include "stress/config.h"
#include "stress/listen.h"
#include "stress/report.h"
#include "stress/sanitizer.h"
#include "stress/state.h"

enum { SETTLE_NS = 20 * 1000 * 1000 };

static const volatile sig_atomic_t never;

struct stress_run *stress_create(const struct stress_options *opt)
{
	struct stress_run *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->opt = *opt;
	if (!r->opt.stop)
		r->opt.stop = &never;
	r->watch = watch_create();
	if (!r->watch) {
		free(r);
		return NULL;
	}
	for (int i = 0; i < SCHED_MAX_ACTORS; i++) {
		r->actor[i].run = r;
		r->actor[i].id = i;
	}
	return r;
}

void stress_destroy(struct stress_run *r)
{
	if (!r)
		return;
	stress_worlds_free(&r->worlds);
	watch_destroy(r->watch);
	free(r);
}

/* -- a round ------------------------------------------------------------------------- */

static bool stress_round_set_up(struct stress_run *r)
{
	struct world *w = stress_world(&r->worlds, (struct mem_geometry){r->config.levels, r->config.bits});

	if (!w)
		return false;
	r->w = w;
	w->c = &r->config;
	w->ev = (struct event_sink){.listen = stress_listen, .ctx = r, .actor = EVENT_NOBODY};
	sched_reset(w->sched, NULL, 0);
	mem_reset(&w->mem);
	if (!watch_reset(r->watch, &w->mem))
		return false;
	for (int i = 0; i < SCHED_MAX_ACTORS; i++)
		r->actor[i].ring.n = 0;
	r->nobody.n = 0;
	world_set_up(w, &r->config);
	w->mem.poison = w->mem.watched = true;
	return true;
}

static bool stress_tick(void *ctx)
{
	struct stress_run *r = ctx;

	if (r->opt.tick)
		r->opt.tick(r->opt.ctx, r);
	return !atomic_load(&r->failed);
}

static enum stress_end stress_round_audit(struct stress_run *r)
{
	uint8_t mark[MEM_FRAMES];

	if (r->opt.no_oracle)
		return STRESS_CLEAN;
	world_mark_frames(r->w, mark);
	if (!watch_violation(r->watch))
		watch_end(r->watch, mark);
	return watch_violation(r->watch) ? STRESS_VIOLATION : STRESS_CLEAN;
}

static enum stress_end stress_round_go(struct stress_run *r)
{
	struct sched_free_options free_opt = {
	        .seed = r->opt.seed + r->nth,
	        .delay = r->opt.delay,
	        .patience = r->opt.patience,
	        .tick = stress_tick,
	        .ctx = r,
	};

	stress_configure(r);
	if (!stress_round_set_up(r))
		return STRESS_NO_MEMORY;
	sched_set_free(r->w->sched, &free_opt);
	stress_spawn(r);
	switch (sched_run(r->w->sched, -1)) {
	case SCHED_DONE:
		return stress_round_audit(r);
	case SCHED_DEADLOCK:
		return STRESS_STUCK;
	case SCHED_STOPPED:
		return r->reported ? STRESS_REPORT : STRESS_VIOLATION;
	default:
		return STRESS_NO_MEMORY;
	}
}

static bool stress_enough(const struct stress_run *r)
{
	return *r->opt.stop || (r->opt.ops && stress_counts(r).ops >= r->opt.ops);
}

/* Threads still run: each stops at its next event. TSan ignores what this thread reads from here on. */
static void stress_stand_still(struct stress_run *r)
{
	atomic_store(&r->failed, true);
	nanosleep(&(struct timespec){0, SETTLE_NS}, NULL);
	sanitizer_quiet();
}

enum stress_end stress_go(struct stress_run *r)
{
	sanitizer_catch(stress_on_report, r);
	for (r->nth = 0; !stress_enough(r); r->nth++) {
		enum stress_end end;

		r->round = r->opt.one_round ? r->opt.round : r->nth;
		end = stress_round_go(r);
		sanitizer_check_all();
		if (r->reported && end == STRESS_CLEAN)
			end = STRESS_REPORT; /* met after the last event of its thread, or here */
		if (end != STRESS_CLEAN) {
			stress_stand_still(r);
			return end;
		}
	}
	sanitizer_catch(NULL, NULL);
	return STRESS_CLEAN;
}

/* -- questions --------------------------------------------------------------------------- */

struct stress_counts stress_counts(const struct stress_run *r)
{
	struct stress_counts c = {.rounds = r->nth, .invalidations = r->invalidations};

	for (int i = 0; i < SCHED_MAX_ACTORS; i++) {
		c.ops += r->actor[i].ops;
		c.dma += r->actor[i].dma;
		c.failed_ops += r->actor[i].failed;
	}
	return c;
}

const struct watch_violation *stress_violation(const struct stress_run *r)
{
	return watch_violation(r->watch);
}
uint64_t stress_round(const struct stress_run *r) { return r->round; }

void stress_last_ops(const struct stress_run *r, struct case_file *c)
{
	*c = r->config;
	for (int i = 0; i < CASE_PROGRAMS; i++) {
		const struct stress_actor *a = &r->actor[i];
		uint32_t kept = a->nops < STRESS_LAST_OPS ? a->nops : STRESS_LAST_OPS;

		if (!c->prog[i].present)
			continue;
		for (uint32_t k = 0; k < kept; k++)
			c->prog[i].op[k] = a->last[(a->nops - kept + k) % STRESS_LAST_OPS];
		c->prog[i].nops = (uint8_t)kept;
	}
	case_fix(c);
}
