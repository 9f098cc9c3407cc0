/* SPDX-License-Identifier: MIT */
/*
 * What a thread does: operations drawn from its own seeded generator, aimed at
 * pages that all actors of the round aim at for a while.
 */
#include "engine/run/program.h"
#include "engine/run/world.h"
#include "engine/search/generate.h"
#include "stress/actor.h"
#include "stress/state.h"

enum { STRESS_AIM_OPS = 40 /* operations after which all actors look elsewhere */ };

/* The same for all actors: what is shared is what breaks. */
static void stress_actor_aim(const struct stress_run *r, uint32_t nops, struct generate_aim *a)
{
	struct rng rng;

	rng_seed(&rng, r->opt.seed ^ (r->round << 20) ^ (nops / STRESS_AIM_OPS));
	generate_aim(a, &r->config, &rng);
}

static void stress_actor_count(_Atomic uint64_t *n)
{
	atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + 1, memory_order_relaxed);
}

static void stress_actor_next_op(struct stress_actor *a, const struct generate_aim *where)
{
	struct world *w = a->run->w;
	struct case_op *op = &a->last[a->nops % STRESS_LAST_OPS];
	enum op_who who = a->id < ACTOR_DEV0 ? OP_WHO_CPU : OP_WHO_DEV;

	*op = (struct case_op){0};
	generate_op(op, &a->run->config.prog[a->id], who, where, &a->rng);
	if (op->kind == OP_EXIT && a->nops + 1 < STRESS_ROUND_OPS)
		op->kind = OP_WRITE; /* the last thing a program does */
	a->nops++;
	if (program_op(w, a->id, op, a->nops) < 0)
		stress_actor_count(&a->failed);
	stress_actor_count(&a->ops);
	if (who == OP_WHO_DEV)
		stress_actor_count(&a->dma);
}

static void stress_actor_body(void *arg)
{
	struct stress_actor *a = arg;
	struct generate_aim where;

	while (a->nops < STRESS_ROUND_OPS) {
		if (a->nops % STRESS_AIM_OPS == 0)
			stress_actor_aim(a->run, a->nops, &where);
		stress_actor_next_op(a, &where);
	}
}

void stress_spawn(struct stress_run *r)
{
	for (int i = 0; i < CASE_PROGRAMS; i++) {
		struct stress_actor *a = &r->actor[i];

		if (!r->config.prog[i].present)
			continue;
		a->nops = 0;
		rng_seed(&a->rng, r->opt.seed * 31 + r->round * SCHED_MAX_ACTORS + (uint64_t)i);
		sched_spawn(r->w->sched, i, stress_actor_body, a, false);
	}
	program_spawn_daemons(r->w);
}
