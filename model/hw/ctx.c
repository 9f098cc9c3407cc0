/* SPDX-License-Identifier: MIT */
/*
 * ctx: the context/PASID cache of an IOMMU.
 *
 * An entry is two words that are read one after the other; a context
 * invalidation between the first read and the fill cancels the fetch, nothing
 * else does. Only present entries are cached. Invalidating an entry drops
 * nothing that was walked through it (VT-d 6.5.2.1, 6.5.2.2; SMMU 4.3), but a
 * walk that is under way starts again from the entry.
 *
 * Does not model: eviction, caching of entries that are not present (VT-d
 * CAP.CM).
 */
#include "event/tell.h"
#include "hw/state.h"

const struct hw_ctx_entry *hw_ctx_find(const struct hw_iommu *io, int dev, int pasid)
{
	for (unsigned i = 0; i < io->nctx; i++)
		if (io->ctx[i].dev == dev && io->ctx[i].pasid == pasid)
			return &io->ctx[i];
	return NULL;
}

static uint64_t ctx_read_word(struct hw *hw, const struct hw_iommu *io, uint32_t n, bool ghost, enum point p)
{
	if (ghost)
		return mem_word_load_now(hw->m, io->ctx_table, n);
	return mem_word_load(hw->m, io->ctx_table, n, p);
}

static void ctx_fill(struct hw *hw, struct hw_iommu *io, const struct hw_ctx_entry *e)
{
	if (hw_ctx_find(io, e->dev, e->pasid) || io->nctx == HW_CTX_ENTRIES)
		return;
	io->ctx[io->nctx++] = *e;
	event_fill_ctx(hw->ev, io->agent.walker, e->dev, e->root, e->tag, e->pasid, e->fewer);
}

enum sd_status hw_ctx_fetch(struct hw *hw, struct hw_iommu *io, const struct sd_request *rq,
                            struct hw_ctx_entry *out)
{
	uint32_t gen = hw_see(&io->ctx_gen), n = ctx_word(rq->dev, rq->pasid);
	uint64_t w0, w1;

	if (rq->pasid >= CTX_PASIDS || io->ctx_table == MEM_NO_FRAME)
		return SD_NOCTX;
	w0 = ctx_read_word(hw, io, n, rq->ghost, PT_HW_CTX_WORD0);
	if (!(w0 & CTX_P))
		return SD_NOCTX;
	w1 = ctx_read_word(hw, io, n + 1, rq->ghost, PT_HW_CTX_WORD1);
	*out = (struct hw_ctx_entry){
	        .dev = rq->dev,
	        .pasid = (uint8_t)rq->pasid,
	        .fewer = (uint8_t)(w0 >> CTX_FEWER_SHIFT & CTX_FEWER),
	        .tag = (uint16_t)w1,
	        .root = (sd_page)(w0 >> CTX_ROOT_SHIFT & 0xffff),
	};
	if (!rq->ghost) {
		hw_lock(hw, &io->agent, PT_HW_CTX_FILL);
		if (hw_get(&io->ctx_gen) != gen && step(hw->bugs, STEP_HW_CTX_CANCEL)) {
			hw_unlock(hw, &io->agent);
			return SD_CANCEL;
		}
	}
	ctx_fill(hw, io, out);
	return SD_OK;
}

static bool ctx_is_selected(const struct hw_ctx_entry *e, const struct hw_cmd *c)
{
	return (c->dev == HW_ALL_DEVS || c->dev == e->dev) &&
	       (c->pasid == HW_ALL_PASIDS || c->pasid == (int32_t)e->pasid) && (!c->tag || c->tag == e->tag);
}

void hw_ctx_invalidate(struct hw *hw, struct hw_iommu *io, const struct hw_cmd *c, uint64_t seq)
{
	for (unsigned i = 0; i < io->nctx;) {
		if (ctx_is_selected(&io->ctx[i], c))
			io->ctx[i] = io->ctx[--io->nctx];
		else
			i++;
	}
	hw_set(&io->ctx_gen, hw_get(&io->ctx_gen) + 1);
	io->agent.gen_all++;
	event_inv_ctx(hw->ev, io->agent.walker, c->dev == HW_ALL_DEVS ? 0xff : (uint8_t)c->dev, c->pasid,
	              c->tag, seq);
}
