/* SPDX-License-Identifier: MIT */
/*
 * quiet: what the referee does on an actor's stack is not the actor's doing.
 *
 * In the tsan-fibers build TSan takes every fiber for a thread. Policies,
 * listeners and the log run on whatever fiber is there; their accesses must
 * not be reported, and TSan does not see their atomics. A ghost's locks it
 * does see: who takes them next comes after the ghost. Everywhere else this is
 * nothing.
 */
#ifndef EVENT_QUIET_H
#define EVENT_QUIET_H

#ifdef SHOOTDOWN_TSAN_FIBERS

/* TSan's run-time library exports these; no header of it declares them. */
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);

/* On a function of a header that instrumented code calls: TSan does not look into it. */
#define QUIET __attribute__((no_sanitize("thread")))

/* They nest. Who leaves for good in between ends his own, or TSan dies of an abandoned fiber that ignores. */
static inline void quiet_begin(void)
{
	AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
	AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
}

static inline void quiet_end(void)
{
	AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
	AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}

#else

#define QUIET
static inline void quiet_begin(void) {}
static inline void quiet_end(void) {}

#endif
#endif
