/* SPDX-License-Identifier: MIT */
/* config: what a round looks like. */
#ifndef STRESS_CONFIG_H
#define STRESS_CONFIG_H

struct stress_run;

void stress_configure(struct stress_run *r); /* the round that r->round says */

#endif
