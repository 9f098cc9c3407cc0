/* SPDX-License-Identifier: MIT */
/*
 * execute: the queue processor takes a command and does what it says.
 *
 * Fetch and effect are one instant, but for an ATC invalidation, which takes
 * as long as the device takes to answer, and a wait that drains. The queue
 * does nothing else meanwhile.
 *
 * Order. Where the profile orders the classes (VT-d 6.5.2.12), commands run
 * first in, first out. Where it does not (SMMU 3.9.1, 4.7.3; RISC-V IOMMU
 * 3.1), everything up to the next wait may run in any order, and the model
 * takes the worst one: ATC invalidations before the TLB ones that they
 * are refilled from, and those before the context ones. A wait never overtakes
 * and is never overtaken.
 *
 * An ATC invalidation that a device does not answer times out, with an error
 * that names the device; the queue goes on (AMD IOTLB_INV_TIMEOUT; a VT-d queue
 * whose ITE software has cleared, 6.5.2.11; SMMU 4.2 and RISC-V IOMMU 3.1.4
 * once the error at the CMD_SYNC or IOFENCE.C has been acknowledged).
 *
 * Does not model: several commands executed at once, a queue that stops until
 * an error is acknowledged, waits that an error aborts.
 */
#include "event/tell.h"
#include "hw/flight.h"
#include "hw/inject.h"
#include "hw/state.h"

static unsigned execute_rank(unsigned kind) { return kind == HW_CMD_ATC ? 0 : kind == HW_CMD_CTX ? 2 : 1; }

/* The slot of the next command of those up to the tail. */
static unsigned execute_pick(const struct hw_queue *q, uint64_t tail, bool in_order)
{
	uint64_t head = hw_get(&q->head);
	unsigned best = head % HW_RING;

	if (in_order || q->ring[best].kind == HW_CMD_WAIT)
		return best;
	for (uint64_t i = head + 1; i < tail; i++) {
		unsigned slot = i % HW_RING;

		if (q->ring[slot].kind == HW_CMD_WAIT)
			break;
		if (!(q->early >> slot & 1) &&
		    execute_rank(q->ring[slot].kind) < execute_rank(q->ring[best].kind))
			best = slot;
	}
	return best;
}

/* Takes the command of the slot; the head moves over all commands that were taken ahead of their turn. */
static void execute_take(struct hw_queue *q, unsigned slot)
{
	uint64_t head = hw_get(&q->head);

	q->early |= 1ull << slot;
	while (q->early >> (head % HW_RING) & 1) {
		q->early &= ~(1ull << (head % HW_RING));
		head++;
	}
	hw_publish(&q->head, head);
}

/* Commands to a device that is not there, or that has no ATC, are the sender's error. */
static bool execute_can_reach(const struct hw *hw, int iommu, const struct hw_cmd *c)
{
	if (c->kind == HW_CMD_CTX)
		return c->dev == HW_ALL_DEVS || c->dev < hw->cfg.ndev;
	if (c->kind != HW_CMD_ATC)
		return true;
	return c->dev < hw->cfg.ndev && hw->cfg.dev_iommu[c->dev] == iommu && hw->cfg.prof.ats;
}

/* Called with the lock, returns without it. */
static void execute_wait(struct hw *hw, int iommu, const struct hw_cmd *c, uint64_t seq)
{
	struct hw_iommu *io = &hw->iommu[iommu];
	struct hw_queue *q = &io->q;
	bool drain =
	        (hw->cfg.prof.drain_always || c->drain || q->must_drain) && step(hw->bugs, STEP_HW_DRAIN);
	uint64_t limit = hw_flight_now(hw);

	q->must_drain = false;
	event_wait_begin(hw->ev, io->agent.walker, seq);
	hw_set(&q->busy, true);
	hw_unlock(hw, &io->agent);
	if (drain)
		hw_flight_drain(hw, 0, 1u << iommu, limit, PT_HW_DRAIN);
	inject_rest(hw->s, hw->cfg.prof.wait_timeout, INJECT_LATE, PT_HW_REST);
	hw_lock(hw, &io->agent, PT_HW_COMPLETE);
	event_wait_done(hw->ev, io->agent.walker, drain ? SEEN_DRAINED : 0, seq);
	if (c->visible) {
		if (drain)
			hw_publish(&q->drained, seq);
		hw_publish(&q->done, seq);
	}
	hw_set(&q->busy, false);
	hw_unlock(hw, &io->agent);
	sched_wake(hw->s, &q->work);
	sched_wake(hw->s, &q->completed);
}

