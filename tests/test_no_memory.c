/* SPDX-License-Identifier: MIT */
/*
 * No memory for a world or its threads: whichever allocation fails, the first,
 * the second and so on, there is none, and nothing of it is left. The sanitizers bring
 * their own allocator, so this is not built for them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/run/exec.h"

/* glibc's own, behind the names that are taken here */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void __libc_free(void *p);

/* volatile: a compiler that knows calloc() knows that it changes nothing else */
static volatile struct {
	unsigned left; /* allocations until one fails; 0: none does */
	int live;
} heap;

static bool fails(void) { return heap.left && !--heap.left; }

void *malloc(size_t size)
{
	void *p = fails() ? NULL : __libc_malloc(size);

	heap.live += p != NULL;
	return p;
}

void *calloc(size_t n, size_t size)
{
	void *p = fails() ? NULL : __libc_calloc(n, size);

	heap.live += p != NULL;
	return p;
}

void free(void *p)
{
	heap.live -= p != NULL;
	__libc_free(p);
}

static void without_memory_there_is_no_world(void **state)
{
	const int before = heap.live;
	struct world *w = NULL;
	unsigned n = 0;

	(void)state;
	while (!w) {
		heap.left = ++n;
		w = world_create();
		if (!w)
			assert_int_equal(heap.live, before);
	}
	assert_int_not_equal(heap.left, 0); /* nothing failed this time */
	heap.left = 0;
	assert_true(
	        n >
	        8); /* memory, hardware, devices, driver, mm, domains, oracle, scheduler: one each at least */
	world_destroy(w);
	assert_int_equal(heap.live, before);
}

static void without_memory_there_is_no_scheduler_of_threads(void **state)
{
	const int before = heap.live;
	struct sched *s = NULL;

	(void)state;
	for (unsigned n = 1; !s; n++) {
		heap.left = n;
		s = sched_create_free();
		if (!s)
			assert_int_equal(heap.live, before);
	}
	assert_int_not_equal(heap.left, 0);
	heap.left = 0;
	sched_destroy(s);
	assert_int_equal(heap.live, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(without_memory_there_is_no_world),
	        cmocka_unit_test(without_memory_there_is_no_scheduler_of_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
