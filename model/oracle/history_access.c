/* SPDX-License-Identifier: MIT */
/*
 * What was really read and written: every access against the life of its frame
 * and the promises about its page, every use of a table pointer against the
 * life of the table, every pair that is published as one against those that
 * were.
 */
#include "oracle/history_parts.h"

/* Space of a walker's access or cached thing: CPUs go by mm, hardware by tag. -1: unknown. */
static int space_of_tag(const struct history *h, int walker, unsigned tag)
{
	if (walker < WALKER_IOMMU0)
		return tag >= 1 && tag <= SD_MAX_MMS ? sd_space_of_mm((int)tag - 1) : -1;
	for (int s = 0; s < SD_MAX_SPACES; s++)
		if (tag && h->space[s].tag == tag)
			return s;
	return -1;
}

/* The frame has another owner than when the instance was made, or none. */
static bool frame_is_gone(const struct history *h, sd_page pfn, enum mem_kind kind, uint32_t serial)
{
	return pfn >= MEM_FRAMES || h->frame[pfn].kind != kind || serial <= h->frame[pfn].born;
}

void access_check(struct history *h, const struct event *ev)
{
	uint32_t serial = (uint32_t)ev->x;
	bool write = ev->b & ACC_WRITE;
	int space = space_of_tag(h, ev->a, ev->e & 0xffff);

	if (write && ev->c < MEM_FRAMES)
		h->frame[ev->c].wrote = h->now;
	if (frame_is_gone(h, ev->c, MEM_DATA, serial)) {
		history_violation(h, VC_STALE_USE, write, space, ev->d);
		return;
	}
	if (space < 0 || ev->d >= h->pages)
		return;
	if (serial <= h->dead[space][ev->d])
		history_violation(h, VC_STALE_MAP, write, space, ev->d);
	else if (write && serial <= h->readonly[space][ev->d])
		history_violation(h, VC_STALE_PERM, true, space, ev->d);
}

void access_check_table(struct history *h, const struct event *ev)
{
	if (frame_is_gone(h, pte_pfn(ev->d), MEM_TABLE, (uint32_t)ev->x))
		history_violation(h, VC_WALK_FREED_TABLE, false,
		                  space_of_tag(h, ev->a, (unsigned)(ev->x >> 32)), ev->e);
}

/* A domain's root and depth: one of the pairs that were ever published together. */
void access_check_top(struct history *h, const struct event *ev)
{
	const struct space *sp = &h->space[ev->b % SD_MAX_SPACES];

	for (unsigned k = 0; k < sp->nroots; k++)
		if (sp->ever[k].frame == ev->c && sp->ever[k].fewer == ev->d)
			return;
	history_violation(h, VC_TORN_ENTRY, false, ev->b, 0);
}

void access_check_context(struct history *h, const struct event *ev)
{
	for (uint32_t k = 0; k < h->ncontexts; k++) {
		const struct context *c = &h->context[k];

		if (c->dev == ev->b && c->pasid == ev->e && c->root == ev->c && c->tag == ev->d &&
		    c->fewer == ev->x)
			return;
	}
	history_violation(h, VC_TORN_ENTRY, false, SD_MAX_SPACES, 0);
}

void access_discard(struct history *h, const struct event *ev)
{
	if (ev->c < MEM_FRAMES && h->frame[ev->c].wrote > h->frame[ev->c].copied)
		history_violation(h, VC_LOST_DIRTY, true, SD_MAX_SPACES, 0);
}
