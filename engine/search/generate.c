/* SPDX-License-Identifier: MIT */
/*
 * Random valid cases: the shape of one (profile, actors, who shares what). The
 * operations are chosen in generate_ops.c. Nothing in here looks at which bug
 * is planted: the search must not know what it looks for.
 */
#include "engine/search/generate.h"

enum {
	OPS_MIN = 2,
	OPS_MAX = 6,
	FAULTY = 8, /* one case in so many has injected faults */
	GROWS = 3,  /* one of AMD's cases in so many has tables that grow */
	APART = 6,  /* one case in so many has walkers that do not snoop */
	STRICT = 8, /* one case in so many has hardware that takes its clauses literally */
};

static unsigned generate_between(struct rng *r, unsigned lo, unsigned hi)
{
	return lo + rng_below(r, hi - lo + 1);
}

/* Rarely another geometry, or an optional feature off. */
static void generate_vary_config(struct case_file *c, struct rng *r)
{
	static const struct shape {
		uint8_t levels, bits;
	} shapes[] = {{2, 3}, {2, 4}, {3, 2}, {3, 4}, {4, 2}, {4, 3}};

	if (rng_one_in(r, 8)) {
		const struct shape *s = &shapes[rng_below(r, sizeof(shapes) / sizeof(shapes[0]))];

		c->levels = s->levels;
		c->bits = s->bits;
	}
	if (rng_one_in(r, 12))
		profile_set(&c->prof, PF_ats, 0);
	if (rng_one_in(r, 12))
		profile_set(&c->prof, PF_pri, 0);
	if (rng_one_in(r, 6))
		profile_set(&c->prof, PF_prq_small, 1);
}

void generate_fault(struct case_file *c, struct rng *r)
{
	static const uint8_t faults[] = {PF_slow_queue, PF_queue_small, PF_wait_timeout,
	                                 PF_atc_slow,   PF_prq_small,   PF_atc_lost,
	                                 PF_atc_lost,   PF_dev_remove,  PF_alloc_fail};
	const enum profile_flag f = (enum profile_flag)faults[rng_below(r, sizeof(faults))];
	/* A short program must still meet it; of allocations the first few are for tables. */
	const unsigned n = 1 + rng_below(r, rng_one_in(r, 4) ? 24 : 3);

	profile_set(&c->prof, f, f == PF_alloc_fail ? 4 + n : n);
}

void generate_hostile(struct case_file *c, struct rng *r)
{
	static const uint8_t faults[] = {PF_slow_queue, PF_queue_small, PF_wait_timeout, PF_atc_slow,
	                                 PF_prq_small,  PF_atc_lost,    PF_dev_remove};
	const unsigned often = 2 + rng_below(r, 30);

	for (unsigned i = 0; i < sizeof(faults); i++)
		profile_set(&c->prof, (enum profile_flag)faults[i], 1 + rng_below(r, often));
	profile_set(&c->prof, PF_alloc_fail, 4 + rng_below(r, often));
}

/* Now and then something goes wrong, and rarely everything does. */
static void generate_vary_faults(struct case_file *c, struct rng *r)
{
	if (!rng_one_in(r, FAULTY))
		return;
	if (rng_one_in(r, 5)) {
		generate_hostile(c, r);
		return;
	}
	for (unsigned n = 1 + rng_below(r, 2); n > 0; n--)
		generate_fault(c, r);
}

/* Drawn from a copy of the generator: with and without these flags, a seed makes the same programs. */
static void generate_vary_beside(struct case_file *c, const struct rng *r)
{
	struct rng own = *r;

	rng_seed(&own, rng_next(&own));
	profile_set(&c->prof, PF_coherent, !rng_one_in(&own, APART));
	profile_set(&c->prof, PF_grow, c->profile == PROFILE_AMD && rng_one_in(&own, GROWS));
	profile_set(&c->prof, PF_size_strict, rng_one_in(&own, STRICT));
	profile_set(&c->prof, PF_quarantine, rng_one_in(&own, 2));
}

/* How many ops this actor gets; `left` actors, it included, share what is left of the total. */
static unsigned generate_length(const struct generate_config *cfg, struct rng *r, unsigned left,
                                unsigned *total)
{
	unsigned lo = cfg->min_ops ? cfg->min_ops : OPS_MIN;
	unsigned hi = cfg->max_ops ? cfg->max_ops : OPS_MAX;
	unsigned n;

	if (*total) {
		const unsigned share = *total / left;

		n = left == 1 ? *total : generate_between(r, share - share / 4, share + share / 4);
		n = n > CASE_MAX_OPS ? CASE_MAX_OPS : n < 1 ? 1 : n;
		*total -= n < *total ? n : *total - 1;
		return n;
	}
	if (lo > hi)
		lo = hi;
	n = generate_between(r, lo, hi);
	return n > CASE_MAX_OPS ? CASE_MAX_OPS : n;
}

