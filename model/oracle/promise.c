/* SPDX-License-Identifier: MIT */
/*
 * What operations and frees owe. At its return an op answers for the instances
 * it took out itself, and, where its row of the table says so, for every older
 * instance in its range, whoever took that out. A frame or table may only be
 * freed when nobody can hold an instance that named it.
 */
#include "oracle/concrete.h"
#include "oracle/state.h"
#include "oracle/violation.h"

uint32_t promise_op_id(const struct oracle *o, int actor) { return o->op[actor].id; }

void promise_begin(struct oracle *o, const struct event *ev)
{
	if (ev->actor >= SCHED_MAX_ACTORS)
		return;
	o->op[ev->actor] = (struct op){
	        .active = true,
	        .kind = ev->op.kind,
	        .space = ev->op.space,
	        .prot = ev->op.prot,
	        .start = ev->op.start,
	        .n = ev->op.n,
	        .id = ++o->ops,
	        .before = o->m->serial,
	};
	if (op_unmaps_domain((enum op_kind)ev->op.kind)) {
		o->unmapping |= (uint16_t)(1u << ev->actor);
		owed_end(o, ev->op.space, ev->op.start, ev->op.n, o->ops);
	}
}

/* An unmap takes more than it was asked for: the call answers for all of it. An mremap may take less. */
void promise_extent(struct oracle *o, const struct event *ev)
{
	struct op *op;

	if (ev->actor >= SCHED_MAX_ACTORS)
		return;
	op = &o->op[ev->actor];
	owed_end(o, ev->range.space, ev->range.start, ev->range.n, op->id);
	op->start = ev->range.start;
	op->n = ev->range.n;
}

/* The device must be able to use the upgrade at once: nobody will ask for the page again. */
static bool promise_upgrade_owed(const struct oracle *o, const struct item *it)
{
	bool service = it->pasid && (o->prof.pri || o->prof.stall);

	return o->prof.keep_weak && !service && (item_owed(o, it) & WALKERS_IOMMU) && !it->table;
}

/* What an op that took write permission away left behind can be written through. */
static enum violation_class promise_own_class(const struct item *it, uint8_t op)
{
	enum op_promise p = op_promise((enum op_kind)op);
	bool protects = p == PROMISE_READONLY || p == PROMISE_SHARED;

	return protects && !it->table && (it->value & PTE_W) ? VC_STALE_PERM : VC_STALE_MAP;
}

static void promise_own_debts(struct oracle *o, int actor)
{
	const struct op *op = &o->op[actor];

	for (uint32_t i = 0; i < o->nitems; i++) {
		const struct item *it = &o->item[i];

		if (it->killer_actor != actor || it->killer_id != op->id || !item_owed(o, it))
			continue;
		if (!it->weaker)
			violation_raise_item(o, promise_own_class(it, op->kind), actor, it);
		else if (promise_upgrade_owed(o, it))
			violation_raise_item(o, VC_SPURIOUS_FAULT, actor, it);
	}
}

/* Everything older than the op in its range, or only what can still be written through. */
static void promise_range(struct oracle *o, const struct op *op, int actor, bool writes_only)
{
	enum violation_class c = writes_only ? VC_STALE_PERM : VC_STALE_MAP;

	if (!op->n)
		return;
	for (uint32_t i = 0; i < o->nitems; i++) {
		const struct item *it = &o->item[i];

		if (it->space == op->space && it->serial <= op->before && !it->table &&
		    (!writes_only || pte_write_through(it->value)) &&
		    item_covers(it, op->start, last_of(op->start, op->n)) && item_owed(o, it))
			violation_raise_item(o, c, actor, it);
	}
	concrete_promise(o, op->space, op->start, op->n, op->before, writes_only);
}

