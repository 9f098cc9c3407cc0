/* SPDX-License-Identifier: MIT */
/*
 * Timeline, reading: which page an entry belongs to, and which events have to
 * do with the violation. Entries are numbers in the log; the stores that link
 * tables say what each covers. A table that two spaces share is shown under the
 * one that linked it last.
 */
#include "engine/tell/timeline_view.h"

#include <string.h>

void view_init(struct timeline_view *v, const struct case_file *c, const struct exec_result *r, bool all)
{
	memset(v, 0, sizeof(*v));
	v->c = c;
	v->r = r;
	v->all = all;
	for (int f = 0; f < MEM_FRAMES; f++)
		v->table[f].space = -1;
}

struct view_range view_entry(const struct timeline_view *v, mem_entry e)
{
	unsigned bits = mem_frame_bits((struct mem_geometry){v->c->levels, v->c->bits});
	uint32_t frame = e >> bits, index = e & ((1u << bits) - 1);
	struct view_range range = {.space = -1};

	if (frame >= MEM_FRAMES || v->table[frame].space < 0)
		return range;
	range = v->table[frame];
	range.span = (sd_page)1 << (v->c->bits * range.level);
	range.page += index * range.span;
	return range;
}

static void view_link_table(struct timeline_view *v, const struct event *ev)
{
	struct view_range at = view_entry(v, ev->store.entry);
	pte_t entry = ev->store.value;

	if (!pte_table(entry) || at.space < 0 || at.level == 0 || pte_pfn(entry) >= MEM_FRAMES)
		return;
	at.level--;
	v->table[pte_pfn(entry)] = at;
}

sd_page view_request_page(const struct event *ev)
{
	switch (ev->type) {
	case EV_DMA_BEGIN:
		return ev->dma.page;
	case EV_DMA_END:
		return ev->dma_end.page;
	case EV_FAULT:
		return ev->fault.page;
	case EV_PRQ:
	case EV_PRQ_DROP:
		return ev->prq.page;
	default:
		return ev->served.page;
	}
}

void view_learn(struct timeline_view *v, const struct event *ev)
{
	switch (ev->type) {
	case EV_SPACE_ROOT:
		if (ev->root.frame < MEM_FRAMES && ev->root.present)
			v->table[ev->root.frame] = (struct view_range){
			        .space = ev->root.space, .level = v->c->levels - 1 - (int)ev->root.fewer};
		break;
	case EV_SPACE_TAG:
		if (ev->tag.space < SD_MAX_SPACES)
			v->tag[ev->tag.space] = ev->tag.tag;
		break;
	case EV_ENTRY:
		view_link_table(v, ev);
		break;
	case EV_FRAME_ALLOC:
		for (uint32_t i = 0; i < ev->frames.n && ev->frames.pfn + i < MEM_FRAMES; i++)
			v->table[ev->frames.pfn + i].space = -1;
		break;
	default:
		break;
	}
}

/* -- what has to do with the violation --------------------------------------------- */

static bool view_overlaps(sd_page a, sd_page a_span, sd_page b, sd_page b_span)
{
	return a < b + b_span && b < a + a_span;
}

static bool view_about_page(const struct timeline_view *v, int space, sd_page page, sd_page span)
{
	const struct oracle_violation *o = &v->r->violation;

	return (space < 0 || space == o->space) && view_overlaps(page, span, o->page, o->span ? o->span : 1);
}

static bool view_about_entry(const struct timeline_view *v, mem_entry e)
{
	struct view_range at = view_entry(v, e);

	return at.space >= 0 && view_about_page(v, at.space, at.page, at.span);
}

static bool view_about_written_back(const struct timeline_view *v, const struct event *ev)
{
	struct view_range at = view_entry(v, ev->written_back.entry);

	return at.space >= 0 && view_about_page(v, at.space, at.page, at.span * ev->written_back.n);
}

static bool view_about_frame(const struct timeline_view *v, sd_page pfn, sd_page n)
{
	return view_overlaps(pfn, n ? n : 1, v->r->violation.pfn, 1);
}

