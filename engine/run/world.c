/* SPDX-License-Identifier: MIT */
/*
 * Builds the two sides and the referee, wires them, and sets a case up: page
 * tables of live mms and domains, context entries of devices, SVA bonds. The
 * wiring is here, so that mm/ needs no drv/ and drv/ no mm/.
 */
#include "engine/run/world.h"
#include "event/quiet.h"

#include <string.h>

/* -- wiring ------------------------------------------------------------------------ */

static void world_secondary(void *ctx, int mm, sd_addr start, sd_addr end)
{
	drv_sva_invalidate(((struct world *)ctx)->drv, sd_space_of_mm(mm), start, end);
}

static void world_release(void *ctx, int mm)
{
	drv_space_release(((struct world *)ctx)->drv, sd_space_of_mm(mm));
}

static int world_fault(void *ctx, int mm, sd_page page, bool write, uint32_t *serial)
{
	return mm_device_fault(((struct world *)ctx)->mm, mm, page, write, serial);
}

void world_place(struct world *w, enum point p, struct case_sched *out)
{
	int actor = sched_current(w->sched);

	*out = (struct case_sched){
	        .actor = (uint8_t)actor,
	        .op_kind = w->op[actor].kind,
	        .op_occurrence = w->op[actor].occurrence,
	        .point = (uint16_t)p,
	        .passage = (uint16_t)sched_passage(w->sched, p),
	};
	if (out->op_kind == OP_COUNT)
		out->op_occurrence = 0;
}

static void world_oracle_place(void *ctx, enum point p, struct oracle_place *out)
{
	const struct world *w = ctx;
	int actor = sched_current(w->sched);
	const struct world_op *op = &w->op[actor];

	*out = (struct oracle_place){
	        .valid = true,
	        .actor = (uint8_t)actor,
	        .op_kind = op->kind,
	        .op_occurrence = op->kind == OP_COUNT ? 0 : op->occurrence,
	        .point = (uint16_t)p,
	        .passage = (uint16_t)sched_passage(w->sched, p),
	};
}

/* The oracle has something to say: no need to go on, unless data is still to show it. */
static void world_over(void *ctx)
{
	struct world *w = ctx;

	if (!w->running || w->in_ghost)
		return;
	if (w->go_on && !oracle_defect(w->oracle) && !oracle_inconclusive(w->oracle) &&
	    !oracle_shown(w->oracle))
		return;
	quiet_end(); /* event_told(), which called, is never returned to */
	sched_stop(w->sched);
}

bool world_build(struct world *w, struct mem_geometry geo)
{
	struct oracle_places places = {world_oracle_place, w, world_over};

	if (!mem_init(&w->mem, geo, w->sched, &w->ev))
		return false;
	w->hw = hw_create(&w->mem, w->sched, &w->ev, &w->bugs);
	w->dev = w->hw ? dev_create(w->hw, &hw_model_ops, w->hw, w->sched, &w->ev, &w->bugs) : NULL;
	w->drv = w->hw ? drv_create(&w->mem, w->sched, &w->ev, &hw_model_ops, w->hw, &w->bugs) : NULL;
	w->mm = w->hw ? mm_create(&w->mem, w->hw, w->sched, &w->ev, &w->bugs) : NULL;
	w->dma = w->drv ? dma_create(&w->mem, w->sched, &w->ev, w->drv, &w->bugs) : NULL;
	w->oracle = oracle_create(&w->mem, &places);
	w->notifier = (struct mm_notifier_ops){world_secondary, world_release, w};
	w->fault = (struct drv_fault_ops){world_fault, w};
	return w->dev && w->mm && w->dma && w->oracle;
}

void world_tear(struct world *w)
{
	oracle_destroy(w->oracle);
	dma_destroy(w->dma);
	mm_destroy(w->mm);
	drv_destroy(w->drv);
	dev_destroy(w->dev);
	hw_destroy(w->hw);
	mem_fini(&w->mem);
}

/* -- set-up --------------------------------------------------------------------------- */

int world_space_of(const struct case_file *c, int actor)
{
	const struct case_program *p = &c->prog[actor];

	if (actor < ACTOR_DEV0)
		return sd_space_of_mm(p->mm);
	return p->pasid ? sd_space_of_mm(p->pasid - 1) : sd_space_of_domain(p->domain);
}

