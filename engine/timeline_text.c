/* SPDX-License-Identifier: MIT */
/*
 * Timeline, wording: an event as a short sentence without its actor, which is
 * the lane it stands in. What has no wording of its own is printed field by
 * field, so that a new event needs no line here.
 */
#include "engine/timeline_view.h"

#include <inttypes.h>
#include <string.h>

#include <shootdown/hw.h>

#include "drv/drv.h"
#include "mm/mm.h"

static const char *status(unsigned s)
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

static char *pte_text(pte_t e, char buf[REPORT_NAME])
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

static void text_op(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	const struct op_info *op = op_info((enum op_kind)ev->a);
	char pages[REPORT_NAME], to[REPORT_NAME];

	if (ev->type == EV_OP_END)
		snprintf(buf, VIEW_TEXT, "%s returns %" PRId64, op->name, (int64_t)ev->x);
	else if (strchr(op->operands, 'S'))
		snprintf(buf, VIEW_TEXT, "%s %s -> %s", op->name, report_pages(v->c, ev->c, ev->d, pages),
		         report_pages(v->c, (sd_page)ev->x, ev->d, to));
	else if (strchr(op->operands, 'R'))
		snprintf(buf, VIEW_TEXT, "%s %s", op->name, report_pages(v->c, ev->c, ev->d, pages));
	else
		snprintf(buf, VIEW_TEXT, "%s", op->name);
}

static void text_entry(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	struct view_range at = view_entry(v, ev->c);
	char pages[REPORT_NAME], space[REPORT_NAME], old[REPORT_NAME], new[REPORT_NAME], level[16] = "";

	if (at.level)
		snprintf(level, sizeof(level), ", level %d", at.level);
	pte_text(ev->d, old);
	pte_text(ev->e, new);
	if (at.space < 0)
		snprintf(buf, VIEW_TEXT, "entry %u: %s => %s", ev->c, old, new);
	else
		snprintf(buf, VIEW_TEXT, "entry %s of %s%s: %s => %s",
		         report_pages(v->c, at.page, at.span, pages), report_space(at.space, space), level,
		         old, new);
}

static void text_written_back(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	struct view_range at = view_entry(v, ev->c);
	const char *why = ev->b ? "makes room: memory gets" : "cleans";
	char pages[REPORT_NAME], space[REPORT_NAME];

	if (at.space < 0)
		snprintf(buf, VIEW_TEXT, "%s %s of table %u", why, ev->d > 1 ? "the entries" : "an entry",
		         ev->c >> mem_frame_bits((struct mem_geometry){v->c->levels, v->c->bits}));
	else
		snprintf(buf, VIEW_TEXT, "%s %s %s of %s, level %d", why, ev->d > 1 ? "entries" : "entry",
		         report_pages(v->c, at.page, at.span * ev->d, pages), report_space(at.space, space),
		         at.level);
}

static void text_cache(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	const char *verb = ev->type == EV_HIT || ev->type == EV_HIT_TABLE ? "uses its cached" : "caches";
	sd_page span = (sd_page)1 << (v->c->bits * (ev->b & 3));
	char pages[REPORT_NAME], value[REPORT_NAME];

	snprintf(buf, VIEW_TEXT, "%s %s %s -> %s", walker_name(ev->a), verb,
	         report_pages(v->c, ev->e & ~(span - 1), span, pages), pte_text(ev->d, value));
}

/* Does the invalidation reach the violation's pages? */
static bool covers(const struct timeline_view *v, sd_page first, sd_page last)
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
		if (covers(v, first, last))
			snprintf(buf, VIEW_TEXT, "%s %s", what, pages);
		else
			snprintf(buf, VIEW_TEXT, "%s %s, misses %s", what, pages,
			         report_pages(v->c, o->page, o->span, stale));
	}
}

static void text_inv(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char what[REPORT_NAME];

	snprintf(what, sizeof(what), "%s drops%s", walker_name(ev->a),
	         ev->b & INV_LEAF_ONLY ? " (leaves only)" : "");
	text_range(v, what, ev->d, ev->e, ev->b & (INV_ALL_TAGS | INV_TAG_ALL), buf);
}

static void text_access(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char pages[REPORT_NAME];

	if (ev->type == EV_ACCESS)
		snprintf(buf, VIEW_TEXT, "%s %s frame %u at %s through %s",
		         ev->b & ACC_GHOST ? "ghost" : "data:", ev->b & ACC_WRITE ? "writes" : "reads", ev->c,
		         report_pages(v->c, ev->d, 1, pages), walker_name(ev->a));
	else
		snprintf(buf, VIEW_TEXT, "%s faults at %s: %s", walker_name(ev->a),
		         report_pages(v->c, ev->c, 1, pages),
		         ev->b & ACC_CTX    ? "no context"
		         : ev->b & ACC_PERM ? "not enough permission"
		                            : "nothing present");
}

