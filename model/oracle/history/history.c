/* SPDX-License-Identifier: MIT */
/*
 * history: the whole log, event by event, from the first allocation to the end
 * of the run. See history.h. This file knows what each event means to which of
 * the others, and the rules that need no tables: counts, balance, ends.
 *
 * Does not model: races (TSan sees them), stale-order and wrong-owner, which no
 * rule raises yet.
 */
#include "oracle/history/access.h"
#include "oracle/history/state.h"

#include <stdlib.h>
#include <string.h>

struct history *history_create(void) { return calloc(1, sizeof(struct history)); }

static void history_free_pages(struct history *h)
{
	for (int s = 0; s < SD_MAX_SPACES; s++) {
		free(h->dead[s]);
		free(h->readonly[s]);
		h->dead[s] = h->readonly[s] = NULL;
	}
	for (int d = 0; d < SD_MAX_DOMAINS; d++) {
		free(h->iova[d]);
		h->iova[d] = NULL;
	}
	free(h->cell);
	h->cell = NULL;
}

void history_destroy(struct history *h)
{
	if (!h)
		return;
	history_free_pages(h);
	free(h);
}

/* -- verdicts -------------------------------------------------------------------------- */

void history_violation(struct history *h, enum violation_class class_, bool write, int space, sd_page page)
{
	if (h->over)
		return;
	h->over = true;
	h->out->verdict = HISTORY_VIOLATION;
	h->out->class_ = (uint8_t)class_;
	h->out->write = write;
	h->out->space = (uint8_t)space;
	h->out->page = page;
	h->out->at = h->now - 1;
}

void history_item_violation(struct history *h, enum violation_class class_, const struct history_item *i)
{
	history_violation(h, class_, pte_leaf(h->inst[i->inst].value) && h->inst[i->inst].value & PTE_W,
	                  i->space, i->base);
}

void history_stop(struct history *h, enum history_verdict verdict, const char *why)
{
	if (h->over)
		return;
	h->over = true;
	h->out->verdict = (uint8_t)verdict;
	h->out->why = why;
	h->out->at = h->now ? h->now - 1 : 0;
}

/* -- beginning ---------------------------------------------------------------------------- */

/* Pages are counted in the geometry's own number, which most cases share. */
static bool history_make_room(struct history *h, uint8_t levels, uint8_t bits)
{
	bool ok;

	if (h->cell && h->levels == levels && h->bits == bits)
		return true;
	history_free_pages(h);
	h->levels = levels;
	h->bits = bits;
	h->frame_bits = bits < 6 ? 6 : bits;
	h->nents = 1u << bits;
	h->pages = 1u << (bits * levels);
	h->cell = calloc((size_t)MEM_FRAMES << h->frame_bits, sizeof(*h->cell));
	ok = h->cell;
	for (int s = 0; s < SD_MAX_SPACES; s++) {
		h->dead[s] = calloc(h->pages, sizeof(*h->dead[s]));
		h->readonly[s] = calloc(h->pages, sizeof(*h->readonly[s]));
		ok = ok && h->dead[s] && h->readonly[s];
	}
	for (int d = 0; d < SD_MAX_DOMAINS; d++) {
		h->iova[d] = calloc(h->pages, sizeof(*h->iova[d]));
		ok = ok && h->iova[d];
	}
	if (!ok)
		history_free_pages(h);
	return ok;
}

static void history_forget_pages(struct history *h)
{
	for (int s = 0; s < SD_MAX_SPACES; s++) {
		memset(h->dead[s], 0, h->pages * sizeof(*h->dead[s]));
		memset(h->readonly[s], 0, h->pages * sizeof(*h->readonly[s]));
	}
	for (int d = 0; d < SD_MAX_DOMAINS; d++)
		memset(h->iova[d], 0, h->pages * sizeof(*h->iova[d]));
	for (sd_page pfn = 0; pfn < MEM_FRAMES; pfn++) {
		if (!h->frame[pfn].born)
			continue; /* never handed out in the last run */
		memset(h->cell + ((size_t)pfn << h->frame_bits), 0, sizeof(*h->cell) << h->frame_bits);
		h->used[pfn] = 0;
		h->frame[pfn] = (struct history_frame){0};
	}
}

