/* SPDX-License-Identifier: MIT */
/* Keeps the first violation, and the first that an access showed in data. */
#include "oracle/concrete.h"
#include "oracle/state.h"
#include "oracle/violation.h"

static uint8_t violation_op(const struct oracle *o, int actor)
{
	return actor < SCHED_MAX_ACTORS && o->op[actor].active ? o->op[actor].kind : OP_COUNT;
}

struct oracle_violation *violation_raise(struct oracle *o, enum violation_class c, int actor)
{
	static const struct oracle_violation none;
	struct oracle_violation *v = &o->first;

	if (o->violated)
		return NULL;
	o->over = o->violated = true;
	*v = none;
	v->class_ = (uint8_t)c;
	v->actor = (uint8_t)actor;
	v->op_kind = violation_op(o, actor);
	v->killer_op = OP_COUNT;
	v->killer_actor = EVENT_NOBODY;
	v->space = NO_SPACE;
	v->use = (struct oracle_place){.valid = true, .after_event = o->events};
	return v;
}

void violation_raise_item(struct oracle *o, enum violation_class c, int actor, const struct item *it)
{
	struct oracle_violation *v = violation_raise(o, c, actor);

	if (!v)
		return;
	v->latent = true;
	v->write = !it->table && (it->value & PTE_W);
	v->missing = (item_owed(o, it) & it->held) ? MISSING_INVALIDATION : MISSING_WAIT;
	v->space = it->space;
	v->killer_actor = it->killer_actor;
	v->killer_op = it->killer_op;
	v->walkers = item_owed(o, it);
	v->level = it->level;
	v->table = it->table;
	v->page = it->page;
	v->span = it->span;
	v->pfn = pte_pfn(it->value);
	v->serial = it->serial;
	v->fill = it->fill;
	v->refill = it->refill;
	/* From here on an access through it is wrong, which a witness can then show. */
	if (c == VC_STALE_MAP || c == VC_STALE_PERM || c == VC_LOST_DIRTY)
		concrete_promise(o, it->space, it->page, it->span, it->serial, c != VC_STALE_MAP);
}

void violation_show(struct oracle *o, enum violation_class c, const struct use *u, int space)
{
	struct oracle_violation *v;
	bool first = !o->violated;

	if (o->has_shown)
		return;
	o->has_shown = true;
	v = violation_raise(o, c, u->actor);
	if (!v)
		v = &o->shown;
	*v = (struct oracle_violation){
	        .class_ = (uint8_t)c,
	        .write = u->write,
	        .missing = MISSING_INVALIDATION,
	        .space = (uint8_t)space,
	        .actor = u->actor,
	        .op_kind = violation_op(o, u->actor),
	        .killer_actor = EVENT_NOBODY,
	        .killer_op = OP_COUNT,
	        .walkers = walker_bit(u->walker),
	        .page = u->page,
	        .span = 1,
	        .pfn = u->pfn,
	        .serial = u->serial,
	        .use = {.valid = true, .after_event = o->events},
	};
	if (first)
		o->shown = *v;
}

void violation_defect(struct oracle *o, const char *what)
{
	if (o->defect || o->violated)
		return;
	o->defect = what;
	o->over = true;
}
