/* SPDX-License-Identifier: MIT */
/* mremap: one move of entries to other addresses. */
#ifndef MM_MREMAP_H
#define MM_MREMAP_H

#include "mm/mm.h"

struct mm;

struct mm_move {
	struct mm *mm;
	bool unflushed; /* planted bug: what moved is flushed only after the locks are dropped */
};

/* Something present moved from there: the old addresses are dead on return. Both page-table locks are held. */
void mm_move_flush(struct mm_move *mv, sd_page start, sd_page end);

#endif
