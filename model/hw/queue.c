// SPDX-License-Identifier: MIT
/*
 * queue: the software side of an invalidation queue.
 *
 * A ring of commands with a published tail. Every command has an ordinal; a
 * broadcast shootdown that an IOMMU snoops takes one as well. Software learns
 * of a wait by polling or by blocking, and only what it has learnt counts.
 *
 * Does not model: queue errors that stop the queue, head and tail registers,
 * a status word of its own for each wait (it is always the newest that shows).
 */
#include "hw/internal.h"

void hw_queue_reset(struct hw_queue *q)
{
	q->early = q->next_seq = 0;
	q->head = q->tail = 0;
	q->done = q->drained = q->seen = q->seen_drained = 0;
	q->busy = q->must_drain = false;
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

static void publish(struct hw *hw, struct hw_queue *q, const struct sd_inv_cmd *cmds, unsigned n)
{
	uint64_t tail = hw_get(&q->tail);
	struct hw_cmd c;

	for (unsigned i = 0; i < n; i++) {
		unsigned slot = (tail + i) % HW_RING;

		hw_decode(&hw->cfg.prof, &cmds[i], &c);
		q->ring[slot] = cmds[i];
		q->kind[slot] = c.kind;
		q->seq[slot] = ++q->next_seq;
	}
	hw_set(&q->tail, tail + n);
}

int64_t hw_op_inv_submit(void *p, int iommu, const struct sd_inv_cmd *cmds, unsigned n)
{
	struct hw *hw = p;
	struct hw_iommu *io = &hw->iommu[iommu];
	struct hw_queue *q = &io->q;
	int64_t seq = -SD_BUSY;

	hw_lock(hw, &io->agent, PT_HW_SUBMIT);
	if (hw_get(&q->tail) - hw_get(&q->head) + n <= HW_RING) {
		publish(hw, q, cmds, n);
		seq = (int64_t)q->next_seq;
	}
	hw_unlock(hw, &io->agent);
	sched_wake(hw->s, &q->work);
	return seq;
}

/* Software saw that all waits up to the newest completed one have completed. */
static void observe(struct hw *hw, int iommu)
{
	struct hw_queue *q = &hw->iommu[iommu].q;
	uint64_t done = hw_see(&q->done), drained = hw_see(&q->drained);
	uint8_t walker = (uint8_t)(WALKER_IOMMU0 + iommu);

	if (drained > hw_get(&q->seen_drained)) {
		hw_set(&q->seen_drained, drained);
		event_emit(hw->ev, EV_WAIT_SEEN, walker, 1, 0, 0, 0, drained);
	}
	if (done > hw_get(&q->seen) && done != drained)
		event_emit(hw->ev, EV_WAIT_SEEN, walker, 0, 0, 0, 0, done);
	hw_set(&q->seen, done);
}

bool hw_op_inv_poll(void *p, int iommu, uint64_t seq)
{
	struct hw *hw = p;

	sched_point(hw->s, PT_HW_POLL);
	if (hw_see(&hw->iommu[iommu].q.done) < seq)
		return false;
	observe(hw, iommu);
	return true;
}

struct until {
	struct hw_queue *q;
	uint64_t seq;
};

static bool completed(void *arg)
{
	struct until *u = arg;

	return hw_see(&u->q->done) >= u->seq;
}

void hw_op_sync(void *p, int iommu, uint64_t seq)
{
	struct hw *hw = p;
	struct until u = {&hw->iommu[iommu].q, seq};

	sched_wait(hw->s, &u.q->completed, PT_HW_SYNC, completed, &u);
	observe(hw, iommu);
}

unsigned hw_op_step(void *p, int iommu, unsigned budget)
{
	unsigned n = 0;

	while (n < budget && hw_execute(p, iommu))
		n++;
	return n;
}

static bool has_work(void *arg)
{
	struct hw_queue *q = arg;

	return hw_get(&q->head) != hw_get(&q->tail) && !hw_get(&q->busy);
}

void hw_queue_actor(struct hw *hw, int iommu)
{
	struct hw_queue *q = &hw->iommu[iommu].q;

	for (;;) {
		sched_wait(hw->s, &q->work, PT_HW_IDLE, has_work, q);
		hw_execute(hw, iommu);
	}
}
