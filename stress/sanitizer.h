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
	const char *by;   /* "AddressSanitizer" */
	const char *what; /* "heap-use-after-free", "data-race"; lives as long as the process */
	uintptr_t address[SANITIZER_ADDRESSES]; /* of the accesses; 0: no more */
	bool last;                              /* the process ends when the callback returns */
};

/* "address", "thread"; NULL: this build has none. */
const char *sanitizer_name(void);
/*
 * on_report is called after the report was printed, on the thread that met it,
 * but maybe not before that thread calls sanitizer_check(). If it returns, the
 * process ends where the sanitizer has it so. One at a time: NULL takes it back.
 */
void sanitizer_catch(void (*on_report)(void *ctx, const struct sanitizer_report *report), void *ctx);
void sanitizer_check(void);
/* For when the others rest: a report of any thread that has not passed it on itself. */
void sanitizer_check_all(void);
/*
 * This thread only reports from here on: what it reads while others still run
 * is no race. The process has to end by _exit(), since a thread may be held
 * inside the sanitizer, and after sanitizer_loud().
 */
void sanitizer_quiet(void);
void sanitizer_loud(void);
/* Starts the program anew if this build needs other options to run fibers; argv is the new one's. */
void sanitizer_for_fibers(char *const argv[]);

#endif
