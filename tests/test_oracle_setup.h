/* SPDX-License-Identifier: MIT */
/* Set-up and tear-down of the oracle's tests: see test_oracle.h. */
#ifndef TESTS_TEST_ORACLE_SETUP_H
#define TESTS_TEST_ORACLE_SETUP_H

#include "test_oracle.h"

/* A three-level path to page 0, a device that may walk it, and actor 0 running. */
static inline int set_up_in(void **state, uint8_t space)
{
	struct oracle_places places = {nowhere, NULL, NULL};
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->sched = sched_create(NULL);
	assert_non_null(b->sched);
	assert_true(mem_init(&b->m, (struct mem_geometry){3, 3}, b->sched, &b->ev));
	case_init(&b->c, PROFILE_SMMUV3);
	b->c.prog[ACTOR_DEV0].present = 1;
	b->o = oracle_create(&b->m, &places);
	assert_non_null(b->o);
	oracle_reset(b->o, &b->c);
	b->h = history_create();
	assert_non_null(b->h);
	b->ev = (struct event_sink){
	        .listen = oracle_listen, .ctx = b->o, .log = b->log, .cap = BENCH_LOG, .actor = 0};
	b->space = space;
	b->root = mem_alloc(&b->m, MEM_TABLE, 1);
	b->pmd = mem_alloc(&b->m, MEM_TABLE, 1);
	b->pte = mem_alloc(&b->m, MEM_TABLE, 1);
	event_root(&b->ev, space, b->root, 1, 0);
	event_tag(&b->ev, space, TAG, PASID);
	event_ctx(&b->ev, DEV, 1, PASID, b->root, TAG, 0);
	store(b, mem_at(&b->m, b->root, 0), pte_make(b->pmd, PTE_P));
	store(b, mem_at(&b->m, b->pmd, 0), pte_make(b->pte, PTE_P));
	*state = b;
	return 0;
}

static inline int set_up(void **state) { return set_up_in(state, SPACE); }
static inline int set_up_domain(void **state) { return set_up_in(state, DOMAIN); }

static inline int tear_down(void **state)
{
	struct bench *b = *state;

	history_destroy(b->h);
	oracle_destroy(b->o);
	mem_fini(&b->m);
	sched_destroy(b->sched);
	free(b);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define TEST_DOMAIN(f) cmocka_unit_test_setup_teardown(f, set_up_domain, tear_down)

#endif
