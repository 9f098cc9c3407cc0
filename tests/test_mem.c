/* SPDX-License-Identifier: MIT */
/* Frames, entries and instance serials. */
#include "test_mem.h"

static void the_frame_freed_last_is_reused_first(void **state)
{
	struct bench *b = *state;
	sd_page first = mem_alloc(&b->m, MEM_DATA, 1), second = mem_alloc(&b->m, MEM_DATA, 1);

	assert_int_not_equal(first, 0); /* frame 0 belongs to nobody */
	assert_int_equal(second, first + 1);
	mem_free(&b->m, first, 1);
	mem_free(&b->m, second, 1);
	assert_int_equal(mem_alloc(&b->m, MEM_TABLE, 1), second);
	assert_int_equal(b->m.frame[second].gen, 2);
}

static void blocks_are_aligned_and_counted(void **state)
{
	struct bench *b = *state;
	sd_page one = mem_alloc(&b->m, MEM_DATA, 1), block = mem_alloc(&b->m, MEM_DATA, 8);

	assert_int_equal(block % 8, 0);
	assert_true(block > one);
	assert_int_equal(b->m.in_use, 9);
	mem_free(&b->m, block, 8);
	assert_int_equal(b->m.in_use, 1);
}

static void memory_runs_out_and_says_so(void **state)
{
	struct bench *b = *state;
	int n = 0;

	while (mem_alloc(&b->m, MEM_DATA, 1) != MEM_NO_FRAME)
		n++;
	assert_int_equal(n, MEM_FRAMES - 1);
	mem_reset(&b->m);
	b->m.fail_after = 1;
	assert_int_not_equal(mem_alloc(&b->m, MEM_DATA, 1), MEM_NO_FRAME);
	assert_int_equal(mem_alloc(&b->m, MEM_DATA, 1), MEM_NO_FRAME);
}

static void freed_frames_hold_nothing_present(void **state)
{
	struct bench *b = *state;
	sd_page table = mem_alloc(&b->m, MEM_TABLE, 1);
	mem_entry e = mem_at(&b->m, table, 3);

	mem_store(&b->m, e, pte_make(9, RW), PT_OP_BEGIN);
	mem_free(&b->m, table, 1);
	assert_false(pte_present(mem_walk(&b->m, e, PT_OP_BEGIN)));
}

static void walks_out_of_memory_find_nothing(void **state)
{
	struct bench *b = *state;
	mem_entry e = mem_at(&b->m, 5000, 0);
	pte_t v = RW;

	assert_int_equal(mem_walk(&b->m, e, PT_OP_BEGIN), 0);
	assert_false(mem_set_ad(&b->m, 0, e, &v, PTE_A, PT_OP_BEGIN));
	assert_int_equal(mem_word_load(&b->m, 5000, 0, PT_OP_BEGIN), 0);
	mem_word_store(&b->m, 5000, 0, 1, PT_OP_BEGIN);
}

static void software_makes_instances_and_hardware_does_not(void **state)
{
	struct bench *b = *state;
	mem_entry e = mem_at(&b->m, mem_alloc(&b->m, MEM_TABLE, 1), 0);
	uint32_t born;
	pte_t v = pte_make(9, RW);

	mem_store(&b->m, e, v, PT_OP_BEGIN);
	born = mem_serial(&b->m, e);
	assert_true(mem_set_ad(&b->m, 0, e, &v, PTE_A | PTE_D, PT_OP_BEGIN));
	assert_int_equal(mem_serial(&b->m, e), born);
	mem_store(&b->m, e, v | PTE_COW, PT_OP_BEGIN); /* software's own bit */
	assert_int_equal(mem_serial(&b->m, e), born);
	mem_store(&b->m, e, v & ~(pte_t)PTE_D, PT_OP_BEGIN); /* clears D */
	assert_int_equal(mem_serial(&b->m, e), born + 1);
	mem_store(&b->m, e, 0, PT_OP_BEGIN);
	assert_int_equal(mem_serial(&b->m, e), born + 2);
	mem_store(&b->m, e, pte_make(4, PTE_SWAP), PT_OP_BEGIN);
	assert_int_equal(mem_serial(&b->m, e), born + 2);
}

static void a_store_tells_which_instance_died(void **state)
{
	struct bench *b = *state;
	mem_entry e = mem_at(&b->m, mem_alloc(&b->m, MEM_TABLE, 1), 0);
	uint32_t born;

	mem_store(&b->m, e, pte_make(9, RW), PT_OP_BEGIN);
	born = mem_serial(&b->m, e);
	mem_store(&b->m, e, 0, PT_OP_END);
	assert_int_equal(b->log[b->ev.len - 1].type, EV_ENTRY);
	assert_int_equal(b->log[b->ev.len - 1].store.point, PT_OP_END);
	assert_int_equal(b->log[b->ev.len - 1].store.old_serial, born);
}

static void losing_a_cmpxchg_changes_nothing(void **state)
{
	struct bench *b = *state;
	mem_entry e = mem_at(&b->m, mem_alloc(&b->m, MEM_TABLE, 1), 0);
	pte_t old = 0;

	mem_store(&b->m, e, pte_make(9, RW), PT_OP_BEGIN);
	assert_false(mem_cmpxchg(&b->m, e, &old, pte_make(8, RW), PT_OP_BEGIN));
	assert_int_equal(old, pte_make(9, RW));
	assert_int_equal(mem_peek(&b->m, e), pte_make(9, RW));
}

static void bad_geometry_is_refused(void **state)
{
	struct mem m;

	(void)state;
	assert_false(mem_init(&m, (struct mem_geometry){1, 3}, NULL, NULL));
	assert_false(mem_init(&m, (struct mem_geometry){3, 10}, NULL, NULL));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_frame_freed_last_is_reused_first),
	        TEST(blocks_are_aligned_and_counted),
	        TEST(memory_runs_out_and_says_so),
	        TEST(freed_frames_hold_nothing_present),
	        TEST(walks_out_of_memory_find_nothing),
	        TEST(software_makes_instances_and_hardware_does_not),
	        TEST(a_store_tells_which_instance_died),
	        TEST(losing_a_cmpxchg_changes_nothing),
	        cmocka_unit_test(bad_geometry_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