static struct hw_config world_hardware_of(const struct case_file *c)
{
	struct hw_config cfg = {.prof = c->prof, .niommu = 1};

	for (int i = 0; i < SD_MAX_CPUS; i++)
		if (c->prog[ACTOR_CPU0 + i].present)
			cfg.ncpu = (uint8_t)(i + 1);
	for (int i = 0; i < SD_MAX_DEVS; i++) {
		const struct case_program *p = &c->prog[ACTOR_DEV0 + i];

		if (!p->present)
			continue;
		cfg.ndev = (uint8_t)(i + 1);
		cfg.dev_iommu[i] = p->iommu;
		if (p->iommu >= cfg.niommu)
			cfg.niommu = (uint8_t)(p->iommu + 1);
	}
	return cfg;
}

static void world_set_up_software(struct world *w, const struct case_file *c)
{
	struct mm_config mm = {.prof = c->prof, .ncpu = w->hw_cfg.ncpu, .mms = c->mms};
	struct dma_config dma = {
	        .split = c->split, .cont = c->prof.cont_group, .grow = c->prof.grow, .bbml = c->prof.bbml};

	for (int i = 0; i < SD_MAX_CPUS; i++)
		mm.cpu_mm[i] = c->prog[ACTOR_CPU0 + i].mm;
	for (int i = 0; i < CASE_PROGRAMS; i++) {
		const struct case_program *p = &c->prog[i];

		if (p->present && i >= ACTOR_DEV0 && !p->pasid && p->domain >= dma.ndomain)
			dma.ndomain = (uint8_t)(p->domain + 1);
		for (int k = 0; p->present && i < ACTOR_DEV0 && k < p->nops; k++)
			if (p->op[k].arg >= dma.ndomain && op_takes((enum op_kind)p->op[k].kind, 'd'))
				dma.ndomain = (uint8_t)(p->op[k].arg + 1);
	}
	mm_reset(w->mm, &mm);
	dma_reset(w->dma, &dma);
}

static void world_bind_devices(struct world *w, const struct case_file *c)
{
	for (int i = 0; i < SD_MAX_DEVS; i++) {
		const struct case_program *p = &c->prog[ACTOR_DEV0 + i];
		int mm = p->pasid - 1;

		if (!p->present)
			continue;
		if (p->pasid && mm_alive(w->mm, mm)) {
			if (!drv_tag(w->drv, sd_space_of_mm(mm))) {
				drv_space_init(w->drv, sd_space_of_mm(mm), p->pasid, mm_root(w->mm, mm));
				mm_set_notifier(w->mm, mm, &w->notifier);
			}
			drv_attach(w->drv, sd_space_of_mm(mm), i);
		} else if (!p->pasid) {
			drv_attach(w->drv, sd_space_of_domain(p->domain), i);
		}
	}
}

void world_set_up(struct world *w, const struct case_file *c)
{
	struct hw_endpoint ep;
	struct drv_config drv;

	w->bugs = (struct bugs_set){c->bugs, {c->skip[0], c->skip[1]}};
	w->hw_cfg = world_hardware_of(c);
	mem_reset(&w->mem);
	w->mem.behind = !c->prof.coherent;
	ep = dev_endpoint(w->dev);
	hw_reset(w->hw, &w->hw_cfg, &ep);
	dev_reset(w->dev);
	drv = (struct drv_config){.prof = c->prof, .niommu = w->hw_cfg.niommu, .ndev = w->hw_cfg.ndev};
	memcpy(drv.dev_iommu, w->hw_cfg.dev_iommu, sizeof(drv.dev_iommu));
	drv_reset(w->drv, &drv, &w->fault);
	world_set_up_software(w, c);
	world_bind_devices(w, c);
	if (c->prof.alloc_fail)
		w->mem.fail_after = w->mem.fail_next = c->prof.alloc_fail - 1;
}

void world_mark_frames(const struct world *w, uint8_t mark[MEM_FRAMES])
{
	memset(mark, 0, MEM_FRAMES);
	mm_mark_frames(w->mm, mark);
	dma_mark_frames(w->dma, mark);
	for (int i = 0; i < w->mem.high; i++)
		if (w->mem.frame[i].kind == MEM_CTX)
			mark[i] = 1; /* the driver keeps its context tables */
}