/* Is the op that took the instance out still running (then the debt is still its own)? */
static bool promise_still_open(const struct oracle *o, const struct item *it, int but)
{
	const struct op *op;

	if (it->killer_actor >= SCHED_MAX_ACTORS || it->killer_actor == but)
		return false;
	op = &o->op[it->killer_actor];
	/* The service of a page request is an op of its own, until it is answered. */
	return op->id == it->killer_id && (op->active || it->killer_actor >= CASE_PROGRAMS);
}

/* fork: no write reaches a frame that is now shared; what a later op is about to flush is its own debt. */
static void promise_shared(struct oracle *o, const struct op *op, int actor)
{
	for (uint32_t i = 0; i < o->nitems; i++) {
		const struct item *it = &o->item[i];
		sd_page pfn = pte_pfn(it->value);

		if (it->space == op->space && it->serial <= op->before && !it->table &&
		    pte_write_through(it->value) && pfn < MEM_FRAMES && o->leaves[pfn] > 1 &&
		    item_owed(o, it) && !promise_still_open(o, it, actor))
			violation_raise_item(o, VC_STALE_PERM, actor, it);
	}
}

static void promise_near(struct oracle *o, unsigned row, uint32_t gone)
{
	if (gone)
		o->near = (struct oracle_near){true, (uint8_t)row, o->events - gone};
}

/* The promise of the op's row, beyond what it took out itself. ret: what it returned, 0 or pages. */
static void promise_keep(struct oracle *o, const struct op *op, int actor, int64_t ret)
{
	switch (op_promise((enum op_kind)op->kind)) {
	case PROMISE_DEAD:
		promise_range(o, op, actor, false);
		break;
	case PROMISE_READONLY:
		if (op->prot == PROT_R)
			promise_range(o, op, actor, true);
		break;
	case PROMISE_SHARED:
		promise_shared(o, op, actor);
		break;
	case PROMISE_MAPS:
		if (ret > 0)
			owed_begin(o, op->space, op->start, (uint32_t)ret, op->id);
		break;
	case PROMISE_NOTHING:
	case PROMISE_OWN:
	case PROMISE_CLEAN: /* when it writes a page out: promise_writeout() */
		break;
	}
}

void promise_end(struct oracle *o, const struct event *ev)
{
	struct op *op;
	int actor = ev->actor;
	bool ok = ev->op_end.ret >= 0;

	if (actor >= SCHED_MAX_ACTORS)
		return;
	op = &o->op[actor];
	promise_own_debts(o, actor);
	promise_near(o, op->kind, op->gone);
	if (op_unmaps_domain((enum op_kind)op->kind))
		owed_end(o, op->space, op->start, op->n, o->ops);
	if (ok)
		promise_keep(o, op, actor, ev->op_end.ret);
	op->active = false;
	o->unmapping &= (uint16_t) ~(1u << actor);
}

void promise_free(struct oracle *o, const struct event *ev)
{
	sd_page first = ev->frames.pfn, last = last_of(ev->frames.pfn, ev->frames.n);
	uint32_t gone = 0;

	for (sd_page pfn = first; pfn <= last; pfn++)
		if (o->m->frame[pfn].kind == MEM_FREE) {
			violation_raise(o, VC_REFCOUNT, ev->actor);
			return;
		}
	for (uint32_t i = 0; i < o->nitems; i++) {
		const struct item *it = &o->item[i];
		sd_page pfn = pte_pfn(it->value), end = pfn + (it->table ? 1 : it->span) - 1;

		if (pfn <= last && first <= end && item_owed(o, it))
			violation_raise_item(o, it->table ? VC_WALK_FREED_TABLE : VC_STALE_USE, ev->actor,
			                     it);
	}
	for (sd_page pfn = first; pfn <= last; pfn++) {
		const struct live_table *t = &o->table[pfn];

		if (o->leaves[pfn])
			violation_raise(o, VC_STALE_USE, ev->actor); /* still mapped */
		for (int s = 0; ev->frames.kind == MEM_TABLE && s < SD_MAX_SPACES; s++)
			if (o->space[s].root == pfn && space_reached(o, s))
				violation_raise(o, VC_WALK_FREED_TABLE, ev->actor);
		if (ev->frames.kind == MEM_TABLE && t->space != NO_SPACE)
			violation_raise(o, VC_WALK_FREED_TABLE, ev->actor); /* still linked */
		o->wrote[pfn] = o->saved[pfn] = 0;
		gone = o->gone[pfn] > gone ? o->gone[pfn] : gone;
		o->gone[pfn] = 0;
	}
	promise_near(o, OP_COUNT, gone);
}

