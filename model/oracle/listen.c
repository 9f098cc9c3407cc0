/* SPDX-License-Identifier: MIT */
/*
 * Life of the oracle and the dispatch of events. Two self-checks are always
 * on: whatever a cache holds or uses must be in the may-set, and every walker
 * that fills from a live entry must count as a holder of it.
 */
#include "oracle/concrete.h"
#include "oracle/state.h"
#include "oracle/violation.h"

#include <stdlib.h>
#include <string.h>

/* -- self-checks -------------------------------------------------------------------- */

/* The space whose tables reach the entry right now; -1: it is not live, or somebody else's. */
static int listen_live_space(const struct oracle *o, const struct event *ev)
{
	sd_page pfn = mem_entry_frame(o->m, ev->cached.entry);
	uint16_t tag = ev->cached.tag;
	int space = pfn < MEM_FRAMES ? o->table[pfn].space : NO_SPACE;
	uint16_t own;

	if (space == NO_SPACE || !live_entry(o, space, ev->cached.page, ev->cached.entry, ev->cached.serial))
		return -1;
	own = ev->cached.walker < SD_MAX_CPUS ? (uint16_t)(space + 1) : o->space[space].tag;
	return own == tag || !own ? space : -1; /* a released space has no tag, its ATC entries still do */
}

static void listen_member(struct oracle *o, const struct event *ev)
{
	int space;

	if (o->violated || o->overflow)
		return;
	space = listen_live_space(o, ev);
	if (space >= 0) {
		if (!(o->space[space].holders >> ev->cached.walker & 1))
			violation_defect(o, "a walker holds a live entry and does not count as its holder");
		return;
	}
	if (!item_holds(o, ev->cached.walker, ev->cached.entry, ev->cached.serial))
		violation_defect(o, "a cache holds what the may-set does not");
}

/* -- dispatch ------------------------------------------------------------------------- */

static void listen_entry(struct oracle *o, const struct event *ev)
{
	o->storing = true;
	o->at = (enum point)ev->store.point;
	live_store(o, ev);
	o->storing = false;
}

static void listen_root(struct oracle *o, const struct event *ev)
{
	live_root(o, ev->root.space, ev->root.frame, ev->root.present, ev->root.fewer);
}

static void listen_alloc(struct oracle *o, const struct event *ev)
{
	o->high = ev->frames.pfn + ev->frames.n > o->high ? ev->frames.pfn + ev->frames.n : o->high;
}

static void listen_writeout(struct oracle *o, const struct event *ev)
{
	if (ev->actor < SCHED_MAX_ACTORS)
		promise_writeout(o, ev);
	o->saved[ev->frame.pfn] = o->data_clock;
}

static void listen_discard(struct oracle *o, const struct event *ev)
{
	struct oracle_violation *v;

	if (o->wrote[ev->frame.pfn] <= o->saved[ev->frame.pfn])
		return;
	v = violation_raise(o, VC_LOST_DIRTY, ev->actor);
	if (v)
		v->pfn = ev->frame.pfn;
}

static void listen_notify_start(struct oracle *o, const struct event *ev)
{
	o->space[ev->range.space].notifiers++;
}

static void listen_notify_end(struct oracle *o, const struct event *ev)
{
	if (--o->space[ev->range.space].notifiers < 0)
		violation_raise(o, VC_PROTOCOL, ev->actor);
}

static void listen_hit_table(struct oracle *o, const struct event *ev)
{
	listen_member(o, ev);
	concrete_table(o, ev);
}

static void listen_inv(struct oracle *o, const struct event *ev)
{
	item_invalidate(o, ev);
	space_invalidated(o, ev);
}

static void listen_wait_seen(struct oracle *o, const struct event *ev)
{
	struct seen seen = wait_seen(o, ev);

	item_seen(o, seen);
	space_seen(o, seen);
}

static void listen_inv_timeout(struct oracle *o, const struct event *ev)
{
	o->lost |= (uint8_t)(1u << (ev->timeout.walker - WALKER_ATC0));
}

static void listen_dev_gone(struct oracle *o, const struct event *ev) { space_device_gone(o, ev->gone.dev); }
static void listen_bad_ref(struct oracle *o, const struct event *ev)
{
	violation_raise(o, VC_REFCOUNT, ev->actor);
}
static void listen_cmd_bad(struct oracle *o, const struct event *ev)
{
	violation_raise(o, VC_PROTOCOL, ev->actor);
}
static void listen_no_progress(struct oracle *o, const struct event *ev)
{
	violation_raise(o, VC_NO_PROGRESS, ev->actor);
}

