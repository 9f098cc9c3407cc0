/* SPDX-License-Identifier: MIT */
/*
 * The concrete oracle on real threads; see watch.h for what it raises.
 *
 * Every instance has a serial. A promise is a serial below which an address
 * (or a write to it) is dead; an access that uses an older instance breaks it.
 * Owed addresses, for devices that cannot fault, are a word each that says
 * since when, and how many unmaps have been called and not returned.
 */
#include "oracle/watch.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "event/walker.h"

enum { NOWHERE = 0xff, TAGS = 32 };

/* An owed page: unmaps under way in bits 0..15, owed in bit 16, changed at in bits 32..63. */
#define OWED (1u << 16)

/* The operation that an actor is in; only its own thread looks. */
struct watch_op {
	uint8_t kind, space, prot; /* kind OP_COUNT: none */
	sd_page start, asked;      /* pages it answers for, and was called for */
	uint32_t n, nasked;
	uint32_t before; /* newest settled serial when it was called */
	uint32_t began;
	uint32_t dma_began;
};

struct watch {
	struct mem *m;
	sd_page pages, room; /* of this geometry; that the arrays have */
	_Atomic uint32_t clock;
	_Atomic uint32_t *dead[SD_MAX_SPACES],
	        *wp[SD_MAX_SPACES]; /* serial below which it is promised away */
	_Atomic uint64_t *owed[SD_MAX_SPACES];
	_Atomic uint8_t space_of[TAGS];         /* by the driver's tag */
	_Atomic uint8_t domain_of[SD_MAX_DEVS]; /* the space without PASID that a device uses */
	_Atomic uint32_t wrote[MEM_FRAMES], saved[MEM_FRAMES]; /* at which clock */
	_Atomic int notifiers[SD_MAX_SPACES];
	struct watch_op op[SCHED_MAX_ACTORS];
	_Atomic bool taken; /* somebody is first */
	struct watch_violation first;
};

#define watch_get(a) atomic_load_explicit(a, memory_order_relaxed)
#define watch_set(a, v) atomic_store_explicit(a, v, memory_order_relaxed)

static uint32_t watch_tick(struct watch *w)
{
	return atomic_fetch_add_explicit(&w->clock, 1, memory_order_relaxed) + 1;
}

/* -- life ------------------------------------------------------------------------------ */

struct watch *watch_create(void) { return calloc(1, sizeof(struct watch)); }

static void watch_free_arrays(struct watch *w)
{
	for (int s = 0; s < SD_MAX_SPACES; s++) {
		free((void *)w->dead[s]);
		free((void *)w->wp[s]);
		free((void *)w->owed[s]);
		w->dead[s] = w->wp[s] = NULL;
		w->owed[s] = NULL;
	}
	w->room = 0;
}

void watch_destroy(struct watch *w)
{
	if (!w)
		return;
	watch_free_arrays(w);
	free(w);
}

static bool watch_get_arrays(struct watch *w, sd_page pages)
{
	for (int s = 0; s < SD_MAX_SPACES; s++) {
		w->dead[s] = calloc(pages, sizeof(*w->dead[s]));
		w->wp[s] = calloc(pages, sizeof(*w->wp[s]));
		w->owed[s] = calloc(pages, sizeof(*w->owed[s]));
		if (!w->dead[s] || !w->wp[s] || !w->owed[s]) {
			watch_free_arrays(w);
			return false;
		}
	}
	w->room = pages;
	return true;
}

bool watch_reset(struct watch *w, struct mem *m)
{
	if (w->room < m->pages) {
		watch_free_arrays(w);
		if (!watch_get_arrays(w, m->pages))
			return false;
	}
	w->pages = m->pages;
	w->m = m;
	w->clock = 0;
	w->taken = false;
	for (int s = 0; s < SD_MAX_SPACES; s++) {
		memset((void *)w->dead[s], 0, w->pages * sizeof(*w->dead[s]));
		memset((void *)w->wp[s], 0, w->pages * sizeof(*w->wp[s]));
		memset((void *)w->owed[s], 0, w->pages * sizeof(*w->owed[s]));
		w->notifiers[s] = 0;
	}
	memset((void *)w->space_of, NOWHERE, sizeof(w->space_of));
	memset((void *)w->domain_of, NOWHERE, sizeof(w->domain_of));
	memset((void *)w->wrote, 0, sizeof(w->wrote));
	memset((void *)w->saved, 0, sizeof(w->saved));
	for (int a = 0; a < SCHED_MAX_ACTORS; a++)
		w->op[a] = (struct watch_op){.kind = OP_COUNT};
	return true;
}

/* -- violations ---------------------------------------------------------------------------- */

