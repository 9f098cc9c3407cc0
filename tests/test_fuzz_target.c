/* SPDX-License-Identifier: MIT */
/*
 * The fuzz target with a cover (fuzz/cover.h) of this test's own: when it is
 * told what, and what the environment says to it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/run/exec.h"
#include "engine/run/interleave.h"
#include "engine/search/generate.h"
#include "fuzz/cover.h"
#include "fuzz/mutate.h"
#include "tests/case_support.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t counters[INTERLEAVE_FEATURES];
static struct {
	unsigned begun, published, counted; /* counted: features when it was published */
	uint32_t learn;
} told;
static struct exec_counts counts;
static struct case_file c;

uint8_t *cover_counters(void) { return counters; }

bool cover_learn(uint32_t inputs)
{
	told.learn = inputs;
	return true;
}

void cover_begin(void)
{
	assert_int_equal(told.begun, told.published);
	told.begun++;
}

void cover_publish(void)
{
	told.published++;
	for (unsigned i = 0; i < INTERLEAVE_FEATURES; i++)
		told.counted += counters[i] != 0;
	memset(counters, 0, sizeof(counters));
}

static void a_case(uint64_t seed)
{
	const struct generate_config any = {.profile = PROFILE_VTD};
	struct rng r;

	rng_seed(&r, seed);
	generate_case(&c, &r, &any);
}

static void test_each_input_begins_and_is_published(void **state)
{
	static uint8_t bytes[CASE_BIN_MAX];

	(void)state;
	for (unsigned i = 1; i <= 20; i++) {
		a_case(i);
		LLVMFuzzerTestOneInput(bytes, mutate_encode(&c, bytes, sizeof(bytes)));
		assert_int_equal(told.begun, i);
		assert_int_equal(told.published, i);
	}
	assert_true(told.counted > 20);
	assert_int_equal(told.learn, 0); /* nobody asked for it */
}

static unsigned events_before, begins;
static void note_begin(void)
{
	begins++;
	for (unsigned i = 0; i < EV_COUNT; i++)
		events_before += counts.event[i];
	for (unsigned i = 0; i < OP_COUNT; i++)
		assert_int_equal(counts.op[i], 0);
}

/* After the set-up, which has events of its own, and before the first op. */
static void test_a_run_begins_once_it_is_set_up(void **state)
{
	const struct exec_options opt = {.counts = &counts, .begun = note_begin};
	struct world *w = world_create();
	struct exec_result result;

	(void)state;
	assert_non_null(w);
	a_case(3);
	exec_run(w, &c, NULL, &opt, &result);
	assert_int_equal(begins, 1);
	assert_true(events_before > 0);
	assert_true(result.ops > 0);
	world_destroy(w);
}

/* Returns what the target ends with, or 100 and how much it wants to learn. */
static int with_environment(const char *learn)
{
	const pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		assert_non_null(freopen("/dev/null", "w", stderr));
		setenv("SHOOTDOWN_LEARN", learn, 1);
		LLVMFuzzerInitialize(NULL, NULL);
		_exit(100 + (int)told.learn);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* First of all: there is one target a process, and its environment is read once. */
static void test_environment_says_how_much_to_learn(void **state)
{
	(void)state;
	assert_int_equal(with_environment("17"), 117);
	assert_int_equal(with_environment("0"), 100);
	assert_int_equal(with_environment(""), 100);
	assert_int_equal(with_environment("1000000") != 2, 1);
	assert_int_equal(with_environment("1000001"), 2);
	assert_int_equal(with_environment("-1"), 2);
	assert_int_equal(with_environment(" 1"), 2);
	assert_int_equal(with_environment("12x"), 2);
	assert_int_equal(with_environment("99999999999999999999999"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_environment_says_how_much_to_learn),
	        cmocka_unit_test(test_each_input_begins_and_is_published),
	        cmocka_unit_test(test_a_run_begins_once_it_is_set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
