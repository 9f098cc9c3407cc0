/* SPDX-License-Identifier: MIT */
/* toys: actors that only count, for tests of engines. */
#ifndef TESTS_TOYS_H
#define TESTS_TOYS_H

#include <string.h>

#include "engine/search/policy.h"

enum { TOYS = 4, TRACE = 1024 };

struct toy;

struct toy_actor {
	struct toy *toy;
	int number;
	unsigned steps; /* points of its body */
};

/* What toy actors share. */
struct toy {
	struct sched *s;
	struct toy_actor actor[TOYS];
	int actors;
	unsigned done[TOYS];  /* steps so far */
	uint8_t trace[TRACE]; /* who did each step */
	unsigned len;
	bool hit;
	struct sched_wq wq;
	bool open;
	const struct policy_pct *pct;
	unsigned out_of_order;
};

static inline void step(struct toy *t, int me)
{
	t->done[me]++;
	if (t->len < TRACE)
		t->trace[t->len++] = (uint8_t)me;
}

static inline void walk(void *arg)
{
	struct toy_actor *a = arg;

	for (unsigned i = 0; i < a->steps; i++) {
		sched_point(a->toy->s, PT_OP_BEGIN);
		step(a->toy, a->number);
	}
}

static inline void toy_init(struct toy *t)
{
	memset(t, 0, sizeof(*t));
	t->s = sched_create(NULL);
	assert_non_null(t->s);
}

static inline void toy_fini(struct toy *t) { sched_destroy(t->s); }

static inline void toy_add(struct toy *t, unsigned steps) { t->actor[t->actors++].steps = steps; }

static inline enum sched_end toy_run(struct toy *t, const struct sched_policy *policy,
                                     sched_body *const body[])
{
	memset(t->done, 0, sizeof(t->done));
	memset(&t->wq, 0, sizeof(t->wq));
	t->len = 0;
	t->hit = t->open = false;
	sched_reset(t->s, policy, 10000);
	for (int i = 0; i < t->actors; i++) {
		t->actor[i].toy = t;
		t->actor[i].number = i;
		sched_spawn(t->s, i, body[i], &t->actor[i], false);
	}
	return sched_run(t->s, -1);
}

static sched_body *const walkers[TOYS] = {walk, walk, walk, walk};

#endif
