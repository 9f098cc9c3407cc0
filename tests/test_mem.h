/* SPDX-License-Identifier: MIT */
/* Memory alone, with a log of its events: for the tests of mem/. */
#ifndef TEST_MEM_H
#define TEST_MEM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mem/mem.h"

enum { BENCH_LOG = 256 };

struct bench {
	struct sched *sched;
	struct event_sink ev;
	struct event log[BENCH_LOG];
	struct mem m;
};

static const pte_t RW = PTE_P | PTE_LEAF | PTE_W;

static inline int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->sched = sched_create(NULL);
	assert_non_null(b->sched);
	b->ev = (struct event_sink){.log = b->log, .cap = BENCH_LOG};
	assert_true(mem_init(&b->m, (struct mem_geometry){3, 3}, b->sched, &b->ev));
	*state = b;
	return 0;
}

static inline int tear_down(void **state)
{
	struct bench *b = *state;

	mem_fini(&b->m);
	sched_destroy(b->sched);
	free(b);
	return 0;
}

#endif
