/* SPDX-License-Identifier: MIT */
/*
 * Turns of an execution: kept while a case replays, and played back in another
 * order. Merging the turns of one actor, as long as the failure stays, is how
 * Jalbert and Sen shorten traces (A trace simplification technique for
 * effective debugging of concurrent programs, FSE 2010); which turns to move
 * is the minimiser's business (minimize_turns.c).
 */
#include "engine/minimize/turns.h"

#include <string.h>

#include "engine/run/world.h"

/* -- keeping --------------------------------------------------------------------- */

struct keeper {
	struct turns *t;
	struct sched_policy replay;
	uint32_t cut[TURNS_MAX_CUTS]; /* ascending */
	unsigned ncuts, next;
};

static void keeper_set_fuse(const struct keeper *k, struct sched *s)
{
	const uint32_t now = sched_points(s);

	if (k->next < k->ncuts)
		sched_set_fuse(s, k->cut[k->next] > now ? k->cut[k->next] - now : 1);
}

static void keeper_add_turn(struct turns *t, enum point p, bool forced)
{
	if (t->n < TURNS_MAX) {
		t->turn[t->n] = (struct turn){.forced = forced};
		world_place(t->w, p, &t->turn[t->n].end);
	}
	t->n++;
}

static void keeper_start(void *ctx, struct sched *s)
{
	struct keeper *k = ctx;

	k->replay.start(k->replay.ctx, s);
	keeper_set_fuse(k, s);
}

static int keeper_next(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	struct keeper *k = ctx;
	int now = sched_current(s), next = k->replay.next(k->replay.ctx, s, p, kind, runnable);
	bool cut = k->next < k->ncuts && k->cut[k->next] <= sched_points(s);

	k->next += cut;
	if (next != now || cut)
		keeper_add_turn(k->t, p, kind == SCHED_FORCED);
	keeper_set_fuse(k, s);
	return next;
}

static void keeper_draw_cuts(struct keeper *k, unsigned n, uint32_t points, struct rng *rng)
{
	k->ncuts = n;
	for (unsigned i = 0; i < n; i++) {
		uint32_t at = 1 + rng_below(rng, points);
		unsigned j = i;

		for (; j > 0 && k->cut[j - 1] > at; j--)
			k->cut[j] = k->cut[j - 1];
		k->cut[j] = at;
	}
}

bool turns_of(struct turns *t, struct world *w, const struct case_file *c, unsigned cuts, struct rng *rng)
{
	const struct exec_options opt = {.no_witness = true};
	struct keeper k = {.t = t, .replay = replay_policy(w)};
	const struct sched_policy policy = {keeper_start, keeper_next, &k};
	struct exec_result r;

	if (cuts && t->points)
		keeper_draw_cuts(&k, cuts, t->points, rng);
	t->w = w;
	t->n = 0;
	exec_run(w, c, &policy, &opt, &r);
	t->points = r.points;
	if (t->n >= TURNS_MAX)
		return false;
	/* the last one ends nowhere */
	t->turn[t->n++] = (struct turn){
	        .end = {.actor = (uint8_t)sched_current(w->sched), .op_kind = OP_COUNT, .point = PT_COUNT},
	        .forced = true};
	return true;
}

/* -- editing --------------------------------------------------------------------- */

void turns_move(struct turns *t, int from, int to)
{
	const struct turn x = t->turn[from];

	if (to < from)
		memmove(&t->turn[to + 1], &t->turn[to], (size_t)(from - to) * sizeof(x));
	else
		memmove(&t->turn[from], &t->turn[from + 1], (size_t)(to - from) * sizeof(x));
	t->turn[to] = x;
}

void turns_insert(struct turns *t, int at, const struct case_sched *end)
{
	if (t->n >= TURNS_MAX)
		return;
	t->turn[t->n] = (struct turn){.end = *end};
	turns_move(t, t->n++, at);
}

/* -- playing --------------------------------------------------------------------- */

static void turns_start(void *ctx, struct sched *s)
{
	struct turns *t = ctx;
	uint8_t armed[PT_COUNT] = {0};

	for (int i = 0; i < t->n; i++) {
		t->turn[i].over = false;
		if (!t->turn[i].forced)
			armed[t->turn[i].end.point] = 1;
	}
	sched_arm(s, armed);
}

/* Where an actor has to wait it waits, whether it came by more or less often than it did. */
static bool turn_ends_at(const struct turn *t, const struct case_sched *at, bool forced)
{
	const struct case_sched *e = &t->end;

	return at->actor == e->actor && at->op_kind == e->op_kind && at->op_occurrence == e->op_occurrence &&
	       at->point == e->point && (t->forced ? forced : at->passage == e->passage);
}

/*
 * Does a turn end here? Then earlier turns of the actor are over as well: their
 * places were not met. So are earlier turns of daemons that ended because there
 * was nothing to do: in this order there may have been less to do.
 */
static bool turns_end_here(struct turns *t, enum point p, bool forced)
{
	struct case_sched at;

	world_place(t->w, p, &at);
	for (int i = 0; i < t->n; i++) {
		if (t->turn[i].over || !turn_ends_at(&t->turn[i], &at, forced))
			continue;
		for (int j = 0; j <= i; j++)
			t->turn[j].over |= t->turn[j].end.actor == at.actor ||
			                   (t->turn[j].forced && t->turn[j].end.actor >= CASE_PROGRAMS);
		return true;
	}
	return false;
}

static int turns_next(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	struct turns *t = ctx;
	const bool ended = turns_end_here(t, p, kind == SCHED_FORCED);

	if (kind == SCHED_PLAIN && !ended)
		return sched_current(s);
	for (int i = 0; i < t->n; i++) {
		const struct turn *turn = &t->turn[i];

		if (!turn->over && (runnable >> turn->end.actor & 1))
			return turn->end.actor;
	}
	return kind == SCHED_PLAIN ? sched_current(s) : sched_next_in_order(s, runnable);
}

struct sched_policy turns_policy(struct turns *t)
{
	return (struct sched_policy){turns_start, turns_next, t};
}
