// SPDX-License-Identifier: MIT
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

#define get(a) atomic_load_explicit(a, memory_order_relaxed)
#define set(a, v) atomic_store_explicit(a, v, memory_order_relaxed)

static uint32_t tick(struct watch *w)
{
	return atomic_fetch_add_explicit(&w->clock, 1, memory_order_relaxed) + 1;
}

/* -- life ------------------------------------------------------------------------------ */

struct watch *watch_create(void) { return calloc(1, sizeof(struct watch)); }

static void give_up_arrays(struct watch *w)
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
	give_up_arrays(w);
	free(w);
}

static bool get_arrays(struct watch *w, sd_page pages)
{
	for (int s = 0; s < SD_MAX_SPACES; s++) {
		w->dead[s] = calloc(pages, sizeof(*w->dead[s]));
		w->wp[s] = calloc(pages, sizeof(*w->wp[s]));
		w->owed[s] = calloc(pages, sizeof(*w->owed[s]));
		if (!w->dead[s] || !w->wp[s] || !w->owed[s]) {
			give_up_arrays(w);
			return false;
		}
	}
	w->room = pages;
	return true;
}

bool watch_reset(struct watch *w, struct mem *m)
{
	if (w->room < m->pages) {
		give_up_arrays(w);
		if (!get_arrays(w, m->pages))
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
static bool violate(struct watch *w, enum violation_class c, const struct event *ev,
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

static int space_of(struct watch *w, int walker, uint16_t tag)
{
	if (walker < SD_MAX_CPUS)
		return tag - 1;
	return tag < TAGS ? get(&w->space_of[tag]) : NOWHERE;
}

static bool accessed(struct watch *w, const struct event *ev)
{
	bool write = ev->b & ACC_WRITE;
	sd_page pfn = ev->c, page = ev->d;
	int space = space_of(w, ev->a, (uint16_t)(ev->e & 0xffff));
	struct watch_violation v = {.write = write,
	                            .space = (uint8_t)space,
	                            .walker = ev->a,
	                            .page = page,
	                            .pfn = pfn,
	                            .serial = (uint32_t)ev->x};

	if (pfn >= MEM_FRAMES || get(&w->m->frame[pfn].kind) != MEM_DATA)
		return violate(w, VC_STALE_USE, ev, &v);
	v.limit = get(&w->m->frame[pfn].born);
	if (v.serial < v.limit)
		return violate(w, VC_STALE_USE, ev, &v);
	if (write)
		set(&w->wrote[pfn], tick(w));
	if (space < 0 || space >= SD_MAX_SPACES || page >= w->pages)
		return false;
	v.limit = get(&w->dead[space][page]);
	if (v.serial < v.limit)
		return violate(w, VC_STALE_MAP, ev, &v);
	v.limit = get(&w->wp[space][page]);
	if (write && v.serial < v.limit)
		return violate(w, VC_STALE_PERM, ev, &v);
	return false;
}

/* A cached pointer is used: is what it points to still the table that it was made for? */
static bool table_used(struct watch *w, const struct event *ev)
{
	sd_page pfn = pte_pfn(ev->d);
	struct watch_violation v = {.space = (uint8_t)space_of(w, ev->a, (uint16_t)(ev->x >> 32)),
	                            .walker = ev->a,
	                            .page = ev->e,
	                            .pfn = pfn,
	                            .serial = (uint32_t)ev->x};

	if (pfn < MEM_FRAMES && get(&w->m->frame[pfn].kind) == MEM_TABLE) {
		v.limit = get(&w->m->frame[pfn].born);
		if (v.serial >= v.limit)
			return false;
	}
	return violate(w, VC_WALK_FREED_TABLE, ev, &v);
}

static bool faulted(struct watch *w, const struct event *ev)
{
	struct watch_violation v = {
	        .write = ev->b & ACC_WRITE, .walker = ev->a, .page = ev->c, .pfn = MEM_NO_FRAME};
	uint8_t space = ev->e < SD_MAX_DEVS ? get(&w->domain_of[ev->e]) : (uint8_t)NOWHERE;
	uint64_t owed;

	if (ev->d || ev->a < WALKER_IOMMU0 || (ev->b & ACC_PERM) || space == NOWHERE || ev->c >= w->pages)
		return false;
	owed = get(&w->owed[space][ev->c]);
	if (!(owed & OWED) || owed >> 32 >= w->op[ev->actor].dma_began)
		return false;
	v.space = space;
	return violate(w, VC_SPURIOUS_FAULT, ev, &v);
}

/* -- promises -------------------------------------------------------------------------------- */

static void raise_limit(_Atomic uint32_t *limit, uint32_t to)
{
	uint32_t now = get(limit);

	while (now < to && !atomic_compare_exchange_weak_explicit(limit, &now, to, memory_order_relaxed,
	                                                          memory_order_relaxed))
		;
}

static void promise(struct watch *w, const struct watch_op *op, _Atomic uint32_t *limit)
{
	for (sd_page i = op->start; i < op->start + op->n && i < w->pages; i++)
		raise_limit(&limit[i], op->before + 1);
}

/*
 * mremap has moved something, and before it drops the page-table locks it relies on the old addresses being
 * dead: whoever moves or frees the pages from here on knows the new ones only. It keeps faults out, so nothing
 * there is younger than now.
 */
static void relied_on(struct watch *w, const struct event *ev)
{
	const uint32_t limit = mem_serial_settled(w->m) + 1;

	for (sd_page i = ev->c; i < ev->c + ev->d && i < w->pages; i++)
		raise_limit(&w->dead[ev->b][i], limit);
}

/* by: 1 an unmap is called, -1 it returned. From here on the page is owed no more. */
static void owe_no_more(struct watch *w, int space, sd_page start, uint32_t n, int by)
{
	uint64_t now = (uint64_t)tick(w) << 32;

	for (sd_page i = start; i < start + n && i < w->pages; i++) {
		_Atomic uint64_t *cell = &w->owed[space][i];
		uint64_t old = get(cell);

		while (!atomic_compare_exchange_weak_explicit(cell, &old,
		                                              now | (uint16_t)((uint16_t)old + by),
		                                              memory_order_relaxed, memory_order_relaxed))
			;
	}
}

/* A map returned: its pages are owed, but for those that an unmap was called for meanwhile. */
static void owe(struct watch *w, const struct watch_op *op, uint32_t n)
{
	uint64_t now = (uint64_t)tick(w) << 32;

	for (sd_page i = op->start; i < op->start + n && i < w->pages; i++) {
		_Atomic uint64_t *cell = &w->owed[op->space][i];
		uint64_t old = get(cell);

		while (!(uint16_t)old && old >> 32 < op->began &&
		       !atomic_compare_exchange_weak_explicit(cell, &old, now | OWED, memory_order_relaxed,
		                                              memory_order_relaxed))
			;
	}
}

static void called(struct watch *w, const struct event *ev)
{
	struct watch_op *op = &w->op[ev->actor];

	*op = (struct watch_op){
	        .kind = ev->a,
	        .space = ev->b,
	        .prot = (uint8_t)(ev->x >> 32),
	        .start = ev->c,
	        .n = ev->d,
	        .asked = ev->c,
	        .nasked = ev->d,
	        .before = mem_serial_settled(w->m),
	        .began = tick(w),
	};
	if (ev->a == OP_DMA_UNMAP)
		owe_no_more(w, ev->b, ev->c, ev->d, 1);
}

static void extended(struct watch *w, const struct event *ev)
{
	struct watch_op *op = &w->op[ev->actor];

	owe_no_more(w, ev->b, ev->c, ev->d, 0);
	op->start = ev->c;
	op->n = ev->d;
}

static void returned(struct watch *w, const struct event *ev)
{
	struct watch_op *op = &w->op[ev->actor];
	int64_t ret = (int64_t)ev->x;

	if (op->kind == OP_DMA_UNMAP) {
		owe_no_more(w, op->space, op->start, op->n, 0);
		owe_no_more(w, op->space, op->asked, op->nasked, -1);
	}
	switch (op->kind) {
	case OP_MUNMAP:
	case OP_DONTNEED:
	case OP_DMA_UNMAP:
	case OP_MREMAP:
		if (ret >= 0)
			promise(w, op, w->dead[op->space]);
		break;
	case OP_MPROTECT:
		if (ret >= 0 && op->prot == PROT_R)
			promise(w, op, w->wp[op->space]);
		break;
	case OP_DMA_MAP:
		if (ret > 0)
			owe(w, op, (uint32_t)ret);
		break;
	default:
		break;
	}
	op->kind = OP_COUNT;
}

/* -- listening --------------------------------------------------------------------------------- */

static void tagged(struct watch *w, const struct event *ev)
{
	if (ev->c && ev->c < TAGS)
		set(&w->space_of[ev->c], ev->b);
}

static void context(struct watch *w, const struct event *ev)
{
	if (ev->c == 0 && ev->a < SD_MAX_DEVS)
		set(&w->domain_of[ev->a],
		    ev->b && ev->e < TAGS ? get(&w->space_of[ev->e]) : (uint8_t)NOWHERE);
}

static void allocated(struct watch *w, const struct event *ev)
{
	for (sd_page pfn = ev->c; pfn < ev->c + ev->d; pfn++) {
		set(&w->wrote[pfn], 0);
		set(&w->saved[pfn], 0);
	}
}

static bool discarded(struct watch *w, const struct event *ev)
{
	struct watch_violation v = {.space = NOWHERE, .walker = NOWHERE, .pfn = ev->c, .write = true};

	return get(&w->wrote[ev->c]) > get(&w->saved[ev->c]) && violate(w, VC_LOST_DIRTY, ev, &v);
}

static bool broken(struct watch *w, enum violation_class c, const struct event *ev)
{
	struct watch_violation v = {.space = NOWHERE, .walker = NOWHERE, .pfn = MEM_NO_FRAME};

	return violate(w, c, ev, &v);
}

static bool miscounted(struct watch *w, const struct event *ev)
{
	struct watch_violation v = {
	        .space = NOWHERE, .walker = NOWHERE, .pfn = ev->c, .bad_ref = ev->a, .count = (int32_t)ev->d};

	return violate(w, VC_REFCOUNT, ev, &v);
}

static bool listen_actor(struct watch *w, const struct event *ev)
{
	switch (ev->type) {
	case EV_OP_BEGIN:
		called(w, ev);
		return false;
	case EV_OP_END:
		returned(w, ev);
		return false;
	case EV_EXTENT:
		extended(w, ev);
		return false;
	case EV_DEAD:
		relied_on(w, ev);
		return false;
	case EV_DMA_BEGIN:
		w->op[ev->actor].dma_began = tick(w);
		return false;
	case EV_ACCESS:
		return accessed(w, ev);
	case EV_HIT_TABLE:
		return table_used(w, ev);
	case EV_FAULT:
		return faulted(w, ev);
	default:
		return false;
	}
}

bool watch_listen(struct watch *w, const struct event *ev)
{
	switch (ev->type) {
	case EV_SPACE_TAG:
		tagged(w, ev);
		return false;
	case EV_CTX:
		context(w, ev);
		return false;
	case EV_INV_TIMEOUT: /* the driver is about to shut the device out: nothing is owed to it any more */
		set(&w->domain_of[ev->a - WALKER_ATC0], NOWHERE);
		return false;
	case EV_FRAME_ALLOC:
		allocated(w, ev);
		return false;
	case EV_WRITEOUT:
		set(&w->saved[ev->c], tick(w));
		return false;
	case EV_DISCARD:
		return discarded(w, ev);
	case EV_NOTIFY_START:
		atomic_fetch_add_explicit(&w->notifiers[ev->b], 1, memory_order_relaxed);
		return false;
	case EV_NOTIFY_END:
		return atomic_fetch_sub_explicit(&w->notifiers[ev->b], 1, memory_order_relaxed) <= 0 &&
		       broken(w, VC_PROTOCOL, ev);
	case EV_BAD_REF:
		return miscounted(w, ev);
	case EV_CMD_BAD:
		return broken(w, VC_PROTOCOL, ev);
	case EV_NO_PROGRESS:
		return broken(w, VC_NO_PROGRESS, ev);
	case EV_FRAME_FREE:
		return ev->a == MEM_FREE && broken(w, VC_REFCOUNT, ev);
	default:
		return ev->actor < SCHED_MAX_ACTORS && listen_actor(w, ev);
	}
}

bool watch_end(struct watch *w, const uint8_t marked[MEM_FRAMES])
{
	struct event nobody = {.actor = EVENT_NOBODY};
	struct watch_violation leak = {.space = NOWHERE, .walker = NOWHERE};

	for (int s = 0; s < SD_MAX_SPACES; s++)
		if (get(&w->notifiers[s]) && broken(w, VC_PROTOCOL, &nobody))
			return true;
	for (sd_page pfn = 0; pfn < w->m->high; pfn++) {
		leak.pfn = pfn;
		if (get(&w->m->frame[pfn].kind) != MEM_FREE && !marked[pfn] &&
		    violate(w, VC_LEAK, &nobody, &leak))
			return true;
	}
	return false;
}
