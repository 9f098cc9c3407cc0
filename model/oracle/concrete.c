/* SPDX-License-Identifier: MIT */
/*
 * The concrete oracle: what an access really touched. An access carries the
 * serial of the instance it went through; it is wrong if its frame is free, if
 * the frame was allocated anew after that instance was made, or if the address
 * has been promised away since.
 */
#include "oracle/concrete.h"
#include "oracle/owed.h"
#include "oracle/space.h"
#include "oracle/state.h"
#include "oracle/violation.h"

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

static int concrete_space(const struct oracle *o, int walker, uint32_t tag)
{
	return walker < SD_MAX_CPUS ? (int)tag - 1 : space_by_tag(o, (uint16_t)tag);
}

void concrete_access(struct oracle *o, const struct event *ev)
{
	const struct event_access *a = &ev->access;
	const struct use use = {.actor = ev->actor,
	                        .walker = a->walker,
	                        .write = a->flags & ACC_WRITE,
	                        .page = a->page,
	                        .pfn = a->pfn,
	                        .serial = a->serial};
	int space = concrete_space(o, a->walker, a->tag);

	if (a->pfn >= MEM_FRAMES || o->m->frame[a->pfn].kind != MEM_DATA ||
	    o->m->frame[a->pfn].born > a->serial) {
		violation_show(o, VC_STALE_USE, &use, space);
		return;
	}
	if (use.write)
		o->wrote[a->pfn] = ++o->data_clock;
	if (space < 0 || space >= SD_MAX_SPACES || !o->touched[space] || a->page >= o->m->pages)
		return;
	if (a->serial < o->page[space][a->page].dead)
		violation_show(o, VC_STALE_MAP, &use, space);
	else if (use.write && a->serial < o->page[space][a->page].wp)
		violation_show(o, VC_STALE_PERM, &use, space);
}

/* A cached pointer is used, and what it points to is no table any more. */
void concrete_table(struct oracle *o, const struct event *ev)
{
	const struct event_cached *c = &ev->cached;
	const struct use use = {.actor = ev->actor,
	                        .walker = c->walker,
	                        .page = c->page,
	                        .pfn = pte_pfn(c->value),
	                        .serial = c->serial};

	if (use.pfn >= MEM_FRAMES || o->m->frame[use.pfn].kind != MEM_TABLE ||
	    o->m->frame[use.pfn].born > c->serial)
		violation_show(o, VC_WALK_FREED_TABLE, &use, concrete_space(o, c->walker, c->tag));
}

/*
 * A device without fault service may not fault on a page that its owner has mapped, unless it is being
 * shut out.
 */
void concrete_fault(struct oracle *o, const struct event *ev)
{
	const struct event_fault *f = &ev->fault;
	int space;

	if (f->pasid || f->walker < WALKER_IOMMU0 || (f->flags & ACC_PERM) || (o->lost >> f->dev & 1))
		return;
	space = space_by_pasid(o, (int)f->dev, 0);
	if (space < 0 || f->page >= o->m->pages || !o->page[space][f->page].mapped)
		return;
	violation_show(o, VC_SPURIOUS_FAULT,
	               &(struct use){.actor = ev->actor, .walker = f->walker, .page = f->page}, space);
}
