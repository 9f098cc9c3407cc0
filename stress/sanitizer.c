// SPDX-License-Identifier: MIT
/*
 * What the sanitizers offer to somebody who wants the last word: a callback
 * before they end the process (sanitizer/common_interface_defs.h), and what
 * the report was about (asan_interface.h; the debugging functions at the end
 * of TSan's interface, which has no header). All differences between builds
 * are in this file.
 */
#define _DEFAULT_SOURCE
#include "stress/sanitizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/race.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#elif __has_feature(thread_sanitizer)
#define WITH_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define WITH_TSAN 1
#endif

#if defined(WITH_ASAN) || defined(WITH_TSAN)

/* A death callback takes no argument, and there is one process to end. */
static struct {
	void (*on_report)(void *ctx, const struct sanitizer_report *report);
	void *ctx;
	struct sanitizer_report report;
} caught;

/* In sanitizer/common_interface_defs.h, which gcc's TSan and clang's ASan spell alike. */
void __sanitizer_set_death_callback(void (*callback)(void));

#endif

#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>

const char *sanitizer_name(void) { return "address"; }

/* UBSan shares ASan's way out, but leaves no report to be asked about. */
static void describe(struct sanitizer_report *r)
{
	*r = (struct sanitizer_report){.by = "UndefinedBehaviorSanitizer", .what = "undefined-behavior"};
	if (!__asan_report_present())
		return;
	r->by = "AddressSanitizer";
	r->what = __asan_get_report_description();
	r->address[0] = (uintptr_t)__asan_get_report_address();
}

void sanitizer_quiet(void) {}
void sanitizer_for_fibers(char *const argv[]) { (void)argv; }
#endif

#ifdef WITH_TSAN
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);

const char *sanitizer_name(void) { return "thread"; }

#ifndef SHOOTDOWN_TSAN_FIBERS
/* The first race ends the run: what comes after is its consequence as often as not. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "halt_on_error=1"; }

int __tsan_get_report_data(void *report, const char **description, int *count, int *stack_count, int *mop_count,
                           int *loc_count, int *mutex_count, int *thread_count, int *unique_tid_count,
                           void **sleep_trace, unsigned long trace_size);
int __tsan_get_report_mop(void *report, unsigned long idx, int *tid, void **addr, int *size, int *write, int *atomic,
                          void **trace, unsigned long trace_size);
__attribute__((visibility("default"))) void __tsan_on_report(void *report);

void __tsan_on_report(void *report)
{
	int count, stacks, mops = 0, locs, mutexes, threads, tids, tid, size, write, atomic;
	void *trace[1], *address;

	caught.report = (struct sanitizer_report){.by = "ThreadSanitizer", .what = "report"};
	__tsan_get_report_data(report, &caught.report.what, &count, &stacks, &mops, &locs, &mutexes, &threads, &tids,
	                       trace, 1);
	for (int i = 0; i < mops && i < SANITIZER_ADDRESSES; i++) {
		__tsan_get_report_mop(report, (unsigned long)i, &tid, &address, &size, &write, &atomic, trace, 1);
		caught.report.address[i] = (uintptr_t)address;
	}
}
#endif

/* __tsan_on_report() has; the report itself is gone by now. */
static void describe(struct sanitizer_report *r)
{
	if (!r->by)
		*r = (struct sanitizer_report){.by = "ThreadSanitizer", .what = "report"};
}

void sanitizer_quiet(void)
{
	AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
	AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
}

/* Fibers switch without an edge: everything that they and the scheduler share would be a race. */
void sanitizer_for_fibers(char *const argv[])
{
	static const char quiet[] = "report_bugs=0";
	const char *now = getenv("TSAN_OPTIONS");
	char all[1024];

	if (race_is_watched() || (now && strstr(now, quiet)))
		return;
	snprintf(all, sizeof(all), "%s%s%s", now ? now : "", now ? ":" : "", quiet);
	if (setenv("TSAN_OPTIONS", all, 1) == 0)
		execv("/proc/self/exe", argv);
}
#endif

#if defined(WITH_ASAN) || defined(WITH_TSAN)
static void dying(void)
{
	describe(&caught.report);
	if (caught.on_report)
		caught.on_report(caught.ctx, &caught.report);
}

void sanitizer_catch(void (*on_report)(void *ctx, const struct sanitizer_report *report), void *ctx)
{
	caught.on_report = on_report;
	caught.ctx = ctx;
	__sanitizer_set_death_callback(on_report ? dying : NULL);
}
#else
const char *sanitizer_name(void) { return NULL; }
void sanitizer_catch(void (*on_report)(void *ctx, const struct sanitizer_report *report), void *ctx)
{
	(void)on_report;
	(void)ctx;
}
void sanitizer_quiet(void) {}
void sanitizer_for_fibers(char *const argv[]) { (void)argv; }
#endif
