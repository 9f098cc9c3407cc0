/* SPDX-License-Identifier: MIT */
/*
 * Timeline of a long run, in which hundreds of operations have nothing to do
 * with the violation. Kept are events that touch the page or the frame,
 * invalidations that reach its leaf table (one that just misses the page may be
 * the mistake), the waits for those, and begin and end of the operations that
 * did any of it. Requests of other actors for the page that failed are left out.
 */
#include "engine/tell/timeline_view.h"

#include <shootdown/hw.h>

enum { NO_OP = -1 };

struct narrow {
	const struct timeline_view *v;
	const struct event_sink *log;
	uint8_t *keep;
	/* where the operation under way began; NO_OP: not known, or it is kept already */
	int64_t begun[SCHED_MAX_ACTORS];
	bool inside[SCHED_MAX_ACTORS]; /* an event of it is kept */
	uint32_t waits;                /* walkers whose next wait is for a shown invalidation, a bit each */
	uint32_t last_op;              /* where the last operation of the violation's actor began */
};

static bool narrow_knows_page(const struct narrow *n) { return n->v->r->violation.space < SD_MAX_SPACES; }
static bool narrow_knows_frame(const struct narrow *n) { return n->v->r->violation.pfn < MEM_FRAMES; }

/* The range meets the leaf table of the page. */
static bool narrow_near(const struct narrow *n, sd_page first, sd_page last)
{
	const struct oracle_violation *o = &n->v->r->violation;
	sd_page table = 1u << n->v->c->bits, base = o->page / table * table;

	return !narrow_knows_page(n) || (first < base + table && last >= base);
}

static bool narrow_has_frame(const struct narrow *n, sd_page first, uint32_t count)
{
	sd_page pfn = n->v->r->violation.pfn;

	return pfn >= first && pfn - first < (count ? count : 1);
}

static bool narrow_names(const struct narrow *n, pte_t value)
{
	return pte_present(value) && narrow_has_frame(n, pte_pfn(value), 1);
}

/* Where no page is known, an event is of interest if it names the frame. */
static bool narrow_names_frame(const struct narrow *n, const struct event *ev)
{
	switch (ev->type) {
	case EV_ENTRY:
		return narrow_names(n, ev->store.old) || narrow_names(n, ev->store.value);
	case EV_ENTRY_AD:
		return narrow_names(n, ev->set_ad.value);
	case EV_FILL:
	case EV_FILL_TABLE:
	case EV_HIT:
	case EV_HIT_TABLE:
		return narrow_has_frame(n, pte_pfn(ev->cached.value), 1);
	case EV_ACCESS:
		return narrow_has_frame(n, ev->access.pfn, 1);
	case EV_WRITEOUT:
	case EV_DISCARD:
		return narrow_has_frame(n, ev->frame.pfn, 1);
	case EV_BAD_REF:
		return narrow_has_frame(n, ev->bad_ref.pfn, 1);
	case EV_FRAME_ALLOC:
	case EV_FRAME_FREE:
		return narrow_has_frame(n, ev->frames.pfn, ev->frames.n);
	default:
		return false;
	}
}

static bool narrow_concerns(struct narrow *n, uint32_t i, const struct event *ev)
{
	if (!narrow_knows_page(n) && !narrow_knows_frame(n))
		return true;
	switch (ev->type) {
	case EV_DMA_BEGIN:
	case EV_DMA_END:
	case EV_FAULT:
	case EV_PRQ:
	case EV_PRQ_DROP:
		return narrow_knows_page(n) && i > n->last_op && ev->actor == n->v->r->violation.actor;
	case EV_PRQ_SERVED:
		return narrow_knows_page(n) && ev->served.code == SD_RESP_SUCCESS;
	case EV_FILL_TABLE:
	case EV_HIT_TABLE:
	case EV_ACCESS:
		return narrow_names_frame(n, ev);
	case EV_INV:
		if ((narrow_knows_page(n) || ev->inv.flags & INV_ALL_TAGS) &&
		    narrow_near(n, ev->inv.first, ev->inv.last)) {
			n->waits |= 1u << ev->inv.walker;
			return true;
		}
		return false;
	case EV_WAIT_DONE:
		return n->waits >> ev->wait.walker & 1;
	case EV_WAIT_SEEN:
		if (!(n->waits >> ev->wait.walker & 1))
			return false;
		n->waits &= ~(1u << ev->wait.walker);
		return true;
	case EV_SECONDARY:
		return narrow_knows_page(n) && narrow_near(n, ev->span.first, ev->span.last);
	case EV_CPU_FLUSH:
		return narrow_knows_page(n) && narrow_near(n, ev->shootdown.first, ev->shootdown.last);
	default:
		return narrow_knows_page(n) || narrow_names_frame(n, ev);
	}
}

static bool narrow_is_op(const struct event *ev) { return ev->type == EV_OP_BEGIN || ev->type == EV_OP_END; }

/* Begin and end of an operation are kept once an event between them is. */
static void narrow_op(struct narrow *n, uint32_t i, const struct event *ev)
{
	bool all = !narrow_knows_page(n) && !narrow_knows_frame(n);

	if (ev->type == EV_OP_BEGIN) {
		n->begun[ev->actor] = i;
		n->inside[ev->actor] = false;
	}
	n->keep[i] = n->keep[i] && (all || (ev->type == EV_OP_END && n->inside[ev->actor]));
}

static void narrow_stays(struct narrow *n, int actor)
{
	if (n->begun[actor] != NO_OP)
		n->keep[n->begun[actor]] = 1;
	n->begun[actor] = NO_OP;
	n->inside[actor] = true;
}

void view_narrow(const struct timeline_view *v, const struct event_sink *log, uint8_t keep[])
{
	struct narrow n = {.v = v, .log = log, .keep = keep};

	for (int a = 0; a < SCHED_MAX_ACTORS; a++)
		n.begun[a] = NO_OP;
	for (uint32_t i = 0; i < log->len; i++)
		if (log->log[i].type == EV_OP_BEGIN && log->log[i].actor == v->r->violation.actor)
			n.last_op = i;
	for (uint32_t i = 0; i < log->len; i++) {
		const struct event *ev = &log->log[i];

		if (ev->actor >= SCHED_MAX_ACTORS)
			continue;
		if (narrow_is_op(ev)) {
			narrow_op(&n, i, ev);
			continue;
		}
		keep[i] = keep[i] && narrow_concerns(&n, i, ev);
		if (keep[i])
			narrow_stays(&n, ev->actor);
	}
}
