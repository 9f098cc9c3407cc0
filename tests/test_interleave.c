/* SPDX-License-Identifier: MIT */
/* Interleavings as features: two actors at one object are one, one actor alone is none, and order counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "case/case.h"
#include "engine/run/exec.h"
#include "engine/run/interleave.h"
#include "engine/search/policy.h"
#include "event/tell.h"
#include "event/walker.h"

static uint8_t features[INTERLEAVE_FEATURES];

static const struct oracle_near NOTHING_NEAR;

static unsigned count(void)
{
	unsigned n = 0;

	for (int i = 0; i < INTERLEAVE_FEATURES; i++)
		n += features[i] != 0;
	return n;
}

static struct interleave *fresh(void)
{
	struct interleave *iv = interleave_create(features);

	assert_non_null(iv);
	memset(features, 0, sizeof(features));
	interleave_begin(iv);
	return iv;
}

static void listen(void *iv, const struct event *ev) { interleave_listen(iv, ev, &NOTHING_NEAR); }

static struct event_sink as(struct interleave *iv, int actor)
{
	return (struct event_sink){.listen = listen, .ctx = iv, .actor = (uint8_t)actor};
}
#define TELL(iv, actor, emitter, ...) \
	do { \
		struct event_sink sink_ = as(iv, actor); \
		event_##emitter(&sink_, __VA_ARGS__); \
	} while (0)

static void two_actors_at_one_frame_are_a_feature(void **state)
{
	struct interleave *iv = fresh();

	(void)state;
	TELL(iv, 0, alloc, MEM_DATA, 7, 1);
	assert_int_equal(count(), 0);
	TELL(iv, 4, access, WALKER_IOMMU0, 0, 7, 0, 0, 0, 0);
	assert_int_equal(count(), 1);
	interleave_destroy(iv);
}

static void one_actor_alone_is_none(void **state)
{
	struct interleave *iv = fresh();

	(void)state;
	TELL(iv, 0, alloc, MEM_DATA, 7, 1);
	TELL(iv, 0, free, MEM_DATA, 7, 1);
	assert_int_equal(count(), 0);
	interleave_destroy(iv);
}

static void two_objects_are_none(void **state)
{
	struct interleave *iv = fresh();

	(void)state;
	TELL(iv, 0, alloc, MEM_DATA, 7, 1);
	TELL(iv, 4, access, WALKER_IOMMU0, 0, 8, 0, 0, 0, 0);
	assert_int_equal(count(), 0);
	interleave_destroy(iv);
}

static void the_other_order_is_another_feature(void **state)
{
	struct interleave *iv = fresh();
	uint8_t first[INTERLEAVE_FEATURES];

	(void)state;
	TELL(iv, 0, free, MEM_DATA, 7, 1);
	TELL(iv, 4, access, WALKER_IOMMU0, 0, 7, 0, 0, 0, 0);
	memcpy(first, features, sizeof(first));
	memset(features, 0, sizeof(features));
	interleave_begin(iv);
	TELL(iv, 4, access, WALKER_IOMMU0, 0, 7, 0, 0, 0, 0);
	TELL(iv, 0, free, MEM_DATA, 7, 1);
	assert_int_equal(count(), 1);
	assert_memory_not_equal(first, features, sizeof(first));
	interleave_destroy(iv);
}

/* Addresses and numbers are no part of it: else every run would be new. */
static void the_same_meeting_elsewhere_is_the_same_feature(void **state)
{
	struct interleave *iv = fresh();

	(void)state;
	for (uint32_t pfn = 7; pfn < 12; pfn++) {
		TELL(iv, 0, free, MEM_DATA, pfn, 1);
		TELL(iv, 4 + pfn % 2, access, WALKER_IOMMU0, 0, pfn, 0, 0, 0, 0);
	}
	assert_int_equal(count(), 1);
	interleave_destroy(iv);
}

/* Nor is the number of the IOMMU. */
static void the_same_meeting_at_another_iommu_is_the_same_feature(void **state)
{
	struct interleave *iv = fresh();

	(void)state;
	for (uint8_t iommu = 0; iommu < 2; iommu++) {
		TELL(iv, 0, inv_ctx, WALKER_IOMMU0 + iommu, 0, 0, 0, 0);
		TELL(iv, 4, fill_ctx, WALKER_IOMMU0 + iommu, 0, 0, 0, 0, 0);
	}
	assert_int_equal(count(), 1);
	interleave_destroy(iv);
}

static void a_new_run_forgets(void **state)
{
	struct interleave *iv = fresh();

	(void)state;
	TELL(iv, 0, free, MEM_DATA, 7, 1);
	interleave_begin(iv);
	TELL(iv, 4, access, WALKER_IOMMU0, 0, 7, 0, 0, 0, 0);
	assert_int_equal(count(), 0);
	interleave_destroy(iv);
}

