/* SPDX-License-Identifier: MIT */
/*
 * The bodies of actors: programs run their ops one by one, daemons are the
 * queue processors and page-request handlers.
 */
#include "engine/run/program.h"
#include "engine/run/world.h"
#include "event/tell.h"

#include <errno.h>

/* ops.def hands the kind of memory of an operation on to mm_mmap() as it is. */
_Static_assert((int)CASE_ANON == (int)MM_ANON, "kinds of memory in case.h and mm.h");
_Static_assert((int)CASE_FILE == (int)MM_FILE, "kinds of memory in case.h and mm.h");
_Static_assert((int)CASE_HUGE == (int)MM_HUGE, "kinds of memory in case.h and mm.h");

/* The call that its row names. */
static int program_call(struct world *w, int actor, const struct case_op *op, sd_page start, sd_page to,
                        unsigned n)
{
	const int cpu = actor - ACTOR_CPU0, dev = actor - ACTOR_DEV0, pasid = w->c->prog[actor].pasid;
	const bool write = op->prot == PROT_RW;

	switch (op->kind) {
#define OP(id, name, who, operands, promise, weights, call, what)                                            \
	case OP_##id:                                                                                        \
		return call;
#include "case/ops.def"
#undef OP
	default:
		return -EINVAL;
	}
}

static int program_space(const struct world *w, int actor, const struct case_op *op)
{
	return op_takes((enum op_kind)op->kind, 'd') ? sd_space_of_domain(op->arg)
	                                             : world_space_of(w->c, actor);
}

int program_op(struct world *w, int actor, const struct case_op *op, uint32_t index)
{
	const bool ranged = op_takes((enum op_kind)op->kind, 'R'),
	           two = op_takes((enum op_kind)op->kind, 'S');
	sd_page start = case_page(w->c, op->region, op->off);
	sd_page to = two ? case_page(w->c, op->region2, op->off2) : 0;
	unsigned n = case_npages(w->c, start, op->n);
	uint8_t space = (uint8_t)program_space(w, actor, op);
	int ret;

	if (two)
		n = case_npages(w->c, to, (int)n);
	sched_op_begin(w->sched);
	sched_point(w->sched, PT_OP_BEGIN);
	event_op_begin(&w->ev, op->kind, space, ranged ? start : 0, ranged ? n : 0, index, to, op->prot);
	ret = program_call(w, actor, op, start, to, n);
	sched_point(w->sched, PT_OP_END);
	event_op_end(&w->ev, op->kind, space, start, n, index, ret);
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