/* To events that are not here the oracle is deaf. */
static void (*const hear[EV_COUNT])(struct oracle *o, const struct event *ev) = {
        [EV_OP_BEGIN] = promise_begin,
        [EV_OP_END] = promise_end,
        [EV_SPACE_ROOT] = listen_root,
        [EV_SPACE_TAG] = space_tag,
        [EV_SPACE_CPU] = space_cpus,
        [EV_ENTRY] = listen_entry,
        [EV_CTX] = space_context,
        [EV_FRAME_ALLOC] = listen_alloc,
        [EV_FRAME_FREE] = promise_free,
        [EV_WRITEOUT] = listen_writeout,
        [EV_DISCARD] = listen_discard,
        [EV_CLEANED] = promise_cleaned,
        [EV_FILL] = listen_member,
        [EV_FILL_TABLE] = listen_member,
        [EV_HIT] = listen_member,
        [EV_HIT_TABLE] = listen_hit_table,
        [EV_INV] = listen_inv,
        [EV_INV_CTX] = space_context_invalidated,
        [EV_INV_TIMEOUT] = listen_inv_timeout,
        [EV_DEV_GONE] = listen_dev_gone,
        [EV_WAIT_BEGIN] = wait_begun,
        [EV_WAIT_SEEN] = listen_wait_seen,
        [EV_CMD_BAD] = listen_cmd_bad,
        [EV_ACCESS] = concrete_access,
        [EV_FAULT] = concrete_fault,
        [EV_PRQ_SERVED] = promise_served,
        [EV_NO_PROGRESS] = listen_no_progress,
        [EV_NOTIFY_START] = listen_notify_start,
        [EV_NOTIFY_END] = listen_notify_end,
        [EV_DEAD] = promise_dead,
        [EV_EXTENT] = promise_extent,
        [EV_BAD_REF] = listen_bad_ref,
        [EV_WRITTEN_BACK] = item_written_back,
        [EV_TOP_READ] = space_top_read,
        [EV_FILL_CTX] = space_context_filled,
};

void oracle_listen(void *oracle, const struct event *ev)
{
	struct oracle *o = oracle;
	void (*heard)(struct oracle * o, const struct event *ev) = hear[ev->type];

	o->events++;
	o->near.tested = false;
	if (heard)
		heard(o, ev);
	if (o->over && o->places.over)
		o->places.over(o->places.ctx);
}

/* -- life ----------------------------------------------------------------------------- */

/* Types of events, a bit each. */
static uint64_t listen_deaf_to(void)
{
	uint64_t types = 0;

	for (int t = 0; t < EV_COUNT; t++)
		types |= (uint64_t)!hear[t] << t;
	return types;
}

struct oracle *oracle_create(const struct mem *m, const struct oracle_places *places)
{
	struct oracle *o = calloc(1, sizeof(*o));
	bool ok = o;

	if (!o)
		return NULL;
	o->m = m;
	o->places = *places;
	for (int i = 0; i < SD_MAX_SPACES; i++) {
		o->page[i] = calloc(m->pages, sizeof(*o->page[i]));
		ok = ok && o->page[i];
	}
	o->deaf_to = listen_deaf_to();
	memset(o->table, NO_SPACE, sizeof(o->table));
	if (ok)
		return o;
	oracle_destroy(o);
	return NULL;
}

void oracle_destroy(struct oracle *o)
{
	for (int i = 0; o && i < SD_MAX_SPACES; i++)
		free(o->page[i]);
	free(o);
}

/* Only frames that the last execution had can have left a trace. */
static void listen_forget_frames(struct oracle *o)
{
	for (uint32_t i = 0; i < o->high; i++) {
		o->table[i].space = NO_SPACE;
		o->leaves[i] = 0;
		o->wrote[i] = o->saved[i] = o->gone[i] = 0;
	}
	o->high = 0;
}

static void listen_forget_actors(struct oracle *o)
{
	for (int i = 0; i < SD_MAX_SPACES; i++)
		o->space[i] = (struct space){0};
	for (int i = 0; i < SCHED_MAX_ACTORS; i++)
		o->op[i] = (struct op){0};
	for (int i = 0; i < WALKER_COUNT; i++)
		o->waits[i].n = 0;
}

void oracle_reset(struct oracle *o, const struct case_file *c)
{
	for (int i = 0; i < SD_MAX_SPACES; i++)
		owed_forget(o, i);
	listen_forget_frames(o);
	listen_forget_actors(o);
	o->prof = c->prof;
	for (int d = 0; d < SD_MAX_DEVS; d++)
		o->dev_iommu[d] = c->prog[ACTOR_DEV0 + d].present ? c->prog[ACTOR_DEV0 + d].iommu : 0;
	o->events = o->ops = o->nitems = o->data_clock = 0;
	o->over = o->overflow = o->violated = o->has_shown = o->storing = false;
	o->lost = o->pulled = 0;
	o->unmapping = o->leaving = 0;
	o->defect = NULL;
}

void oracle_attach(struct oracle *o, struct event_sink *k)
{
	k->listen = oracle_listen;
	k->ctx = o;
	k->counted = o->deaf_to;
	k->count = &o->events;
}

void oracle_end(struct oracle *o, enum sched_end how, const uint8_t *marked)
{
	if (how == SCHED_DEADLOCK)
		violation_raise(o, VC_DEADLOCK, EVENT_NOBODY);
	if (how != SCHED_DONE || !marked)
		return;
	for (int i = 0; i < SD_MAX_SPACES; i++)
		if (o->space[i].notifiers)
			violation_raise(o, VC_PROTOCOL, EVENT_NOBODY);
	for (sd_page pfn = 0; pfn < o->high; pfn++)
		if (o->m->frame[pfn].kind != MEM_FREE && !marked[pfn]) {
			struct oracle_violation *v = violation_raise(o, VC_LEAK, EVENT_NOBODY);

			if (v)
				v->pfn = pfn;
		}
}

const struct oracle_violation *oracle_violation(const struct oracle *o)
{
	return o->violated ? &o->first : NULL;
}
const struct oracle_violation *oracle_shown(const struct oracle *o)
{
	return o->has_shown ? &o->shown : NULL;
}
const struct oracle_near *oracle_near(const struct oracle *o) { return &o->near; }
bool oracle_inconclusive(const struct oracle *o) { return o->overflow; }
const char *oracle_defect(const struct oracle *o) { return o->defect; }
