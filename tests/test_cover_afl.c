/* SPDX-License-Identifier: MIT */
/*
 * What AFL++ is shown of an input, with a map and guards of this test's own in
 * place of afl-compiler-rt: no set-up, no counts, each feature at its guard,
 * and nothing that is common once that has been learnt.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/run/interleave.h"
#include "fuzz/cover.h"
#include "tests/case_support.h"

/* Guard 0 is the runtime's own byte, and some edges came before. */
enum { EDGES = 40, MAP = EDGES + INTERLEAVE_FEATURES };

extern uint8_t *__afl_area_ptr;
extern uint32_t __afl_map_size;
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);

static uint8_t map[MAP + 64];
uint8_t *__afl_area_ptr = map;
uint32_t __afl_map_size = MAP;
static uint32_t given = EDGES;

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop)
{
	for (uint32_t *g = start; g < stop; g++)
		*g = given++;
}

/* As __afl_persistent_loop() does before an input. */
static void loop(void)
{
	memset(map, 0, sizeof(map));
	map[0] = 1;
}

static void run(unsigned edge, uint8_t times, unsigned feature)
{
	loop();
	cover_begin();
	map[edge] = times;
	if (feature < INTERLEAVE_FEATURES)
		cover_counters()[feature] = 3;
	cover_publish();
}

static unsigned shown(void)
{
	unsigned n = 0;

	for (unsigned i = 1; i < sizeof(map); i++)
		n += map[i] != 0;
	return n;
}

static void test_features_are_in_the_map_once(void **state)
{
	(void)state;
	assert_int_equal(given, MAP);
	run(5, 200, 7);
	assert_int_equal(map[5], 1);
	assert_int_equal(map[EDGES + 7], 1);
	assert_int_equal(shown(), 2);
	run(6, 1, INTERLEAVE_FEATURES); /* none: those of the last input are gone */
	assert_int_equal(shown(), 1);
	assert_int_equal(map[6], 1);
}

static void test_set_up_is_not_shown(void **state)
{
	(void)state;
	loop();
	memset(map + 1, 9, EDGES - 1);
	map[MAP] = 77; /* nobody's */
	cover_begin();
	assert_int_equal(shown(), 1);
	cover_publish();
	assert_int_equal(map[0], 1);
	assert_int_equal(map[MAP], 77);
	assert_int_equal(shown(), 1);
}

static void test_common_is_not_shown(void **state)
{
	(void)state;
	assert_true(cover_learn(3));
	for (unsigned i = 1; i <= 3; i++) {
		run(i, 1, i);
		assert_int_equal(shown(), 0);
		assert_int_equal(map[0], 1);
	}
	for (unsigned i = 1; i <= 3; i++) {
		run(i, 1, i);
		assert_int_equal(shown(), 0);
	}
	for (unsigned twice = 0; twice < 2; twice++) { /* what came later is shown, each time */
		run(4, 1, 4);
		assert_int_equal(shown(), 2);
	}
	run(4, 1, 3);
	assert_int_equal(shown(), 1);
}

/* A crash ends the process that has learnt; the next one knows what it knew. */
static void test_learning_outlives_a_process(void **state)
{
	pid_t child;
	int status;

	(void)state;
	assert_true(cover_learn(2));
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		run(8, 1, 8);
		run(9, 1, 9);
		_exit(shown() == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	run(8, 1, 9);
	assert_int_equal(shown(), 0);
	run(10, 1, 10);
	assert_int_equal(shown(), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_features_are_in_the_map_once),
	        cmocka_unit_test(test_set_up_is_not_shown),
	        cmocka_unit_test(test_common_is_not_shown),
	        cmocka_unit_test(test_learning_outlives_a_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