static void history_forget(struct history *h)
{
	history_forget_pages(h);
	memset(h->by_serial, 0,
	       (h->serial + 1 < HISTORY_SERIALS ? h->serial + 1 : HISTORY_SERIALS) * sizeof(h->by_serial[0]));
	h->over = false;
	h->now = h->serial = h->looks = 0;
	h->ninst = h->nitems = h->fresh = 1; /* number 0 is no instance and no item */
	memset(h->space, 0, sizeof(h->space));
	h->ncontexts = h->nwaits = 0;
	h->gone = h->silent = 0;
	memset(h->settled, 0, sizeof(h->settled));
	memset(h->op, 0, sizeof(h->op));
	for (int a = 0; a < HISTORY_ACTORS; a++)
		h->op[a] = (struct history_op){.id = (uint32_t)a + 1, .kind = OP_COUNT};
	h->nops = HISTORY_ACTORS;
}

/* -- reading ------------------------------------------------------------------------------ */

static void history_op_begin(struct history *h, const struct event *ev)
{
	*history_op(h) = (struct history_op){
	        .open = true,
	        .kind = ev->op.kind,
	        .space = ev->op.space,
	        .id = ++h->nops,
	        .serial = h->serial,
	        .began = h->now,
	        .start = ev->op.start,
	        .n = ev->op.n,
	        .writable = ev->op.prot == PROT_RW,
	};
	history_owed_op_begin(h, ev);
}

static void history_op_end(struct history *h, const struct event *ev)
{
	history_promise_op_end(h, ev);
	history_owed_op_end(h, ev);
	*history_op(h) = (struct history_op){.kind = OP_COUNT, .id = ++h->nops};
}

static void history_root(struct history *h, const struct event *ev)
{
	struct history_space *sp = &h->space[ev->root.space];
	struct history_root root = {ev->root.frame, (uint8_t)ev->root.fewer};

	if (!ev->root.present) {
		sp->root = (struct history_root){0};
		return;
	}
	sp->root = root;
	if (sp->nroots < HISTORY_ROOTS)
		sp->ever[sp->nroots++] = root;
}

static void history_tag(struct history *h, const struct event *ev)
{
	if (!ev->tag.tag)
		return; /* what it was called stays in the caches */
	h->space[ev->tag.space].tag = (uint16_t)ev->tag.tag;
	h->space[ev->tag.space].pasid = (uint16_t)ev->tag.pasid;
}

static void history_wait_begin(struct history *h, const struct event *ev)
{
	if (h->nwaits == HISTORY_WAITS) {
		history_stop(h, HISTORY_INCONCLUSIVE, "more waits than are kept track of");
		return;
	}
	h->wait[h->nwaits++] =
	        (struct history_wait){ev->wait_begin.walker, ev->actor, h->now, ev->wait_begin.seq};
}

static void history_notified(struct history *h, int space, int by)
{
	h->space[space].notified += by;
	if (h->space[space].notified < 0)
		history_violation(h, VC_PROTOCOL, false, space, 0);
}

/* What changes tables, or who looks into them. false: something else. */
static bool history_read_change(struct history *h, const struct event *ev)
{
	switch (ev->type) {
	case EV_ENTRY:
		history_tables_store(h, ev);
		break;
	case EV_ENTRY_AD:
		history_tables_set_ad(h, ev);
		return true; /* the same instances */
	case EV_WRITTEN_BACK:
		history_tables_written_back(h, ev);
		break;
	case EV_FRAME_ALLOC:
		history_tables_alloc(h, ev);
		return true;
	case EV_FRAME_FREE:
		history_promise_check_free(h, ev);
		history_tables_free(h, ev);
		break;
	case EV_SPACE_ROOT:
		history_root(h, ev);
		break;
	case EV_SPACE_TAG:
		history_tag(h, ev);
		break;
	case EV_SPACE_CPU:
		h->space[ev->cpu_mask.space].cpus = (uint16_t)ev->cpu_mask.cpus;
		break;
	case EV_CTX:
		history_contexts_store(h, ev);
		break;
	case EV_INV:
		history_caches_invalidate(h, ev);
		break;
	case EV_INV_CTX:
		history_contexts_invalidate(h, ev);
		break;
	case EV_DEV_GONE:
		h->gone |= 1u << ev->gone.dev;
		break;
	default:
		return false;
	}
	if (!h->over)
		history_caches_spread(h);
	if (!h->over)
		history_promise_check_reached(h);
	if (!h->over)
		history_owed_check_sizes(h);
	if (!h->over)
		history_owed_check(h);
	return true;
}

