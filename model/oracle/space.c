/* SPDX-License-Identifier: MIT */
/*
 * Who may hold what is live in a space: CPUs that run the mm, IOMMUs and ATCs
 * of devices whose context or PASID entry selects it. The entry is the top
 * table level: clearing it leaves a stale entry that only a context
 * invalidation drops, and that drops nothing below it. A walker whose entry is
 * gone stays a holder until an invalidation of the whole tag.
 */
#include "oracle/state.h"
#include "oracle/violation.h"

#include <string.h>

int space_by_tag(const struct oracle *o, uint16_t tag)
{
	for (int i = 0; i < SD_MAX_SPACES; i++)
		if (o->space[i].tag == tag && tag)
			return i;
	return -1;
}

int space_by_pasid(const struct oracle *o, int dev, int pasid)
{
	for (int i = 0; i < SD_MAX_SPACES; i++)
		if (o->space[i].tag && o->space[i].pasid == pasid &&
		    ((o->space[i].devs | o->space[i].stale_devs | o->space[i].unseen_devs) >> dev & 1))
			return i;
	return -1;
}

void space_tag(struct oracle *o, const struct event *ev)
{
	struct space *s = &o->space[ev->tag.space];

	s->tag = (uint16_t)ev->tag.tag;
	if (ev->tag.tag)
		s->known_as = s->tag;
	s->pasid = (uint8_t)ev->tag.pasid;
}

/* -- where the table begins --------------------------------------------------------- */

void space_grown(struct oracle *o, int space, sd_page root, unsigned fewer)
{
	struct space *s = &o->space[space];

	s->first_root = s->root;
	s->first_fewer = s->fewer;
	s->root = root;
	s->fewer = (uint8_t)fewer;
	s->grown = true;
	s->old_entry = s->devs;
	s->old_cached = s->devs;
}

static void space_check_top(struct oracle *o, int actor, int space, sd_page root, unsigned fewer)
{
	const struct space *s = &o->space[space];
	struct oracle_violation *v;

	if (!s->exists || (root == s->root && fewer == s->fewer) ||
	    (s->grown && root == s->first_root && fewer == s->first_fewer))
		return;
	v = violation_raise(o, VC_TORN_ENTRY, actor);
	if (!v)
		return;
	v->space = (uint8_t)space;
	v->pfn = root;
	o->shown = *v;
	o->has_shown = true; /* it is no longer a question of what may be: somebody has it in hand */
}

void space_top_read(struct oracle *o, const struct event *ev)
{
	space_check_top(o, ev->actor, ev->top.space, ev->top.root, ev->top.fewer);
}

void space_context_filled(struct oracle *o, const struct event *ev)
{
	int space = space_by_tag(o, (uint16_t)ev->cached_ctx.tag);

	if (space >= 0)
		space_check_top(o, ev->actor, space, ev->cached_ctx.root, ev->cached_ctx.fewer);
}

void space_cpus(struct oracle *o, const struct event *ev)
{
	struct space *s = &o->space[ev->cpu_mask.space];

	s->cpus = (uint16_t)(ev->cpu_mask.cpus & WALKERS_CPU);
	s->holders |= s->cpus;
}

static uint16_t space_iommu(const struct oracle *o, int dev)
{
	return walker_bit(WALKER_IOMMU0 + o->dev_iommu[dev]);
}

void space_context(struct oracle *o, const struct event *ev)
{
	int dev = ev->context.dev;
	uint8_t bit = (uint8_t)(1u << dev);

	if (!ev->context.present) {
		for (int i = 0; i < SD_MAX_SPACES; i++) {
			struct space *s = &o->space[i];

			if ((s->devs & bit) && s->pasid == ev->context.pasid) {
				s->devs &= (uint8_t)~bit;
				s->stale_devs |= bit;
			}
		}
		return;
	}
	int space = space_by_tag(o, (uint16_t)ev->context.tag);

	if (space < 0) {
		violation_defect(o, "a context entry names a tag that no space has");
		return;
	}
	o->space[space].devs |= bit;
	o->space[space].old_entry &= (uint8_t)~bit;
	o->space[space].holders |= space_iommu(o, dev);
	if (o->prof.ats && !(o->pulled >> dev & 1))
		o->space[space].holders |= walker_bit(WALKER_ATC0 + dev);
}

/* A cache that reads the entry again finds the new root, if it is there. */
static void space_old_root_dropped(struct oracle *o, struct space *s, const struct event *ev)
{
	for (unsigned left = s->old_cached & ~s->old_entry; left; left &= left - 1) {
		int dev = __builtin_ctz(left);

		if ((ev->inv_ctx.dev == 0xff || ev->inv_ctx.dev == dev) &&
		    WALKER_IOMMU0 + o->dev_iommu[dev] == ev->inv_ctx.walker)
			s->old_cached &= (uint8_t) ~(1u << dev);
	}
}

