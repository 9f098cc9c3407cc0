/* SPDX-License-Identifier: MIT */
/* Races that a page fault loses: whom it lets go first, and when an access gives up. */
#include "support_mm.h"

#include "mm/state.h"

enum { A = 0 };

static void swap_one_out(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, A, 1, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	assert_int_equal(mm_reclaim(b->mm, 0, A, 1), 0);
	assert_true(mmbox_leaf(b, 0, A) & PTE_SWAP);
}

static void read_it(struct mmbox *b) { assert_int_equal(mm_access(b->mm, 0, A, false), 0); }

/* The CPU has freed the block and not yet stored the entry: all that helps is to let it run. */
static void fault_beside(struct mmbox *b)
{
	uint32_t serial;

	assert_true(b->switched);
	assert_true(mmbox_leaf(b, 0, A) & PTE_SWAP);
	assert_int_equal(b->mm->blocks, 0);
	assert_int_equal(mm_device_fault(b->mm, 0, A, false, &serial), 0);
	assert_true(pte_present(mmbox_leaf(b, 0, A)));
}

static void a_fault_that_meets_another_gives_way(void **state)
{
	(void)state;
	for (enum profile_id id = 0; id < PROFILE_COUNT; id++) {
		struct mmbox *b = mmbox_new(id, 1);

		mmbox_run(b, swap_one_out);
		assert_int_equal(mmbox_run2(b, read_it, PT_MM_FAULT_SET, fault_beside), SCHED_DONE);
		mmbox_audit(b);
		mmbox_free(b);
	}
}

/* Takes the page that both map away, so many times: while CPU 0 looks it up, or has been told to try again. */
static void truncate_beside_access(struct mmbox *b, int times)
{
	while (times && !sched_finished(b->s, 0)) {
		b->switched = false; /* and back again as soon as we can run */
		if (mmbox_leaf(b, 0, A)) {
			assert_int_equal(mm_truncate(b->mm, 1, A, 1), 0);
			times--;
		}
		sched_relax(b->s, PT_OP_BEGIN);
	}
}

static void map_both(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, A, 1, true, MM_FILE), 0);
	assert_int_equal(mm_mmap(b->mm, 1, A, 1, true, MM_FILE), 0);
}

static void six_times(struct mmbox *b) { truncate_beside_access(b, 6); }
static void seven_times(struct mmbox *b) { truncate_beside_access(b, 7); }
static void read_in_vain(struct mmbox *b) { assert_int_equal(mm_access(b->mm, 0, A, false), -EFAULT); }

static unsigned faults(struct mmbox *b, mmbox_body *access, mmbox_body *beside)
{
	mmbox_reset(b, PROFILE_VTD, 2);
	mmbox_run(b, map_both);
	assert_int_equal(mmbox_run2(b, access, PT_HW_CPU_LOOKUP, beside), SCHED_DONE);
	mmbox_audit(b);
	return mmbox_count(b, EV_FAULT);
}

static void an_access_may_fault_eight_times_and_no_more(void **state)
{
	struct mmbox *b = mmbox_new(PROFILE_VTD, 2);

	(void)state;
	assert_int_equal(faults(b, read_it, six_times), 8);
	assert_int_equal(faults(b, read_in_vain, seven_times), 9);
	mmbox_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_fault_that_meets_another_gives_way),
	        cmocka_unit_test(an_access_may_fault_eight_times_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
