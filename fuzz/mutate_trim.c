/* SPDX-License-Identifier: MIT */
/*
 * Trimming by parts of a case: schedule entries in blocks and one by one, then
 * operations, then whole programs. Every kind of step counts from the end, so
 * that what an earlier one left out does not move what a later one names.
 */
#include "fuzz/mutate.h"

#include <string.h>

#include "engine/run/actors.h"
#include "fuzz/mutate_parts.h"

enum {
	BLOCK = 8,   /* entries that one step leaves out, while many are left */
	SINGLES = 16 /* entries that are tried one by one */
};

void mutate_trim_begin(struct mutate_trimmer *t, const struct case_file *c)
{
	t->blocks = c->nsched / BLOCK;
	t->entries = c->nsched < SINGLES ? c->nsched : SINGLES;
	t->ops = 0;
	for (int a = 0; a < CASE_PROGRAMS; a++)
		t->ops += c->prog[a].nops;
	t->steps = t->blocks + t->entries + t->ops + CASE_PROGRAMS;
}

static bool mutate_trim_drop_entries(struct case_file *c, unsigned at, unsigned n)
{
	if (at >= c->nsched)
		return false;
	if (n > c->nsched - at)
		n = c->nsched - at;
	memmove(&c->sched[at], &c->sched[at + n], (c->nsched - at - n) * sizeof(c->sched[0]));
	c->nsched = (uint16_t)(c->nsched - n);
	return true;
}

/* The k-th op of all programs in a row. */
static bool mutate_trim_drop_kth_op(struct case_file *c, unsigned k)
{
	for (int a = 0; a < CASE_PROGRAMS; a++) {
		if (k < c->prog[a].nops) {
			mutate_drop_op(c, a, k);
			return true;
		}
		k -= c->prog[a].nops;
	}
	return false;
}

static bool mutate_trim_drop_program(struct case_file *c, unsigned actor)
{
	if (!c->prog[actor].present || actors_count(mutate_actors(c)) < 2)
		return false;
	memset(&c->prog[actor], 0, sizeof(c->prog[actor]));
	return true;
}

bool mutate_trim(const struct mutate_trimmer *t, struct case_file *c, unsigned step)
{
	bool done;

	if (step < t->blocks)
		done = mutate_trim_drop_entries(c, (t->blocks - 1 - step) * BLOCK, BLOCK);
	else if ((step -= t->blocks) < t->entries)
		done = mutate_trim_drop_entries(c, t->entries - 1 - step, 1);
	else if ((step -= t->entries) < t->ops)
		done = mutate_trim_drop_kth_op(c, t->ops - 1 - step);
	else if ((step -= t->ops) < CASE_PROGRAMS)
		done = mutate_trim_drop_program(c, CASE_PROGRAMS - 1 - step);
	else
		done = false;
	case_fix(c);
	return done;
}
