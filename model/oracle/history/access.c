/* SPDX-License-Identifier: MIT */
/*
 * What was really read and written: every access against the life of its frame
 * and the promises about its page, every use of a table pointer against the
 * life of the table, every pair that is published as one against those that
 * were.
 */
#include "oracle/history/access.h"
#include "oracle/history/state.h"

/* Space of a walker's access or cached thing: CPUs go by mm, hardware by tag. -1: unknown. */
static int access_space(const struct history *h, int walker, unsigned tag)
{
	if (walker < WALKER_IOMMU0)
		return tag >= 1 && tag <= SD_MAX_MMS ? sd_space_of_mm((int)tag - 1) : -1;
	for (int s = 0; s < SD_MAX_SPACES; s++)
		if (tag && h->space[s].tag == tag)
			return s;
	return -1;
}

/* The frame has another owner than when the instance was made, or none. */
static bool access_frame_gone(const struct history *h, sd_page pfn, enum mem_kind kind, uint32_t serial)
{
	return pfn >= MEM_FRAMES || h->frame[pfn].kind != kind || serial <= h->frame[pfn].born;
}

void history_access_check(struct history *h, const struct event *ev)
{
	uint32_t serial = ev->access.serial;
	bool write = ev->access.flags & ACC_WRITE;
	int space = access_space(h, ev->access.walker, ev->access.tag);

	if (write && ev->access.pfn < MEM_FRAMES)
		h->frame[ev->access.pfn].wrote = h->now;
	if (access_frame_gone(h, ev->access.pfn, MEM_DATA, serial)) {
		history_violation(h, VC_STALE_USE, write, space, ev->access.page);
		return;
	}
	if (space < 0 || ev->access.page >= h->pages)
		return;
	if (serial <= h->dead[space][ev->access.page])
		history_violation(h, VC_STALE_MAP, write, space, ev->access.page);
	else if (write && serial <= h->readonly[space][ev->access.page])
		history_violation(h, VC_STALE_PERM, true, space, ev->access.page);
}

void history_access_check_table(struct history *h, const struct event *ev)
{
	if (access_frame_gone(h, pte_pfn(ev->cached.value), MEM_TABLE, ev->cached.serial))
		history_violation(h, VC_WALK_FREED_TABLE, false,
		                  access_space(h, ev->cached.walker, ev->cached.tag), ev->cached.page);
}

/* A domain's root and depth: one of the pairs that were ever published together. */
void history_access_check_top(struct history *h, const struct event *ev)
{
	const struct history_space *sp = &h->space[ev->top.space % SD_MAX_SPACES];

	for (unsigned k = 0; k < sp->nroots; k++)
		if (sp->ever[k].frame == ev->top.root && sp->ever[k].fewer == ev->top.fewer)
			return;
	history_violation(h, VC_TORN_ENTRY, false, ev->top.space, 0);
}

void history_access_check_context(struct history *h, const struct event *ev)
{
	for (uint32_t k = 0; k < h->ncontexts; k++) {
		const struct history_context *c = &h->context[k];

		if (c->dev == ev->cached_ctx.dev && c->pasid == ev->cached_ctx.pasid &&
		    c->root == ev->cached_ctx.root && c->tag == ev->cached_ctx.tag &&
		    c->fewer == ev->cached_ctx.fewer)
			return;
	}
	history_violation(h, VC_TORN_ENTRY, false, SD_MAX_SPACES, 0);
}

void history_access_discard(struct history *h, const struct event *ev)
{
	if (ev->frame.pfn < MEM_FRAMES && h->frame[ev->frame.pfn].wrote > h->frame[ev->frame.pfn].copied)
		history_violation(h, VC_LOST_DIRTY, true, SD_MAX_SPACES, 0);
}