void space_context_invalidated(struct oracle *o, const struct event *ev)
{
	for (int i = 0; i < SD_MAX_SPACES; i++) {
		struct space *s = &o->space[i];

		if (s->old_cached && (ev->inv_ctx.pasid == UINT32_MAX || ev->inv_ctx.pasid == s->pasid))
			space_old_root_dropped(o, s, ev);
		if (!s->stale_devs || (ev->inv_ctx.pasid != UINT32_MAX && ev->inv_ctx.pasid != s->pasid))
			continue;
		for (int dev = 0; dev < SD_MAX_DEVS; dev++) {
			if (!(s->stale_devs >> dev & 1) ||
			    (ev->inv_ctx.dev != 0xff && ev->inv_ctx.dev != dev) ||
			    WALKER_IOMMU0 + o->dev_iommu[dev] != ev->inv_ctx.walker)
				continue;
			s->stale_devs &= (uint8_t) ~(1u << dev);
			s->unseen_devs |= (uint8_t)(1u << dev);
			s->dev_when[dev] = o->events;
			o->leaving |= (uint8_t)(1u << i);
		}
	}
}

static uint16_t space_iommus(const struct oracle *o, unsigned devs)
{
	uint16_t mask = 0;

	for (; devs; devs &= devs - 1)
		mask |= space_iommu(o, __builtin_ctz(devs));
	return mask;
}

uint16_t space_selected(const struct oracle *o, int space)
{
	const struct space *s = &o->space[space];

	return space_iommus(o, s->devs | s->stale_devs | s->unseen_devs);
}

uint16_t space_atcs(const struct oracle *o, int space, uint16_t iommus)
{
	uint16_t mask = 0;

	for (int dev = 0; o->prof.ats && dev < SD_MAX_DEVS; dev++)
		if (space_leads(o, space, dev) && (iommus & space_iommu(o, dev)))
			mask |= walker_bit(WALKER_ATC0 + dev);
	return mask;
}

bool space_leads(const struct oracle *o, int space, int dev)
{
	return (o->space[space].devs | o->space[space].stale_devs) >> dev & 1;
}

bool space_admits(const struct oracle *o, int dev, int pasid)
{
	for (int i = 0; i < SD_MAX_SPACES; i++) {
		const struct space *s = &o->space[i];

		if (s->pasid == pasid && ((s->devs | s->stale_devs | s->unseen_devs) >> dev & 1))
			return true;
	}
	return false;
}

bool space_reached(const struct oracle *o, int space)
{
	return o->space[space].devs | o->space[space].stale_devs | o->space[space].unseen_devs;
}

/* An invalidation of a whole tag ends a walker's hold, if nothing leads it back. */
void space_invalidated(struct oracle *o, const struct event *ev)
{
	uint16_t w = walker_bit(ev->inv.walker);

	if (!(ev->inv.flags & (INV_TAG_ALL | INV_ALL_TAGS)) || (ev->inv.flags & INV_LEAF_ONLY) ||
	    (w & WALKERS_CPU))
		return;
	for (int i = 0; i < SD_MAX_SPACES; i++) {
		struct space *s = &o->space[i];
		bool atc = w & WALKERS_ATC;
		uint8_t cached = s->devs | s->stale_devs;
		bool back = false;

		if (!(s->holders & w) ||
		    (!(ev->inv.flags & INV_ALL_TAGS) && ev->inv.tag != (atc ? s->pasid : s->known_as)))
			continue;
		for (int dev = 0; dev < SD_MAX_DEVS; dev++)
			if (cached >> dev & 1)
				back |= atc ? dev == ev->inv.walker - WALKER_ATC0 : space_iommu(o, dev) == w;
		if (back)
			continue;
		s->holders &= (uint16_t)~w;
		s->unseen |= w;
		s->when[ev->inv.walker] = o->events;
		o->leaving |= (uint8_t)(1u << i);
	}
}

static void space_forget_atc(struct oracle *o, int space, int dev)
{
	uint16_t atc = walker_bit(WALKER_ATC0 + dev);

	o->space[space].holders &= (uint16_t)~atc;
	o->space[space].unseen &= (uint16_t)~atc;
	item_forget(o, space, WALKER_ATC0 + dev);
}

void space_device_gone(struct oracle *o, int dev)
{
	o->pulled |= (uint8_t)(1u << dev);
	for (int i = 0; i < SD_MAX_SPACES; i++)
		space_forget_atc(o, i, dev);
}

/* Software knows that no context entry of the space leads the device there any more. */
static void space_left(struct oracle *o, int space, int dev)
{
	struct space *s = &o->space[space];

	s->unseen_devs &= (uint8_t) ~(1u << dev);
	if ((o->lost >> dev & 1) && !space_admits(o, dev, s->pasid))
		space_forget_atc(o, space, dev);
}

void space_seen(struct oracle *o, struct seen seen)
{
	for (unsigned spaces = o->leaving; spaces; spaces &= spaces - 1) {
		struct space *s = &o->space[__builtin_ctz(spaces)];

		for (unsigned left = s->unseen & seen.walkers; left; left &= left - 1)
			if (s->when[__builtin_ctz(left)] < seen.begun)
				s->unseen &= (uint16_t) ~(left & -left);
		for (unsigned left = s->unseen_devs; left; left &= left - 1) {
			int dev = __builtin_ctz(left);

			if ((seen.walkers & space_iommu(o, dev)) && s->dev_when[dev] < seen.begun)
				space_left(o, __builtin_ctz(spaces), dev);
		}
		if (!s->unseen && !s->unseen_devs)
			o->leaving &= (uint8_t) ~(spaces & -spaces);
	}
}
