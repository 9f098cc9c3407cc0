/* SPDX-License-Identifier: MIT */
/*
 * atc: a device's address translation cache (PCIe ATS 10.2, 10.3).
 *
 * Entries are tagged by PASID and hold what an ATS reply said; nothing leaves
 * but by an invalidation. An entry serves a write if it has W and D: else the
 * device asks again, for write, and the reply replaces the entry. An
 * invalidation drops what overlaps its range, cancels replies in flight for
 * the PASID, and is answered once the translated request that used such an
 * entry has ended. A device that was pulled out answers nothing and has no ATC
 * any more. One that only stopped answering keeps what it has, and uses it, if
 * the driver is one that shuts it out (quarantine); any other driver takes it for
 * dead, and so it is.
 *
 * Does not model: eviction, several requests of a device at once, reset of the
 * device.
 */
#include "dev/state.h"
#include "event/tell.h"
#include "hw/inject.h"

void dev_atc_reset(struct dev_atc *a)
{
	a->lock = (struct sched_lock){0};
	a->n = 0;
	a->clock = 0;
	atomic_init(&a->use.stamp, 0);
	a->ended = (struct sched_wq){0};
}

static struct dev_atc_entry *atc_find(struct dev_atc *a, const struct sd_request *rq)
{
	struct dev_atc_entry *best = NULL;

	for (unsigned i = 0; i < a->n; i++) {
		struct dev_atc_entry *e = &a->e[i];

		if (e->pasid == rq->pasid && rq->page - e->t.base < e->t.span &&
		    (!best || e->t.level < best->t.level))
			best = e;
	}
	return best;
}

static void atc_tell(struct dev_sys *d, enum event_type t, int dev, const struct sd_translation *tr)
{
	event_tell_cached(d->ev, t, WALKER_ATC0 + dev, tr->level, tr->entry, tr->value, tr->base, tr->serial,
	                  tr->tag);
}

static void atc_fill(struct dev_sys *d, const struct sd_request *rq, const struct sd_translation *t)
{
	struct dev_atc *a = &d->dev[rq->dev].atc;
	unsigned i = 0;

	/* SMMU 3.21.1.3: a block with nT set is used and not kept, by an ATC neither. */
	if (t->value & PTE_NT)
		return;
	while (i < a->n &&
	       !(a->e[i].pasid == rq->pasid && a->e[i].t.base == t->base && a->e[i].t.level == t->level))
		i++;
	if (i == DEV_ATC_ENTRIES)
		return;
	if (i == a->n)
		a->n++;
	a->e[i] = (struct dev_atc_entry){.pasid = rq->pasid, .t = *t};
	a->e[i].t.pfn -= rq->page - t->base;
	atc_tell(d, EV_FILL, rq->dev, t);
}

static void atc_use_begin(struct dev_atc *a, const struct sd_request *rq, const struct sd_translation *t)
{
	atomic_store_explicit(&a->use.pasid, rq->pasid, memory_order_release);
	atomic_store_explicit(&a->use.first, t->base, memory_order_release);
	atomic_store_explicit(&a->use.last, t->base + (t->span - 1), memory_order_release);
	atomic_store_explicit(&a->use.stamp, ++a->clock, memory_order_release);
}

void dev_atc_end(struct dev_sys *d, int dev)
{
	struct dev_atc *a = &d->dev[dev].atc;

	atomic_store_explicit(&a->use.stamp, 0, memory_order_release);
	sched_wake(d->s, &a->ended);
}

/* With the lock held, or as a ghost. */
static bool atc_lookup(struct dev_sys *d, const struct sd_request *rq, struct sd_translation *t)
{
	struct dev_atc_entry *e = atc_find(&d->dev[rq->dev].atc, rq);

	if (!e || (rq->write && !pte_write_through(e->t.value)))
		return false;
	*t = e->t;
	t->pfn += rq->page - t->base;
	atc_tell(d, EV_HIT, rq->dev, t);
	return true;
}

/* SD_BUSY: not cached, *gen is the state to compare with when the reply comes. */
static enum sd_status atc_cached(struct dev_sys *d, const struct sd_request *rq, bool use,
                                 struct sd_translation *t, uint32_t *gen)
{
	struct dev_atc *a = &d->dev[rq->dev].atc;
	enum sd_status st = SD_BUSY;

	sched_lock(d->s, &a->lock, PT_DEV_ATC_LOOKUP);
	if (dev_gone(d, rq->dev)) {
		st = SD_GONE;
	} else if (atc_lookup(d, rq, t)) {
		if (use)
			atc_use_begin(a, rq, t);
		st = SD_OK;
	}
	*gen = a->gen[rq->pasid % CTX_PASIDS];
	sched_unlock(d->s, &a->lock);
	return st;
}

static enum sd_status atc_take_reply(struct dev_sys *d, const struct sd_request *rq, bool use,
                                     struct sd_translation *t, uint32_t gen)
{
	struct dev_atc *a = &d->dev[rq->dev].atc;
	enum sd_status st = SD_CANCEL;

	sched_lock(d->s, &a->lock, PT_DEV_ATC_FILL);
	if (a->gen[rq->pasid % CTX_PASIDS] == gen || !step(d->bugs, STEP_HW_ATC_CANCEL)) {
		atc_fill(d, rq, t);
		if (use)
			atc_use_begin(a, rq, t);
		st = SD_OK;
	}
	sched_unlock(d->s, &a->lock);
	return st;
}

enum sd_status dev_atc_translate(struct dev_sys *d, const struct sd_request *rq, bool use,
                                 struct sd_translation *t)
{
	enum sd_status st;
	uint32_t gen;

