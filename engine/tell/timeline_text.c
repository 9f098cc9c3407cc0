/* SPDX-License-Identifier: MIT */
/*
 * Timeline, wording: an event as a short sentence without its actor, which is
 * the lane it stands in. What has no wording of its own is printed field by
 * field, so that a new event needs no line here.
 */
#include "engine/tell/timeline_view.h"

#include <inttypes.h>
#include <string.h>

#include <shootdown/hw.h>

#include "drv/drv.h"
#include "mm/mm.h"

static const char *text_status(unsigned s)
{
	static const char *const names[] = {
	        [SD_OK] = "ok",
	        [SD_FAULT] = "fault",
	        [SD_PERM] = "no permission",
	        [SD_NOCTX] = "no context",
	        [SD_CANCEL] = "cancelled",
	        [SD_BUSY] = "queue full",
	        [SD_GONE] = "gone",
	};

	return s < sizeof(names) / sizeof(names[0]) ? names[s] : "?";
}

static char *text_pte(pte_t e, char buf[REPORT_NAME])
{
	if (pte_leaf(e))
		snprintf(buf, REPORT_NAME, "frame %u %s%s%s", pte_pfn(e), e & PTE_W ? "rw" : "r",
		         e & PTE_A ? " A" : "", e & PTE_D ? " D" : "");
	else if (pte_table(e))
		snprintf(buf, REPORT_NAME, "table %u", pte_pfn(e));
	else if (e & PTE_SWAP)
		snprintf(buf, REPORT_NAME, "swap %u", pte_pfn(e));
	else
		snprintf(buf, REPORT_NAME, "none");
	return buf;
}

static void text_op_end(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	(void)v;
	snprintf(buf, VIEW_TEXT, "%s returns %" PRId64, op_info((enum op_kind)ev->op_end.kind)->name,
	         ev->op_end.ret);
}

static void text_op_begin(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	const enum op_kind kind = (enum op_kind)ev->op.kind;
	const char *name = op_info(kind)->name;
	char pages[REPORT_NAME], to[REPORT_NAME];

	report_pages(v->c, ev->op.start, ev->op.n, pages);
	if (op_takes(kind, 'S'))
		snprintf(buf, VIEW_TEXT, "%s %s -> %s", name, pages,
		         report_pages(v->c, ev->op.start2, ev->op.n, to));
	else if (op_takes(kind, 'R'))
		snprintf(buf, VIEW_TEXT, "%s %s", name, pages);
	else
		snprintf(buf, VIEW_TEXT, "%s", name);
}

static void text_change(const struct timeline_view *v, mem_entry e, pte_t from, pte_t to, char buf[VIEW_TEXT])
{
	struct view_range at = view_entry(v, e);
	char pages[REPORT_NAME], space[REPORT_NAME], old[REPORT_NAME], new[REPORT_NAME], level[16] = "";

	if (at.level)
		snprintf(level, sizeof(level), ", level %d", at.level);
	text_pte(from, old);
	text_pte(to, new);
	if (at.space < 0)
		snprintf(buf, VIEW_TEXT, "entry %u: %s => %s", e, old, new);
	else
		snprintf(buf, VIEW_TEXT, "entry %s of %s%s: %s => %s",
		         report_pages(v->c, at.page, at.span, pages), report_space(at.space, space), level,
		         old, new);
}

static void text_entry(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	text_change(v, ev->store.entry, ev->store.old, ev->store.value, buf);
}

static void text_entry_ad(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	text_change(v, ev->set_ad.entry, ev->set_ad.old, ev->set_ad.value, buf);
}

static void text_written_back(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	struct view_range at = view_entry(v, ev->written_back.entry);
	const char *why = ev->written_back.evicted ? "makes room: memory gets" : "cleans";
	char pages[REPORT_NAME], space[REPORT_NAME];

	if (at.space < 0)
		snprintf(buf, VIEW_TEXT, "%s %s of table %u", why,
		         ev->written_back.n > 1 ? "the entries" : "an entry",
		         ev->written_back.entry >>
		                 mem_frame_bits((struct mem_geometry){v->c->levels, v->c->bits}));
	else
		snprintf(buf, VIEW_TEXT, "%s %s %s of %s, level %d", why,
		         ev->written_back.n > 1 ? "entries" : "entry",
		         report_pages(v->c, at.page, at.span * ev->written_back.n, pages),
		         report_space(at.space, space), at.level);
}

