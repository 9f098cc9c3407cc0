/* SPDX-License-Identifier: MIT */
/*
 * The oracle alone, fed by hand: one space with a device behind one IOMMU,
 * tables in real memory, and events as the model would send them. What it says
 * the second opinion must say, too.
 */
#ifndef TEST_ORACLE_H
#define TEST_ORACLE_H
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "event/tell.h"
#include "oracle/history/history.h"
#include "oracle/oracle.h"

enum {
	SPACE = 0, /* an mm's */
	DOMAIN = SD_MAX_MMS,
	TAG = 1,
	PASID = 1,
	DEV = 0,
	IOMMU = WALKER_IOMMU0,
	ATC = WALKER_ATC0,
	BENCH_LOG = 4096,
};

struct bench {
	struct sched *sched;
	struct event_sink ev;
	struct mem m;
	struct oracle *o;
	struct history *h;
	struct event log[BENCH_LOG];
	struct case_file c;
	uint8_t space; /* of the programs: SPACE or DOMAIN */
	sd_page root, pmd, pte;
};

static inline void nowhere(void *ctx, enum point p, struct oracle_place *out)
{
	(void)ctx;
	*out = (struct oracle_place){.valid = true, .point = (uint16_t)p};
}

static const pte_t RW = PTE_P | PTE_LEAF | PTE_W | PTE_A | PTE_D;
static const pte_t RO = PTE_P | PTE_LEAF | PTE_A;

static inline mem_entry pte_of(struct bench *b, sd_page page)
{
	return mem_at(&b->m, b->pte, mem_index(&b->m, page, 0));
}

static inline void store(struct bench *b, mem_entry e, pte_t v) { mem_store(&b->m, e, v, PT_OP_BEGIN); }

static inline void begin(struct bench *b, enum op_kind op, sd_page start, uint32_t n)
{
	event_op_begin(&b->ev, op, b->space, start, n, 0, 0, 0);
}

static inline void end(struct bench *b, enum op_kind op)
{
	event_op_end(&b->ev, op, b->space, 0, 0, 0, 0);
}

static inline void end_map(struct bench *b, uint32_t n)
{
	event_op_end(&b->ev, OP_DMA_MAP, b->space, 0, 0, 0, n);
}

static inline void invalidate(struct bench *b, int walker, unsigned flags, sd_page first, sd_page last)
{
	event_inv(&b->ev, walker, flags, walker == ATC ? PASID : TAG, first, last, 1);
}

static inline void wait(struct bench *b, unsigned flags)
{
	event_wait_begin(&b->ev, IOMMU, 2);
	event_wait_seen(&b->ev, IOMMU, flags, 2);
}

static inline void ask_second(struct bench *b, struct history_result *said)
{
	struct history_run run = {
	        .c = &b->c, .log = b->log, .n = b->ev.len, .lost = b->ev.lost, .end = SCHED_LIMIT};

	history_check(b->h, &run, said);
}

static inline int verdict(struct bench *b)
{
	const struct oracle_violation *v = oracle_violation(b->o);
	int class_ = v ? v->class_ : VC_CLEAN;
	struct history_result said;

	assert_null(oracle_defect(b->o));
	ask_second(b, &said);
	assert_int_equal(said.verdict, v ? HISTORY_VIOLATION : HISTORY_CLEAN);
	if (v)
		assert_int_equal(said.class_, class_);
	return class_;
}

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

static inline sd_page map(struct bench *b, sd_page page, pte_t bits)
{
	sd_page pfn = mem_alloc(&b->m, MEM_DATA, 1);

	store(b, pte_of(b, page), pte_make(pfn, bits));
	return pfn;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define TEST_DOMAIN(f) cmocka_unit_test_setup_teardown(f, set_up_domain, tear_down)

#endif
