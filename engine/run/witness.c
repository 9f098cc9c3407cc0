/* SPDX-License-Identifier: MIT */
/*
 * A witness shows a may-cache violation in data: a ghost walker fills at the
 * last moment at which it could (before the source entry changed, or after an
 * ATC was refilled), and a ghost device or CPU uses what it holds at the first
 * moment at which that is wrong. Both become entries of the schedule.
 */
#include "engine/run/witness.h"

#include <stdlib.h>

#include "engine/run/signature.h"
#include "engine/run/world.h"

/* -- during the run --------------------------------------------------------------------- */

static void witness_act(struct world *w, struct case_sched *what, enum point p)
{
	struct case_sched at;

	world_place(w, p, &at);
	what->actor = at.actor;
	what->op_kind = at.op_kind;
	what->op_occurrence = at.op_occurrence;
	what->point = at.point;
	what->passage = at.passage;
	ghost_act(w, what);
}

static bool witness_reached(struct world *w, const struct oracle_place *place, enum point p)
{
	struct case_sched at;

	if (place->after_event)
		return w->events >= place->after_event;
	world_place(w, p, &at);
	return at.actor == place->actor && at.op_kind == place->op_kind &&
	       at.op_occurrence == place->op_occurrence && at.point == place->point &&
	       at.passage == place->passage;
}

void witness_at_point(struct world *w, enum point p)
{
	struct witness *x = &w->witness;

	if (!x->filled && x->v.fill.valid && witness_reached(w, &x->v.fill, p)) {
		x->filled = true;
		witness_act(w, &x->fill, p);
	} else if (x->filled && !x->refilled && witness_reached(w, &x->v.refill, p)) {
		x->refilled = true;
		witness_act(w, &x->refill, p);
	} else if (x->filled && x->refilled && !x->used && w->events >= x->v.use.after_event) {
		x->used = true;
		witness_act(w, &x->use, p);
	}
}

/* No point came after the violation: the use is then the last thing that happens. */
void witness_at_end(struct world *w)
{
	struct witness *x = &w->witness;

	if (x->filled && x->refilled && !x->used)
		ghost_act(w, &x->use);
}

/* -- choosing --------------------------------------------------------------------------- */

/* A region and offset that mean this page; false: no operand can name it. */
static bool witness_name_page(const struct case_file *c, sd_page page, struct case_sched *out)
{
	for (int r = 0; r < CASE_REGIONS; r++)
		for (int off = 0; off <= CASE_MAX_OFF; off++)
			if (case_page(c, r, off) == page) {
				out->region = (uint8_t)r;
				out->off = (uint8_t)off;
				return true;
			}
	return false;
}

static bool witness_may_use(const struct case_file *c, const struct oracle_violation *v, int actor)
{
	const struct case_program *p = &c->prog[actor];

	if (!p->present || world_space_of(c, actor) != v->space)
		return false;
	if (actor < ACTOR_DEV0)
		return v->walkers >> (WALKER_CPU0 + actor - ACTOR_CPU0) & 1;
	if (c->prof.ats && (v->walkers >> (WALKER_ATC0 + actor - ACTOR_DEV0) & 1))
		return true;
	return v->walkers >> (WALKER_IOMMU0 + p->iommu) & 1;
}

static bool witness_try(struct world *w, const struct case_file *c, const struct exec_options *opt, int actor,
                        sd_page page, bool write, struct case_file *witnessed)
{
	struct witness *x = &w->witness;
	struct exec_result res;
	bool shown;

	x->fill = (struct case_sched){.what = DO_FILL, .target = (uint8_t)actor, .fill_write = write};
	x->refill = x->fill;
	x->use = (struct case_sched){.what = write ? DO_DMA_WRITE : DO_DMA_READ, .target = (uint8_t)actor};
	if (!witness_name_page(c, page, &x->fill) || !witness_name_page(c, page, &x->use) ||
	    c->nsched + 3 > CASE_MAX_SCHED)
		return false;
	witness_name_page(c, page, &x->refill);
	x->filled = x->used = false;
	x->refilled = !x->v.refill.valid;
	x->on = true;
	exec_run(w, c, NULL, opt, &res);
	x->on = false;
	shown = oracle_shown(w->oracle);
	if (!shown || !x->used)
		return false;
	*witnessed = *c;
	witnessed->sched[witnessed->nsched++] = x->fill;
	if (x->v.refill.valid)
		witnessed->sched[witnessed->nsched++] = x->refill;
	witnessed->sched[witnessed->nsched++] = x->use;
	return true;
}

/*
 * A ghost's fill changes what later accesses find, so that the program may take
 * another way: is it still the same violation, and shown by data?
 */
static bool witness_confirmed(struct world *w, const struct case_file *c, const struct exec_options *opt,
                              const struct exec_result *first)
{
	struct exec_result res;
	char signature[SIGNATURE_MAX];

	exec_run(w, c, NULL, opt, &res);
	signature_of(first, c, signature, sizeof(signature));
	return signature_is(&res, c, signature) && !res.violation.latent;
}

static bool witness_find(struct world *w, const struct case_file *c, const struct exec_options *opt,
                         const struct exec_result *first, struct case_file *witnessed)
{
	const struct oracle_violation *v = &first->violation;
	sd_page last = v->page + (v->span < 16 ? v->span : 16);

	for (int actor = CASE_PROGRAMS - 1; actor >= 0; actor--) {
		if (!witness_may_use(c, v, actor))
			continue;
		for (sd_page page = v->page; page < last; page++)
			for (int write = v->write; write >= 0; write--)
				if (witness_try(w, c, opt, actor, page, write, witnessed) &&
				    witness_confirmed(w, witnessed, opt, first))
					return true;
	}
	return false;
}

void exec_witness(struct world *w, const struct case_file *c, const struct exec_options *opt,
                  struct exec_result *out, struct case_file *witnessed)
{
	struct exec_options quiet = {.limit = opt ? opt->limit : 0};
	struct case_file *found;

	exec_run(w, c, NULL, &quiet, out);
	if (witnessed)
		*witnessed = *c;
	if (out->verdict == EXEC_VIOLATION && out->violation.latent && out->violation.fill.valid) {
		found = malloc(sizeof(*found));
		w->witness.v = out->violation;
		if (found && witness_find(w, c, &quiet, out, found)) {
			exec_run(w, found, NULL, opt, out);
			if (witnessed)
				*witnessed = *found;
			free(found);
			return;
		}
		free(found);
	}
	exec_run(w, c, NULL, opt, out);
}