static void text_cache(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	const char *verb = ev->type == EV_HIT || ev->type == EV_HIT_TABLE ? "uses its cached" : "caches";
	sd_page span = (sd_page)1 << (v->c->bits * (ev->cached.level & 3));
	char pages[REPORT_NAME], value[REPORT_NAME];

	snprintf(buf, VIEW_TEXT, "%s %s %s -> %s", walker_name(ev->cached.walker), verb,
	         report_pages(v->c, ev->cached.page & ~(span - 1), span, pages),
	         text_pte(ev->cached.value, value));
}

/* Does the invalidation reach the violation's pages? */
static bool text_covers(const struct timeline_view *v, sd_page first, sd_page last)
{
	const struct oracle_violation *o = &v->r->violation;

	return v->r->verdict != EXEC_VIOLATION || o->space >= SD_MAX_SPACES ||
	       (first <= o->page && last >= o->page + (o->span ? o->span - 1 : 0));
}

static void text_range(const struct timeline_view *v, const char *what, sd_page first, sd_page last, bool all,
                       char buf[VIEW_TEXT])
{
	char pages[REPORT_NAME], stale[REPORT_NAME];
	const struct oracle_violation *o = &v->r->violation;

	if (all || last == UINT32_MAX) {
		snprintf(buf, VIEW_TEXT, "%s everything", what);
	} else if (first > last) {
		snprintf(buf, VIEW_TEXT, "%s an empty range", what);
	} else {
		report_pages(v->c, first, last - first + 1, pages);
		if (text_covers(v, first, last))
			snprintf(buf, VIEW_TEXT, "%s %s", what, pages);
		else
			snprintf(buf, VIEW_TEXT, "%s %s, misses %s", what, pages,
			         report_pages(v->c, o->page, o->span, stale));
	}
}

static void text_inv(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char what[REPORT_NAME];

	snprintf(what, sizeof(what), "%s drops%s", walker_name(ev->inv.walker),
	         ev->inv.flags & INV_LEAF_ONLY ? " (leaves only)" : "");
	text_range(v, what, ev->inv.first, ev->inv.last, ev->inv.flags & (INV_ALL_TAGS | INV_TAG_ALL), buf);
}

static void text_access(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char pages[REPORT_NAME];

	snprintf(buf, VIEW_TEXT, "%s %s frame %u at %s through %s",
	         ev->access.flags & ACC_GHOST ? "ghost" : "data:",
	         ev->access.flags & ACC_WRITE ? "writes" : "reads", ev->access.pfn,
	         report_pages(v->c, ev->access.page, 1, pages), walker_name(ev->access.walker));
}

static void text_fault(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	const unsigned flags = ev->fault.flags;
	char pages[REPORT_NAME];

	snprintf(buf, VIEW_TEXT, "%s faults at %s: %s", walker_name(ev->fault.walker),
	         report_pages(v->c, ev->fault.page, 1, pages),
	         flags & ACC_CTX    ? "no context"
	         : flags & ACC_PERM ? "not enough permission"
	                            : "nothing present");
}

static void text_dma(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char pages[REPORT_NAME];

	report_pages(v->c, view_request_page(ev), 1, pages);
	switch (ev->type) {
	case EV_DMA_BEGIN:
		snprintf(buf, VIEW_TEXT, "issues %s at %s", ev->dma.write ? "write" : "read", pages);
		break;
	case EV_DMA_END:
		snprintf(buf, VIEW_TEXT, "retires %s: %s", pages, text_status(ev->dma_end.status));
		break;
	case EV_PRQ:
		snprintf(buf, VIEW_TEXT, "asks for page %s", pages);
		break;
	case EV_PRQ_DROP:
		snprintf(buf, VIEW_TEXT, "asks for page %s, but the queue is full", pages);
		break;
	default: /* EV_PRQ_SERVED */
		snprintf(buf, VIEW_TEXT, "answers dev%u about %s: %s", ev->served.dev, pages,
		         ev->served.code == SD_RESP_SUCCESS ? "success" : "not mapped");
		break;
	}
}

static void text_frames(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	static const char *const kinds[] = {"free", "data", "table", "context"};
	const struct event_frames *f = &ev->frames;
	const char *kind = f->kind < 4 ? kinds[f->kind] : "?";
	const char *what = ev->type == EV_FRAME_ALLOC ? "allocated" : "freed";

	(void)v;
	if (f->n > 1)
		snprintf(buf, VIEW_TEXT, "frames %u..%u %s (%s)", f->pfn, f->pfn + f->n - 1, what, kind);
	else
		snprintf(buf, VIEW_TEXT, "frame %u %s (%s)", f->pfn, what, kind);
}

static void text_content(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	(void)v;
	snprintf(buf, VIEW_TEXT,
	         ev->type == EV_WRITEOUT ? "frame %u is written out" : "frame %u is given up as clean",
	         ev->frame.pfn);
}