/* Mappings for the other operations to tear down; a CPU that has none uses what another one mapped. */
static void generate_establish(struct case_program *p, const struct generate_aim *a, struct rng *r,
                               unsigned n)
{
	const bool dma = a->theme == THEME_DMA || (a->theme == THEME_MIXED && rng_one_in(r, 3));
	struct case_op op = {.region = a->region, .off = a->off, .n = a->n, .prot = PROT_RW};

	op.kind = dma ? OP_DMA_MAP : OP_MMAP;
	if (dma)
		generate_operands(&op, p, a, r);
	op.arg = dma ? 0 : a->kind;
	op.prot = PROT_RW;
	p->op[p->nops++] = op;
	if (dma || n < 3)
		return;
	op.kind = OP_WRITE;
	p->op[p->nops++] = op;
}

static void generate_program(struct case_file *c, int actor, const struct generate_aim *a, struct rng *r,
                             unsigned n)
{
	struct case_program *p = &c->prog[actor];
	const enum op_who who = actor < ACTOR_DEV0 ? OP_WHO_CPU : OP_WHO_DEV;

	p->present = 1;
	if (who == OP_WHO_CPU && n > 1 && (actor == ACTOR_CPU0 ? !rng_one_in(r, 5) : rng_one_in(r, 3)))
		generate_establish(p, a, r, n);
	while (p->nops < n) {
		struct case_op *op = &p->op[p->nops];

		generate_op(op, p, who, a, r);
		/* After exit the rest of the program can only fail. */
		if (op->kind == OP_EXIT && p->nops + 1u < n && !rng_one_in(r, 4))
			continue;
		p->nops++;
	}
}

/* Who runs in which mm, and behind which table a device sits. */
static void generate_actors(struct case_file *c, const struct generate_aim *a, struct rng *r, unsigned cpus,
                            unsigned devs, bool two_iommus)
{
	bool domain = a->theme == THEME_DMA ? !rng_one_in(r, 6) : a->theme == THEME_MIXED && rng_one_in(r, 2);

	c->mms = rng_one_in(r, 5) ? 2 : 1;
	for (unsigned i = 1; i < cpus; i++) {
		/* Another process that shares file pages, or the child that a fork will make. */
		if (c->mms == 2 && rng_one_in(r, 2))
			c->prog[ACTOR_CPU0 + i].mm = 1;
		else if (a->theme == THEME_PROTECT && i == cpus - 1 && rng_one_in(r, 3))
			c->prog[ACTOR_CPU0 + i].mm = c->mms;
	}
	for (unsigned i = 0; i < devs; i++) {
		struct case_program *p = &c->prog[ACTOR_DEV0 + i];

		if (i > 0 && rng_one_in(r, 4))
			domain = !domain;
		if (!domain)
			p->pasid = i > 0 && c->mms == 2 && rng_one_in(r, 3) ? 2 : 1;
		p->iommu = i > 0 && two_iommus;
	}
}

void generate_case(struct case_file *c, struct rng *r, const struct generate_config *cfg)
{
	const int prof = cfg->profile >= 0 && cfg->profile < PROFILE_COUNT ? cfg->profile
	                                                                   : (int)rng_below(r, PROFILE_COUNT);
	const unsigned cpus =
	        cfg->cpus ? (cfg->cpus < SD_MAX_CPUS ? cfg->cpus : SD_MAX_CPUS) : generate_between(r, 2, 3);
	const unsigned devs =
	        cfg->devs ? (cfg->devs < SD_MAX_DEVS ? cfg->devs : SD_MAX_DEVS) : generate_between(r, 1, 2);
	unsigned total = cfg->total_ops < GENERATE_MAX_TOTAL ? cfg->total_ops : GENERATE_MAX_TOTAL;
	unsigned left = cpus + devs;
	struct generate_aim a;

	case_init(c, (enum profile_id)prof);
	c->bugs = cfg->bugs;
	c->skip[0] = cfg->skip[0];
	c->skip[1] = cfg->skip[1];
	if (!cfg->preset)
		generate_vary_config(c, r);
	generate_aim(&a, c, r);
	c->split = !cfg->preset && rng_one_in(r, a.theme == THEME_DMA ? 3 : 8);
	if (c->split && rng_one_in(r, 2)) /* what a live split may do depends on it */
		profile_set(&c->prof, PF_bbml, rng_below(r, 3));
	generate_actors(c, &a, r, cpus, devs, !cfg->preset && rng_one_in(r, 4));
	for (unsigned i = 0; i < devs; i++)
		generate_program(c, (int)(ACTOR_DEV0 + i), &a, r, generate_length(cfg, r, left--, &total));
	for (unsigned i = 0; i < cpus; i++)
		generate_program(c, (int)(ACTOR_CPU0 + i), &a, r, generate_length(cfg, r, left--, &total));
	if (!cfg->preset)
		generate_vary_faults(c, r);
	if (!cfg->preset)
		generate_vary_beside(c, r);
	case_fix(c);
}
