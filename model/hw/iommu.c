/* SPDX-License-Identifier: MIT */
/*
 * iommu: translation requests, from devices without an ATC and from ATCs.
 *
 * Context entry (cached or read), then IOTLB and walk. A walk that an
 * invalidation overtook starts again from the context entry, after giving way;
 * an ATS request ends with SD_CANCEL instead, and its device asks again.
 * An ATS request for write sets D before it is answered; a reply says in its
 * D bit whether the device may write without asking again (PCIe ATS 10.2.3).
 *
 * A translated request is trusted as long as its device answers ATC
 * invalidations. After that it is checked against its context entry, as SMMU
 * CR0.ATSCHK, VT-d 4.2.4 and RISC-V IOMMU EN_ATS have it: once software has
 * detached the device and drained its requests, none gets through, whatever the
 * ATC holds.
 *
 * Does not model: pass-through, checks of every translated request.
 */
#include "hw/state.h"
#include "hw/walk.h"

static enum sd_status iommu_translate_once(struct hw *hw, const struct sd_request *rq,
                                           struct sd_translation *out)
{
	struct hw_iommu *io = hw_iommu_of(hw, rq->dev);
	const struct hw_ctx_entry *ctx;
	struct hw_ctx_entry fetched;
	struct hw_entry e;
	struct hw_walk w;
	enum sd_status st;

	if (!rq->ghost)
		hw_lock(hw, &io->agent, PT_HW_LOOKUP);
	ctx = hw_ctx_find(io, rq->dev, rq->pasid);
	if (!ctx) {
		if (!rq->ghost)
			hw_unlock(hw, &io->agent);
		st = hw_ctx_fetch(hw, io, rq, &fetched);
		if (st != SD_OK)
			return st;
		ctx = &fetched;
	}
	w = (struct hw_walk){
	        .agent = &io->agent,
	        .root = ctx->root,
	        .fewer = ctx->fewer,
	        .page = rq->page,
	        .gen = hw_gen(&io->agent, ctx->tag),
	        .tag = ctx->tag,
	        .write = rq->write,
	        .ghost = rq->ghost,
	};
	st = hw_walk(hw, &w, &e);
	if (st == SD_OK)
		hw_translation(&e, rq->page, out);
	return st;
}

enum sd_status hw_op_translate(void *p, const struct sd_request *rq, struct sd_translation *out)
{
	struct hw *hw = p;
	enum sd_status st;

	if (rq->dev >= hw->cfg.ndev)
		return SD_GONE;
	while ((st = iommu_translate_once(hw, rq, out)) == SD_CANCEL && !rq->ghost)
		sched_relax(hw->s, PT_HW_WALK_RETRY);
	return st;
}

enum sd_status hw_op_ats_translate(void *p, const struct sd_request *rq, struct sd_translation *out)
{
	struct hw *hw = p;

	if (rq->dev >= hw->cfg.ndev || !hw->cfg.prof.ats)
		return SD_GONE;
	return iommu_translate_once(hw, rq, out);
}

static enum sd_status iommu_check_once(struct hw *hw, const struct sd_request *rq)
{
	struct hw_iommu *io = hw_iommu_of(hw, rq->dev);
	struct hw_ctx_entry unused;
	enum sd_status st;
	bool cached;

	if (!rq->ghost)
		hw_lock(hw, &io->agent, PT_HW_LOOKUP);
	cached = hw_ctx_find(io, rq->dev, rq->pasid);
	if (!rq->ghost)
		hw_unlock(hw, &io->agent);
	if (cached)
		return SD_OK;
	st = hw_ctx_fetch(hw, io, rq, &unused);
	if (st == SD_OK && !rq->ghost)
		hw_unlock(hw, &io->agent);
	return st;
}

enum sd_status hw_translated(struct hw *hw, const struct sd_request *rq)
{
	enum sd_status st;

	if (!hw_see(&hw->unanswered[rq->dev]) || !step(hw->bugs, STEP_HW_CHECK_TRANSLATED))
		return SD_OK;
	while ((st = iommu_check_once(hw, rq)) == SD_CANCEL)
		sched_relax(hw->s, PT_HW_WALK_RETRY);
	return st;
}

enum sd_status hw_ghost_fill(struct hw *hw, const struct sd_request *rq, struct sd_translation *out)
{
	struct sd_request ghost = *rq;
	struct sched_lock *lock;
	enum sd_status st;

	if (rq->dev >= hw->cfg.ndev)
		return SD_GONE;
	ghost.ghost = 1;
	lock = &hw_iommu_of(hw, rq->dev)->agent.lock;
	sched_pass(hw->s, lock);
	st = iommu_translate_once(hw, &ghost, out);
	sched_pass(hw->s, lock);
	return st;
}
