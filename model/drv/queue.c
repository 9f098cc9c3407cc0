/* SPDX-License-Identifier: MIT */
/*
 * queue: the producer's side of an invalidation queue, and waiting.
 *
 * Models: several CPUs that share one queue under its lock; a full queue; the
 * wait descriptor that is queued with its batch (VT-d, SMMUv3, RISC-V); and AMD's
 * COMPLETION_WAIT, which is queued separately, and only if need_sync says that
 * a command was queued since the last one. A batch larger than the queue goes in
 * pieces.
 *
 * A wait that takes too long is reported and still waited for, since nothing may
 * be freed before it completes. qi_submit_sync() has no bound and does just that;
 * arm_smmu_cmdq_poll_until_sync() (-ETIMEDOUT) and wait_on_sem() (-EIO) give up,
 * and their callers do not look at the error.
 *
 * Does not model: the lock-free SMMUv3 producer, queues that stop at an error.
 * Follows Linux qi_submit_sync(), arm_smmu_cmdq_issue_cmdlist(),
 * __iommu_queue_command_sync() and iommu_completion_wait() of amd/iommu.c.
 */
#include <assert.h>

#include "drv/state.h"
#include "event/tell.h"
#include "hw/inject.h"

static void queue_lock(struct drv *d, struct drv_queue *q)
{
	if (step(d->bugs, STEP_DRV_QUEUE_LOCK))
		sched_lock(d->s, &q->lock, PT_DRV_QUEUE_LOCK);
}

static void queue_unlock(struct drv *d, struct drv_queue *q)
{
	if (step(d->bugs, STEP_DRV_QUEUE_LOCK))
		sched_unlock(d->s, &q->lock);
}

static bool queue_waits_lazily(const struct drv *d) { return d->cfg.prof.id == PROFILE_AMD; }

/* With the lock held; it is given up while a full queue drains. 0: not queued. */
static inline uint64_t queue_submit_piece(struct drv *d, int iommu, const struct sd_inv_cmd *cmd, unsigned n)
{
	struct drv_queue *q = &d->queue[iommu];
	int64_t seq;

	while ((seq = d->ops->inv_submit(d->hw, iommu, cmd, n)) < 0) {
		if (!step(d->bugs, STEP_DRV_QUEUE_FULL))
			return 0;
		queue_unlock(d, q);
		sched_relax(d->s, PT_DRV_QUEUE_FULL);
		queue_lock(d, q);
	}
	return (uint64_t)seq;
}

static inline uint64_t queue_submit(struct drv *d, int iommu, const struct sd_inv_cmd *cmd, unsigned n)
{
	unsigned room = inject_ring(&d->cfg.prof, DRV_BATCH_MAX);
	uint64_t seq = 0;

	for (unsigned done = 0; done < n; done += room)
		seq = queue_submit_piece(d, iommu, cmd + done, n - done < room ? n - done : room);
	return seq;
}

static void queue_add_wait(struct drv *d, struct drv_batch *b)
{
	b->n += d->enc->wait(step(d->bugs, STEP_DRV_DRAIN), b->cmd + b->n);
}

uint64_t drv_queue_post(struct drv *d, int iommu, struct drv_batch *b, bool wait)
{
	struct drv_queue *q = &d->queue[iommu];
	uint64_t seq;

	if (wait && !queue_waits_lazily(d))
		queue_add_wait(d, b);
	assert(b->n <= DRV_BATCH_MAX);
	queue_lock(d, q);
	seq = queue_submit(d, iommu, b->cmd, b->n);
	if (queue_waits_lazily(d)) {
		sched_point(d->s, PT_DRV_NEED_SYNC_SET);
		q->need_sync = true;
	}
	queue_unlock(d, q);
	return seq;
}

/*
 * iommu_completion_wait(). A clear need_sync says that some CPU has queued a wait
 * behind all commands, not that it has completed: this CPU waits for it as well.
 */
static uint64_t queue_lazy_wait(struct drv *d, int iommu)
{
	struct drv_queue *q = &d->queue[iommu];
	struct drv_batch b;
	uint64_t seq;

	b.n = 0;
	queue_lock(d, q);
	if (q->need_sync) {
		queue_add_wait(d, &b);
		q->last_wait = queue_submit(d, iommu, b.cmd, b.n);
		sched_point(d->s, PT_DRV_NEED_SYNC_CLEAR);
		q->need_sync = false;
	} else if (bug_on(d->bugs, BUG_COMPLETION_SKIPPED)) {
		queue_unlock(d, q);
		return 0;
	}
	seq = q->last_wait;
	queue_unlock(d, q);
	return seq;
}

/* Has it completed before patience ran out? */
static bool queue_wait_in_time(struct drv *d, int iommu, uint64_t seq)
{
	for (unsigned looks = 0; looks < DRV_PATIENCE; looks++) {
		if (d->ops->inv_poll(d->hw, iommu, seq))
			return true;
		sched_relax(d->s, PT_DRV_WAIT_POLL);
	}
	return false;
}

static void queue_wait_for(struct drv *d, int iommu, uint64_t seq)
{
	if (d->cfg.prof.wait_timeout) {
		if (queue_wait_in_time(d, iommu, seq))
			return;
		event_drv_report(d->ev, DRV_REPORT_WAIT_TIMEOUT, iommu, 0, seq);
		if (!step(d->bugs, STEP_DRV_WAIT_LATE))
			return;
	}
	d->ops->sync(d->hw, iommu, seq);
}

void drv_queue_wait(struct drv *d, int iommu, uint64_t seq)
{
	if (queue_waits_lazily(d))
		seq = queue_lazy_wait(d, iommu);
	if (seq && step(d->bugs, STEP_DRV_WAIT))
		queue_wait_for(d, iommu, seq);
}

unsigned drv_queue_errors(struct drv *d, int iommu, uint64_t seq, unsigned devs)
{
	return d->ops->inv_error ? d->ops->inv_error(d->hw, iommu, seq) & devs : 0;
}