static void text_top(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char space[REPORT_NAME];

	snprintf(buf, VIEW_TEXT, "goes by root table %u of %s as one of %u levels", ev->top.root,
	         report_space(ev->top.space, space), v->c->levels - ev->top.fewer);
}

static void text_root(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char space[REPORT_NAME];

	(void)v;
	snprintf(buf, VIEW_TEXT, "%s %s root table %u%s", report_space(ev->root.space, space),
	         ev->root.present ? "has" : "loses its", ev->root.frame, ev->root.fewer ? ", less deep" : "");
}

static void text_context(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char pasid[24] = "";

	(void)v;
	if (ev->context.pasid)
		snprintf(pasid, sizeof(pasid), ", pasid %u", ev->context.pasid);
	snprintf(buf, VIEW_TEXT, "context of dev%u%s %s table %u (tag %u)", ev->context.dev, pasid,
	         ev->context.present ? "selects" : "does not select any more", ev->context.root,
	         ev->context.tag);
}

static void text_inv_ctx(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char dev[24] = "all devices", pasid[24] = "all pasids", tag[24] = "";

	(void)v;
	if (ev->inv_ctx.dev != 0xff)
		snprintf(dev, sizeof(dev), "dev%u", ev->inv_ctx.dev);
	if (ev->inv_ctx.pasid != UINT32_MAX)
		snprintf(pasid, sizeof(pasid), "pasid %u", ev->inv_ctx.pasid);
	if (ev->inv_ctx.tag)
		snprintf(tag, sizeof(tag), ", tag %u", ev->inv_ctx.tag);
	snprintf(buf, VIEW_TEXT, "%s drops contexts of %s, %s%s", walker_name(ev->inv_ctx.walker), dev, pasid,
	         tag);
}

static void text_bad_ref(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	static const char *const why[] = {
	        [BAD_REF_UNDERFLOW] = "a reference too many is dropped",
	        [BAD_REF_MAP_UNDERFLOW] = "a mapping too many is removed",
	        [BAD_REF_FREED_MAPPED] = "freed with mappings left",
	        [BAD_REF_AUDIT] = "the reference count is not what the audit counts",
	        [BAD_REF_AUDIT_MAP] = "the map count is not what the audit counts",
	        [BAD_REF_FREED_LOCKED] = "freed while its lock is held",
	        [BAD_REF_TABLE_FREED] = "used as a table after it was freed",
	        [BAD_REF_CACHE_MAPPED] = "leaves the page cache with mappings left",
	};
	const char *what = ev->bad_ref.reason < sizeof(why) / sizeof(why[0]) ? why[ev->bad_ref.reason] : NULL;

	(void)v;
	snprintf(buf, VIEW_TEXT, "frame %u: %s (count %d)", ev->bad_ref.pfn, what ? what : "a count is wrong",
	         (int32_t)ev->bad_ref.count);
}

static void text_no_progress(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char pages[REPORT_NAME];

	if (ev->stuck.why) {
		snprintf(buf, VIEW_TEXT, "has told the ATC of dev%u %u times, and it answers none",
		         ev->stuck.dev, ev->stuck.rounds + 1);
		return;
	}
	snprintf(buf, VIEW_TEXT, "gives up on %s after %u rounds, each answered with success",
	         report_pages(v->c, ev->stuck.page, 1, pages), ev->stuck.rounds);
}

/* Every field by its name; walkers by theirs. */
static void text_fields(const struct event *ev, char buf[VIEW_TEXT])
{
	struct event_value v[EVENT_FIELDS];
	const unsigned n = event_values(ev, v);
	size_t len = (size_t)snprintf(buf, VIEW_TEXT, "%s", event_name((enum event_type)ev->type));

	for (unsigned i = 0; i < n && len < VIEW_TEXT; i++) {
		len += (size_t)snprintf(buf + len, VIEW_TEXT - len, " %s=", v[i].name);
		if (len >= VIEW_TEXT)
			break;
		if (strcmp(v[i].unit, "walker") == 0)
			len += (size_t)snprintf(buf + len, VIEW_TEXT - len, "%s",
			                        walker_name((int)v[i].value));
		else
			len += (size_t)snprintf(buf + len, VIEW_TEXT - len, "%" PRId64, v[i].value);
	}
}

static void text_inv_timeout(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	(void)v;
	snprintf(buf, VIEW_TEXT, "iommu%u: %s does not answer its invalidation", ev->timeout.iommu,
	         walker_name(ev->timeout.walker));
}

static void text_dev_gone(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	(void)v;
	(void)ev;
	snprintf(buf, VIEW_TEXT, "is gone");
}

