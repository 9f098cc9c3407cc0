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
#include <string.h>

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

/* Where a field of an event is; its size is one that interleave_field() reads. */
struct at {
	uint8_t offset, size;
};
#define SIZE_OF(field)                                                                                       \
	sizeof(struct {                                                                                      \
		char bytes[sizeof(field)];                                                                   \
		_Static_assert(sizeof(field) == sizeof(uint8_t) || sizeof(field) == sizeof(uint32_t),        \
		               "a field that interleave_field() does not read");                             \
	})
#define AT(shape, field)                                                                                     \
	{                                                                                                    \
		(uint8_t) offsetof(struct event, shape.field), SIZE_OF(((struct event *)0)->shape.field)     \
	}
#define NO_FIELD                                                                                             \
	{                                                                                                    \
		0, 0                                                                                         \
	}

/* What an event touches: an object, the field that names it, and one that says how. */
static const struct touch {
	uint8_t object; /* enum object */
	struct at name, detail;
	struct at walker; /* that touches it */
} touches[EV_COUNT] = {
        [EV_ENTRY] = {OBJ_ENTRY, AT(store, entry), NO_FIELD, NO_FIELD},
        [EV_ENTRY_AD] = {OBJ_ENTRY, AT(set_ad, entry), NO_FIELD, AT(set_ad, walker)},
        [EV_FILL] = {OBJ_ENTRY, AT(cached, entry), AT(cached, level), AT(cached, walker)},
        [EV_FILL_TABLE] = {OBJ_ENTRY, AT(cached, entry), AT(cached, level), AT(cached, walker)},
        [EV_HIT] = {OBJ_ENTRY, AT(cached, entry), AT(cached, level), AT(cached, walker)},
        [EV_HIT_TABLE] = {OBJ_ENTRY, AT(cached, entry), AT(cached, level), AT(cached, walker)},
        [EV_FRAME_ALLOC] = {OBJ_FRAME, AT(frames, pfn), AT(frames, kind), NO_FIELD},
        [EV_FRAME_FREE] = {OBJ_FRAME, AT(frames, pfn), AT(frames, kind), NO_FIELD},
        [EV_WRITEOUT] = {OBJ_FRAME, AT(frame, pfn), NO_FIELD, NO_FIELD},
        [EV_DISCARD] = {OBJ_FRAME, AT(frame, pfn), NO_FIELD, NO_FIELD},
        [EV_ACCESS] = {OBJ_FRAME, AT(access, pfn), AT(access, flags), NO_FIELD},
        [EV_INV] = {OBJ_WALKER, AT(inv, walker), AT(inv, flags), NO_FIELD},
        [EV_INV_CTX] = {OBJ_WALKER, AT(inv_ctx, walker), NO_FIELD, NO_FIELD},
        [EV_WAIT_BEGIN] = {OBJ_WALKER, AT(wait_begin, walker), NO_FIELD, NO_FIELD},
        [EV_WAIT_DONE] = {OBJ_WALKER, AT(wait, walker), AT(wait, flags), NO_FIELD},
        [EV_WAIT_SEEN] = {OBJ_WALKER, AT(wait, walker), AT(wait, flags), NO_FIELD},
        [EV_FILL_CTX] = {OBJ_WALKER, AT(cached_ctx, walker), NO_FIELD, NO_FIELD},
        [EV_CMD] = {OBJ_QUEUE, AT(cmd, iommu), AT(cmd, kind), NO_FIELD},
        [EV_INV_TIMEOUT] = {OBJ_QUEUE, AT(timeout, iommu), NO_FIELD, NO_FIELD},
        [EV_OP_BEGIN] = {OBJ_SPACE, AT(op, space), AT(op, kind), NO_FIELD},
        [EV_OP_END] = {OBJ_SPACE, AT(op_end, space), AT(op_end, kind), NO_FIELD},
        [EV_SPACE_ROOT] = {OBJ_SPACE, AT(root, space), NO_FIELD, NO_FIELD},
        [EV_SPACE_TAG] = {OBJ_SPACE, AT(tag, space), NO_FIELD, NO_FIELD},
        [EV_NOTIFY_START] = {OBJ_SPACE, AT(range, space), NO_FIELD, NO_FIELD},
        [EV_NOTIFY_END] = {OBJ_SPACE, AT(range, space), NO_FIELD, NO_FIELD},
        [EV_SECONDARY] = {OBJ_SPACE, AT(span, space), NO_FIELD, NO_FIELD},
        [EV_CPU_FLUSH] = {OBJ_SPACE, AT(shootdown, space), NO_FIELD, NO_FIELD},
        [EV_DEAD] = {OBJ_SPACE, AT(range, space), NO_FIELD, NO_FIELD},
        [EV_CLEANED] = {OBJ_SPACE, AT(range, space), NO_FIELD, NO_FIELD},
        [EV_CTX] = {OBJ_REQUESTS, AT(context, dev), AT(context, present), NO_FIELD},
        [EV_PRQ] = {OBJ_REQUESTS, AT(prq, dev), AT(prq, flags), NO_FIELD},
        [EV_PRQ_DROP] = {OBJ_REQUESTS, AT(prq, dev), AT(prq, flags), NO_FIELD},
        [EV_PRQ_SERVED] = {OBJ_REQUESTS, AT(served, dev), AT(served, code), NO_FIELD},
        [EV_DEV_GONE] = {OBJ_REQUESTS, AT(gone, dev), NO_FIELD, NO_FIELD},
};

