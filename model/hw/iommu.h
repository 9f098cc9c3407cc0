/* SPDX-License-Identifier: MIT */
/* iommu: an IOMMU, its context/PASID cache, and the translation requests that it answers. */
#ifndef HW_IOMMU_H
#define HW_IOMMU_H

#include "hw/agent.h"
#include "hw/ctx.h"
#include "hw/prq.h"
#include "hw/queue.h"

struct hw_ctx_entry {
	uint8_t dev, pasid;
	uint8_t fewer; /* levels */
	uint16_t tag;
	sd_page root;
};

struct hw_iommu {
	struct hw_agent agent;
	sd_page ctx_table;
	/* context invalidations so far; a fetch reads it, without the lock, before it reads the entry */
	_Atomic uint32_t ctx_gen;
	uint8_t nctx;
	struct hw_ctx_entry ctx[HW_CTX_ENTRIES];
	struct hw_queue q;
	struct hw_prq prq;
};

/* NULL: not cached. With the lock held. */
const struct hw_ctx_entry *hw_ctx_find(const struct hw_iommu *io, int dev, int pasid);
/*
 * Reads the context entry and caches it. On SD_OK the agent's lock is held
 * (unless a ghost); otherwise it is not. SD_NOCTX or SD_CANCEL.
 */
enum sd_status hw_ctx_fetch(struct hw *hw, struct hw_iommu *io, const struct sd_request *rq,
                            struct hw_ctx_entry *out);
/* A context invalidation takes effect; with the lock held. */
void hw_ctx_invalidate(struct hw *hw, struct hw_iommu *io, const struct hw_cmd *c, uint64_t seq);

/* The translations of sd_hw_ops. */
enum sd_status hw_op_translate(void *hw, const struct sd_request *rq, struct sd_translation *out);
enum sd_status hw_op_ats_translate(void *hw, const struct sd_request *rq, struct sd_translation *out);

#endif
