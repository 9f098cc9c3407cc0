/* SPDX-License-Identifier: MIT */
/*
 * Copies what TSan's report says and suppresses its text, with which a search
 * would fill the screen. TSan's run-time library is one for the whole process,
 * and so are the functions that it calls back.
 */
#include "engine/run/race.h"

#include <stdio.h>
#include <string.h>

#ifdef SHOOTDOWN_TSAN_FIBERS

#include <sanitizer/common_interface_defs.h>

/* Exported by TSan's run-time library for debuggers; no header declares them. */
int __tsan_get_report_data(void *report, const char **description, int *count, int *stack_count,
                           int *mop_count, int *loc_count, int *mutex_count, int *thread_count,
                           int *unique_tid_count, void **sleep_trace, unsigned long trace_size);
int __tsan_get_report_mop(void *report, unsigned long idx, int *tid, void **addr, int *size, int *write,
                          int *atomic, void **trace, unsigned long trace_size);

/* What the run-time library calls, and looks up by these names. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
__attribute__((visibility("default"))) bool
race_on_report(void *report, bool suppressed) __asm__("_ZN6__tsan8OnReportEPKNS_10ReportDescEb");

/*
 * A race that was reported once is one again in the next execution, and it is
 * this project that decides how the process exits.
 */
const char *__tsan_default_options(void)
{
	return "suppress_equal_stacks=0:suppress_equal_addresses=0:exitcode=0:report_thread_leaks=0";
}

static _Thread_local struct race first;
static _Thread_local bool any;

/* TSan holds its locks here: only copy. Returns true to suppress the text. */
bool race_on_report(void *report, bool suppressed)
{
	const char *what;
	int count, stacks, mops = 0, locs, mutexes, threads, tids, tid, size, write, atomic;
	void *addr, *sleep[1];

	__tsan_get_report_data(report, &what, &count, &stacks, &mops, &locs, &mutexes, &threads, &tids, sleep,
	                       1);
	if (suppressed || mops < 2)
		return suppressed; /* no race, but a misuse: TSan says what */
	for (unsigned i = 0; i < 2 && !any; i++) {
		struct race_access *a = &first.access[i];
		void *pc[RACE_FRAMES] = {0};

		__tsan_get_report_mop(report, i, &tid, &addr, &size, &write, &atomic, pc, RACE_FRAMES);
		a->write = write;
		for (int k = 0; k < RACE_FRAMES; k++)
			a->pc[k] = (uintptr_t)pc[k];
	}
	any = true;
	return true;
}

bool race_is_watched(void) { return true; }
void race_begin(void) { any = false; }

bool race_found(struct race *out)
{
	if (any)
		*out = first;
	return any;
}

/* "/somewhere/model/mm/huge.c": from "model" on. NULL: of another project, such as memcpy(). */
static const char *race_in_project(const char *path)
{
	static const char *const folders[] = {"/model/", "/tests/"};

	for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *at = strstr(path, folders[i]);

		if (at)
			return at + 1;
	}
	return NULL;
}

/* The innermost frame of this project. false: none. */
static bool race_symbolize(const struct race_access *a, char function[RACE_PLACE], char file[RACE_PLACE])
{
	char path[1024];

	for (int k = 0; k < RACE_FRAMES && a->pc[k]; k++) {
		__sanitizer_symbolize_pc((void *)a->pc[k], "%s:%l", path, sizeof(path));
		if (!race_in_project(path))
			continue;
		__sanitizer_symbolize_pc((void *)a->pc[k], "%f", function, RACE_PLACE);
		snprintf(file, RACE_PLACE, "%s", race_in_project(path));
		return true;
	}
	snprintf(function, RACE_PLACE, "unknown");
	snprintf(file, RACE_PLACE, "unknown");
	return false;
}

char *race_place(const struct race_access *a, char buf[RACE_PLACE])
{
	char function[RACE_PLACE], file[RACE_PLACE];

	if (race_symbolize(a, function, file))
		snprintf(buf, RACE_PLACE, "%.50s %.60s", function, file);
	else
		snprintf(buf, RACE_PLACE, "unknown");
	return buf;
}

char *race_function(const struct race_access *a, char buf[RACE_PLACE])
{
	char file[RACE_PLACE];

	race_symbolize(a, buf, file);
	return buf;
}

#else

bool race_is_watched(void) { return false; }
void race_begin(void) {}

bool race_found(struct race *out)
{
	(void)out;
	return false;
}

char *race_place(const struct race_access *a, char buf[RACE_PLACE])
{
	(void)a;
	snprintf(buf, RACE_PLACE, "unknown");
	return buf;
}

char *race_function(const struct race_access *a, char buf[RACE_PLACE]) { return race_place(a, buf); }

#endif