static void the_operation_counts(void **state)
{
	struct interleave *iv = fresh();

	(void)state;
	TELL(iv, 0, free, MEM_DATA, 7, 1);
	TELL(iv, 4, access, WALKER_IOMMU0, 0, 7, 0, 0, 0, 0);
	TELL(iv, 0, op_begin, OP_MUNMAP, 0, 0, 1, 0, 0, 0);
	TELL(iv, 0, free, MEM_DATA, 7, 1);
	memset(features, 0, sizeof(features));
	TELL(iv, 4, access, WALKER_IOMMU0, 0, 7, 0, 0, 0, 0);
	assert_int_equal(count(), 1);
	TELL(iv, 0, op_end, OP_MUNMAP, 0, 0, 1, 0, 0);
	TELL(iv, 0, free, MEM_DATA, 8, 1);
	TELL(iv, 4, access, WALKER_IOMMU0, 0, 8, 0, 0, 0, 0);
	assert_int_equal(count(), 2);
	interleave_destroy(iv);
}

/* A store is told by what it changed: a write-protect is not an unmap. */
static void kinds_of_stores_differ(void **state)
{
	const pte_t rw = pte_make(7, PTE_P | PTE_W | PTE_LEAF), r = pte_make(7, PTE_P | PTE_LEAF);
	const pte_t news[] = {r, 0, pte_make(8, PTE_P | PTE_W | PTE_LEAF)};
	struct interleave *iv = fresh();

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		TELL(iv, 0, entry, i, rw, news[i], 0, 0);
		TELL(iv, 4, fill, WALKER_IOMMU0, 0, i, 0, 0, 0, 0);
		assert_int_equal(count(), i + 1);
	}
	interleave_destroy(iv);
}

static void near_misses_are_told_by_powers_of_two(void **state)
{
	static const struct {
		uint32_t events;
		unsigned features;
	} rows[] = {{1, 1}, {1, 1}, {2, 2}, {3, 2}, {4, 3}, {64, 4}, {65, 4}, {1000, 4}};
	struct interleave *iv = fresh();
	struct event ev;

	(void)state;
	event_set_op_end(&ev, EV_OP_END, OP_MUNMAP, 0, 0, 1, 0, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		interleave_listen(iv, &ev, &(struct oracle_near){true, OP_MUNMAP, rows[i].events});
		assert_int_equal(count(), rows[i].features);
	}
	interleave_destroy(iv);
}

static void met_locks_are_features(void **state)
{
	struct interleave *iv = fresh();

	(void)state;
	interleave_blocked(iv, PT_MEM_ALLOC, 0, 1);
	interleave_blocked(iv, PT_MEM_ALLOC, 2, 1);
	assert_int_equal(count(), 1);
	interleave_blocked(iv, PT_MEM_FREE, 0, 1);
	assert_int_equal(count(), 2);
	interleave_destroy(iv);
}

static const char program[] = "shootdown case 1\n"
                              "hw vtd\n"
                              "cpu 0\n"
                              "  mmap a 2 rw\n"
                              "  write a\n"
                              "  munmap a 2\n"
                              "cpu 1\n"
                              "  madvise-dontneed a 2\n"
                              "dev 0 pasid 1\n"
                              "  dma-write a\n"
                              "expect clean\n";

static void run(struct world *w, struct interleave *iv, uint64_t seed, uint8_t out[INTERLEAVE_FEATURES])
{
	const struct exec_options opt = {.no_witness = true, .order = iv};
	struct policy_sticky sticky;
	struct sched_policy policy = policy_sticky(&sticky, seed, 8);
	struct case_file c;
	struct case_error err;
	struct exec_result r;

	assert_true(case_parse(&c, program, strlen(program), &err));
	memset(features, 0, sizeof(features));
	exec_run(w, &c, &policy, &opt, &r);
	assert_int_equal(r.verdict, EXEC_CLEAN);
	memcpy(out, features, sizeof(features));
}

/* What a fuzzer needs: the same schedule says the same, another one says something else. */
static void schedules_of_one_program_differ(void **state)
{
	static uint8_t a[INTERLEAVE_FEATURES], b[INTERLEAVE_FEATURES];
	struct interleave *iv = fresh();
	struct world *w = world_create();
	unsigned other = 0;

	(void)state;
	assert_non_null(w);
	run(w, iv, 1, a);
	assert_true(count() > 3);
	run(w, iv, 1, b);
	assert_memory_equal(a, b, sizeof(a));
	for (uint64_t seed = 2; seed < 12; seed++) {
		run(w, iv, seed, b);
		other += memcmp(a, b, sizeof(a)) != 0;
	}
	assert_true(other >= 8);
	world_destroy(w);
	interleave_destroy(iv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(two_actors_at_one_frame_are_a_feature),
	        cmocka_unit_test(one_actor_alone_is_none),
	        cmocka_unit_test(two_objects_are_none),
	        cmocka_unit_test(the_other_order_is_another_feature),
	        cmocka_unit_test(the_same_meeting_elsewhere_is_the_same_feature),
	        cmocka_unit_test(the_same_meeting_at_another_iommu_is_the_same_feature),
	        cmocka_unit_test(a_new_run_forgets),
	        cmocka_unit_test(the_operation_counts),
	        cmocka_unit_test(kinds_of_stores_differ),
	        cmocka_unit_test(near_misses_are_told_by_powers_of_two),
	        cmocka_unit_test(met_locks_are_features),
	        cmocka_unit_test(schedules_of_one_program_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
