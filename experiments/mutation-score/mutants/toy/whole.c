/* SPDX-License-Identifier: MIT */
struct whole {
	unsigned page, n;
};

#include "part_inline.h"

unsigned whole_end(struct whole *w) { return w->n ? part_next(w) : w->page; }
