/* SPDX-License-Identifier: MIT */
/*
 * sanitizer: a report of ASan, UBSan or TSan, caught before it ends the
 * process, so that the run can still say what it was doing. Builds without a
 * sanitizer have all of this and nothing ever calls back.
 */
#ifndef STRESS_SANITIZER_H
#define STRESS_SANITIZER_H

#include <stdbool.h>
#include <stdint.h>

enum { SANITIZER_ADDRESSES = 4 };

struct sanitizer_report {
	const char *by;	  /* "AddressSanitizer" */
	const char *what; /* "heap-use-after-free", "data-race"; lives as long as the process */
	uintptr_t address[SANITIZER_ADDRESSES]; /* of the accesses; 0: no more */
};

/* "address", "thread"; NULL: this build has none. */
const char *sanitizer_name(void);
/*
 * on_report is called after the report was printed, on the thread that met it.
 * If it returns, the process ends as the sanitizer has it. One at a time:
 * NULL takes it back.
 */
void sanitizer_catch(void (*on_report)(void *ctx, const struct sanitizer_report *report), void *ctx);
/*
 * This thread only tells from here on: what it reads while others still run
 * is no race. There is no way back, and the process has to end by _exit():
 * a thread may be held inside the sanitizer.
 */
void sanitizer_quiet(void);
/* Starts the program anew if this build needs other options to run fibers; argv is the new one's. */
void sanitizer_for_fibers(char *const argv[]);

#endif
