/* SPDX-License-Identifier: MIT */
/*
 * ctx: context and PASID entries of devices.
 *
 * An entry is two words that hardware reads one by one: the tag is stored
 * before P is set, and P is cleared first. What hardware has cached stays after
 * that, and so do the translations that were walked through it: context cache,
 * IOTLB and ATC are invalidated in that order, since each can be refilled from
 * the one before.
 *
 * A table that grew has another root, which is in the same word as its depth:
 * one store moves both, and a context invalidation makes it known.
 *
 * Does not model: atomic 128-bit updates, a blocked or identity domain, STE
 * and CD as two levels.
 * Follows Linux amd_iommu_update_and_flush_device_table(),
 * intel_pasid_setup_second_level(), intel_pasid_tear_down_entry(),
 * arm_smmu_write_ctx_desc(), arm_smmu_mm_release(), amd detach_device().
 */
#include "drv/inval.h"
#include "event/tell.h"

void drv_attach(struct drv *d, int space, int dev)
{
	struct drv_space *sp = &d->space[space];
	sd_page table = d->ctx_table[d->cfg.dev_iommu[dev]];
	uint32_t word = ctx_word(dev, sp->pasid);

	if (mem_word_load(d->m, table, word, PT_DRV_CTX_READ) & CTX_P)
		drv_detach(d, d->bound[dev][sp->pasid] - 1, dev);
	d->bound[dev][sp->pasid] = (uint8_t)(space + 1);
	/* A flush that does not see the device yet has changed the tables before the device can walk them. */
	atomic_fetch_or_explicit(&sp->devs, (uint8_t)(1u << dev), memory_order_acq_rel);
	mem_word_store(d->m, table, word + 1, sp->tag, PT_DRV_CTX_TAG);
	mem_word_store(d->m, table, word, ctx_word0(sp->root) | ctx_fewer(sp->fewer), PT_DRV_CTX_PRESENT);
	event_ctx(d->ev, dev, 1, sp->pasid, sp->root, sp->tag, sp->fewer);
}

/* An entry that a detach has cleared meanwhile stays cleared. */
static void ctx_move_root(struct drv *d, const struct drv_space *sp, int dev)
{
	sd_page table = d->ctx_table[d->cfg.dev_iommu[dev]];
	uint32_t word = ctx_word(dev, sp->pasid);
	bool there;

	sched_point(d->s, PT_DRV_CTX_ROOT);
	sched_enter(d->s, &d->writing_ctx);
	there = mem_word_load_now(d->m, table, word) & CTX_P;
	if (there)
		mem_word_store_now(d->m, table, word, ctx_word0(sp->root) | ctx_fewer(sp->fewer));
	sched_leave(d->s, &d->writing_ctx);
	if (there)
		event_ctx(d->ev, dev, 1, sp->pasid, sp->root, sp->tag, sp->fewer);
}

void drv_set_root(struct drv *d, int space, sd_page root, unsigned fewer)
{
	struct drv_space *sp = &d->space[space];
	struct drv_inv inv = drv_inv_all(sp);
	unsigned devs = drv_devices(d, space);

	sp->root = root;
	sp->fewer = (uint8_t)fewer;
	for (unsigned left = devs; left; left &= left - 1)
		ctx_move_root(d, sp, __builtin_ctz(left));
	if (step(d->bugs, STEP_DRV_ROOT_FLUSH))
		drv_invalidate(d, &inv, devs, DRV_CTX);
}

static void ctx_clear_entry(struct drv *d, const struct drv_space *sp, int dev)
{
	sd_page table = d->ctx_table[d->cfg.dev_iommu[dev]];

	sched_point(d->s, PT_DRV_CTX_CLEAR);
	sched_enter(d->s, &d->writing_ctx);
	mem_word_store_now(d->m, table, ctx_word(dev, sp->pasid), 0);
	sched_leave(d->s, &d->writing_ctx);
	event_ctx(d->ev, dev, 0, sp->pasid, sp->root, sp->tag, 0);
}

static void ctx_tear_down(struct drv *d, struct drv_space *sp, unsigned devs, unsigned what)
{
	struct drv_inv inv = drv_inv_all(sp);

	for (unsigned left = devs; left; left &= left - 1)
		if (step(d->bugs, STEP_DRV_DETACH_CLEAR))
			ctx_clear_entry(d, sp, __builtin_ctz(left));
	what &= ~(step(d->bugs, STEP_DRV_DETACH_CTX) ? 0u : DRV_CTX);
	what &= ~(step(d->bugs, STEP_DRV_DETACH_IOTLB) ? 0u : DRV_IOTLB);
	what &= ~(step(d->bugs, STEP_DRV_DETACH_ATC) ? 0u : DRV_ATC);
	drv_invalidate(d, &inv, devs, what);
	atomic_fetch_and_explicit(&sp->devs, (uint8_t)~devs, memory_order_acq_rel);
}

void drv_detach_devices(struct drv *d, int space, unsigned devs)
{
	struct drv_space *sp = &d->space[space];

	for (unsigned left = devs; left; left &= left - 1)
		d->bound[__builtin_ctz(left)][sp->pasid] = 0;
	ctx_tear_down(d, sp, devs, DRV_CTX | DRV_IOTLB | DRV_ATC);
}

void drv_detach_lost(struct drv *d, int space, int dev)
{
	ctx_tear_down(d, &d->space[space], 1u << dev, DRV_CTX | DRV_IOTLB);
}

void drv_detach(struct drv *d, int space, int dev) { drv_detach_devices(d, space, 1u << dev); }
