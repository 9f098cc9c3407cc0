/* SPDX-License-Identifier: MIT */
/* Shared by the tests of cases, of the generator and of the mutator. */
#ifndef TESTS_CASE_SUPPORT_H
#define TESTS_CASE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "case/case.h"
#include "engine/search/rng.h"

enum { TEXT_CAP = 64 * 1024 };

/* Ops of one class in all programs. */
static inline unsigned support_ops(const struct case_file *c, enum op_who who)
{
	unsigned n = 0;

	for (int a = 0; a < CASE_PROGRAMS; a++)
		if ((a < ACTOR_DEV0) == (who == OP_WHO_CPU))
			n += c->prog[a].nops;
	return n;
}

static inline void support_bytes(struct rng *r, uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)rng_next(r);
}

/* Fixed cases are equal byte for byte. */
static inline void support_assert_equal(const struct case_file *a, const struct case_file *b)
{
	assert_memory_equal(&a->prof, &b->prof, sizeof(a->prof));
	assert_int_equal(a->profile, b->profile);
	assert_int_equal(a->levels, b->levels);
	assert_int_equal(a->bits, b->bits);
	assert_int_equal(a->mms, b->mms);
	assert_true(a->bugs == b->bugs);
	assert_true(a->skip[0] == b->skip[0] && a->skip[1] == b->skip[1]);
	assert_int_equal(a->split, b->split);
	assert_int_equal(a->expect, b->expect);
	assert_memory_equal(a->prog, b->prog, sizeof(a->prog));
	assert_memory_equal(a->order, b->order, sizeof(a->order));
	assert_int_equal(a->nsched, b->nsched);
	assert_memory_equal(a->sched, b->sched, sizeof(a->sched));
}

/* A legal case with everything in it: noise, fixed. */
static inline void support_noise_case(struct case_file *c, struct rng *r)
{
	memset(c, 0, sizeof(*c));
	support_bytes(r, (uint8_t *)c, sizeof(*c));
	c->profile = (uint8_t)rng_below(r, PROFILE_COUNT + 1);
	c->levels = (uint8_t)rng_below(r, 6);
	c->bits = (uint8_t)rng_below(r, 8);
	c->nsched = (uint16_t)rng_below(r, 100);
	for (int i = 0; i < c->nsched; i++) {
		struct case_sched *e = &c->sched[i];

		e->actor = (uint8_t)rng_below(r, ACTOR_COUNT);
		e->target = (uint8_t)rng_below(r, ACTOR_COUNT);
		e->op_kind = (uint8_t)rng_below(r, OP_COUNT + 1);
		e->what = (uint8_t)rng_below(r, DO_COUNT);
		e->point = (uint16_t)rng_below(r, PT_COUNT);
	}
	for (int a = 0; a < CASE_PROGRAMS; a++)
		c->prog[a].present = rng_one_in(r, 2) != 0;
	if (rng_one_in(r, 2))
		c->bugs = c->skip[0] = c->skip[1] = 0;
	case_fix(c);
}

#endif