	for (;;) {
		st = atc_cached(d, rq, use, t, &gen);
		if (st != SD_BUSY)
			return st;
		st = d->ops->ats_translate(d->ops_ctx, rq, t);
		if (st == SD_OK)
			st = atc_take_reply(d, rq, use, t, gen);
		if (st != SD_CANCEL)
			return st;
		sched_relax(d->s, PT_DEV_ATC_RETRY);
	}
}

enum sd_status dev_atc_ghost(struct dev_sys *d, const struct sd_request *rq, struct sd_translation *t)
{
	struct sched_lock *lock = &d->dev[rq->dev].atc.lock;
	enum sd_status st;

	sched_pass(d->s, lock);
	if (atc_lookup(d, rq, t))
		return SD_OK;
	st = hw_ghost_fill(d->hw, rq, t);
	if (st == SD_OK)
		atc_fill(d, rq, t);
	sched_pass(d->s, lock);
	return st;
}

/* -- invalidation ------------------------------------------------------------------------ */

static bool atc_pasid_matches(int pasid, uint16_t other) { return pasid < 0 || pasid == other; }

static void atc_drop(struct dev_atc *a, int pasid, sd_page first, sd_page last)
{
	for (unsigned i = 0; i < a->n;) {
		const struct sd_translation *t = &a->e[i].t;

		if (atc_pasid_matches(pasid, a->e[i].pasid) && t->base <= last &&
		    t->base + (t->span - 1) >= first)
			a->e[i] = a->e[--a->n];
		else
			i++;
	}
	for (int i = 0; i < CTX_PASIDS; i++)
		if (atc_pasid_matches(pasid, (uint16_t)i))
			a->gen[i]++;
}

struct atc_drain {
	struct dev_use *use;
	int pasid;
	sd_page first, last;
	uint64_t limit;
};

static bool atc_drained(void *arg)
{
	const struct atc_drain *w = arg;
	uint64_t began = atomic_load_explicit(&w->use->stamp, memory_order_acquire);

	return !began || began > w->limit ||
	       !atc_pasid_matches(w->pasid, atomic_load_explicit(&w->use->pasid, memory_order_acquire)) ||
	       atomic_load_explicit(&w->use->first, memory_order_acquire) > w->last ||
	       atomic_load_explicit(&w->use->last, memory_order_acquire) < w->first;
}

static void atc_wait_for_use(struct dev_sys *d, int dev, struct atc_drain *w)
{
	if (step(d->bugs, STEP_HW_ATC_DRAIN))
		sched_wait(d->s, &d->dev[dev].atc.ended, PT_DEV_ATC_DRAIN, atc_drained, w);
}

/* Nothing new comes from it; what it had in flight ends before anybody hears that it is dead. */
static void atc_die(struct dev_sys *d, int dev)
{
	struct dev_atc *a = &d->dev[dev].atc;
	struct atc_drain w = {&a->use, -1, 0, (sd_page)-1, 0};

	sched_lock(d->s, &a->lock, PT_DEV_ATC_INV);
	atc_drop(a, -1, 0, (sd_page)-1);
	atomic_store_explicit(&d->dev[dev].gone, true, memory_order_release);
	w.limit = a->clock;
	sched_unlock(d->s, &a->lock);
	atc_wait_for_use(d, dev, &w);
	event_dev_gone(d->ev, dev);
}

/* Is this one of those that the device leaves unanswered? */
static bool atc_ignores(struct dev_sys *d, int dev)
{
	uint32_t n = atomic_fetch_add_explicit(&d->dev[dev].invalidations, 1, memory_order_relaxed) + 1;

	if (dev_gone(d, dev))
		return true;
	if (!inject_unanswered(hw_config(d->hw), dev, n))
		return false;
	if (!dev_profile(d)->quarantine)
		atc_die(d, dev);
	return true;
}

bool dev_atc_invalidate(void *ctx, int dev, int pasid, sd_page first, sd_page last, uint64_t seq)
{
	struct dev_sys *d = ctx;
	struct dev_atc *a = &d->dev[dev].atc;
	struct atc_drain w = {&a->use, pasid, first, last, 0};
	unsigned flags = pasid < 0 ? INV_ALL_TAGS : 0;

	if (first == 0 && last == (sd_page)-1)
		flags |= INV_TAG_ALL;
	if (atc_ignores(d, dev))
		return false;
	inject_rest(d->s, dev_profile(d)->atc_slow, INJECT_REST, PT_DEV_ATC_REST);
	sched_lock(d->s, &a->lock, PT_DEV_ATC_INV);
	atc_drop(a, pasid, first, last);
	w.limit = a->clock;
	event_inv(d->ev, WALKER_ATC0 + dev, flags, pasid < 0 ? 0 : (uint32_t)pasid, first, last, seq);
	sched_unlock(d->s, &a->lock);
	atc_wait_for_use(d, dev, &w);
	inject_rest(d->s, dev_profile(d)->atc_slow, INJECT_REST, PT_DEV_ATC_REST);
	return true;
}

void dev_atc_gone(struct dev_sys *d, int dev)
{
	struct dev_atc *a = &d->dev[dev].atc;

	sched_lock(d->s, &a->lock, PT_DEV_PULLED_OUT);
	atc_drop(a, -1, 0, (sd_page)-1);
	atomic_store_explicit(&d->dev[dev].gone, true, memory_order_release);
	event_dev_gone(d->ev, dev);
	sched_unlock(d->s, &a->lock);
}
