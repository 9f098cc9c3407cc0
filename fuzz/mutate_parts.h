/* SPDX-License-Identifier: MIT */
/* The parts of the mutator core; for fuzz/mutate*.c only. */
#ifndef FUZZ_MUTATE_PARTS_H
#define FUZZ_MUTATE_PARTS_H

#include "engine/search/generate.h"
#include "fuzz/mutate.h"

enum { SEEN_SLOTS = 32 };

/* Points that recorded schedules switched at, by op: where a preemption means something. */
struct seen_points {
	struct {
		uint16_t point, passage;
	} slot[OP_COUNT + 1][SEEN_SLOTS];
	uint8_t count[OP_COUNT + 1];
};

void mutate_seen_add(struct seen_points *s, const struct case_file *c, struct rng *r);

/* Actors with a program, and (daemons) those that serve them, a bit each. */
uint32_t mutate_actors(const struct case_file *c);
/* One of the actors in the set; -1: it is empty. */
int mutate_pick_actor(uint32_t set, struct rng *r);
/* Takes one op out; the schedule's entries in it go, those in later ones of its kind follow. */
void mutate_drop_op(struct case_file *c, int actor, unsigned at);
/* How often the kind comes up in the program. */
unsigned mutate_count_ops(const struct case_program *p, unsigned kind);

/* What the case already aims at: one of its own operands, or a new focus. */
void mutate_aim_of(struct generate_aim *a, const struct case_file *c, struct rng *r);
void mutate_programs(struct case_file *c, struct rng *r);
void mutate_config(struct case_file *c, struct rng *r);
void mutate_schedule(struct case_file *c, const struct seen_points *seen, struct rng *r);
/* Leaves out the entries whose op is in no program any more. */
void mutate_prune_schedule(struct case_file *c);

#endif