/* Only whoever is first writes, and the others have nothing to add. */
static bool watch_violate(struct watch *w, enum violation_class c, const struct event *ev,
                          struct watch_violation *v)
{
	if (atomic_exchange_explicit(&w->taken, true, memory_order_acq_rel))
		return false;
	v->class_ = (uint8_t)c;
	v->actor = ev->actor;
	v->op_kind = ev->actor < SCHED_MAX_ACTORS ? w->op[ev->actor].kind : (uint8_t)OP_COUNT;
	w->first = *v;
	return true;
}

const struct watch_violation *watch_violation(const struct watch *w) { return w->taken ? &w->first : NULL; }

/* -- accesses ------------------------------------------------------------------------------- */

static int watch_space(struct watch *w, int walker, uint16_t tag)
{
	if (walker < SD_MAX_CPUS)
		return tag - 1;
	return tag < TAGS ? watch_get(&w->space_of[tag]) : NOWHERE;
}

static bool watch_access(struct watch *w, const struct event *ev)
{
	bool write = ev->access.flags & ACC_WRITE;
	sd_page pfn = ev->access.pfn, page = ev->access.page;
	int space = watch_space(w, ev->access.walker, ev->access.tag);
	struct watch_violation v = {.write = write,
	                            .space = (uint8_t)space,
	                            .walker = ev->access.walker,
	                            .page = page,
	                            .pfn = pfn,
	                            .serial = ev->access.serial};

	if (pfn >= MEM_FRAMES || watch_get(&w->m->frame[pfn].kind) != MEM_DATA)
		return watch_violate(w, VC_STALE_USE, ev, &v);
	v.limit = watch_get(&w->m->frame[pfn].born);
	if (v.serial < v.limit)
		return watch_violate(w, VC_STALE_USE, ev, &v);
	if (write)
		watch_set(&w->wrote[pfn], watch_tick(w));
	if (space < 0 || space >= SD_MAX_SPACES || page >= w->pages)
		return false;
	v.limit = watch_get(&w->dead[space][page]);
	if (v.serial < v.limit)
		return watch_violate(w, VC_STALE_MAP, ev, &v);
	v.limit = watch_get(&w->wp[space][page]);
	if (write && v.serial < v.limit)
		return watch_violate(w, VC_STALE_PERM, ev, &v);
	return false;
}

/* A cached pointer is used: is what it points to still the table that it was made for? */
static bool watch_hit_table(struct watch *w, const struct event *ev)
{
	sd_page pfn = pte_pfn(ev->cached.value);
	struct watch_violation v = {.space = (uint8_t)watch_space(w, ev->cached.walker, ev->cached.tag),
	                            .walker = ev->cached.walker,
	                            .page = ev->cached.page,
	                            .pfn = pfn,
	                            .serial = ev->cached.serial};

	if (pfn < MEM_FRAMES && watch_get(&w->m->frame[pfn].kind) == MEM_TABLE) {
		v.limit = watch_get(&w->m->frame[pfn].born);
		if (v.serial >= v.limit)
			return false;
	}
	return watch_violate(w, VC_WALK_FREED_TABLE, ev, &v);
}

static bool watch_fault(struct watch *w, const struct event *ev)
{
	struct watch_violation v = {.write = ev->fault.flags & ACC_WRITE,
	                            .walker = ev->fault.walker,
	                            .page = ev->fault.page,
	                            .pfn = MEM_NO_FRAME};
	uint8_t space =
	        ev->fault.dev < SD_MAX_DEVS ? watch_get(&w->domain_of[ev->fault.dev]) : (uint8_t)NOWHERE;
	uint64_t owed;

	if (ev->fault.pasid || ev->fault.walker < WALKER_IOMMU0 || (ev->fault.flags & ACC_PERM) ||
	    space == NOWHERE || ev->fault.page >= w->pages)
		return false;
	owed = watch_get(&w->owed[space][ev->fault.page]);
	if (!(owed & OWED) || owed >> 32 >= w->op[ev->actor].dma_began)
		return false;
	v.space = space;
	return watch_violate(w, VC_SPURIOUS_FAULT, ev, &v);
}

/* -- promises -------------------------------------------------------------------------------- */

static void watch_raise_limit(_Atomic uint32_t *limit, uint32_t to)
{
	uint32_t now = watch_get(limit);

	while (now < to && !atomic_compare_exchange_weak_explicit(limit, &now, to, memory_order_relaxed,
	                                                          memory_order_relaxed))
		;
}

static void watch_promise(struct watch *w, const struct watch_op *op, _Atomic uint32_t *limit)
{
	for (sd_page i = op->start; i < op->start + op->n && i < w->pages; i++)
		watch_raise_limit(&limit[i], op->before + 1);
}

