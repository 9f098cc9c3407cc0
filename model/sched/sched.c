/* SPDX-License-Identifier: MIT */
/*
 * The controlled runtime: every actor is a fiber, and who runs is decided at
 * points only. Waiting is a bit taken out of `runnable`, so that deadlock and
 * lost wake-ups are simply "nobody is runnable and a program is not done".
 *
 * Does not model: loads and stores of a CPU that pass each other (what another
 * actor sees is in program order; mem/storebuf.c is for walkers alone).
 */
#include "sched/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t NEVER = UINT32_MAX;

struct sched *sched_create(uint8_t *current)
{
	struct sched *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->stacks = fiber_stacks_create(s->fiber, SCHED_MAX_ACTORS, &s->stack_bytes);
	if (!s->stacks) {
		free(s);
		return NULL;
	}
	s->hot.single = !SCHED_WATCHED;
	s->current_out = current;
	sched_reset(s, NULL, 0);
	return s;
}

void sched_destroy(struct sched *s)
{
	if (!s)
		return;
	if (s->free)
		free_destroy(s);
	else
		fiber_stacks_destroy(s->fiber, SCHED_MAX_ACTORS, s->stacks, s->stack_bytes);
	free(s);
}

void sched_reset(struct sched *s, const struct sched_policy *policy, uint32_t limit)
{
	s->policy = policy ? *policy : (struct sched_policy){0};
	s->hot.points = 0;
	s->hot.passage = s->actor[0].passage;
	memset(s->hot.armed, 0, sizeof(s->hot.armed));
	s->limit = limit ? limit : NEVER;
	s->switches = 0;
	s->spawned = s->runnable = s->finished = s->programs = 0;
	s->current = 0;
	for (int i = 0; i < SCHED_MAX_ACTORS; i++)
		s->order[i] = s->pos[i] = (uint8_t)i;
	sched_set_fuse(s, 0);
	if (s->free)
		free_reset(s);
}

void sched_set_fuse(struct sched *s, uint32_t points)
{
	uint32_t next;

	s->ask_at = points ? s->hot.points + points : NEVER;
	next = s->ask_at < s->limit ? s->ask_at : s->limit;
	s->hot.fuse = next > s->hot.points ? next - s->hot.points : 1;
}

void sched_arm(struct sched *s, const uint8_t armed[PT_COUNT]) { memcpy(s->hot.armed, armed, PT_COUNT); }

void sched_set_order(struct sched *s, const uint8_t *actors, int n)
{
	for (int i = 0; i < n; i++) {
		s->order[i] = actors[i];
		s->pos[actors[i]] = (uint8_t)i;
	}
}

int sched_next_in_order(const struct sched *s, uint32_t runnable)
{
	int at = s->pos[s->current];

	for (int i = 1; i <= SCHED_MAX_ACTORS; i++) {
		int a = s->order[(at + i) % SCHED_MAX_ACTORS];

		if (runnable >> a & 1)
			return a;
	}
	return -1;
}

/* -- switching ------------------------------------------------------------- */

static void sched_set_current(struct sched *s, int actor)
{
	s->current = actor;
	s->hot.passage = s->actor[actor].passage;
	if (s->current_out)
		*s->current_out = (uint8_t)actor;
}

static void sched_switch_to(struct sched *s, int actor, enum point p)
{
	int me = s->current;

	if (actor == me)
		return;
	sched_set_where(s, me, p);
	s->switches++;
	sched_set_current(s, actor);
	fiber_switch(&s->fiber[me], &s->fiber[actor]);
}

static void sched_end_run(struct sched *s, enum sched_end how)
{
	s->end = how;
	fiber_switch(&s->fiber[s->current], &s->main);
}

static int sched_ask_policy(struct sched *s, enum point p, enum sched_kind kind)
{
	int next;

	quiet_begin();
	next = s->policy.next(s->policy.ctx, s, p, kind, s->runnable);
	quiet_end();
	return next;
}

/* The current actor cannot go on: someone else must, or the execution is over. */
static void sched_switch_forced(struct sched *s, enum point p)
{
	int next;

	/* Blocking is a passage of its own, so that a schedule can tell it from the attempt. */
	s->hot.passage[p]++;
	if (!s->runnable) {
		/* Daemons have run until they, too, wait: nothing is left half done. */
		sched_set_where(s, s->current, p);
		sched_end_run(s, (s->finished & s->programs) == s->programs ? SCHED_DONE : SCHED_DEADLOCK);
		return;
	}
	if (s->policy.next)
		next = sched_ask_policy(s, p, SCHED_FORCED);
	else
		next = sched_next_in_order(s, s->runnable);
	assert(next >= 0 && (s->runnable >> next & 1));
	sched_switch_to(s, next, p);
}

void sched_point_armed(struct sched *s, enum point p)
{
	if (s->free) {
		free_point(s);
		return;
	}
	s->hot.points++;
	s->hot.passage[p]++;
	s->hot.fuse--;
	sched_point_slow(s, p);
}

