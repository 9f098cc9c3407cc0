/* SPDX-License-Identifier: MIT */
/*
 * queue: the software side of an invalidation queue.
 *
 * A ring of commands in plain memory. The tail publishes what was written
 * before it, the head gives slots back: each side stores its own with release
 * and reads the other's with acquire, as a store to the tail register (writel)
 * and a read of the head register order them. Nothing else does; producers
 * keep each other out by a lock of the driver's.
 *
 * Every command has an ordinal; a broadcast shootdown that an IOMMU snoops
 * takes one as well. Software learns of a wait by polling or by blocking, and
 * only what it has learnt counts.
 *
 * Does not model: queue errors that stop the queue, a status word of its own
 * for each wait (it is always the newest that shows).
 */
#include "event/tell.h"
#include "hw/inject.h"
#include "hw/state.h"

void hw_queue_reset(struct hw_queue *q, uint32_t entries)
{
	q->entries = entries;
	q->early = 0;
	atomic_init(&q->next_seq, 0);
	atomic_init(&q->head, 0);
	atomic_init(&q->tail, 0);
	atomic_init(&q->done, 0);
	atomic_init(&q->drained, 0);
	atomic_init(&q->seen, 0);
	atomic_init(&q->seen_drained, 0);
	atomic_init(&q->busy, false);
	q->must_drain = false;
	q->work = q->completed = (struct sched_wq){0};
}

void hw_op_set_root(void *p, int iommu, sd_page ctx_table)
{
	struct hw *hw = p;
	struct hw_iommu *io = &hw->iommu[iommu];

	hw_lock(hw, &io->agent, PT_HW_SET_ROOT);
	io->ctx_table = ctx_table;
	hw_unlock(hw, &io->agent);
}

/* Returns the ordinal of the last one. */
static uint64_t queue_publish(struct hw *hw, struct hw_queue *q, const struct sd_inv_cmd *cmds, unsigned n)
{
	uint64_t tail = hw_get(&q->tail); /* nobody else writes it */

	for (unsigned i = 0; i < n; i++) {
		unsigned slot = (tail + i) % HW_RING;

		hw_decode(&hw->cfg.prof, &cmds[i], &q->ring[slot]);
		q->seq[slot] = hw_next_seq(q);
	}
	hw_publish(&q->tail, tail + n);
	return q->seq[(tail + n - 1) % HW_RING];
}

int64_t hw_op_inv_submit(void *p, int iommu, const struct sd_inv_cmd *cmds, unsigned n)
{
	struct hw *hw = p;
	struct hw_queue *q = &hw->iommu[iommu].q;
	int64_t seq = -SD_BUSY;

	sched_point(hw->s, PT_HW_SUBMIT);
	if (hw_get(&q->tail) - hw_see(&q->head) + n <= q->entries)
		seq = (int64_t)queue_publish(hw, q, cmds, n);
	sched_wake(hw->s, &q->work);
	return seq;
}

/* Software saw that all waits up to the newest completed one have completed. */
static void queue_observe(struct hw *hw, int iommu)
{
	struct hw_queue *q = &hw->iommu[iommu].q;
	uint64_t done = hw_see(&q->done), drained = hw_see(&q->drained);
	uint8_t walker = (uint8_t)(WALKER_IOMMU0 + iommu);

	if (drained > hw_get(&q->seen_drained)) {
		hw_set(&q->seen_drained, drained);
		event_wait_seen(hw->ev, walker, SEEN_DRAINED, drained);
	}
	if (done > hw_get(&q->seen) && done != drained)
		event_wait_seen(hw->ev, walker, 0, done);
	hw_set(&q->seen, done);
}

bool hw_op_inv_poll(void *p, int iommu, uint64_t seq)
{
	struct hw *hw = p;

	sched_point(hw->s, PT_HW_POLL);
	if (hw_see(&hw->iommu[iommu].q.done) < seq)
		return false;
	queue_observe(hw, iommu);
	return true;
}

struct queue_until {
	struct hw_queue *q;
	uint64_t seq;
};

static bool queue_has_completed(void *arg)
{
	struct queue_until *u = arg;

	return hw_see(&u->q->done) >= u->seq;
}

void hw_op_sync(void *p, int iommu, uint64_t seq)
{
	struct hw *hw = p;
	struct queue_until u = {&hw->iommu[iommu].q, seq};

	sched_wait(hw->s, &u.q->completed, PT_HW_SYNC, queue_has_completed, &u);
	queue_observe(hw, iommu);
}

uint32_t hw_op_inv_error(void *p, int iommu, uint64_t seq)
{
	struct hw *hw = p;
	uint32_t devs = 0;

	for (int i = 0; i < hw->cfg.ndev; i++) {
		uint64_t first = hw_see(&hw->unanswered[i]);

		if (first && first <= seq && hw->cfg.dev_iommu[i] == iommu)
			devs |= 1u << i;
	}
	return devs;
}