/*
 * mremap has moved something, and before it drops the page-table locks it relies on the old addresses being
 * dead: whoever moves or frees the pages from here on knows the new ones only. It keeps faults out, so nothing
 * there is younger than now.
 */
static void watch_dead(struct watch *w, const struct event *ev)
{
	const uint32_t limit = mem_serial_settled(w->m) + 1;

	for (sd_page i = ev->range.start; i < ev->range.start + ev->range.n && i < w->pages; i++)
		watch_raise_limit(&w->dead[ev->range.space][i], limit);
}

/* by: 1 an unmap is called, -1 it returned. From here on the page is owed no more. */
static void watch_owe_no_more(struct watch *w, int space, sd_page start, uint32_t n, int by)
{
	uint64_t now = (uint64_t)watch_tick(w) << 32;

	for (sd_page i = start; i < start + n && i < w->pages; i++) {
		_Atomic uint64_t *cell = &w->owed[space][i];
		uint64_t old = watch_get(cell);

		while (!atomic_compare_exchange_weak_explicit(cell, &old,
		                                              now | (uint16_t)((uint16_t)old + by),
		                                              memory_order_relaxed, memory_order_relaxed))
			;
	}
}

/* A map returned: its pages are owed, but for those that an unmap was called for meanwhile. */
static void watch_owe(struct watch *w, const struct watch_op *op, uint32_t n)
{
	uint64_t now = (uint64_t)watch_tick(w) << 32;

	for (sd_page i = op->start; i < op->start + n && i < w->pages; i++) {
		_Atomic uint64_t *cell = &w->owed[op->space][i];
		uint64_t old = watch_get(cell);

		while (!(uint16_t)old && old >> 32 < op->began &&
		       !atomic_compare_exchange_weak_explicit(cell, &old, now | OWED, memory_order_relaxed,
		                                              memory_order_relaxed))
			;
	}
}

static void watch_op_begin(struct watch *w, const struct event *ev)
{
	struct watch_op *op = &w->op[ev->actor];

	*op = (struct watch_op){
	        .kind = ev->op.kind,
	        .space = ev->op.space,
	        .prot = ev->op.prot,
	        .start = ev->op.start,
	        .n = ev->op.n,
	        .asked = ev->op.start,
	        .nasked = ev->op.n,
	        .before = mem_serial_settled(w->m),
	        .began = watch_tick(w),
	};
	if (op_unmaps_domain((enum op_kind)ev->op.kind))
		watch_owe_no_more(w, ev->op.space, ev->op.start, ev->op.n, 1);
}

static void watch_extent(struct watch *w, const struct event *ev)
{
	struct watch_op *op = &w->op[ev->actor];

	watch_owe_no_more(w, ev->range.space, ev->range.start, ev->range.n, 0);
	op->start = ev->range.start;
	op->n = ev->range.n;
}

/*
 * The promise of the op's row. What fork shares (SHARED) and what a page under
 * write-out is mapped by (CLEAN) stands in the tables, which nobody reads here:
 * reading them would order what is being tested. Both oracles of the controlled
 * runtime judge these two.
 */
static void watch_keep(struct watch *w, const struct watch_op *op, int64_t ret)
{
	switch (op_promise((enum op_kind)op->kind)) {
	case PROMISE_DEAD:
		watch_promise(w, op, w->dead[op->space]);
		break;
	case PROMISE_READONLY:
		if (op->prot == PROT_R)
			watch_promise(w, op, w->wp[op->space]);
		break;
	case PROMISE_MAPS:
		if (ret > 0)
			watch_owe(w, op, (uint32_t)ret);
		break;
	case PROMISE_NOTHING:
	case PROMISE_OWN:
	case PROMISE_SHARED:
	case PROMISE_CLEAN:
		break;
	}
}

static void watch_op_end(struct watch *w, const struct event *ev)
{
	struct watch_op *op = &w->op[ev->actor];
	int64_t ret = ev->op_end.ret;

	if (op_unmaps_domain((enum op_kind)op->kind)) {
		watch_owe_no_more(w, op->space, op->start, op->n, 0);
		watch_owe_no_more(w, op->space, op->asked, op->nasked, -1);
	}
	if (ret >= 0)
		watch_keep(w, op, ret);
	op->kind = OP_COUNT;
}

/* -- listening --------------------------------------------------------------------------------- */

static void watch_tag(struct watch *w, const struct event *ev)
{
	if (ev->tag.tag && ev->tag.tag < TAGS)
		watch_set(&w->space_of[ev->tag.tag], ev->tag.space);
}

static void watch_ctx(struct watch *w, const struct event *ev)
{
	if (ev->context.pasid == 0 && ev->context.dev < SD_MAX_DEVS)
		watch_set(&w->domain_of[ev->context.dev], ev->context.present && ev->context.tag < TAGS
		                                                  ? watch_get(&w->space_of[ev->context.tag])
		                                                  : (uint8_t)NOWHERE);
}

