/* SPDX-License-Identifier: MIT */
/*
 * flight: accesses that have begun and not ended, for waits that drain them.
 *
 * Each access takes a stamp when it begins; a wait remembers the newest stamp
 * of its own moment and blocks until nothing as old goes on (VT-d 6.5.4, SMMU
 * CMD_SYNC, RISC-V IOFENCE.C with PR and PW; a CPU's IPI acknowledgement or
 * DSB).
 * Translated requests are the device's own business (dev/): an ATC
 * invalidation drains them, a wait never does, unless the device has stopped
 * answering those.
 *
 * Does not model: several requests of a device, or accesses of a CPU, in
 * flight at once.
 */
#include "event/tell.h"
#include "hw/flight.h"
#include "hw/state.h"

uint64_t hw_flight_now(struct hw *hw) { return hw_get(&hw->clock); }

void hw_flight_begin(struct hw *hw, _Atomic uint64_t *slot)
{
	hw_set(slot, atomic_fetch_add_explicit(&hw->clock, 1, memory_order_relaxed) + 1);
}

void hw_flight_end(struct hw *hw, _Atomic uint64_t *slot)
{
	hw_publish(slot, 0);
	sched_wake(hw->s, &hw->ended);
}

static bool flight_counts(const struct hw *hw, bool translated)
{
	return !translated || hw->cfg.prof.atc_lost;
}

void hw_dma_begin(struct hw *hw, const struct sd_request *rq, bool translated)
{
	if (flight_counts(hw, translated))
		hw_flight_begin(hw, &hw->dma[rq->dev]);
}

void hw_dma_end(struct hw *hw, const struct sd_request *rq, bool translated)
{
	if (flight_counts(hw, translated))
		hw_flight_end(hw, &hw->dma[rq->dev]);
}

struct flight_drain {
	struct hw *hw;
	uint32_t cpus, iommus;
	uint64_t limit;
};

static bool flight_is_older(_Atomic uint64_t *slot, uint64_t limit)
{
	uint64_t began = hw_see(slot);

	return began && began <= limit;
}

/*
 * Does a wait drain the device's request? A translated one is drained by the ATC
 * invalidation instead, until the device stops answering those.
 */
static bool flight_drains_device(struct hw *hw, int dev)
{
	if (!hw->cfg.prof.atc_lost || !hw->cfg.prof.ats)
		return true;
	return hw_see(&hw->unanswered[dev]) && step(hw->bugs, STEP_HW_DRAIN_TRANSLATED);
}

static bool flight_has_drained(void *arg)
{
	struct flight_drain *d = arg;

	for (int i = 0; i < d->hw->cfg.ncpu; i++)
		if ((d->cpus >> i & 1) && flight_is_older(&d->hw->access[i], d->limit))
			return false;
	for (int i = 0; i < d->hw->cfg.ndev; i++)
		if ((d->iommus >> d->hw->cfg.dev_iommu[i] & 1) && flight_drains_device(d->hw, i) &&
		    flight_is_older(&d->hw->dma[i], d->limit))
			return false;
	return true;
}

void hw_flight_drain(struct hw *hw, uint32_t cpus, uint32_t iommus, uint64_t limit, enum point p)
{
	struct flight_drain d = {hw, cpus, iommus, limit};

	sched_wait(hw->s, &hw->ended, p, flight_has_drained, &d);
}

/*
 * The event comes first: what is touched may be a freed frame, or none at all
 * if a walk went through one, and the report must not depend on surviving it.
 * Every actor has a word of its own, so that legal sharing is no race.
 */
void hw_data(struct hw *hw, int walker, const struct sd_translation *t, sd_page page, int pasid,
             unsigned acc_flags)
{
	uint32_t word = (uint32_t)sched_current(hw->s) % hw->m->words;
	bool ghost = acc_flags & ACC_GHOST;

	if (!ghost)
		sched_point(hw->s, PT_HW_DATA);
	event_access(hw->ev, walker, acc_flags, t->pfn, page, t->tag, pasid, t->serial);
	if (ghost || t->pfn >= MEM_FRAMES)
		return;
	if (acc_flags & ACC_WRITE) /* even: a table that it lands in gets no present entry */
		mem_data(hw->m, t->pfn)[word] = hw_flight_now(hw) << 1;
	else
		hw_set(&hw->last_read, mem_data(hw->m, t->pfn)[word]);
}
