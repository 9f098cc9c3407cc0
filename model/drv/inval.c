/* SPDX-License-Identifier: MIT */
/*
 * inval: one invalidation, for every IOMMU and every ATC of a space.
 *
 * A device that has dropped an ATC entry may ask again at once, and gets what
 * the IOTLB still holds: so the IOTLB has to be invalidated first. VT-d and AMD
 * queues keep that order by themselves, so everything goes in one batch with
 * one wait; SMMUv3 and RISC-V promise no order, so each class is waited for
 * before the next is queued. IOMMUs of one space work side by side; an ATC is
 * refilled by its own IOMMU only.
 *
 * A device that leaves its ATC invalidation unanswered is reported, and given up
 * if the driver is one that does that (lost.c).
 *
 * Does not model: batching across calls.
 * Follows VT-d 6.5.2.12, SMMU 3.9.1, Linux arm_smmu_tlb_inv_range_domain(),
 * arm_smmu_atc_inv_domain(), __domain_flush_pages() with
 * amd_iommu_domain_flush_complete(); VT-d's single batch is newer than 6.1
 * (cache_tag_flush_range() with its qi_batch).
 */
#include "drv/inval.h"
#include "event/tell.h"

static void inval_build(struct drv *d, const struct drv_inv *inv, unsigned devs, unsigned part,
                        struct drv_batch *b)
{
	const struct drv_inv *iotlb = inv;
	struct drv_inv all;

	/* Where a range drops leaves only, an unlinked table costs the whole tag. */
	if (!inv->leaf && d->cfg.prof.tables_need_all) {
		all = *inv;
		all.all = true;
		iotlb = &all;
	}
	b->n = 0;
	for (unsigned left = part & DRV_CTX ? devs : 0; left; left &= left - 1)
		b->n += d->enc->context(__builtin_ctz(left), inv, b->cmd + b->n);
	if (part & DRV_IOTLB)
		b->n += d->enc->iotlb(&d->cfg.prof, d->bugs, iotlb, b->cmd + b->n);
	for (unsigned left = part & DRV_ATC ? devs : 0; left; left &= left - 1)
		b->n += d->enc->atc(d->bugs, __builtin_ctz(left), inv, b->cmd + b->n);
}

/* Returns the devices that did not answer; not known without a wait. */
static unsigned inval_post_and_wait(struct drv *d, const struct drv_inv *inv, unsigned devs, unsigned part,
                                    bool wait)
{
	uint64_t seq[SD_MAX_IOMMUS]; /* of those that devs are behind */
	unsigned lost = 0;
	struct drv_batch b;

	for (int i = 0; i < d->cfg.niommu; i++) {
		if (!(devs & d->behind[i]))
			continue;
		inval_build(d, inv, devs & d->behind[i], part, &b);
		seq[i] = drv_queue_post(d, i, &b, wait);
	}
	if (!wait)
		return 0;
	sched_point(d->s, PT_DRV_FLUSH_WAIT);
	for (int i = 0; i < d->cfg.niommu; i++) {
		if (!(devs & d->behind[i]))
			continue;
		drv_queue_wait(d, i, seq[i]);
		if (part & DRV_ATC)
			lost |= drv_queue_errors(d, i, seq[i], devs);
	}
	return lost;
}

/* The planted bug starts over after a time-out, as qi_submit_sync() does: for ever if the device is gone. */
static unsigned inval_post_until_answered(struct drv *d, const struct drv_inv *inv, unsigned devs,
                                          unsigned part, bool wait)
{
	for (unsigned restarts = 0;; restarts++) {
		unsigned lost = inval_post_and_wait(d, inv, devs, part, wait);

		if (!lost || !bug_on(d->bugs, BUG_TIMEOUT_RESTART))
			return lost;
		if (restarts == DRV_RESTARTS) {
			event_no_progress(d->ev, __builtin_ctz(lost), 1, 0, inv->pasid, DRV_RESTARTS);
			return lost;
		}
	}
}

static void inval_run_part(struct drv *d, const struct drv_inv *inv, unsigned devs, unsigned part, bool wait)
{
	unsigned lost = inval_post_until_answered(d, inv, devs, part, wait);

	for (; lost && !bug_on(d->bugs, BUG_TIMEOUT_IGNORED); lost &= lost - 1)
		drv_unanswered(d, __builtin_ctz(lost));
}

void drv_invalidate(struct drv *d, const struct drv_inv *inv, unsigned devs, unsigned what)
{
	static const uint8_t ordered[] = {DRV_CTX | DRV_IOTLB | DRV_ATC, 0};
	static const uint8_t fenced[] = {DRV_CTX, DRV_IOTLB, DRV_ATC, 0};
	static const uint8_t atc_first[] = {DRV_CTX, DRV_ATC, DRV_IOTLB, 0};
	const uint8_t *part = d->cfg.prof.order_classes ? ordered : fenced;
	bool first = true;

	if (bug_on(d->bugs, BUG_ATC_BEFORE_IOTLB))
		part = atc_first;
	if (!d->cfg.prof.ats || !step(d->bugs, STEP_DRV_ATC))
		what &= ~(unsigned)DRV_ATC;
	if (!step(d->bugs, STEP_DRV_IOTLB))
		what &= ~(unsigned)DRV_IOTLB;
	if (!devs)
		return;
	for (; *part; part++) {
		unsigned now = what & *part;

		if (!now)
			continue;
		what &= ~now;
		if (!first)
			sched_point(d->s, PT_DRV_FLUSH_NEXT);
		first = false;
		inval_run_part(d, inv, devs, now, !what || step(d->bugs, STEP_DRV_ORDER_SYNC));
	}
}
