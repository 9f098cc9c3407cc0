/* SPDX-License-Identifier: MIT */
/*
 * mutate: the one mutator core, behind libFuzzer and AFL++ alike. It works on
 * a struct case_file, never on bytes, so that every child is a legal program
 * with a schedule that means something.
 */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "case/case.h"
#include "engine/search/rng.h"

/* What a campaign fixes for every input, whatever the input says. */
struct mutate_settings {
	int profile; /* enum profile_id, or -1: the input's own */
	uint64_t bugs, skip[2];
	/* children of a mutator that are generated, whatever their parents, before any is changed */
	uint32_t fresh_first;
};

/*
 * From SHOOTDOWN_BUG (slugs, comma separated), SHOOTDOWN_SKIP (steps),
 * SHOOTDOWN_HW (a profile) and SHOOTDOWN_FRESH (a number, 2048 without it).
 * false: *wrong is the word that nobody knows.
 */
bool mutate_settings_from_env(struct mutate_settings *s, const char **wrong);
/* Makes the case one of the campaign: its bugs, its profile, expected clean. */
void mutate_force(const struct mutate_settings *s, struct case_file *c);

struct mutator;

/* Owns a world, in which it measures what it makes. NULL: no memory. */
struct mutator *mutator_create(const struct mutate_settings *s);
void mutator_destroy(struct mutator *m);
/* The same seed, the same input and the same past give the same child. */
void mutator_seed(struct mutator *m, uint64_t seed);

/* c becomes a child of c. */
void mutate_case(struct mutator *m, struct case_file *c);
/* c becomes a child of c and other. */
void mutate_cross(struct mutator *m, struct case_file *c, const struct case_file *other);

/* Encodes into at most cap bytes; gives up schedule entries, then operations, where they do not fit. */
size_t mutate_encode(struct case_file *c, uint8_t *bytes, size_t cap);

/*
 * Trimming: the steps are tried in order, and each leaves something out of what
 * the last successful one left.
 */
struct mutate_trimmer {
	unsigned blocks, entries, ops, steps;
};
void mutate_trim_begin(struct mutate_trimmer *t, const struct case_file *c);
/* Step 0 .. steps - 1. false: there is nothing (any more) for this step to leave out. */
bool mutate_trim(const struct mutate_trimmer *t, struct case_file *c, unsigned step);

#endif