/*
 * Where mremap has moved something it relies on the old addresses being dead, before either page-table
 * lock is dropped; its flush covers what others cleared there, too.
 */
void promise_dead(struct oracle *o, const struct event *ev)
{
	const struct op *op = &o->op[ev->actor];

	for (uint32_t i = 0; i < o->nitems; i++) {
		const struct item *it = &o->item[i];

		if (it->space == ev->range.space &&
		    item_covers(it, ev->range.start, last_of(ev->range.start, ev->range.n)) && !it->table &&
		    (it->serial <= op->before || it->killer_id == op->id) && item_owed(o, it))
			violation_raise_item(o, VC_STALE_MAP, ev->actor, it);
	}
	concrete_promise(o, ev->range.space, ev->range.start, ev->range.n, op->before, false);
}

/* page_mkclean relies on the next write setting D again. */
void promise_cleaned(struct oracle *o, const struct event *ev)
{
	for (uint32_t i = 0; i < o->nitems; i++) {
		const struct item *it = &o->item[i];

		if (it->space == ev->range.space &&
		    item_covers(it, ev->range.start, last_of(ev->range.start, ev->range.n)) &&
		    it->killer_actor == ev->actor && it->killer_id == promise_op_id(o, ev->actor) &&
		    pte_write_through(it->value) && item_owed(o, it))
			violation_raise_item(o, VC_LOST_DIRTY, ev->actor, it);
	}
}

/*
 * A page is written out and then counts as clean. Reclaim gives it up, and
 * answers for what it unmapped itself; writeback keeps it, and no write may
 * pass it by through an instance that anybody took out (folio_mkclean() and a
 * zap serialise on the page-table lock for that).
 */
void promise_writeout(struct oracle *o, const struct event *ev)
{
	const struct op *op = &o->op[ev->actor];
	const bool everybody = op_promise((enum op_kind)op->kind) == PROMISE_CLEAN;

	for (uint32_t i = 0; i < o->nitems; i++) {
		const struct item *it = &o->item[i];
		sd_page pfn = pte_pfn(it->value);
		bool own = it->killer_actor == ev->actor && it->killer_id == op->id;

		if ((own || everybody) && !it->table && ev->frame.pfn - pfn < it->span &&
		    pte_write_through(it->value) && item_owed(o, it))
			violation_raise_item(o, VC_LOST_DIRTY, ev->actor, it);
	}
}

/* The handler said Success: a retry must not meet a weaker entry for ever. */
void promise_served(struct oracle *o, const struct event *ev)
{
	int space = space_by_pasid(o, ev->served.dev, (int)ev->served.pasid);
	uint16_t iommu = walker_bit(WALKER_IOMMU0 + o->dev_iommu[ev->served.dev]);

	if (ev->actor >= SCHED_MAX_ACTORS)
		return;
	promise_own_debts(o, ev->actor);
	o->op[ev->actor].id = ++o->ops; /* the next service is another op */
	if (ev->served.code || space < 0 || !o->prof.keep_weak || o->prof.prq_drops_weak || !ev->served.write)
		return;
	for (uint32_t i = 0; i < o->nitems; i++) {
		const struct item *it = &o->item[i];

		if (it->space == space && !it->table && it->weaker && !pte_write_through(it->value) &&
		    it->serial < ev->served.serial && item_covers(it, ev->served.page, ev->served.page) &&
		    (item_owed(o, it) & iommu) && !promise_still_open(o, it, ev->actor))
			violation_raise_item(o, VC_NO_PROGRESS, ev->actor, it);
	}
}