/* Of the same space, even where it misses the page: that may be the mistake. */
static bool view_about_inv(struct timeline_view *v, const struct event *ev)
{
	const struct oracle_violation *o = &v->r->violation;
	bool mine;

	if (!(o->walkers >> ev->inv.walker & 1))
		return false;
	if (ev->inv.flags & INV_ALL_TAGS)
		mine = true;
	else if (ev->inv.walker >= WALKER_ATC0)
		mine = ev->inv.tag == (o->space < SD_MAX_MMS ? o->space + 1u : 0u);
	else if (ev->inv.walker >= WALKER_IOMMU0)
		mine = ev->inv.tag == v->tag[o->space];
	else
		mine = true;
	if (mine)
		v->waits[ev->inv.walker] = ev->inv.seq;
	return mine;
}

static bool view_about_wait(struct timeline_view *v, const struct event *ev)
{
	if (ev->wait.walker >= WALKER_COUNT || !v->waits[ev->wait.walker] ||
	    ev->wait.seq < v->waits[ev->wait.walker])
		return false;
	if (ev->type == EV_WAIT_SEEN)
		v->waits[ev->wait.walker] = 0;
	return true;
}

static bool view_about(struct timeline_view *v, const struct event *ev)
{
	switch (ev->type) {
	case EV_OP_BEGIN:
	case EV_OP_END:
	case EV_NO_PROGRESS:
	case EV_CMD_BAD:
	case EV_BAD_REF:
	case EV_PRQ_DROP:
	case EV_INV_TIMEOUT:
	case EV_DEV_GONE:
	case EV_DRV_REPORT:
		return true;
	case EV_ENTRY:
		return view_about_entry(v, ev->store.entry);
	case EV_ENTRY_AD:
		return view_about_entry(v, ev->set_ad.entry);
	case EV_WRITTEN_BACK:
		return view_about_written_back(v, ev);
	case EV_FILL:
	case EV_FILL_TABLE:
	case EV_HIT:
		return view_about_entry(v, ev->cached.entry) &&
		       view_about_page(v, -1, ev->cached.page, 1u << (v->c->bits * (ev->cached.level & 3)));
	case EV_ACCESS:
		return view_about_frame(v, ev->access.pfn, 1) || view_about_page(v, -1, ev->access.page, 1);
	case EV_DMA_BEGIN:
	case EV_DMA_END:
	case EV_FAULT:
	case EV_PRQ:
	case EV_PRQ_SERVED:
		return view_about_page(v, -1, view_request_page(ev), 1);
	case EV_FRAME_ALLOC:
	case EV_FRAME_FREE:
		return view_about_frame(v, ev->frames.pfn, ev->frames.n);
	case EV_WRITEOUT:
	case EV_DISCARD:
		return view_about_frame(v, ev->frame.pfn, 1);
	case EV_SECONDARY:
		return ev->span.space == v->r->violation.space;
	case EV_CPU_FLUSH:
		return ev->shootdown.space == v->r->violation.space;
	case EV_CLEANED:
	case EV_DEAD:
	case EV_EXTENT:
		return view_about_page(v, ev->range.space, ev->range.start, ev->range.n);
	case EV_INV:
		return view_about_inv(v, ev);
	case EV_WAIT_DONE:
	case EV_WAIT_SEEN:
		return view_about_wait(v, ev);
	case EV_SPACE_ROOT:
	case EV_TOP_READ:
		return v->r->violation.class_ == VC_TORN_ENTRY;
	case EV_CTX:
	case EV_INV_CTX:
		return true;
	default:
		return false;
	}
}

bool view_wanted(struct timeline_view *v, const struct event *ev)
{
	if (v->all)
		return true;
	if (ev->actor == EVENT_NOBODY)
		return false;
	if (v->r->verdict == EXEC_VIOLATION && v->r->violation.space < SD_MAX_SPACES)
		return view_about(v, ev);
	/* nothing to look for: what programs and hardware did, without the traffic of queues */
	switch (ev->type) {
	case EV_SWITCH:
	case EV_HIT_TABLE:
	case EV_FILL_CTX:
	case EV_TOP_READ:
	case EV_CMD:
	case EV_WAIT_BEGIN:
	case EV_WAIT_DONE:
	case EV_NOTIFY_START:
	case EV_NOTIFY_END:
		return false;
	default:
		return true;
	}
}
