/* SPDX-License-Identifier: MIT */
/*
 * Each event touches one or two objects; a small hashed table remembers who
 * touched an object last, and how. "How" is the kind of the event, the detail of
 * it that matters, and the operation that the actor is in, but no address and
 * no number: the same meeting of the same operations is the same feature,
 * wherever it happens.
 *
 * The distance of a near miss counts in powers of two.
 */
#include "engine/run/interleave.h"

#include <stdlib.h>

#include "case/case.h"
#include "event/walker.h"
#include "mem/pte.h"

enum { LAST_SLOTS = 1024, NEAR_MAX = 64 };

enum object {
	OBJ_NONE,
	OBJ_ENTRY,
	OBJ_FRAME,
	OBJ_WALKER,
	OBJ_QUEUE,
	OBJ_SPACE,
	OBJ_REQUESTS,
	OBJ_LOCK,
	OBJ_NEAR
};

struct last {
	uint32_t run, object, how;
	uint8_t actor;
};

struct interleave {
	uint8_t *feature;
	uint32_t run; /* number of the execution: what the table has of others is void */
	uint8_t op[SCHED_MAX_ACTORS];
	struct last last[LAST_SLOTS];
};

/* What an event touches: an object, and the field that names it. */
enum field { F_A, F_B, F_C };
static const struct touch {
	uint8_t object; /* enum object */
	uint8_t name;   /* enum field */
	uint8_t detail; /* enum field */
} touches[EV_COUNT] = {
        [EV_ENTRY_AD] = {OBJ_ENTRY, F_C, F_B},     [EV_FILL] = {OBJ_ENTRY, F_C, F_B},
        [EV_FILL_TABLE] = {OBJ_ENTRY, F_C, F_B},   [EV_HIT] = {OBJ_ENTRY, F_C, F_B},
        [EV_HIT_TABLE] = {OBJ_ENTRY, F_C, F_B},    [EV_ENTRY] = {OBJ_ENTRY, F_C, F_B},
        [EV_FRAME_ALLOC] = {OBJ_FRAME, F_C, F_A},  [EV_FRAME_FREE] = {OBJ_FRAME, F_C, F_A},
        [EV_WRITEOUT] = {OBJ_FRAME, F_C, F_B},     [EV_DISCARD] = {OBJ_FRAME, F_C, F_B},
        [EV_ACCESS] = {OBJ_FRAME, F_C, F_B},       [EV_INV] = {OBJ_WALKER, F_A, F_B},
        [EV_INV_CTX] = {OBJ_WALKER, F_A, F_A},     [EV_WAIT_BEGIN] = {OBJ_WALKER, F_A, F_A},
        [EV_WAIT_DONE] = {OBJ_WALKER, F_A, F_B},   [EV_WAIT_SEEN] = {OBJ_WALKER, F_A, F_B},
        [EV_FILL_CTX] = {OBJ_WALKER, F_A, F_A},    [EV_CMD] = {OBJ_QUEUE, F_A, F_B},
        [EV_OP_BEGIN] = {OBJ_SPACE, F_B, F_A},     [EV_OP_END] = {OBJ_SPACE, F_B, F_A},
        [EV_SPACE_ROOT] = {OBJ_SPACE, F_B, F_A},   [EV_SPACE_TAG] = {OBJ_SPACE, F_B, F_A},
        [EV_NOTIFY_START] = {OBJ_SPACE, F_B, F_A}, [EV_NOTIFY_END] = {OBJ_SPACE, F_B, F_A},
        [EV_SECONDARY] = {OBJ_SPACE, F_B, F_A},    [EV_CPU_FLUSH] = {OBJ_SPACE, F_B, F_A},
        [EV_DEAD] = {OBJ_SPACE, F_B, F_A},         [EV_CLEANED] = {OBJ_SPACE, F_B, F_A},
        [EV_CTX] = {OBJ_REQUESTS, F_A, F_B},       [EV_PRQ] = {OBJ_REQUESTS, F_A, F_B},
        [EV_PRQ_DROP] = {OBJ_REQUESTS, F_A, F_B},  [EV_PRQ_SERVED] = {OBJ_REQUESTS, F_A, F_B},
        [EV_DEV_GONE] = {OBJ_REQUESTS, F_A, F_B},  [EV_INV_TIMEOUT] = {OBJ_QUEUE, F_B, F_B},
};

