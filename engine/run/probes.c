/* SPDX-License-Identifier: MIT */
/*
 * Listens to events and keeps just enough of the past to know a rare state when
 * it comes: which tables are linked, what each frame was, which requests and
 * waits are under way, which operations are open.
 */
#include "engine/run/probes.h"

#include <shootdown/hw.h>

#include <stdlib.h>

#include "event/walker.h"
#include "hw/limits.h"

enum linked { NEVER, LINKED, UNLINKED };

struct request {
	bool on, write;
	uint8_t space;  /* SD_MAX_SPACES: none */
	uint32_t since; /* event */
};

struct open_op {
	bool on;
	uint8_t kind, space;
};

struct probes {
	struct probes_total *total;
	const struct mem *m;
	uint32_t events;
	uint8_t linked[MEM_FRAMES]; /* enum linked */
	mem_entry home[MEM_FRAMES]; /* the entry that links or linked it */
	uint8_t was[MEM_FRAMES];    /* enum mem_kind of its last life in this run */
	uint32_t freed[MEM_FRAMES]; /* event; 0: not in this run */
	struct request req[SD_MAX_DEVS];
	struct open_op op[SCHED_MAX_ACTORS];
	uint32_t notifying[SD_MAX_SPACES]; /* actors with an open range, a bit each */
	bool rooted[SD_MAX_SPACES];
	uint32_t tag[SD_MAX_SPACES];  /* 0: none */
	uint8_t leads[SD_MAX_DEVS];   /* space that the device's context entry selects, + 1 */
	uint32_t waits[WALKER_COUNT]; /* begun and not done */
	uint32_t asking;              /* devices with an unanswered page request, a bit each */
};

static const struct {
	const char *name, *what;
} infos[PROBE_COUNT] = {
#define PROBE(id, name, what) {name, what},
#include "engine/run/probes.def"
#undef PROBE
};

const char *probe_name(enum probe p) { return infos[p].name; }
const char *probe_what(enum probe p) { return infos[p].what; }
const char *probe_row_name(int row) { return row == OP_COUNT ? "free" : op_info((enum op_kind)row)->name; }

struct probes *probes_create(struct probes_total *total)
{
	struct probes *p = calloc(1, sizeof(*p));

	if (p)
		p->total = total;
	return p;
}

void probes_destroy(struct probes *p) { free(p); }

void probes_begin(struct probes *p, const struct mem *m)
{
	struct probes_total *total = p->total;

	*p = (struct probes){.total = total, .m = m};
}

static void probes_hit(struct probes *p, enum probe which) { p->total->probe[which]++; }

/* A device has a request in the space (SD_MAX_SPACES: in any). */
static bool probes_under_way(const struct probes *p, int space, bool writes_only)
{
	for (int d = 0; d < SD_MAX_DEVS; d++)
		if (p->req[d].on && (space == SD_MAX_SPACES || p->req[d].space == space) &&
		    (!writes_only || p->req[d].write))
			return true;
	return false;
}

/* -- software -------------------------------------------------------------------------- */

static void probes_op_begin(struct probes *p, const struct event *ev)
{
	static const struct {
		uint8_t kind, probe;
		bool writes_only;
	} under_dma[] = {
	        {OP_FORK, PROBE_FORK_UNDER_DMA, false},
	        {OP_EXIT, PROBE_EXIT_UNDER_DMA, false},
	        {OP_MREMAP, PROBE_MREMAP_UNDER_DMA, false},
	        {OP_WRITEBACK, PROBE_WRITEBACK_UNDER_DMA, true},
	};

	for (size_t i = 0; i < sizeof(under_dma) / sizeof(under_dma[0]); i++)
		if (under_dma[i].kind == ev->op.kind &&
		    probes_under_way(p, ev->op.space, under_dma[i].writes_only))
			probes_hit(p, (enum probe)under_dma[i].probe);
	for (int a = 0; a < SCHED_MAX_ACTORS; a++)
		if (p->op[a].on && p->op[a].kind == OP_RECLAIM && p->op[a].space == ev->op.space)
			probes_hit(p, PROBE_BATCH_OPEN);
	p->op[ev->actor] = (struct open_op){true, ev->op.kind, ev->op.space};
}

static bool probes_had_table(const struct probes *p, mem_entry e)
{
	for (int i = 0; i < MEM_FRAMES; i++)
		if (p->linked[i] == UNLINKED && p->home[i] == e)
			return true;
	return false;
}

