/* SPDX-License-Identifier: MIT */
/*
 * Candidates: what is cut out of the last operations. A round had run for
 * hundreds of operations, a case starts from empty tables; so what the
 * remaining operations need is put back in front of them: mappings of the
 * regions they name, the write that populated them, buffers of the domains.
 *
 * The family is walked from small to large: the last few operations of those
 * who share the address space, near the page, then longer, then of everybody.
 */
#include <string.h>

#include "engine/search/rng.h"
#include "event/event.h"
#include "stress/rebuild.h"

enum { WINDOWS = 4, DOMAINS = 2 };

struct cut {
	const struct case_file *last;
	struct case_file *c;
	const struct rebuild_focus *focus;
	struct rng rng;
	unsigned window;
	bool near; /* only operations that come near the page */
	bool all;  /* of everybody, not only of those who share the space */
};

static bool cut_has(const struct case_op *op, char operand)
{
	return strchr(op_info((enum op_kind)op->kind)->operands, operand) != NULL;
}

static bool cut_knows_space(const struct cut *cut) { return cut->focus->space < SD_MAX_SPACES; }

static bool cut_for_domain(const struct case_op *op)
{
	return op_takes((enum op_kind)op->kind, 'd');
}

static int cut_space_of(const struct case_file *c, int actor, const struct case_op *op)
{
	const struct case_program *p = &c->prog[actor];

	if (cut_for_domain(op))
		return sd_space_of_domain(op->arg);
	if (actor < ACTOR_DEV0)
		return sd_space_of_mm(p->mm);
	return p->pasid ? sd_space_of_mm(p->pasid - 1) : sd_space_of_domain(p->domain);
}

/* -- which operations ------------------------------------------------------------------ */

/* Under the same leaf table, where ranges collide. */
static bool cut_near_page(const struct cut *cut, sd_page start, unsigned n)
{
	sd_page table = 1u << cut->last->bits, page = cut->focus->page / table * table;

	return start < page + table && page < start + n;
}

static bool cut_comes_near(const struct cut *cut, const struct case_op *op)
{
	const struct case_file *c = cut->last;
	sd_page start = case_page(c, op->region, op->off);

	if (!cut_has(op, 'R'))
		return op->kind == OP_FORK;
	return cut_near_page(cut, start, case_npages(c, start, op->n)) ||
	       (cut_has(op, 'S') && cut_near_page(cut, case_page(c, op->region2, op->off2), op->n));
}

/* mms share file pages, by region: operations of all mms belong together, those of domains do not. */
static bool cut_shares(const struct cut *cut, int actor, const struct case_op *op)
{
	int space = cut_space_of(cut->last, actor, op);

	return cut->all || !cut_knows_space(cut) || (space < SD_MAX_MMS) == (cut->focus->space < SD_MAX_MMS);
}

static bool cut_chosen(const struct cut *cut, int actor, const struct case_op *op)
{
	return cut_shares(cut, actor, op) && (!cut->near || !cut_knows_space(cut) || cut_comes_near(cut, op));
}

static void cut_program(struct cut *cut, int actor)
{
	const struct case_program *from = &cut->last->prog[actor];
	struct case_program *to = &cut->c->prog[actor];
	uint8_t keep[CASE_MAX_OPS];
	unsigned n = 0;

	for (int i = from->nops - 1; i >= 0 && n < cut->window; i--)
		if ((i == from->nops - 1 && actor == cut->focus->actor) ||
		    cut_chosen(cut, actor, &from->op[i]))
			keep[n++] = (uint8_t)i;
	to->nops = (uint8_t)n;
	for (unsigned k = 0; k < n; k++)
		to->op[k] = from->op[keep[n - 1 - k]];
}

/* -- what they need ---------------------------------------------------------------------- */

static bool cut_insert(struct case_program *p, unsigned at, const struct case_op *op)
{
	if (p->nops == CASE_MAX_OPS)
		return false;
	memmove(&p->op[at + 1], &p->op[at], (p->nops - at) * sizeof(p->op[0]));
	p->op[at] = *op;
	p->nops++;
	return true;
}

/* The kind that this region had last, as far back as anybody remembers. */
static uint8_t cut_kind_of(struct cut *cut, int region)
{
	unsigned seen = 0;
	uint8_t kinds[CASE_PROGRAMS];

	for (int a = 0; a < ACTOR_DEV0; a++) {
		const struct case_program *p = &cut->last->prog[a];

		for (int i = p->nops - 1; i >= 0; i--) {
			if (p->op[i].kind != OP_MMAP || p->op[i].region != region)
				continue;
			kinds[seen++] = p->op[i].arg;
			break;
		}
	}
	if (seen && !rng_one_in(&cut->rng, 4))
		return kinds[rng_below(&cut->rng, seen)];
	return (uint8_t)rng_below(&cut->rng, rng_one_in(&cut->rng, 4) ? CASE_KINDS : CASE_HUGE);
}