static void watch_alloc(struct watch *w, const struct event *ev)
{
	for (sd_page pfn = ev->frames.pfn; pfn < ev->frames.pfn + ev->frames.n; pfn++) {
		watch_set(&w->wrote[pfn], 0);
		watch_set(&w->saved[pfn], 0);
	}
}

static bool watch_discard(struct watch *w, const struct event *ev)
{
	struct watch_violation v = {.space = NOWHERE, .walker = NOWHERE, .pfn = ev->frame.pfn, .write = true};

	return watch_get(&w->wrote[ev->frame.pfn]) > watch_get(&w->saved[ev->frame.pfn]) &&
	       watch_violate(w, VC_LOST_DIRTY, ev, &v);
}

static bool watch_broken(struct watch *w, enum violation_class c, const struct event *ev)
{
	struct watch_violation v = {.space = NOWHERE, .walker = NOWHERE, .pfn = MEM_NO_FRAME};

	return watch_violate(w, c, ev, &v);
}

static bool watch_bad_ref(struct watch *w, const struct event *ev)
{
	struct watch_violation v = {.space = NOWHERE,
	                            .walker = NOWHERE,
	                            .pfn = ev->bad_ref.pfn,
	                            .bad_ref = ev->bad_ref.reason,
	                            .count = (int32_t)ev->bad_ref.count};

	return watch_violate(w, VC_REFCOUNT, ev, &v);
}

static bool watch_actor(struct watch *w, const struct event *ev)
{
	switch (ev->type) {
	case EV_OP_BEGIN:
		watch_op_begin(w, ev);
		return false;
	case EV_OP_END:
		watch_op_end(w, ev);
		return false;
	case EV_EXTENT:
		watch_extent(w, ev);
		return false;
	case EV_DEAD:
		watch_dead(w, ev);
		return false;
	case EV_DMA_BEGIN:
		w->op[ev->actor].dma_began = watch_tick(w);
		return false;
	case EV_ACCESS:
		return watch_access(w, ev);
	case EV_HIT_TABLE:
		return watch_hit_table(w, ev);
	case EV_FAULT:
		return watch_fault(w, ev);
	default:
		return false;
	}
}

bool watch_listen(struct watch *w, const struct event *ev)
{
	switch (ev->type) {
	case EV_SPACE_TAG:
		watch_tag(w, ev);
		return false;
	case EV_CTX:
		watch_ctx(w, ev);
		return false;
	case EV_INV_TIMEOUT: /* the driver is about to shut the device out: nothing is owed to it any more */
		watch_set(&w->domain_of[ev->timeout.walker - WALKER_ATC0], NOWHERE);
		return false;
	case EV_FRAME_ALLOC:
		watch_alloc(w, ev);
		return false;
	case EV_WRITEOUT:
		watch_set(&w->saved[ev->frame.pfn], watch_tick(w));
		return false;
	case EV_DISCARD:
		return watch_discard(w, ev);
	case EV_NOTIFY_START:
		atomic_fetch_add_explicit(&w->notifiers[ev->range.space], 1, memory_order_relaxed);
		return false;
	case EV_NOTIFY_END:
		return atomic_fetch_sub_explicit(&w->notifiers[ev->range.space], 1, memory_order_relaxed) <=
		               0 &&
		       watch_broken(w, VC_PROTOCOL, ev);
	case EV_BAD_REF:
		return watch_bad_ref(w, ev);
	case EV_CMD_BAD:
		return watch_broken(w, VC_PROTOCOL, ev);
	case EV_NO_PROGRESS:
		return watch_broken(w, VC_NO_PROGRESS, ev);
	case EV_FRAME_FREE:
		return ev->frames.kind == MEM_FREE && watch_broken(w, VC_REFCOUNT, ev);
	default:
		return ev->actor < SCHED_MAX_ACTORS && watch_actor(w, ev);
	}
}

bool watch_end(struct watch *w, const uint8_t marked[MEM_FRAMES])
{
	struct event nobody = {.actor = EVENT_NOBODY};
	struct watch_violation leak = {.space = NOWHERE, .walker = NOWHERE};

	for (int s = 0; s < SD_MAX_SPACES; s++)
		if (watch_get(&w->notifiers[s]) && watch_broken(w, VC_PROTOCOL, &nobody))
			return true;
	for (sd_page pfn = 0; pfn < w->m->high; pfn++) {
		leak.pfn = pfn;
		if (watch_get(&w->m->frame[pfn].kind) != MEM_FREE && !marked[pfn] &&
		    watch_violate(w, VC_LEAK, &nobody, &leak))
			return true;
	}
	return false;
}
