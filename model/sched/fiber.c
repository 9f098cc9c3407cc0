/* SPDX-License-Identifier: MIT */
/*
 * Fibers over Boost.Context's make_fcontext/jump_fcontext.
 *
 * The switch is direct, fiber to fiber: the context we leave arrives at the
 * other side as transfer.fctx and is stored there, in the fiber that `data`
 * names. ASan learns of each switch by start/finish_switch_fiber; TSan by
 * __tsan_switch_to_fiber without synchronisation, or it would never see a race.
 */
#define _GNU_SOURCE
#include "sched/fiber.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define FIBER_TSAN 1
#endif

#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#if defined(FIBER_ASAN) || defined(FIBER_TSAN)
enum { FIBER_STACK = 256 * 1024 };
#else
enum { FIBER_STACK = 32 * 1024 };
#endif

struct fiber_transfer {
	void *fctx;
	void *data;
};

extern struct fiber_transfer jump_fcontext(void *to, void *data);
extern void *make_fcontext(void *sp, size_t size, void (*fn)(struct fiber_transfer));

void *fiber_stacks_create(struct fiber *f, int n, size_t *bytes)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);
	char *base;

	*bytes = (size_t)n * (FIBER_STACK + guard);
	base = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return NULL;
	for (int i = 0; i < n; i++) {
		char *slot = base + (size_t)i * (FIBER_STACK + guard);

		/* Without its guard page a stack still works; overflow is then just not caught. */
		(void)mprotect(slot, guard, PROT_NONE);
		f[i] = (struct fiber){.stack = slot + guard, .size = FIBER_STACK};
	}
	return base;
}

void fiber_stacks_destroy(struct fiber *f, int n, void *stacks, size_t bytes)
{
#ifdef FIBER_TSAN
	for (int i = 0; i < n; i++)
		if (f[i].tsan)
			__tsan_destroy_fiber(f[i].tsan);
#else
	(void)f;
	(void)n;
#endif
#ifdef FIBER_ASAN
	__asan_unpoison_memory_region(stacks, bytes); /* or the next mapping here begins with these frames */
#endif
	munmap(stacks, bytes);
}

/* After the jump: keep the context we came from, and tell ASan where we are. */
static void fiber_arrived(struct fiber *self, struct fiber_transfer t)
{
	struct fiber *from = t.data;

	from->ctx = t.fctx;
#ifdef FIBER_ASAN
	const void *bottom;
	size_t size;

	__sanitizer_finish_switch_fiber(self->fake, &bottom, &size);
	if (!from->stack) {
		/* ASan is the one that knows the bounds of the thread's own stack. */
		from->stack = (void *)(uintptr_t)bottom;
		from->size = size;
	}
#else
	(void)self;
#endif
}

static void fiber_entry(struct fiber_transfer t)
{
	struct fiber *from = t.data;
	struct fiber *self = from->arg; /* fiber_switch() left it there */

	fiber_arrived(self, t);
	self->entry(self->arg);
	__builtin_unreachable();
}

void fiber_arm(struct fiber *f, void (*entry)(void *arg), void *arg)
{
#ifdef FIBER_ASAN
	/* An abandoned body left its frames poisoned; functions that return unpoison theirs. */
	if (f->used)
		__asan_unpoison_memory_region(f->ctx, (size_t)((char *)f->stack + f->size - (char *)f->ctx));
	f->fake = NULL;
#endif
#ifdef FIBER_TSAN
	if (f->tsan)
		__tsan_destroy_fiber(f->tsan);
	f->tsan = __tsan_create_fiber(0);
#endif
	f->entry = entry;
	f->arg = arg;
	f->used = false;
	f->ctx = make_fcontext((char *)f->stack + f->size, f->size, fiber_entry);
}

void fiber_adopt_thread(struct fiber *f)
{
	*f = (struct fiber){.used = true};
#ifdef FIBER_TSAN
	f->tsan = __tsan_get_current_fiber();
#endif
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
	void *arg = from->arg;

#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(&from->fake, to->stack, to->size);
#endif
#ifdef FIBER_TSAN
	__tsan_switch_to_fiber(to->tsan, __tsan_switch_to_fiber_no_sync);
#endif
	to->used = true;
	from->arg = to; /* for fiber_entry(), on the first switch to `to` */
	fiber_arrived(from, jump_fcontext(to->ctx, from));
	from->arg = arg;
}

void fiber_join(struct fiber *self, struct fiber *f)
{
#ifdef FIBER_TSAN
	__tsan_switch_to_fiber(f->tsan, __tsan_switch_to_fiber_no_sync);
	__tsan_switch_to_fiber(self->tsan, 0);
#else
	(void)self;
	(void)f;
#endif
}