static void probes_entry(struct probes *p, const struct event *ev)
{
	const pte_t old = ev->store.old, new = ev->store.value;
	int space =
	        ev->actor < SCHED_MAX_ACTORS && p->op[ev->actor].on ? p->op[ev->actor].space : SD_MAX_SPACES;

	if (pte_table(old) && pte_pfn(old) < MEM_FRAMES)
		p->linked[pte_pfn(old)] = UNLINKED;
	if (pte_table(new) && pte_pfn(new) < MEM_FRAMES) {
		p->linked[pte_pfn(new)] = LINKED;
		p->home[pte_pfn(new)] = ev->store.entry;
	}
	if (pte_leaf(new) && probes_had_table(p, ev->store.entry))
		probes_hit(p, PROBE_SUPERPAGE_OVER_TABLE);
	if (space == SD_MAX_SPACES || !pte_leaf(old) || !probes_under_way(p, space, false))
		return;
	if (pte_table(new))
		probes_hit(p, PROBE_SPLIT_UNDER_DMA);
	else if (!pte_present(new))
		probes_hit(p, PROBE_UNMAP_UNDER_DMA);
}

static void probes_frame_alloc(struct probes *p, const struct event *ev)
{
	for (sd_page i = ev->frames.pfn; i < ev->frames.pfn + ev->frames.n && i < MEM_FRAMES; i++) {
		if (p->was[i] == MEM_TABLE && ev->frames.kind == MEM_DATA)
			probes_hit(p, PROBE_TABLE_TO_DATA);
		if (p->was[i] == MEM_DATA && ev->frames.kind == MEM_TABLE)
			probes_hit(p, PROBE_DATA_TO_TABLE);
		for (int d = 0; d < SD_MAX_DEVS; d++)
			if (p->req[d].on && p->freed[i] > p->req[d].since)
				probes_hit(p, PROBE_REUSE_UNDER_DMA);
		p->linked[i] = NEVER;
	}
}

static void probes_frame_free(struct probes *p, const struct event *ev)
{
	for (sd_page i = ev->frames.pfn; i < ev->frames.pfn + ev->frames.n && i < MEM_FRAMES; i++) {
		p->was[i] = ev->frames.kind;
		p->freed[i] = p->events;
	}
}

static void probes_space_root(struct probes *p, const struct event *ev)
{
	if (ev->root.present && p->rooted[ev->root.space] && probes_under_way(p, ev->root.space, false))
		probes_hit(p, PROBE_GROW_UNDER_DMA);
	p->rooted[ev->root.space] = ev->root.present;
}

static void probes_notifier(struct probes *p, const struct event *ev)
{
	const uint32_t me = ev->actor < SCHED_MAX_ACTORS ? 1u << ev->actor : 0;

	if (ev->type == EV_NOTIFY_END)
		p->notifying[ev->range.space] &= ~me;
	else if (p->notifying[ev->range.space] & ~me)
		probes_hit(p, PROBE_NESTED_GATHER);
	if (ev->type == EV_NOTIFY_START)
		p->notifying[ev->range.space] |= me;
}

/* -- hardware ---------------------------------------------------------------------------- */

static void probes_cached(struct probes *p, const struct event *ev)
{
	const sd_page table = mem_entry_frame(p->m, ev->cached.entry);
	const bool fill = ev->type == EV_FILL || ev->type == EV_FILL_TABLE;

	if (table >= MEM_FRAMES)
		return;
	if (fill && ev->cached.walker < WALKER_ATC0 && p->linked[table] == UNLINKED)
		probes_hit(p, PROBE_WALK_UNLINKED);
	if (mem_serial(p->m, ev->cached.entry) == ev->cached.serial)
		return;
	if (!fill)
		probes_hit(p, PROBE_STALE_HIT);
	else if (ev->cached.walker >= WALKER_ATC0)
		probes_hit(p, PROBE_STALE_REFILL);
}

static void probes_inv(struct probes *p, const struct event *ev)
{
	const bool atc = ev->inv.walker >= WALKER_ATC0;

	if (ev->inv.walker >= WALKER_IOMMU0 &&
	    (atc ? p->req[ev->inv.walker - WALKER_ATC0].on : probes_under_way(p, SD_MAX_SPACES, false)))
		probes_hit(p, PROBE_INV_CROSSES_DMA);
}

