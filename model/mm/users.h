/* SPDX-License-Identifier: MIT */
/* users: mm_users, which keeps an mm and its tables alive. */
#ifndef MM_USERS_H
#define MM_USERS_H

#include "mm/mm.h"

struct mm;

/* The caller's mm with a reference; NULL: it exited (-ESRCH). Every system call ends with mm_leave(). */
struct mm *mm_enter(struct mm_sys *s, int cpu);
void mm_leave(struct mm *mm);

bool mm_get_not_zero(struct mm *mm);
/* Dropping the last one ends the mm. */
void mm_put(struct mm *mm);

/* Takes a free slot: a root table, the one reference; MM_NEW. false: no memory. */
bool mm_init_slot(struct mm *mm);
/* Everything goes: the last user left (mmap.c). */
void mm_exit_mmap(struct mm *mm);

#endif
