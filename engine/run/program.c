/* SPDX-License-Identifier: MIT */
/*
 * The bodies of actors: programs run their ops one by one, daemons are the
 * queue processors and page-request handlers.
 */
#include "engine/run/program.h"
#include "engine/run/world.h"

#include <errno.h>

static int program_mm_op(struct world *w, int cpu, const struct case_op *op, sd_page start, unsigned n)
{
	sd_page to;

	switch (op->kind) {
	case OP_MMAP:
		return mm_mmap(w->mm, cpu, start, n, op->prot == PROT_RW, (enum mm_kind)op->arg);
	case OP_MUNMAP:
		return mm_munmap(w->mm, cpu, start, n);
	case OP_DONTNEED:
		return mm_madvise_dontneed(w->mm, cpu, start, n);
	case OP_MPROTECT:
		return mm_mprotect(w->mm, cpu, start, n, op->prot == PROT_RW);
	case OP_MREMAP:
		to = case_page(w->c, op->region2, op->off2);
		return mm_mremap(w->mm, cpu, start, to, case_npages(w->c, to, (int)n));
	case OP_FORK:
		return mm_fork(w->mm, cpu);
	case OP_EXIT:
		return mm_exit(w->mm, cpu);
	case OP_READ:
	case OP_WRITE:
		return mm_access(w->mm, cpu, start, op->kind == OP_WRITE);
	case OP_RECLAIM:
		return mm_reclaim(w->mm, cpu, start, n);
	case OP_WRITEBACK:
		return mm_writeback(w->mm, cpu, start, n);
	default:
		return mm_truncate(w->mm, cpu, start, n);
	}
}

static int program_dev_op(struct world *w, int actor, const struct case_op *op, sd_page page)
{
	int dev = actor - ACTOR_DEV0, pasid = w->c->prog[actor].pasid;
	enum sd_status st;

	if (op->kind == OP_PREFETCH)
		st = dev_prefetch(w->dev, dev, pasid, page, op->arg);
	else
		st = dev_dma(w->dev, dev, pasid, page, op->kind == OP_DMA_WRITE);
	return -(int)st;
}

static int program_dispatch(struct world *w, int actor, const struct case_op *op, sd_page start, unsigned n)
{
	switch (op->kind) {
	case OP_DMA_MAP:
		return dma_map(w->dma, op->arg, start, n, op->prot == PROT_RW);
	case OP_DMA_UNMAP:
		return dma_unmap(w->dma, op->arg, start, n);
	default:
		return actor < ACTOR_DEV0 ? program_mm_op(w, actor - ACTOR_CPU0, op, start, n)
		                          : program_dev_op(w, actor, op, start);
	}
}

static int program_space_of(const struct world *w, int actor, const struct case_op *op)
{
	if (op->kind == OP_DMA_MAP || op->kind == OP_DMA_UNMAP)
		return sd_space_of_domain(op->arg);
	return world_space_of(w->c, actor);
}

static bool has_range(uint8_t kind) { return kind != OP_FORK && kind != OP_EXIT; }

int program_op(struct world *w, int actor, const struct case_op *op, uint32_t index)
{
	sd_page start = case_page(w->c, op->region, op->off);
	sd_page start2 = op->kind == OP_MREMAP ? case_page(w->c, op->region2, op->off2) : 0;
	unsigned n = case_npages(w->c, start, op->n);
	uint8_t space = (uint8_t)program_space_of(w, actor, op);
	int ret;

	if (op->kind == OP_MREMAP)
		n = case_npages(w->c, start2, (int)n);
	sched_op_begin(w->sched);
	sched_point(w->sched, PT_OP_BEGIN);
	event_emit(&w->ev, EV_OP_BEGIN, op->kind, space, has_range(op->kind) ? start : 0,
	           has_range(op->kind) ? n : 0, index, start2 | (uint64_t)op->prot << 32);
	ret = program_dispatch(w, actor, op, start, n);
	sched_point(w->sched, PT_OP_END);
	event_emit(&w->ev, EV_OP_END, op->kind, space, start, n, index, (uint64_t)(int64_t)ret);
	return ret;
}

static void program_next_op(struct world *w, int actor, uint32_t index)
{
	const struct case_op *op = &w->c->prog[actor].op[index];
	struct world_op *now = &w->op[actor];

	now->kind = op->kind;
	now->occurrence = ++now->seen[op->kind];
	w->ran_op |= 1u << actor;
	w->ops++;
	if (program_op(w, actor, op, index) >= 0 && w->counts)
		w->counts->op_ok[op->kind]++;
}

static void program_body(void *arg)
{
	struct world_actor *a = arg;
	struct world *w = a->w;

	for (uint32_t i = 0; i < w->c->prog[a->actor].nops; i++)
		program_next_op(w, a->actor, i);
	w->op[a->actor].kind = OP_COUNT;
	sched_op_begin(w->sched);
	sched_point(w->sched, PT_ACTOR_END);
}

static void program_queue_body(void *arg)
{
	struct world_actor *a = arg;

	hw_queue_actor(a->w->hw, a->actor - ACTOR_QUEUE0);
}

static void program_prq_wait(void *hw, int iommu) { hw_prq_wait(hw, iommu); }

static void program_prq_body(void *arg)
{
	struct world_actor *a = arg;

	drv_prq_actor(a->w->drv, a->actor - ACTOR_PRQ0, program_prq_wait, a->w->hw);
}

static void program_spawn(struct world *w, int actor, sched_body *body, bool daemon)
{
	w->actor[actor] = (struct world_actor){w, actor};
	sched_spawn(w->sched, actor, body, &w->actor[actor], daemon);
}

void program_spawn_all(struct world *w)
{
	for (int i = 0; i < CASE_PROGRAMS; i++)
		if (w->c->prog[i].present)
			program_spawn(w, i, program_body, false);
	program_spawn_daemons(w);
}

void program_spawn_daemons(struct world *w)
{
	if (!w->hw_cfg.ndev)
		return;
	for (int i = 0; i < w->hw_cfg.niommu; i++) {
		program_spawn(w, ACTOR_QUEUE0 + i, program_queue_body, true);
		program_spawn(w, ACTOR_PRQ0 + i, program_prq_body, true);
	}
}
