/* SPDX-License-Identifier: MIT */
/*
 * Replay of a stored schedule. The order is fixed, an entry is found by
 * (actor, op, point, passage); one whose target cannot run, or that is never
 * met, is skipped and counted. Ghost entries act and let the actor go on.
 */
#include "engine/run/replay.h"
#include "engine/run/world.h"

#include <string.h>

static unsigned replay_hash(uint8_t actor, uint8_t op, uint8_t occurrence, uint16_t point, uint16_t passage)
{
	return (actor * 31u + op * 17u + occurrence * 7u + point * 5u + passage) % REPLAY_BUCKETS;
}

/* -- ghosts ------------------------------------------------------------------------- */

static void ghost_cpu(struct world *w, int cpu, const struct case_sched *g, sd_page page)
{
	int mm = w->c->prog[ACTOR_CPU0 + cpu].mm;

	if (mm_alive(w->mm, mm))
		hw_cpu_ghost(w->hw, cpu, (uint16_t)(mm + 1), mm_root(w->mm, mm), page,
		             g->what == DO_FILL ? g->fill_write : g->what == DO_DMA_WRITE,
		             g->what != DO_FILL);
}

static void ghost_dev(struct world *w, int dev, const struct case_sched *g, sd_page page)
{
	int pasid = w->c->prog[ACTOR_DEV0 + dev].pasid;

	if (g->what == DO_FILL)
		dev_ghost_fill(w->dev, dev, pasid, page, g->fill_write);
	else
		dev_ghost_dma(w->dev, dev, pasid, page, g->what == DO_DMA_WRITE);
}

void ghost_act(struct world *w, const struct case_sched *g)
{
	sd_page page = case_page(w->c, g->region, g->off);
	uint8_t actor = w->ev.actor;

	if (g->target >= CASE_PROGRAMS || !w->c->prog[g->target].present)
		return;
	w->in_ghost = true;
	w->ev.actor = g->target;
	if (g->target < ACTOR_DEV0)
		ghost_cpu(w, g->target - ACTOR_CPU0, g, page);
	else
		ghost_dev(w, g->target - ACTOR_DEV0, g, page);
	w->ev.actor = actor;
	w->in_ghost = false;
}

bool replay_has_ghosts(const struct case_file *c)
{
	for (int i = 0; i < c->nsched; i++)
		if (c->sched[i].what == DO_DMA_READ || c->sched[i].what == DO_DMA_WRITE)
			return true;
	return false;
}

/* -- the policy --------------------------------------------------------------------- */

static void replay_start(void *ctx, struct sched *s)
{
	struct world *w = ctx;
	struct replay *r = &w->replay;
	uint8_t armed[PT_COUNT] = {0};

	memset(r->bucket, 0xff, sizeof(r->bucket));
	for (int i = w->c->nsched - 1; i >= 0; i--) {
		const struct case_sched *e = &w->c->sched[i];
		unsigned h = replay_hash(e->actor, e->op_kind, e->op_occurrence, e->point, e->passage);

		r->chain[i] = r->bucket[h];
		r->bucket[h] = (uint16_t)i;
		r->hit[i] = 0;
		armed[e->point] = 1;
	}
	if (w->witness.on)
		memset(armed, 1, sizeof(armed));
	sched_arm(s, armed);
}

static bool replay_same_place(const struct case_sched *a, const struct case_sched *b)
{
	return a->actor == b->actor && a->op_kind == b->op_kind && a->op_occurrence == b->op_occurrence &&
	       a->point == b->point && a->passage == b->passage;
}

static int replay_next(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	struct world *w = ctx;
	int next = kind == SCHED_PLAIN ? sched_current(s) : sched_next_in_order(s, runnable);
	struct case_sched at;

	world_place(w, p, &at);
	if (w->witness.on && kind == SCHED_PLAIN)
		witness_at_point(w, p);
	for (unsigned i = w->replay.bucket[replay_hash(at.actor, at.op_kind, at.op_occurrence, at.point,
	                                               at.passage)];
	     i != REPLAY_NONE; i = w->replay.chain[i]) {
		const struct case_sched *e = &w->c->sched[i];

		if (!replay_same_place(e, &at) || w->replay.hit[i])
			continue;
		if (e->what != DO_SWITCH) {
			w->replay.hit[i] = 1;
			ghost_act(w, e);
		} else if (runnable >> e->target & 1) {
			w->replay.hit[i] = 1;
			next = e->target;
		}
	}
	return next;
}

struct sched_policy replay_policy(struct world *w)
{
	return (struct sched_policy){replay_start, replay_next, w};
}

uint16_t replay_skipped(const struct world *w)
{
	uint16_t n = 0;

	for (int i = 0; i < w->c->nsched; i++)
		n += !w->replay.hit[i];
	return n;
}