static uint32_t interleave_mix(uint32_t h, uint32_t v)
{
	h = (h ^ v) * 0x9e3779b1u;
	return h ^ h >> 15;
}

static void interleave_count(struct interleave *iv, uint32_t feature)
{
	uint8_t *n = &iv->feature[feature & (INTERLEAVE_FEATURES - 1)];

	*n = (uint8_t)(*n + (*n < UINT8_MAX));
}

static void interleave_touch(struct interleave *iv, enum object kind, uint32_t name, uint8_t actor,
                             uint32_t how)
{
	const uint32_t object = (uint32_t)kind << 24 | name;
	struct last *l = &iv->last[interleave_mix(0, object) % LAST_SLOTS];

	if (l->run == iv->run && l->object == object && l->actor != actor)
		interleave_count(iv, interleave_mix(interleave_mix(kind, l->how), how));
	*l = (struct last){iv->run, object, how, actor};
}

static uint32_t interleave_field(const struct event *ev, struct at at)
{
	uint32_t wide = 0;

	if (at.size == sizeof(wide))
		memcpy(&wide, (const char *)ev + at.offset, sizeof(wide));
	else if (at.size)
		wide = ((const uint8_t *)ev)[at.offset];
	return wide;
}

/* What a store did to an entry: what there was, what there is, and whether the frame is the same. */
static uint32_t interleave_change(pte_t old, pte_t new)
{
	const pte_t bits = PTE_P | PTE_W | PTE_LEAF | PTE_NT;

	return interleave_mix(old & bits, (new &bits) | (uint32_t)(pte_pfn(old) == pte_pfn(new)) << 31);
}

/* CPU, IOMMU or ATC; the same for whatever is no walker. */
static uint32_t interleave_walker_kind(const struct touch *t, uint32_t walker)
{
	const uint32_t w = 1u << (walker & 31);

	if (!t->walker.size)
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
	interleave_count(iv, interleave_mix(interleave_mix(OBJ_NEAR, near->row), log2));
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
	uint32_t how, op, walker;

	if (ev->actor >= SCHED_MAX_ACTORS)
		return;
	if (ev->type == EV_OP_BEGIN)
		iv->op[ev->actor] = ev->op.kind;
	interleave_near_miss(iv, near);
	if (t->object == OBJ_NONE)
		return;
	op = iv->op[ev->actor];
	walker = interleave_field(ev, t->walker);
	how = ev->type == EV_ENTRY ? interleave_change(ev->store.old, ev->store.value)
	                           : interleave_field(ev, t->detail);
	how = interleave_mix(interleave_mix(ev->type << 8 | op, how), interleave_walker_kind(t, walker));
	interleave_touch(iv, (enum object)t->object, interleave_field(ev, t->name), ev->actor, how);
	if (t->walker.size) /* a cache is an object, too */
		interleave_touch(iv, OBJ_WALKER, walker, ev->actor, interleave_mix(ev->type, op));
	if (ev->type == EV_OP_END)
		iv->op[ev->actor] = OP_COUNT;
}

void interleave_blocked(struct interleave *iv, enum point p, int actor, int next)
{
	interleave_count(iv, interleave_mix(interleave_mix(OBJ_LOCK, (uint32_t)p << 8 | iv->op[actor]),
	                                    next < 0 ? OP_COUNT : iv->op[next]));
}
