/* SPDX-License-Identifier: MIT */
/*
 * race: what TSan saw during one execution.
 *
 * The tsan-fibers build runs the controlled runtime under TSan, with no edge
 * from the scheduler: two accesses that only the schedule ordered are a race,
 * in the same place each time the case is replayed. In every other build
 * nobody looks, and there is never one.
 */
#ifndef ENGINE_RACE_H
#define ENGINE_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RACE_FRAMES = 8, RACE_PLACE = 120 };

/* Two accesses that nothing orders; one of them writes. The one that came second is the first here. */
struct race {
	struct race_access {
		bool write;
		uintptr_t pc[RACE_FRAMES]; /* innermost first, 0: no more */
	} access[2];
};

/* Does this build see races? */
bool race_is_watched(void);
/* An execution begins on this thread: forget the last one's. */
void race_begin(void);
/* The first race since then. false: none. */
bool race_found(struct race *out);
/* "huge_withdraw_table model/mm/huge.c:37": the code of this project that the access is in. Returns buf. */
char *race_place(const struct race_access *a, char buf[RACE_PLACE]);
/* "huge_withdraw_table": without the line, which moves. Returns buf. */
char *race_function(const struct race_access *a, char buf[RACE_PLACE]);

#endif
