/* SPDX-License-Identifier: MIT */
/*
 * drv: life of the driver, and the names that it gives to spaces.
 *
 * Models: one context table an IOMMU, a small allocator of tags (DID, ASID,
 * PSCID). A tag is space + 1 where that is free: on Arm, the ASID of an mm is
 * the CPU's own, as arm_smmu_alloc_shared_cd() has it. Does not model: attach,
 * detach, bind and unbind while programs run, a tag or PASID that is given out
 * again, ASID roll-over, probing, capabilities.
 */
#include <stdlib.h>
#include <string.h>

#include "drv/inval.h"
#include "event/tell.h"

struct drv *drv_create(struct mem *m, struct sched *s, struct event_sink *ev, const struct sd_hw_ops *ops,
                       void *hw, const struct bugs_set *bugs)
{
	struct drv *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->m = m;
	d->s = s;
	d->ev = ev;
	d->ops = ops;
	d->hw = hw;
	d->bugs = bugs;
	return d;
}

void drv_destroy(struct drv *d) { free(d); }

/* What the last execution left. */
static void drv_forget(struct drv *d)
{
	memset(d->behind, 0, sizeof(d->behind));
	memset(d->bound, 0, sizeof(d->bound));
	for (int i = 0; i < SD_MAX_IOMMUS; i++)
		d->queue[i] = (struct drv_queue){0};
	for (int space = 0; space < SD_MAX_SPACES; space++)
		d->space[space] = (struct drv_space){0};
	atomic_store_explicit(&d->tags, 1, memory_order_relaxed);
	atomic_store_explicit(&d->lost, 0, memory_order_relaxed);
}

void drv_reset(struct drv *d, const struct drv_config *cfg, const struct drv_fault_ops *fault)
{
	drv_forget(d);
	d->cfg = *cfg;
	d->fault = fault ? *fault : (struct drv_fault_ops){0};
	d->enc = drv_encoder_of(&cfg->prof);
	for (int dev = 0; dev < cfg->ndev; dev++)
		d->behind[cfg->dev_iommu[dev]] |= (uint8_t)(1u << dev);
	for (int i = 0; i < cfg->niommu; i++) {
		d->ctx_table[i] = mem_alloc(d->m, MEM_CTX, 1);
		d->ops->set_root(d->hw, i, d->ctx_table[i]);
	}
}

static uint16_t drv_tag_get(struct drv *d, int space)
{
	uint32_t used = atomic_load_explicit(&d->tags, memory_order_relaxed);
	uint32_t own = 1u << (space + 1), bit;

	do {
		/* Tags of other spaces stay reserved for them. */
		uint32_t rest = ~used & ~((2u << SD_MAX_SPACES) - 1);

		bit = used & own ? rest & -rest : own;
	} while (!atomic_compare_exchange_weak_explicit(&d->tags, &used, used | bit, memory_order_relaxed,
	                                                memory_order_relaxed));
	return (uint16_t)__builtin_ctz(bit);
}

static void drv_tag_put(struct drv *d, uint16_t tag)
{
	atomic_fetch_and_explicit(&d->tags, ~(1u << tag), memory_order_relaxed);
}

void drv_space_init(struct drv *d, int space, int pasid, sd_page root)
{
	struct drv_space *sp = &d->space[space];

	sp->live = true;
	sp->pasid = (uint8_t)pasid;
	sp->root = root;
	sp->tag = drv_tag_get(d, space);
	atomic_store_explicit(&sp->devs, 0, memory_order_relaxed);
	event_tag(d->ev, space, sp->tag, pasid);
}

void drv_space_release(struct drv *d, int space)
{
	struct drv_space *sp = &d->space[space];

	if (!sp->live)
		return;
	sp->live = false; /* page requests from here on are answered, not served */
	drv_detach_devices(d, space, drv_devices(d, space));
	event_tag(d->ev, space, 0, sp->pasid);
	drv_tag_put(d, sp->tag);
}

uint16_t drv_tag(const struct drv *d, int space) { return d->space[space].tag; }
