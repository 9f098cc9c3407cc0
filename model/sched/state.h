/* SPDX-License-Identifier: MIT */
/* state: the scheduler and its actors, and the free runtime's side of them. For the files of sched/ only. */
#ifndef SCHED_STATE_H
#define SCHED_STATE_H

#include "sched/fiber.h"
#include "sched/sched.h"

/* TSan takes fibers for threads. */
#ifdef SHOOTDOWN_TSAN_FIBERS
enum { SCHED_WATCHED = 1 };
#else
enum { SCHED_WATCHED = 0 };
#endif

struct sched_actor {
	sched_body *body;
	void *arg;
	uint16_t passage[PT_COUNT]; /* in the current op */
	_Atomic uint16_t where;     /* point at which it was switched out */
	bool daemon;
};

struct free_run;

struct sched {
	struct sched_hot hot;  /* must come first: sched_inline.h */
	struct free_run *free; /* NULL: the controlled runtime */
	struct sched_policy policy;
	uint32_t limit;  /* points after which the execution ends */
	uint32_t ask_at; /* points at which the policy is asked again */
	uint32_t switches;
	uint32_t spawned, runnable, finished, programs; /* actors, a bit each */
	int current;
	bool yielding; /* the policy is asked on behalf of sched_relax() */
	enum sched_end end;
	uint8_t *current_out;
	uint8_t order[SCHED_MAX_ACTORS], pos[SCHED_MAX_ACTORS];
	struct fiber main, fiber[SCHED_MAX_ACTORS];
	struct sched_actor actor[SCHED_MAX_ACTORS];
	void *stacks;
	size_t stack_bytes;
};

static inline void sched_set_where(struct sched *s, int actor, enum point p)
{
	atomic_store_explicit(&s->actor[actor].where, (uint16_t)p, memory_order_relaxed);
}

/* -- free.c: what sched.h's functions do in the free runtime ----------------------- */
void free_destroy(struct sched *s);
void free_reset(struct sched *s);
enum sched_end free_run(struct sched *s);
void free_point(struct sched *s);
void free_relax(struct sched *s);
void free_op_begin(void);
/* The caller has looked, in vain; on return pred(arg) has held. */
void free_wait(struct sched *s, struct sched_wq *wq, enum point p, bool (*pred)(void *arg), void *arg);
void free_wake(struct sched *s, struct sched_wq *wq);
int free_current(const struct sched *s);
uint32_t free_points(const struct sched *s);

#endif