static void probes_wait(struct probes *p, const struct event *ev)
{
	uint32_t *n = &p->waits[ev->type == EV_WAIT_DONE ? ev->wait.walker : ev->wait_begin.walker];

	if (ev->type == EV_WAIT_DONE)
		*n -= *n > 0;
	else if ((*n)++ > 0)
		probes_hit(p, PROBE_TWO_WAITS);
}

static void probes_dma(struct probes *p, const struct event *ev)
{
	struct request *r = &p->req[ev->type == EV_DMA_BEGIN ? ev->dma.dev : ev->dma_end.dev];

	*r = (struct request){0};
	if (ev->type == EV_DMA_BEGIN)
		*r = (struct request){
		        .on = true,
		        .write = ev->dma.write,
		        .space = p->leads[ev->dma.dev] ? p->leads[ev->dma.dev] - 1 : SD_MAX_SPACES,
		        .since = p->events,
		};
}

static void probes_ctx(struct probes *p, const struct event *ev)
{
	if (!ev->context.present && p->req[ev->context.dev].on)
		probes_hit(p, PROBE_CTX_UNDER_DMA);
	for (int i = 0; ev->context.present && i < SD_MAX_SPACES; i++)
		if (p->tag[i] == ev->context.tag)
			p->leads[ev->context.dev] = (uint8_t)(i + 1);
}

static void probes_prq(struct probes *p, const struct event *ev)
{
	const bool served = ev->type == EV_PRQ_SERVED;
	const uint32_t dev = 1u << (served ? ev->served.dev : ev->prq.dev);

	if (ev->type == EV_PRQ && (p->asking & ~dev))
		probes_hit(p, PROBE_PRQ_TWO);
	if (served && ev->served.code != SD_RESP_SUCCESS)
		probes_hit(p, PROBE_PRQ_REFUSED);
	if (ev->type == EV_PRQ_DROP)
		probes_hit(p, PROBE_PRQ_OVERFLOW);
	p->asking = ev->type == EV_PRQ ? p->asking | dev : p->asking & ~dev;
}

static void probes_dev_gone(struct probes *p)
{
	for (int w = 0; w < WALKER_COUNT; w++)
		if (p->waits[w]) {
			probes_hit(p, PROBE_GONE_WAITING);
			return;
		}
}

static void probes_other(struct probes *p, const struct event *ev)
{
	switch (ev->type) {
	case EV_SPACE_TAG:
		p->tag[ev->tag.space] = ev->tag.tag;
		break;
	case EV_OP_END:
		p->op[ev->actor].on = false;
		break;
	case EV_CMD:
		if (ev->cmd.seq > HW_RING)
			probes_hit(p, PROBE_QUEUE_WRAPPED);
		break;
	case EV_DEV_GONE:
		probes_dev_gone(p);
		break;
	case EV_INV_TIMEOUT:
		probes_hit(p, PROBE_INV_TIMEOUT);
		break;
	case EV_WRITTEN_BACK:
		if (ev->written_back.evicted)
			probes_hit(p, PROBE_EVICTED);
		break;
	default:
		break;
	}
}

static void (*const hear[EV_COUNT])(struct probes *p, const struct event *ev) = {
        [EV_ENTRY] = probes_entry,
        [EV_FRAME_ALLOC] = probes_frame_alloc,
        [EV_FRAME_FREE] = probes_frame_free,
        [EV_SPACE_ROOT] = probes_space_root,
        [EV_NOTIFY_START] = probes_notifier,
        [EV_NOTIFY_END] = probes_notifier,
        [EV_FILL] = probes_cached,
        [EV_FILL_TABLE] = probes_cached,
        [EV_HIT] = probes_cached,
        [EV_HIT_TABLE] = probes_cached,
        [EV_INV] = probes_inv,
        [EV_WAIT_BEGIN] = probes_wait,
        [EV_WAIT_DONE] = probes_wait,
        [EV_DMA_BEGIN] = probes_dma,
        [EV_DMA_END] = probes_dma,
        [EV_CTX] = probes_ctx,
        [EV_PRQ] = probes_prq,
        [EV_PRQ_DROP] = probes_prq,
        [EV_PRQ_SERVED] = probes_prq,
        [EV_OP_BEGIN] = probes_op_begin,
};

void probes_listen(struct probes *p, const struct event *ev, const struct oracle_near *near)
{
	p->events++;
	if (near->tested) {
		p->total->row[near->row].tested++;
		p->total->row[near->row].near += near->events <= PROBES_NEAR;
	}
	if (hear[ev->type])
		hear[ev->type](p, ev);
	else
		probes_other(p, ev);
}
