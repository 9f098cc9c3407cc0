/* SPDX-License-Identifier: MIT */
/*
 * What a round looks like: profile and flags, which mm each CPU runs on, what
 * each device is bound to. It comes from the generator of cases, so that a
 * failing round is a case already, but for its programs and its schedule.
 */
#include <string.h>

#include "engine/search/generate.h"
#include "stress/config.h"
#include "stress/state.h"

/* Threads on fewer mms than there are of them, or there would be nothing to share. */
static void stress_config_share_mms(struct stress_run *r, struct rng *rng)
{
	struct case_file *c = &r->config;

	c->mms = (uint8_t)(1 + rng_below(rng, 2));
	for (int i = 0; i < SD_MAX_CPUS; i++)
		c->prog[ACTOR_CPU0 + i].mm = (uint8_t)rng_below(rng, c->mms);
	for (int i = 0; i < SD_MAX_DEVS; i++) {
		struct case_program *p = &c->prog[ACTOR_DEV0 + i];

		p->pasid = rng_one_in(rng, 3) ? 0 : (uint8_t)(1 + rng_below(rng, c->mms));
		p->domain = (uint8_t)rng_below(rng, 2);
	}
}

/* Faults are asked for, or there are none; the page-request queue is small on good days too. */
static void stress_config_set_faults(struct stress_run *r, struct rng *rng)
{
	static const uint8_t faults[] = {PF_slow_queue, PF_queue_small, PF_wait_timeout, PF_atc_slow,
	                                 PF_atc_lost,   PF_dev_remove,  PF_alloc_fail};
	struct case_file *c = &r->config;

	for (unsigned i = 0; i < sizeof(faults); i++)
		profile_set(&c->prof, (enum profile_flag)faults[i], 0);
	if (r->opt.hostile) {
		generate_hostile(c, rng);
		/* Somewhere in the round, not always at its start. */
		profile_set(&c->prof, PF_atc_lost, 1 + rng_below(rng, profile_flag_max(PF_atc_lost)));
		profile_set(&c->prof, PF_dev_remove, 1 + rng_below(rng, profile_flag_max(PF_dev_remove)));
	}
	for (unsigned i = 0; i < r->opt.nset; i++)
		profile_set(&c->prof, r->opt.set[i].flag, r->opt.set[i].value);
	profile_set(&c->prof, PF_grow, 0);
	profile_set(&c->prof, PF_coherent,
	            1); /* what memory lags behind by is known to the controlled runtime only */
}

void stress_configure(struct stress_run *r)
{
	struct generate_config cfg = {
	        .profile = r->opt.profile,
	        .bugs = r->opt.bugs,
	        .skip = {r->opt.skip[0], r->opt.skip[1]},
	        .cpus = r->opt.threads,
	        .devs = r->opt.devices,
	        .min_ops = 2,
	        .max_ops = 2,
	};
	struct rng rng;

	rng_seed(&rng, r->opt.seed * 0x10001 + r->round);
	generate_case(&r->config, &rng, &cfg);
	stress_config_share_mms(r, &rng);
	stress_config_set_faults(r, &rng);
	for (int i = 0; i < CASE_PROGRAMS; i++)
		r->config.prog[i].nops = 0;
	case_fix(&r->config);
}
