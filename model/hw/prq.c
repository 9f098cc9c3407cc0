/* SPDX-License-Identifier: MIT */
/*
 * prq: the page-request queue of an IOMMU.
 *
 * A request that meets a full queue is dropped; if it was the last of its
 * group, hardware answers Success itself (VT-d 7.4.1; SMMU 8.2; RISC-V IOMMU
 * 3.3), which promises nothing. Where the profile says so, queueing a request
 * drops what is cached for its page (VT-d 6.5.3.1). A profile that stalls has
 * no message to lose: its request waits for a slot.
 *
 * A ring as the invalidation queue, the other way round: the tail publishes
 * requests, the head gives slots back. The driver's end is one thread of each
 * IOMMU and takes no lock.
 *
 * Does not model: several requests of a group, credits, stop markers.
 */
#include "event/tell.h"
#include "hw/state.h"

void hw_prq_reset(struct hw_prq *p, bool small)
{
	p->entries = small ? 1 : HW_PRQ_ENTRIES;
	atomic_init(&p->head, 0);
	atomic_init(&p->tail, 0);
	atomic_init(&p->overflow, false);
	p->work = p->space = (struct sched_wq){0};
}

static bool prq_is_full(const struct hw_prq *p) { return hw_get(&p->tail) - hw_see(&p->head) >= p->entries; }

static bool prq_has_space(void *arg) { return !prq_is_full(arg); }

static bool prq_has_work(void *arg)
{
	const struct hw_prq *p = arg;

	return hw_get(&p->tail) != hw_get(&p->head);
}

static void prq_tell(struct hw *hw, enum event_type t, const struct sd_page_request *rq)
{
	event_tell_prq(hw->ev, t, rq->dev, rq->write ? ACC_WRITE : 0, rq->page, rq->pasid, rq->group);
}

/* With the lock held. The tag comes from where a walk would take it. */
static void prq_drop_weak(struct hw *hw, struct hw_iommu *io, const struct sd_page_request *rq)
{
	const struct hw_ctx_entry *c = hw_ctx_find(io, rq->dev, rq->pasid);
	uint32_t n = ctx_word(rq->dev, rq->pasid);
	uint16_t tag;

	if (!hw->cfg.prof.prq_drops_weak || !step(hw->bugs, STEP_HW_PRQ_DROPS_WEAK))
		return;
	if (c)
		tag = c->tag;
	else if (io->ctx_table != MEM_NO_FRAME && (mem_word_load_now(hw->m, io->ctx_table, n) & CTX_P))
		tag = (uint16_t)mem_word_load_now(hw->m, io->ctx_table, n + 1);
	else
		return;
	hw_agent_invalidate(hw, &io->agent, tag, rq->page, rq->page, 0, hw_next_seq(&io->q));
}

enum sd_status hw_op_page_request(void *p, const struct sd_page_request *rq)
{
	struct hw *hw = p;
	struct hw_iommu *io;
	struct hw_prq *q;

	if (rq->dev >= hw->cfg.ndev || rq->pasid >= CTX_PASIDS)
		return SD_GONE;
	io = hw_iommu_of(hw, rq->dev);
	q = &io->prq;
	hw_lock(hw, &io->agent, PT_HW_PRQ);
	while (prq_is_full(q)) {
		hw_unlock(hw, &io->agent);
		if (!hw->cfg.prof.stall) {
			hw_set(&q->overflow, true);
			prq_tell(hw, EV_PRQ_DROP, rq);
			if (rq->last)
				hw->ep.page_response(hw->ep.ctx, rq->dev, rq->group, SD_RESP_SUCCESS);
			return SD_BUSY;
		}
		sched_wait(hw->s, &q->space, PT_HW_PRQ_STALL, prq_has_space, q);
		hw_lock(hw, &io->agent, PT_HW_PRQ);
	}
	prq_drop_weak(hw, io, rq);
	q->ring[hw_get(&q->tail) % HW_PRQ_ENTRIES] = *rq;
	hw_publish(&q->tail, hw_get(&q->tail) + 1);
	prq_tell(hw, EV_PRQ, rq);
	hw_unlock(hw, &io->agent);
	sched_wake(hw->s, &q->work);
	return SD_OK;
}

void hw_prq_wait(struct hw *hw, int iommu)
{
	struct hw_prq *q = &hw->iommu[iommu].prq;

	sched_wait(hw->s, &q->work, PT_HW_PRQ_WAIT, prq_has_work, q);
}

bool hw_op_event_poll(void *p, int iommu, struct sd_page_request *out)
{
	struct hw *hw = p;
	struct hw_prq *q = &hw->iommu[iommu].prq;
	uint32_t head = hw_get(&q->head), tail; /* nobody else writes the head */

	sched_point(hw->s, PT_HW_PRQ_TAKE);
	/* queue_sync_prod_in(): readl(), or entries may be read before there are any. */
	if (bug_on(hw->bugs, BUG_PROD_UNORDERED))
		tail = hw_get(&q->tail);
	else
		tail = hw_see(&q->tail);
	if (tail == head)
		return false;
	*out = q->ring[head % HW_PRQ_ENTRIES];
	hw_publish(&q->head, head + 1);
	sched_wake(hw->s, &q->space);
	return true;
}

bool hw_op_event_overflow(void *p, int iommu)
{
	struct hw *hw = p;

	return atomic_exchange_explicit(&hw->iommu[iommu].prq.overflow, false, memory_order_relaxed);
}

void hw_op_page_response(void *p, const struct sd_page_request *rq, enum sd_response code)
{
	struct hw *hw = p;

	hw->ep.page_response(hw->ep.ctx, rq->dev, rq->group, code);
}
