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

static inline void end(struct bench *b, enum op_kind op) { event_op_end(&b->ev, op, b->space, 0, 0, 0, 0); }

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

static inline sd_page map(struct bench *b, sd_page page, pte_t bits)
{
	sd_page pfn = mem_alloc(&b->m, MEM_DATA, 1);

	store(b, pte_of(b, page), pte_make(pfn, bits));
	return pfn;
}

#endif
