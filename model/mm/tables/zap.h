/* SPDX-License-Identifier: MIT */
/* zap: taking away what a range maps, with its vmas or without. */
#ifndef MM_ZAP_H
#define MM_ZAP_H

#include "mm/mm.h"

struct mm;
struct mm_gather;

void mm_zap_range(struct mm_gather *tlb, sd_page start, sd_page end);
/* With a gather and a notifier bracket of its own: zap_page_range_single(). */
void mm_zap_single(struct mm *mm, sd_page start, sd_page end);

#endif
