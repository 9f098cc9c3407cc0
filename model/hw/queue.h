/* SPDX-License-Identifier: MIT */
/* queue: an invalidation queue. queue.c is what software does with it, execute.c its processor. */
#ifndef HW_QUEUE_H
#define HW_QUEUE_H

#include "hw/atomics.h"
#include "hw/decode/decode.h"
#include "hw/limits.h"
#include "sched/sched.h"

/*
 * Heads and tails count commands: the slot of one is its count % HW_RING. An
 * ordinal numbers the commands of an IOMMU, and the broadcast shootdowns that
 * it snoops, from 1.
 */
struct hw_queue {
	struct hw_cmd ring[HW_RING]; /* decoded as they come: the order goes by their kinds */
	uint64_t seq[HW_RING];       /* ordinal by slot */
	uint32_t entries;            /* of the ring that may be used */
	uint64_t early;              /* slots executed ahead of their turn, a bit each */
	_Atomic uint64_t next_seq;   /* the last ordinal given */
	_Atomic uint64_t head;       /* commands fetched in turn */
	_Atomic uint64_t tail;       /* commands published: what is in their slots */
	_Atomic uint64_t done;       /* ordinal of the last completed wait */
	_Atomic bool busy;           /* a command that blocks is being executed */
	_Atomic uint64_t drained;    /* ordinal of the last wait that drained */
	/* of done and of drained, what software has observed */
	_Atomic uint64_t seen, seen_drained;
	bool must_drain; /* VT-d DR and DW since the last wait */
	struct sched_wq work, completed;
};

void hw_queue_reset(struct hw_queue *q, uint32_t entries);

static inline uint64_t hw_next_seq(struct hw_queue *q)
{
	return atomic_fetch_add_explicit(&q->next_seq, 1, memory_order_relaxed) + 1;
}

/* The queue's part of sd_hw_ops. */
void hw_op_set_root(void *hw, int iommu, sd_page ctx_table);
int64_t hw_op_inv_submit(void *hw, int iommu, const struct sd_inv_cmd *cmds, unsigned n);
bool hw_op_inv_poll(void *hw, int iommu, uint64_t seq);
void hw_op_sync(void *hw, int iommu, uint64_t seq);
uint32_t hw_op_inv_error(void *hw, int iommu, uint64_t seq);
unsigned hw_op_step(void *hw, int iommu, unsigned budget);

#endif
