/* SPDX-License-Identifier: MIT */
/*
 * The mutator core as an AFL++ custom mutator (AFL_CUSTOM_MUTATOR_LIBRARY).
 * AFL++ 4.04c does not call libFuzzer's mutators, so this is its way to the
 * same core. No AFL header is needed: the interface is a set of names
 * (docs/custom_mutators.md of AFL++).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/mutate.h"

void *afl_custom_init(void *afl, unsigned int seed);
uint32_t afl_custom_fuzz_count(void *data, const uint8_t *buf, size_t size);
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add, size_t add_size,
                       size_t max_size);
int32_t afl_custom_init_trim(void *data, uint8_t *buf, size_t size);
size_t afl_custom_trim(void *data, uint8_t **out);
int32_t afl_custom_post_trim(void *data, uint8_t success);
void afl_custom_deinit(void *data);

enum { CROSS_ONE_IN = 8, CHILDREN = 16 };

struct afl_mutator {
	struct mutator *mutator;
	struct rng seeds;
	struct case_file c, other;
	struct mutate_trimmer trimmer;
	struct case_file best, tried; /* while trimming */
	unsigned step;
	uint8_t out[CASE_BIN_MAX];
};

void *afl_custom_init(void *afl, unsigned int seed)
{
	struct mutate_settings set;
	struct afl_mutator *m;
	const char *wrong;

	(void)afl;
	if (!mutate_settings_from_env(&set, &wrong)) {
		fprintf(stderr, "shootdown: environment: nobody knows '%s'\n", wrong);
		return NULL;
	}
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	rng_seed(&m->seeds, seed);
	m->mutator = mutator_create(&set);
	if (!m->mutator) {
		free(m);
		return NULL;
	}
	return m;
}

void afl_custom_deinit(void *data)
{
	struct afl_mutator *m = data;

	mutator_destroy(m->mutator);
	free(m);
}

/*
 * How many children in a row. Left to itself AFL++ doubles the number whenever
 * one of them is new, and nearly all are: its first thousands of inputs would
 * be children of the first seed. A new parent for every child, as libFuzzer
 * does it, costs AFL++ more than a run: it weighs the whole queue again.
 */
uint32_t afl_custom_fuzz_count(void *data, const uint8_t *buf, size_t size)
{
	(void)data;
	(void)buf;
	(void)size;
	return CHILDREN;
}

size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add, size_t add_size,
                       size_t max_size)
{
	struct afl_mutator *m = data;

	case_decode(&m->c, buf, size);
	mutator_seed(m->mutator, rng_next(&m->seeds));
	if (add && add_size > 0 && rng_one_in(&m->seeds, CROSS_ONE_IN)) {
		case_decode(&m->other, add, add_size);
		mutate_cross(m->mutator, &m->c, &m->other);
	} else {
		mutate_case(m->mutator, &m->c);
	}
	*out = m->out;
	return mutate_encode(&m->c, m->out, max_size < sizeof(m->out) ? max_size : sizeof(m->out));
}

/* Returns how many steps there are; 0: leave this input alone. */
int32_t afl_custom_init_trim(void *data, uint8_t *buf, size_t size)
{
	struct afl_mutator *m = data;

	case_decode(&m->best, buf, size);
	m->step = 0;
	/* Noise decodes to more than it is long, and AFL++ does not take back a longer input. */
	if (!case_encode(&m->best, m->out, size < sizeof(m->out) ? size : sizeof(m->out)))
		return 0;
	mutate_trim_begin(&m->trimmer, &m->best);
	return (int32_t)m->trimmer.steps;
}

size_t afl_custom_trim(void *data, uint8_t **out)
{
	struct afl_mutator *m = data;

	m->tried = m->best;
	/* A step that leaves nothing out costs AFL++ a run of the same input, so go on to one that does. */
	while (!mutate_trim(&m->trimmer, &m->tried, m->step) && m->step + 1 < m->trimmer.steps)
		m->step++;
	*out = m->out;
	return case_encode(&m->tried, m->out, sizeof(m->out));
}

/* Returns the step to try next; as many as init_trim said: done. */
int32_t afl_custom_post_trim(void *data, uint8_t success)
{
	struct afl_mutator *m = data;

	if (success)
		m->best = m->tried;
	return (int32_t)++m->step;
}
