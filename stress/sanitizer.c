/* SPDX-License-Identifier: MIT */
/*
 * What the sanitizers offer to somebody who wants the last word. ASan: a
 * callback before it ends the process (sanitizer/common_interface_defs.h), and
 * what the report was about (asan_interface.h). TSan: __tsan_on_report() and
 * the debugging functions, which no header declares. All differences between
 * builds are in this file.
 *
 * TSan calls with its own locks held, so nothing that it instruments may run
 * there: this file is compiled without it (CMakeLists.txt), and the report is
 * passed on later, when the thread comes by.
 */
#define _DEFAULT_SOURCE
#include "stress/sanitizer.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/run/race.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

#if defined(WITH_ASAN) || defined(WITH_TSAN)
/* The callbacks take no argument, and there is one process to end. */
static struct {
	void (*on_report)(void *ctx, const struct sanitizer_report *report);
	void *ctx;
	atomic_bool told;
} caught;
#endif

#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

const char *sanitizer_name(void) { return "address"; }

/* UBSan shares ASan's way out, but leaves no report to be asked about. */
static void sanitizer_describe(struct sanitizer_report *r)
{
	*r = (struct sanitizer_report){
	        .by = "UndefinedBehaviorSanitizer", .what = "undefined-behavior", .last = true};
	if (!__asan_report_present())
		return;
	r->by = "AddressSanitizer";
	r->what = __asan_get_report_description();
	r->address[0] = (uintptr_t)__asan_get_report_address();
}

static void sanitizer_dying(void)
{
	struct sanitizer_report report;

	sanitizer_describe(&report);
	if (caught.on_report)
		caught.on_report(caught.ctx, &report);
}

void sanitizer_catch(void (*on_report)(void *ctx, const struct sanitizer_report *report), void *ctx)
{
	caught.on_report = on_report;
	caught.ctx = ctx;
	__sanitizer_set_death_callback(on_report ? sanitizer_dying : NULL);
}

#endif

#ifdef WITH_TSAN
/* The first report of this thread that was not passed on. */
static _Thread_local struct sanitizer_report waiting;
/* The first of all threads: the one that met it may never call sanitizer_check() again. */
static struct {
	struct sanitizer_report report;
	atomic_flag taken;
	atomic_bool ready;
} first = {.taken = ATOMIC_FLAG_INIT};

void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);
int __tsan_get_report_data(void *report, const char **description, int *count, int *stack_count,
                           int *mop_count, int *loc_count, int *mutex_count, int *thread_count,
                           int *unique_tid_count, void **sleep_trace, unsigned long trace_size);
int __tsan_get_report_mop(void *report, unsigned long idx, int *tid, void **addr, int *size, int *write,
                          int *atomic, void **trace, unsigned long trace_size);
__attribute__((visibility("default"))) void __tsan_on_report(void *report);
/* __tsan::OnFinalize(bool), a weak symbol as well. */
__attribute__((visibility("default"))) bool
sanitizer_on_finalize(bool failed) __asm__("_ZN6__tsan10OnFinalizeEb");

const char *sanitizer_name(void) { return "thread"; }

void __tsan_on_report(void *report)
{
	int count, stacks, mops = 0, locs, mutexes, threads, tids, tid, size, write, atomic;
	void *trace[1], *address;

	if (waiting.by)
		return;
	waiting = (struct sanitizer_report){.by = "ThreadSanitizer", .what = "report"};
	__tsan_get_report_data(report, &waiting.what, &count, &stacks, &mops, &locs, &mutexes, &threads,
	                       &tids, trace, 1);
	for (int i = 0; i < mops && i < SANITIZER_ADDRESSES; i++) {
		__tsan_get_report_mop(report, (unsigned long)i, &tid, &address, &size, &write, &atomic, trace,
		                      1);
		waiting.address[i] = (uintptr_t)address;
	}
	if (atomic_flag_test_and_set(&first.taken))
		return;
	first.report = waiting;
	atomic_store(&first.ready, true);
}

void sanitizer_catch(void (*on_report)(void *ctx, const struct sanitizer_report *report), void *ctx)
{
	caught.on_report = on_report;
	caught.ctx = ctx;
}

static void sanitizer_pass_on(const struct sanitizer_report *report)
{
	caught.told = true;
	caught.on_report(caught.ctx, report);
}

void sanitizer_check(void)
{
	struct sanitizer_report report = waiting;

	if (!report.by || !caught.on_report)
		return;
	waiting.by = NULL;
	sanitizer_pass_on(&report);
}

void sanitizer_check_all(void)
{
	sanitizer_check();
	if (atomic_load(&first.ready) && !caught.told && caught.on_report)
		sanitizer_pass_on(&first.report);
}

/* A report that was passed on has an exit code of its own. */
bool sanitizer_on_finalize(bool failed) { return failed && !caught.told; }

void sanitizer_quiet(void)
{
	AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
	AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
}

void sanitizer_loud(void)
{
	AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
	AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
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

#if !defined(WITH_ASAN) && !defined(WITH_TSAN)
const char *sanitizer_name(void) { return NULL; }
void sanitizer_catch(void (*on_report)(void *ctx, const struct sanitizer_report *report), void *ctx)
{
	(void)on_report;
	(void)ctx;
}
#endif

/* Only TSan's reports have to be fetched, and only TSan has a view of its own. */
#ifndef WITH_TSAN
void sanitizer_check(void) {}
void sanitizer_check_all(void) {}
void sanitizer_quiet(void) {}
void sanitizer_loud(void) {}
void sanitizer_for_fibers(char *const argv[]) { (void)argv; }
#endif
