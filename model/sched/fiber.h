/* SPDX-License-Identifier: MIT */
/*
 * fiber: stacks and the switch between them.
 *
 * Boost.Context's assembly does the switch; this adds what sanitizers must be
 * told. A fiber that has not finished may be abandoned and armed again.
 */
#ifndef SCHED_FIBER_H
#define SCHED_FIBER_H

#include <stdbool.h>
#include <stddef.h>

struct fiber {
	void *ctx;   /* where it goes on; valid while switched out */
	void *stack; /* lowest address; NULL: the thread's own stack */
	size_t size; /* bytes of stack */
	void *fake;  /* ASan's fake stack, while switched out */
	void *tsan;  /* TSan's handle */
	bool used;   /* ran since its stack was last clean */
	void (*entry)(void *arg);
	void *arg;
};

/* n stacks in one mapping, a guard page below each. NULL: no memory. */
void *fiber_stacks_create(struct fiber *f, int n, size_t *bytes);
void fiber_stacks_destroy(struct fiber *f, int n, void *stacks, size_t bytes);
/* The next switch to f calls entry(arg), which must never return. */
void fiber_arm(struct fiber *f, void (*entry)(void *arg), void *arg);
/* Makes f stand for the stack that calls this. */
void fiber_adopt_thread(struct fiber *f);
/* Leaves `from` (running) for `to`; returns when somebody switches back. */
void fiber_switch(struct fiber *from, struct fiber *to);
/* What f has done happens before what self does from here on. Nobody runs; only TSan listens. */
void fiber_join(struct fiber *self, struct fiber *f);

#endif
