/* SPDX-License-Identifier: MIT */
/* mmap: what other system calls take from munmap. */
#ifndef MM_MMAP_H
#define MM_MMAP_H

#include "mm/mm.h"

struct mm;

/* do_vmi_munmap(): mmap_lock is held for writing. 0, or -ENOMEM: no vma slot, nothing was unmapped. */
int mm_munmap_locked(struct mm *mm, sd_page start, sd_page n);

#endif