void sched_point_slow(struct sched *s, enum point p)
{
	int next = s->current;

	if (s->hot.points >= s->limit) {
		sched_set_where(s, s->current, p);
		sched_end_run(s, SCHED_LIMIT);
	}
	if (s->hot.points >= s->ask_at)
		s->ask_at = NEVER; /* the policy sets a new fuse if it wants one */
	if (s->policy.next)
		next = sched_ask_policy(s, p, SCHED_PLAIN);
	if (s->hot.fuse == 0)
		sched_set_fuse(s, s->ask_at == NEVER ? 0 : s->ask_at - s->hot.points);
	sched_switch_to(s, next, p);
}

void sched_relax(struct sched *s, enum point p)
{
	uint32_t me = 1u << s->current;

	if (s->free) {
		free_relax(s);
		return;
	}
	s->hot.points++;
	s->hot.passage[p]++;
	if (--s->hot.fuse == 0) {
		if (s->hot.points >= s->limit)
			sched_end_run(s, SCHED_LIMIT);
		sched_set_fuse(s, s->ask_at <= s->hot.points ? 1
		                  : s->ask_at == NEVER       ? 0
		                                             : s->ask_at - s->hot.points);
	}
	if (!(s->runnable & ~me))
		return;
	s->runnable &= ~me;
	s->yielding = true;
	int next =
	        s->policy.next ? sched_ask_policy(s, p, SCHED_FORCED) : sched_next_in_order(s, s->runnable);
	s->yielding = false;
	s->runnable |= me;
	sched_switch_to(s, next, p);
}

void sched_block(struct sched *s, struct sched_wq *wq, enum point p)
{
	uint32_t me = 1u << s->current;

	atomic_store_explicit(&wq->word, atomic_load_explicit(&wq->word, memory_order_relaxed) | me,
	                      memory_order_relaxed);
	s->runnable &= ~me;
	sched_switch_forced(s, p);
}

void sched_wake(struct sched *s, struct sched_wq *wq)
{
	uint32_t who;

	if (s->free) {
		free_wake(s, wq);
		return;
	}
	who = atomic_load_explicit(&wq->word, memory_order_relaxed);
	if (!who)
		return;
	s->runnable |= who;
	atomic_store_explicit(&wq->word, 0, memory_order_relaxed);
}

bool sched_sleep(struct sched *s, struct sched_wq *wq, enum point p, bool (*pred)(void *arg), void *arg)
{
	if (s->free)
		free_wait(s, wq, p, pred, arg);
	else
		sched_block(s, wq, p);
	return s->free;
}

static void sched_reset_passages(struct sched_actor *a) { memset(a->passage, 0, sizeof(a->passage)); }

/* -- life of an actor -------------------------------------------------------- */

static void sched_actor_entry(void *arg)
{
	struct sched *s = arg;
	int me = s->current;

	sched_point(s, PT_ACTOR_START);
	s->actor[me].body(s->actor[me].arg);
	s->finished |= 1u << me;
	s->runnable &= ~(1u << me);
	sched_switch_forced(s, PT_ACTOR_END);
	abort(); /* nobody switches to a finished actor */
}

void sched_spawn(struct sched *s, int actor, sched_body *body, void *arg, bool daemon)
{
	struct sched_actor *a = &s->actor[actor];

	a->body = body;
	a->arg = arg;
	a->daemon = daemon;
	sched_set_where(s, actor, PT_ACTOR_START);
	sched_reset_passages(a);
	s->spawned |= 1u << actor;
	s->runnable |= 1u << actor;
	if (!daemon)
		s->programs |= 1u << actor;
	if (!s->free)
		fiber_arm(&s->fiber[actor], sched_actor_entry, s);
}

enum sched_end sched_run(struct sched *s, int first)
{
	if (s->free)
		return free_run(s);
	fiber_adopt_thread(&s->main);
	if (s->policy.start)
		s->policy.start(s->policy.ctx, s);
	if (!s->programs)
		return SCHED_DONE;
	for (int i = 0; first < 0; i++)
		if (s->runnable >> s->order[i] & 1)
			first = s->order[i];
	sched_set_current(s, first);
	fiber_switch(&s->main, &s->fiber[first]);
	for (uint32_t left = s->spawned; left; left &= left - 1)
		fiber_join(&s->main, &s->fiber[__builtin_ctz(left)]);
	if (s->current_out)
		*s->current_out = 0xff;
	return s->end;
}

void sched_stop(struct sched *s)
{
	sched_end_run(s, SCHED_STOPPED);
	abort(); /* a stopped execution is never resumed */
}

void sched_op_begin(struct sched *s)
{
	if (s->free)
		free_op_begin();
	else
		sched_reset_passages(&s->actor[s->current]);
}

/* -- questions ---------------------------------------------------------------- */

int sched_current(const struct sched *s) { return s->free ? free_current(s) : s->current; }
uint32_t sched_points(const struct sched *s) { return s->free ? free_points(s) : s->hot.points; }
uint32_t sched_switches(const struct sched *s) { return s->switches; }
uint32_t sched_passage(const struct sched *s, enum point p) { return s->hot.passage[p]; }
uint32_t sched_blocked(const struct sched *s) { return s->spawned & ~s->runnable & ~s->finished; }
uint32_t sched_runnable(const struct sched *s) { return s->runnable; }
enum point sched_where(const struct sched *s, int actor) { return (enum point)s->actor[actor].where; }
bool sched_yielding(const struct sched *s) { return s->yielding; }
bool sched_finished(const struct sched *s, int actor) { return s->finished >> actor & 1; }
