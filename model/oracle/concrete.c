/* SPDX-License-Identifier: MIT */
/*
 * The concrete oracle: what an access really touched. An access carries the
 * serial of the instance it went through; it is wrong if its frame is free, if
 * the frame was allocated anew after that instance was made, or if the address
 * has been promised away since.
 */
#include "oracle/internal.h"

void concrete_promise(struct oracle *o, int space, sd_page start, uint32_t n, uint32_t before,
                      bool writes_only)
{
	struct owed *page = owed_pages(o, space, start, &n);

	for (; n--; page++) {
		uint32_t *limit = writes_only ? &page->wp : &page->dead;

		if (*limit < before + 1)
			*limit = before + 1;
	}
}

static int space_of(const struct oracle *o, const struct event *ev)
{
	uint16_t tag = (uint16_t)(ev->e & 0xffff);

	return ev->a < SD_MAX_CPUS ? tag - 1 : space_by_tag(o, tag);
}

void concrete_access(struct oracle *o, const struct event *ev)
{
	sd_page pfn = ev->c, page = ev->d;
	uint32_t serial = (uint32_t)ev->x;
	bool write = ev->b & ACC_WRITE;
	int space = space_of(o, ev);

	if (pfn >= MEM_FRAMES || o->m->frame[pfn].kind != MEM_DATA || o->m->frame[pfn].born > serial) {
		show(o, VC_STALE_USE, ev, space);
		return;
	}
	if (write)
		o->wrote[pfn] = ++o->data_clock;
	if (space < 0 || space >= SD_MAX_SPACES || !o->touched[space] || page >= o->m->pages)
		return;
	if (serial < o->page[space][page].dead)
		show(o, VC_STALE_MAP, ev, space);
	else if (write && serial < o->page[space][page].wp)
		show(o, VC_STALE_PERM, ev, space);
}

/* A cached pointer is used, and what it points to is no table any more. */
void concrete_table(struct oracle *o, const struct event *ev)
{
	sd_page pfn = pte_pfn(ev->d);
	uint16_t tag = (uint16_t)(ev->x >> 32);
	int space = ev->a < SD_MAX_CPUS ? tag - 1 : space_by_tag(o, tag);
	struct event seen = {.actor = ev->actor, .a = ev->a, .c = pfn, .d = ev->e, .x = (uint32_t)ev->x};

	if (pfn >= MEM_FRAMES || o->m->frame[pfn].kind != MEM_TABLE ||
	    o->m->frame[pfn].born > (uint32_t)ev->x)
		show(o, VC_WALK_FREED_TABLE, &seen, space);
}

/* A device without fault service may not fault on a page that its owner has mapped, unless it is being shut out. */
void concrete_fault(struct oracle *o, const struct event *ev)
{
	int space;

	if (ev->d || ev->a < WALKER_IOMMU0 || (ev->b & ACC_PERM) || (o->lost >> ev->e & 1))
		return;
	space = space_by_pasid(o, (int)ev->e, 0);
	if (space < 0 || ev->c >= o->m->pages || !o->page[space][ev->c].mapped)
		return;
	show(o, VC_SPURIOUS_FAULT, &(struct event){.actor = ev->actor, .a = ev->a, .d = ev->c}, space);
}
