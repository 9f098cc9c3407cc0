// SPDX-License-Identifier: MIT
/*
 * What a round looks like: profile and flags, which mm each CPU runs on, what
 * each device is bound to. It comes from the generator of cases, so that a
 * failing round is a case already, but for its programs and its schedule.
 */
#include <string.h>

#include "stress/internal.h"

/* Threads on fewer mms than there are of them, or there would be nothing to share. */
static void share_mms(struct stress_run *r, struct rng *rng)
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
	share_mms(r, &rng);
	for (int i = 0; i < CASE_PROGRAMS; i++)
		r->config.prog[i].nops = 0;
	case_fix(&r->config);
}