static void execute_timed_out(struct hw *hw, int iommu, const struct hw_cmd *c, uint64_t seq)
{
	inject_rest(hw->s, true, INJECT_REST, PT_HW_REST);
	event_inv_timeout(hw->ev, WALKER_ATC0 + c->dev, iommu, seq);
	if (!hw_get(&hw->unanswered[c->dev]))
		hw_publish(&hw->unanswered[c->dev], seq);
}

static void execute_atc(struct hw *hw, int iommu, const struct hw_cmd *c, uint64_t seq)
{
	struct hw_iommu *io = &hw->iommu[iommu];

	hw_set(&io->q.busy, true);
	hw_unlock(hw, &io->agent);
	if (!hw->ep.atc_invalidate(hw->ep.ctx, (int)c->dev, c->pasid, c->first, c->last, seq))
		execute_timed_out(hw, iommu, c, seq);
	hw_set(&io->q.busy, false);
	sched_wake(hw->s, &io->q.work);
}

static void execute_tlb(struct hw *hw, int iommu, const struct hw_cmd *c, uint64_t seq)
{
	struct hw_iommu *io = &hw->iommu[iommu];

	if (c->contexts)
		hw_ctx_invalidate(hw, io, c, seq);
	io->q.must_drain |= c->drain;
	hw_agent_invalidate(hw, &io->agent, c->tag, c->first, c->last, c->flags, seq);
	hw_unlock(hw, &io->agent);
}

/* One command, if there is one and no other is being executed. */
static inline bool execute_next(struct hw *hw, int iommu)
{
	struct hw_iommu *io = &hw->iommu[iommu];
	struct hw_queue *q = &io->q;
	struct hw_cmd c;
	uint64_t seq, tail;
	unsigned slot;

	hw_lock(hw, &io->agent, PT_HW_FETCH);
	tail = hw_see(&q->tail);
	if (hw_get(&q->busy) || hw_get(&q->head) == tail) {
		hw_unlock(hw, &io->agent);
		return false;
	}
	slot = execute_pick(q, tail, hw->cfg.prof.order_classes);
	c = q->ring[slot]; /* the slot is given back before the command is done */
	seq = q->seq[slot];
	execute_take(q, slot);
	if (!execute_can_reach(hw, iommu, &c)) {
		c.kind = HW_CMD_BAD;
		c.bad = HW_BAD_DEVICE;
	}
	event_cmd(hw->ev, iommu, c.kind, seq);
	switch ((enum hw_cmd_kind)c.kind) {
	case HW_CMD_BAD:
		event_cmd_bad(hw->ev, iommu, c.bad, seq);
		hw_unlock(hw, &io->agent);
		break;
	case HW_CMD_CTX:
		hw_ctx_invalidate(hw, io, &c, seq);
		hw_unlock(hw, &io->agent);
		break;
	case HW_CMD_TLB:
		execute_tlb(hw, iommu, &c, seq);
		break;
	case HW_CMD_ATC:
		execute_atc(hw, iommu, &c, seq);
		break;
	case HW_CMD_WAIT:
		execute_wait(hw, iommu, &c, seq);
		break;
	}
	return true;
}

unsigned hw_op_step(void *p, int iommu, unsigned budget)
{
	unsigned n = 0;

	while (n < budget && execute_next(p, iommu))
		n++;
	return n;
}

static bool execute_has_work(void *arg)
{
	struct hw_queue *q = arg;

	return hw_get(&q->head) != hw_get(&q->tail) && !hw_get(&q->busy);
}

void hw_queue_actor(struct hw *hw, int iommu)
{
	struct hw_queue *q = &hw->iommu[iommu].q;

	for (;;) {
		sched_wait(hw->s, &q->work, PT_HW_IDLE, execute_has_work, q);
		inject_rest(hw->s, hw->cfg.prof.slow_queue, INJECT_REST, PT_HW_REST);
		execute_next(hw, iommu);
	}
}
