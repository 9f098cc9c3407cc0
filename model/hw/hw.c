/* SPDX-License-Identifier: MIT */
/*
 * hw: life of the hardware, and the table of what it offers at the seam.
 *
 * A reset costs a few dozen stores: caches and rings are emptied by their counts.
 * Invalidation counters are not reset, since they are only compared for equality.
 */
#include "hw/inject.h"
#include "hw/state.h"

#include <stdlib.h>

const struct sd_hw_ops hw_model_ops = {
        .set_root = hw_op_set_root,
        .inv_submit = hw_op_inv_submit,
        .inv_poll = hw_op_inv_poll,
        .sync = hw_op_sync,
        .inv_error = hw_op_inv_error,
        .translate = hw_op_translate,
        .ats_translate = hw_op_ats_translate,
        .page_request = hw_op_page_request,
        .event_poll = hw_op_event_poll,
        .page_response = hw_op_page_response,
        .event_overflow = hw_op_event_overflow,
        .step = hw_op_step,
};

struct hw *hw_create(struct mem *m, struct sched *s, struct event_sink *ev, const struct bugs_set *bugs)
{
	struct hw *hw = calloc(1, sizeof(*hw));

	if (!hw)
		return NULL;
	hw->m = m;
	hw->s = s;
	hw->ev = ev;
	hw->bugs = bugs;
	return hw;
}

void hw_destroy(struct hw *hw) { free(hw); }

static void hw_reset_iommu(struct hw *hw, int i)
{
	const struct profile *p = &hw->cfg.prof;
	struct hw_iommu *io = &hw->iommu[i];

	hw_agent_reset(&io->agent, WALKER_IOMMU0 + i, HW_IOTLB_ENTRIES, HW_IOMMU_PSC_ENTRIES, p->hwad,
	               p->keep_weak);
	io->ctx_table = MEM_NO_FRAME;
	io->nctx = 0;
	hw_queue_reset(&io->q, inject_ring(p, HW_RING));
	hw_prq_reset(&io->prq, hw->cfg.prof.prq_small);
}

void hw_reset(struct hw *hw, const struct hw_config *cfg, const struct hw_endpoint *ep)
{
	hw->cfg = *cfg;
	hw->ep = *ep;
	for (int i = 0; i < cfg->ncpu; i++) {
		hw_agent_reset(&hw->cpu[i], WALKER_CPU0 + i, HW_CPU_TLB_ENTRIES, HW_CPU_PSC_ENTRIES,
		               cfg->prof.cpu_hwad, cfg->prof.cpu_keep_weak);
		hw_set(&hw->access[i], 0);
	}
	for (int i = 0; i < cfg->niommu; i++)
		hw_reset_iommu(hw, i);
	for (int i = 0; i < cfg->ndev; i++) {
		hw_set(&hw->dma[i], 0);
		hw_set(&hw->unanswered[i], 0);
	}
	hw_set(&hw->clock, 0);
	hw_set(&hw->cpu_seq, 0);
	hw->ended = (struct sched_wq){0};
}

const struct hw_config *hw_config(const struct hw *hw) { return &hw->cfg; }
uint32_t hw_instance(const struct hw *hw) { return hw->m->serial; }