static void text_drv_report(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	(void)v;
	switch (ev->report.reason) {
	case DRV_REPORT_WAIT_TIMEOUT:
		snprintf(buf, VIEW_TEXT, "reports: the wait of iommu%u is late", ev->report.iommu);
		break;
	case DRV_REPORT_ATC_TIMEOUT:
		snprintf(buf, VIEW_TEXT, "reports: invalidation time-out of dev%u", ev->report.dev);
		break;
	case DRV_REPORT_PRQ_OVERFLOW:
		snprintf(buf, VIEW_TEXT, "reports: page requests of iommu%u were dropped", ev->report.iommu);
		break;
	case DRV_REPORT_DEVICE_LOST:
		snprintf(buf, VIEW_TEXT, "reports: dev%u is lost, it is detached", ev->report.dev);
		break;
	default:
		text_fields(ev, buf);
		break;
	}
}

static void text_secondary(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	text_range(v, "tells the secondary TLBs", ev->span.first, ev->span.last, false, buf);
}

static void text_cpu_flush(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	text_range(v, "flushes the CPU TLBs", ev->shootdown.first, ev->shootdown.last, false, buf);
}

static void text_wait_begin(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	(void)v;
	snprintf(buf, VIEW_TEXT, "%s begins a wait", walker_name(ev->wait_begin.walker));
}

static void text_wait(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	const char *walker = walker_name(ev->wait.walker);

	(void)v;
	if (ev->type == EV_WAIT_DONE)
		snprintf(buf, VIEW_TEXT, "%s completes a wait", walker);
	else
		snprintf(buf, VIEW_TEXT, "sees the wait of %s complete", walker);
}

static void text_relies(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char pages[REPORT_NAME], space[REPORT_NAME];

	snprintf(buf, VIEW_TEXT, "from here on relies on %s of %s being %s",
	         report_pages(v->c, ev->range.start, ev->range.n, pages),
	         report_space(ev->range.space, space), ev->type == EV_DEAD ? "dead" : "clean");
}

static void text_extent(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char pages[REPORT_NAME], space[REPORT_NAME];

	if (ev->range.n)
		snprintf(buf, VIEW_TEXT, "the unmap really takes %s of %s",
		         report_pages(v->c, ev->range.start, ev->range.n, pages),
		         report_space(ev->range.space, space));
	else
		snprintf(buf, VIEW_TEXT,
		         "takes nothing away: the old range stays, and nothing is promised of it");
}

typedef void text_fn(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT]);

/* What is not here is told field by field. */
static text_fn *const texts[EV_COUNT] = {
        [EV_OP_BEGIN] = text_op_begin,
        [EV_OP_END] = text_op_end,
        [EV_SPACE_ROOT] = text_root,
        [EV_TOP_READ] = text_top,
        [EV_ENTRY] = text_entry,
        [EV_ENTRY_AD] = text_entry_ad,
        [EV_WRITTEN_BACK] = text_written_back,
        [EV_CTX] = text_context,
        [EV_FRAME_ALLOC] = text_frames,
        [EV_FRAME_FREE] = text_frames,
        [EV_WRITEOUT] = text_content,
        [EV_DISCARD] = text_content,
        [EV_FILL] = text_cache,
        [EV_FILL_TABLE] = text_cache,
        [EV_HIT] = text_cache,
        [EV_HIT_TABLE] = text_cache,
        [EV_INV] = text_inv,
        [EV_INV_CTX] = text_inv_ctx,
        [EV_WAIT_BEGIN] = text_wait_begin,
        [EV_WAIT_DONE] = text_wait,
        [EV_WAIT_SEEN] = text_wait,
        [EV_DMA_BEGIN] = text_dma,
        [EV_DMA_END] = text_dma,
        [EV_PRQ] = text_dma,
        [EV_PRQ_DROP] = text_dma,
        [EV_PRQ_SERVED] = text_dma,
        [EV_ACCESS] = text_access,
        [EV_FAULT] = text_fault,
        [EV_SECONDARY] = text_secondary,
        [EV_CPU_FLUSH] = text_cpu_flush,
        [EV_DEAD] = text_relies,
        [EV_CLEANED] = text_relies,
        [EV_EXTENT] = text_extent,
        [EV_BAD_REF] = text_bad_ref,
        [EV_NO_PROGRESS] = text_no_progress,
        [EV_INV_TIMEOUT] = text_inv_timeout,
        [EV_DEV_GONE] = text_dev_gone,
        [EV_DRV_REPORT] = text_drv_report,
};

void view_text(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	if (texts[ev->type])
		texts[ev->type](v, ev, buf);
	else
		text_fields(ev, buf);
}
