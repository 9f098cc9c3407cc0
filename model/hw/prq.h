/* SPDX-License-Identifier: MIT */
/* prq: the page-request queue of an IOMMU. */
#ifndef HW_PRQ_H
#define HW_PRQ_H

#include <shootdown/hw.h>

#include "hw/limits.h"
#include "sched/sched.h"

struct hw_prq {
	struct sd_page_request ring[HW_PRQ_ENTRIES];
	uint32_t entries; /* that may be used */
	/* a request was dropped; software clears it (VT-d PRO, SMMU OVFLG, RISC-V pqof) */
	_Atomic bool overflow;
	_Atomic uint32_t head, tail; /* slot = % HW_PRQ_ENTRIES */
	struct sched_wq work, space;
};

void hw_prq_reset(struct hw_prq *p, bool small);

/* The queue's part of sd_hw_ops. */
enum sd_status hw_op_page_request(void *hw, const struct sd_page_request *prq);
bool hw_op_event_poll(void *hw, int iommu, struct sd_page_request *out);
bool hw_op_event_overflow(void *hw, int iommu);
void hw_op_page_response(void *hw, const struct sd_page_request *prq, enum sd_response code);

#endif
