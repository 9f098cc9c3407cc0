/* SPDX-License-Identifier: MIT */
/* No two sizes cached for one address where the profile forbids it. */
#ifndef ORACLE_SIZE_H
#define ORACLE_SIZE_H

#include "mem/mem.h"

struct oracle;

struct new_leaf {
	int space, level;
	sd_page page;
	pte_t value;
	uint16_t walkers; /* that can reach it */
};
/* May one of the walkers still hold another size of it? */
void size_new_leaf(struct oracle *o, struct new_leaf leaf);

#endif