static void text_dma(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char pages[REPORT_NAME];

	report_pages(v->c, ev->c, 1, pages);
	if (ev->type == EV_DMA_BEGIN)
		snprintf(buf, VIEW_TEXT, "issues %s at %s", ev->b ? "write" : "read", pages);
	else if (ev->type == EV_DMA_END)
		snprintf(buf, VIEW_TEXT, "retires %s: %s", pages, status(ev->b));
	else if (ev->type == EV_PRQ)
		snprintf(buf, VIEW_TEXT, "asks for page %s", pages);
	else if (ev->type == EV_PRQ_DROP)
		snprintf(buf, VIEW_TEXT, "asks for page %s, but the queue is full", pages);
	else
		snprintf(buf, VIEW_TEXT, "answers dev%u about %s: %s", ev->a, pages,
		         ev->b == SD_RESP_SUCCESS ? "success" : "not mapped");
}

static void text_frames(const struct event *ev, char buf[VIEW_TEXT])
{
	static const char *const kinds[] = {"free", "data", "table", "context"};
	const char *kind = ev->a < 4 ? kinds[ev->a] : "?";
	char range[REPORT_NAME];

	if (ev->d > 1)
		snprintf(range, sizeof(range), "frames %u..%u", ev->c, ev->c + ev->d - 1);
	else
		snprintf(range, sizeof(range), "frame %u", ev->c);
	switch (ev->type) {
	case EV_FRAME_ALLOC:
		snprintf(buf, VIEW_TEXT, "%s allocated (%s)", range, kind);
		break;
	case EV_FRAME_FREE:
		snprintf(buf, VIEW_TEXT, "%s freed (%s)", range, kind);
		break;
	case EV_WRITEOUT:
		snprintf(buf, VIEW_TEXT, "frame %u is written out", ev->c);
		break;
	default:
		snprintf(buf, VIEW_TEXT, "frame %u is given up as clean", ev->c);
		break;
	}
}

static void text_space(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char space[REPORT_NAME], pasid[24] = "";

	if (ev->type == EV_TOP_READ) {
		snprintf(buf, VIEW_TEXT, "goes by root table %u of %s as one of %u levels", ev->c,
		         report_space(ev->b, space), v->c->levels - ev->d);
		return;
	}
	if (ev->type == EV_SPACE_ROOT) {
		snprintf(buf, VIEW_TEXT, "%s %s root table %u%s", report_space(ev->b, space),
		         ev->d ? "has" : "loses its", ev->c, ev->e ? ", less deep" : "");
		return;
	}
	if (ev->c)
		snprintf(pasid, sizeof(pasid), ", pasid %u", ev->c);
	snprintf(buf, VIEW_TEXT, "context of dev%u%s %s table %u (tag %u)", ev->a, pasid,
	         ev->b ? "selects" : "does not select any more", ev->d, ev->e);
}

static void text_inv_ctx(const struct event *ev, char buf[VIEW_TEXT])
{
	char dev[24] = "all devices", pasid[24] = "all pasids", tag[24] = "";

	if (ev->b != 0xff)
		snprintf(dev, sizeof(dev), "dev%u", ev->b);
	if (ev->c != UINT32_MAX)
		snprintf(pasid, sizeof(pasid), "pasid %u", ev->c);
	if (ev->d)
		snprintf(tag, sizeof(tag), ", tag %u", ev->d);
	snprintf(buf, VIEW_TEXT, "%s drops contexts of %s, %s%s", walker_name(ev->a), dev, pasid, tag);
}

static void text_bad_ref(const struct event *ev, char buf[VIEW_TEXT])
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
	const char *what = ev->a < sizeof(why) / sizeof(why[0]) ? why[ev->a] : NULL;

	snprintf(buf, VIEW_TEXT, "frame %u: %s (count %d)", ev->c, what ? what : "a count is wrong",
	         (int32_t)ev->d);
}

static void text_no_progress(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char pages[REPORT_NAME];

	if (ev->b) {
		snprintf(buf, VIEW_TEXT, "has told the ATC of dev%u %u times, and it answers none", ev->a,
		         ev->e + 1);
		return;
	}
	snprintf(buf, VIEW_TEXT, "gives up on %s after %u rounds, each answered with success",
	         report_pages(v->c, ev->c, 1, pages), ev->e);
}