/* What all remaining operations on this region of the space cover; false: nothing. */
static bool cut_extent(const struct cut *cut, int region, int space, unsigned *first, unsigned *end)
{
	*first = CASE_MAX_OFF;
	*end = 0;
	for (int a = 0; a < CASE_PROGRAMS; a++) {
		const struct case_program *p = &cut->c->prog[a];

		for (int i = 0; p->present && i < p->nops; i++) {
			const struct case_op *op = &p->op[i];

			if (!cut_has(op, 'R') || op->region != region || cut_space_of(cut->c, a, op) != space)
				continue;
			if (op->off < *first)
				*first = op->off;
			if (op->off + op->n > (int)*end)
				*end = (unsigned)op->off + op->n;
		}
	}
	return *end > 0;
}

static struct case_op cut_range(uint8_t kind, int region, unsigned first, unsigned end)
{
	unsigned n = end - first;

	return (struct case_op){
	        .kind = kind,
	        .region = (uint8_t)region,
	        .off = (uint8_t)first,
	        .n = (uint8_t)(n > CASE_MAX_N ? CASE_MAX_N : n),
	        .prot = PROT_RW,
	};
}

/* A CPU that runs on this mm, or -1. For a domain any will do. */
static int cut_cpu_of(const struct cut *cut, int space)
{
	for (int a = ACTOR_CPU0; a < ACTOR_DEV0; a++)
		if (cut->c->prog[a].present && (space >= SD_MAX_MMS || cut->c->prog[a].mm == space))
			return a;
	return -1;
}

static void cut_map_region(struct cut *cut, struct case_program *p, unsigned *at, int region, int space)
{
	unsigned first, end;
	struct case_op op;

	if (!cut_extent(cut, region, space, &first, &end))
		return;
	if (rng_one_in(&cut->rng, 2)) { /* whole tables, so that there are large pages */
		first = 0;
		end = CASE_MAX_N;
	}
	if (space >= SD_MAX_MMS && rng_one_in(&cut->rng, 2)) { /* a part, so that there are tables */
		first += rng_below(&cut->rng, end - first);
		end = first + 1 + rng_below(&cut->rng, end - first);
		first = first > CASE_MAX_OFF ? CASE_MAX_OFF : first;
	}
	op = cut_range(space < SD_MAX_MMS ? OP_MMAP : OP_DMA_MAP, region, first, end);
	op.arg = space < SD_MAX_MMS ? cut_kind_of(cut, region) : (uint8_t)(space - SD_MAX_MMS);
	*at += cut_insert(p, *at, &op);
	if (op.kind != OP_MMAP || rng_one_in(&cut->rng, 3))
		return;
	op = cut_range(OP_WRITE, region, first + rng_below(&cut->rng, end - first) % (CASE_MAX_OFF + 1), 0);
	op.n = 1;
	*at += cut_insert(p, *at, &op);
}

/* Before everything else, on one CPU of each space. */
static void cut_put_back(struct cut *cut)
{
	for (int space = 0; space < SD_MAX_MMS + DOMAINS; space++) {
		int cpu = cut_cpu_of(cut, space);
		unsigned at = 0;

		for (int region = 0; cpu >= 0 && region < CASE_REGIONS; region++)
			cut_map_region(cut, &cut->c->prog[cpu], &at, region, space);
	}
}

/* "The n-th from the start" meant the start of a round. */
static void cut_bring_faults_near(struct cut *cut)
{
	static const uint8_t counted[] = {PF_atc_lost, PF_dev_remove, PF_alloc_fail};

	for (unsigned i = 0; i < sizeof(counted); i++) {
		unsigned n = profile_get(&cut->c->prof, (enum profile_flag)counted[i]);

		if (n > 1 && !rng_one_in(&cut->rng, 4))
			profile_set(&cut->c->prof, (enum profile_flag)counted[i],
			            1 + rng_below(&cut->rng, n < 8 ? n : 8));
	}
}

/* -- who ----------------------------------------------------------------------------------- */

/* Fewer actors make a smaller case. The one that met the violation stays, and so does the last CPU. */
static void cut_thin_out(struct cut *cut)
{
	unsigned cpus = 0;

	for (int a = 0; a < ACTOR_DEV0; a++)
		cpus += cut->c->prog[a].present;
	for (int a = 0; a < CASE_PROGRAMS; a++) {
		struct case_program *p = &cut->c->prog[a];

		if (!p->present || a == cut->focus->actor || (a < ACTOR_DEV0 && cpus == 1))
			continue;
		if ((a >= ACTOR_DEV0 && !p->nops) || rng_one_in(&cut->rng, 3)) {
			p->present = 0;
			cpus -= a < ACTOR_DEV0;
		}
	}
}

void rebuild_candidate(struct case_file *c, const struct case_file *last, const struct rebuild_focus *focus,
                       uint32_t n, uint64_t seed)
{
	static const uint8_t windows[WINDOWS] = {3, 6, 12, 24};
	struct cut cut = {
	        .last = last,
	        .c = c,
	        .focus = focus,
	        .window = windows[n % WINDOWS],
	        .near = n / WINDOWS % 2 == 0,
	        .all = n / (2 * WINDOWS) % 3 == 2,
	};

	rng_seed(&cut.rng, seed ^ ((uint64_t)n << 32));
	*c = *last;
	c->nsched = 0;
	c->expect = VC_CLEAN;
	for (int a = 0; a < CASE_PROGRAMS; a++)
		if (c->prog[a].present)
			cut_program(&cut, a);
	cut_thin_out(&cut);
	cut_put_back(&cut);
	cut_bring_faults_near(&cut);
	case_fix(c);
}
