/* SPDX-License-Identifier: MIT */
/*
 * The hardware side's seam: one vtable. The built-in model goes through it,
 * and so can somebody's real vIOMMU or RTL model. Commands cross it in the
 * profile's encoded form and are decoded by hardware, or mask bugs could not
 * exist.
 */
#ifndef SHOOTDOWN_HW_H
#define SHOOTDOWN_HW_H

#include <shootdown/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SD_NO_PASID = 0 }; /* requests without PASID */

/* One 128-bit command in the profile's own layout (VT-d 6.5.2, AMD 2.4, SMMU 4, RISC-V IOMMU 3.1). */
struct sd_inv_cmd {
	uint64_t w[2];
};

enum sd_status {
	SD_OK = 0,
	SD_FAULT,  /* nothing present */
	SD_PERM,   /* present, but not enough permission */
	SD_NOCTX,  /* no context or PASID entry */
	SD_CANCEL, /* an invalidation overtook the request: issue it again */
	SD_BUSY,   /* queue full */
	SD_GONE,   /* the device or queue is not there */
};

struct sd_request {
	uint8_t dev;
	uint8_t write;
	uint8_t ghost; /* issued by a witness */
	uint16_t pasid;
	sd_page page;
};

struct sd_translation {
	sd_page pfn;
	uint32_t value;  /* the leaf as cached: permission, D */
	uint32_t entry;  /* where the leaf was read: tracing only */
	uint32_t serial; /* mapping instance: tracing only */
	sd_page base;    /* first page of the leaf */
	sd_page span;    /* pages of the leaf */
	uint8_t level;
	uint16_t tag;
};

/* A page request as software reads it from the queue. */
struct sd_page_request {
	uint8_t dev;
	uint8_t write;
	uint8_t last; /* of its group */
	uint16_t pasid;
	uint16_t group;
	sd_page page;
};

enum sd_response { SD_RESP_SUCCESS, SD_RESP_INVALID, SD_RESP_FAILURE };

struct sd_hw_ops {
	/* The context table that an IOMMU reads: a frame, see model/hw/ctx.h for its layout. */
	void (*set_root)(void *hw, int iommu, sd_page ctx_table);
	/*
	 * Queues n commands, all or none. Returns the sequence number of the
	 * last one (> 0, growing), or -SD_BUSY. Execution is asynchronous. One
	 * caller at a time for an IOMMU: the driver has a lock for its queue.
	 */
	int64_t (*inv_submit)(void *hw, int iommu, const struct sd_inv_cmd *cmds, unsigned n);
	/* Has a wait with this or a later number completed? Observing it is what makes it count. */
	bool (*inv_poll)(void *hw, int iommu, uint64_t seq);
	/* Blocks until inv_poll() holds. */
	void (*sync)(void *hw, int iommu, uint64_t seq);
	/*
	 * Devices, a bit each, that have left an ATC invalidation with this or
	 * an earlier number unanswered: a time-out error, there before the wait
	 * behind it completes. It never goes away. Optional.
	 */
	uint32_t (*inv_error)(void *hw, int iommu, uint64_t seq);
	/* Untranslated request: IOTLB, walk. */
	enum sd_status (*translate)(void *hw, const struct sd_request *rq, struct sd_translation *out);
	/* ATS translation request: a write sets D before it is answered. */
	enum sd_status (*ats_translate)(void *hw, const struct sd_request *rq, struct sd_translation *out);
	/*
	 * Device asks for a page; SD_BUSY: dropped, the queue was full (then hardware answered if last
	 * in group).
	 */
	enum sd_status (*page_request)(void *hw, const struct sd_page_request *prq);
	/* Software takes the oldest page request; false: none. */
	bool (*event_poll)(void *hw, int iommu, struct sd_page_request *out);
	void (*page_response)(void *hw, const struct sd_page_request *prq, enum sd_response code);
	/* Was a page request dropped since this was last asked? Optional. */
	bool (*event_overflow)(void *hw, int iommu);
	/* Lets the queue processor execute up to budget commands; returns how many. */
	unsigned (*step)(void *hw, int iommu, unsigned budget);
};

#ifdef __cplusplus
}
#endif
#endif