/* What goes wrong, and what is said of it. */
static void text_trouble(const struct event *ev, char buf[VIEW_TEXT])
{
	if (ev->type == EV_INV_TIMEOUT)
		snprintf(buf, VIEW_TEXT, "iommu%u: %s does not answer its invalidation", ev->b,
		         walker_name(ev->a));
	else if (ev->type == EV_DEV_GONE)
		snprintf(buf, VIEW_TEXT, "is gone");
	else if (ev->a == DRV_REPORT_WAIT_TIMEOUT)
		snprintf(buf, VIEW_TEXT, "reports: the wait of iommu%u is late", ev->b);
	else if (ev->a == DRV_REPORT_ATC_TIMEOUT)
		snprintf(buf, VIEW_TEXT, "reports: invalidation time-out of dev%u", ev->c);
	else if (ev->a == DRV_REPORT_PRQ_OVERFLOW)
		snprintf(buf, VIEW_TEXT, "reports: page requests of iommu%u were dropped", ev->b);
	else
		snprintf(buf, VIEW_TEXT, "reports: dev%u is lost, it is detached", ev->c);
}

static void text_fields(const struct event *ev, char buf[VIEW_TEXT])
{
	const uint64_t values[] = {ev->a, ev->b, ev->c, ev->d, ev->e, ev->x};
	size_t len = (size_t)snprintf(buf, VIEW_TEXT, "%s", event_name((enum event_type)ev->type));

	for (int i = 0; i < 6 && len < VIEW_TEXT; i++) {
		const char *field = event_field((enum event_type)ev->type, i);

		if (*field)
			len += (size_t)snprintf(buf + len, VIEW_TEXT - len, " %s=%" PRIu64, field, values[i]);
	}
}

/* What caches and queues do. false: it is none of that. */
static bool text_hardware(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	switch (ev->type) {
	case EV_FILL:
	case EV_FILL_TABLE:
	case EV_HIT:
	case EV_HIT_TABLE:
		text_cache(v, ev, buf);
		return true;
	case EV_INV:
		text_inv(v, ev, buf);
		return true;
	case EV_SECONDARY:
		text_range(v, "tells the secondary TLBs", ev->c, ev->d, false, buf);
		return true;
	case EV_CPU_FLUSH:
		text_range(v, "flushes the CPU TLBs", ev->c, ev->d, false, buf);
		return true;
	case EV_INV_CTX:
		text_inv_ctx(ev, buf);
		return true;
	case EV_WAIT_BEGIN:
		snprintf(buf, VIEW_TEXT, "%s begins a wait", walker_name(ev->a));
		return true;
	case EV_WAIT_DONE:
		snprintf(buf, VIEW_TEXT, "%s completes a wait", walker_name(ev->a));
		return true;
	case EV_WAIT_SEEN:
		snprintf(buf, VIEW_TEXT, "sees the wait of %s complete", walker_name(ev->a));
		return true;
	default:
		return false;
	}
}

static void text_relies(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	char pages[REPORT_NAME], space[REPORT_NAME];

	report_pages(v->c, ev->c, ev->d, pages);
	report_space(ev->b, space);
	if (ev->type == EV_EXTENT)
		snprintf(buf, VIEW_TEXT, "the unmap really takes %s of %s", pages, space);
	else
		snprintf(buf, VIEW_TEXT, "from here on relies on %s of %s being %s", pages, space,
		         ev->type == EV_DEAD ? "dead" : "clean");
}

void view_text(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT])
{
	if (text_hardware(v, ev, buf))
		return;
	switch (ev->type) {
	case EV_OP_BEGIN:
	case EV_OP_END:
		text_op(v, ev, buf);
		break;
	case EV_ENTRY:
	case EV_ENTRY_AD:
		text_entry(v, ev, buf);
		break;
	case EV_WRITTEN_BACK:
		text_written_back(v, ev, buf);
		break;
	case EV_ACCESS:
	case EV_FAULT:
		text_access(v, ev, buf);
		break;
	case EV_DMA_BEGIN:
	case EV_DMA_END:
	case EV_PRQ:
	case EV_PRQ_DROP:
	case EV_PRQ_SERVED:
		text_dma(v, ev, buf);
		break;
	case EV_FRAME_ALLOC:
	case EV_FRAME_FREE:
	case EV_WRITEOUT:
	case EV_DISCARD:
		text_frames(ev, buf);
		break;
	case EV_SPACE_ROOT:
	case EV_TOP_READ:
	case EV_CTX:
		text_space(v, ev, buf);
		break;
	case EV_BAD_REF:
		text_bad_ref(ev, buf);
		break;
	case EV_NO_PROGRESS:
		text_no_progress(v, ev, buf);
		break;
	case EV_INV_TIMEOUT:
	case EV_DEV_GONE:
	case EV_DRV_REPORT:
		text_trouble(ev, buf);
		break;
	case EV_DEAD:
	case EV_CLEANED:
	case EV_EXTENT:
		text_relies(v, ev, buf);
		break;
	default:
		text_fields(ev, buf);
		break;
	}
}