static uint32_t mix(uint32_t h, uint32_t v)
{
	h = (h ^ v) * 0x9e3779b1u;
	return h ^ h >> 15;
}

static void interleave_count(struct interleave *iv, uint32_t feature)
{
	uint8_t *n = &iv->feature[feature & (INTERLEAVE_FEATURES - 1)];

	*n = (uint8_t)(*n + (*n < UINT8_MAX));
}

static void touch(struct interleave *iv, enum object kind, uint32_t name, uint8_t actor, uint32_t how)
{
	const uint32_t object = (uint32_t)kind << 24 | name;
	struct last *l = &iv->last[mix(0, object) % LAST_SLOTS];

	if (l->run == iv->run && l->object == object && l->actor != actor)
		interleave_count(iv, mix(mix(kind, l->how), how));
	*l = (struct last){iv->run, object, how, actor};
}

static uint32_t field(const struct event *ev, enum field f)
{
	return f == F_A ? ev->a : f == F_B ? ev->b : ev->c;
}

/* What a store did to an entry: what there was, what there is, and whether the frame is the same. */
static uint32_t change(pte_t old, pte_t new)
{
	const pte_t bits = PTE_P | PTE_W | PTE_LEAF | PTE_NT;

	return mix(old & bits, (new &bits) | (uint32_t)(pte_pfn(old) == pte_pfn(new)) << 31);
}

/* CPU, IOMMU or ATC; the same for whatever is no walker. */
static uint32_t interleave_walker_kind(const struct event *ev, const struct touch *t)
{
	const uint32_t w = 1u << (ev->a & 31);

	if (t->object != OBJ_ENTRY || ev->type == EV_ENTRY)
		return 0;
	return w & WALKERS_CPU ? 1 : w & WALKERS_ATC ? 2 : 3;
}

static void interleave_near_miss(struct interleave *iv, const struct oracle_near *near)
{
	uint32_t log2 = 0;

	if (!near->tested || near->events > NEAR_MAX)
		return;
	for (uint32_t n = near->events; n > 1; n >>= 1)
		log2++;
	interleave_count(iv, mix(mix(OBJ_NEAR, near->row), log2));
}

struct interleave *interleave_create(uint8_t *feature)
{
	struct interleave *iv = calloc(1, sizeof(*iv));

	if (iv)
		iv->feature = feature;
	return iv;
}

void interleave_destroy(struct interleave *iv) { free(iv); }

void interleave_begin(struct interleave *iv)
{
	iv->run++;
	for (int i = 0; i < SCHED_MAX_ACTORS; i++)
		iv->op[i] = OP_COUNT;
}

void interleave_listen(struct interleave *iv, const struct event *ev, const struct oracle_near *near)
{
	const struct touch *t = &touches[ev->type];
	uint32_t how, op;

	if (ev->actor >= SCHED_MAX_ACTORS)
		return;
	if (ev->type == EV_OP_BEGIN)
		iv->op[ev->actor] = ev->a;
	interleave_near_miss(iv, near);
	if (t->object == OBJ_NONE)
		return;
	op = iv->op[ev->actor];
	how = mix(ev->type << 8 | op, ev->type == EV_ENTRY ? change(ev->d, ev->e) : field(ev, t->detail));
	touch(iv, (enum object)t->object, field(ev, t->name), ev->actor,
	      mix(how, interleave_walker_kind(ev, t)));
	if (t->object == OBJ_ENTRY && ev->type != EV_ENTRY) /* a cache is an object, too */
		touch(iv, OBJ_WALKER, ev->a, ev->actor, mix(ev->type, op));
	if (ev->type == EV_OP_END)
		iv->op[ev->actor] = OP_COUNT;
}

void interleave_blocked(struct interleave *iv, enum point p, int actor, int next)
{
	interleave_count(
	        iv, mix(mix(OBJ_LOCK, (uint32_t)p << 8 | iv->op[actor]), next < 0 ? OP_COUNT : iv->op[next]));
}