static void history_read_hardware(struct history *h, const struct event *ev)
{
	switch (ev->type) {
	case EV_FILL:
	case EV_FILL_TABLE:
	case EV_HIT:
		history_caches_check_member(h, ev);
		break;
	case EV_HIT_TABLE:
		history_access_check_table(h, ev);
		history_caches_check_member(h, ev);
		break;
	case EV_FILL_CTX:
		history_access_check_context(h, ev);
		break;
	case EV_WAIT_BEGIN:
		history_wait_begin(h, ev);
		break;
	case EV_WAIT_SEEN:
		history_caches_wait_seen(h, ev);
		break;
	case EV_INV_TIMEOUT:
		h->silent |= 1u << (ev->timeout.walker - WALKER_ATC0);
		break;
	case EV_CMD_BAD:
		history_violation(h, VC_PROTOCOL, false, SD_MAX_SPACES, 0);
		break;
	case EV_ACCESS:
		history_access_check(h, ev);
		break;
	case EV_FAULT:
		history_owed_check_fault(h, ev);
		break;
	case EV_NO_PROGRESS:
		history_violation(h, VC_NO_PROGRESS, false, SD_MAX_SPACES, ev->stuck.page);
		break;
	default:
		break;
	}
}

static void history_read_software(struct history *h, const struct event *ev)
{
	switch (ev->type) {
	case EV_OP_BEGIN:
		history_op_begin(h, ev);
		break;
	case EV_OP_END:
		history_op_end(h, ev);
		if (!h->over)
			history_owed_check(h);
		break;
	case EV_WRITEOUT:
		history_promise_check_writeout(h, ev);
		break;
	case EV_DISCARD:
		history_access_discard(h, ev);
		break;
	case EV_CLEANED:
		history_promise_check_cleaned(h, ev);
		break;
	case EV_PRQ_SERVED:
		history_promise_check_served(h, ev);
		break;
	case EV_DEAD:
		history_promise_dead_range(h, ev);
		break;
	case EV_EXTENT:
		history_owed_extent(h, ev);
		break;
	case EV_TOP_READ:
		history_access_check_top(h, ev);
		break;
	case EV_NOTIFY_START:
		history_notified(h, ev->range.space, 1);
		break;
	case EV_NOTIFY_END:
		history_notified(h, ev->range.space, -1);
		break;
	case EV_BAD_REF:
		history_violation(h, VC_REFCOUNT, false, SD_MAX_SPACES, 0);
		break;
	default:
		break;
	}
}

/* -- the end ---------------------------------------------------------------------------------- */

static void history_check_end(struct history *h)
{
	const struct history_run *run = h->run;

	h->now = run->n + 1;
	if (run->end == SCHED_DEADLOCK)
		history_violation(h, VC_DEADLOCK, false, SD_MAX_SPACES, 0);
	if (run->end != SCHED_DONE)
		return;
	for (int s = 0; s < SD_MAX_SPACES; s++)
		if (h->space[s].notified)
			history_violation(h, VC_PROTOCOL, false, s, 0);
	for (sd_page pfn = 0; run->marked && pfn < MEM_FRAMES; pfn++)
		if (h->frame[pfn].kind != MEM_FREE && !run->marked[pfn])
			history_violation(h, VC_LEAK, false, SD_MAX_SPACES, 0);
}

void history_check(struct history *h, const struct history_run *run, struct history_result *out)
{
	*out = (struct history_result){.verdict = HISTORY_CLEAN, .space = SD_MAX_SPACES};
	h->run = run;
	h->prof = &run->c->prof;
	h->out = out;
	h->over = false;
	if (run->lost || !history_make_room(h, run->c->levels, run->c->bits)) {
		history_stop(h, HISTORY_INCONCLUSIVE, run->lost ? "events are missing" : "no memory");
		return;
	}
	history_forget(h);
	h->behind = !h->prof->coherent;
	for (uint32_t k = 0; k < run->n && !h->over; k++) {
		h->ev = &run->log[k];
		h->now = k + 1;
		h->fresh = h->nitems;
		if (!history_read_change(h, h->ev)) {
			history_read_hardware(h, h->ev);
			history_read_software(h, h->ev);
		}
	}
	if (!h->over)
		history_check_end(h);
}
