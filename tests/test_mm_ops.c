/* SPDX-License-Identifier: MIT */
/* What system calls of one CPU do to its own memory, on every profile. */
#include "test_mm.h"

/* Where things are: a table's span each, all under one upper table. */
enum { A = 0, B = 8, C = 16 };

static void for_each_profile(int mms, mmbox_body *body)
{
	for (enum profile_id id = 0; id < PROFILE_COUNT; id++) {
		struct mmbox *b = mmbox_new(id, mms);

		mmbox_run(b, body);
		mmbox_audit(b);
		mmbox_free(b);
	}
}

static void map_write_read(struct mmbox *b)
{
	assert_int_equal(mm_access(b->mm, 0, A, false), -EFAULT);
	assert_int_equal(mm_mmap(b->mm, 0, A, 4, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 1, true), 0);
	assert_true(mmbox_leaf(b, 0, A + 1) & PTE_D);
	assert_int_equal(mm_access(b->mm, 0, A + 2, false), 0);
	assert_false(mmbox_leaf(b, 0, A + 2) & PTE_W); /* the first write is an upgrade */
	assert_int_equal(mm_access(b->mm, 0, A + 2, true), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 4, true), -EFAULT);
}

static void anonymous_memory_is_made_by_the_first_access(void **state)
{
	(void)state;
	for_each_profile(1, map_write_read);
}

static void unmap_all(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, A, 16, true, MM_ANON), 0);
	for (sd_page i = 0; i < 16; i++)
		assert_int_equal(mm_access(b->mm, 0, A + i, true), 0);
	assert_int_equal(mm_munmap(b->mm, 0, A + 2, 3), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 3, false), -EFAULT);
	assert_int_equal(mm_access(b->mm, 0, A + 5, true), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 1, true), 0);
	assert_int_equal(mm_munmap(b->mm, 0, A, 16), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 5, false), -EFAULT);
	assert_int_equal(b->m.in_use, b->base); /* tables are gone as well */
}

static void unmapped_pages_and_empty_tables_are_freed(void **state)
{
	(void)state;
	for_each_profile(1, unmap_all);
}

static void zap_keeps_vma(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, A, 2, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	assert_int_equal(mm_madvise_dontneed(b->mm, 0, A, 2), 0);
	assert_int_equal(mmbox_leaf(b, 0, A), 0);
	assert_int_equal(mm_access(b->mm, 0, A, false), 0);
	assert_int_equal(mmbox_word(b, 0, A, 0), 0);
	assert_int_equal(mm_madvise_dontneed(b->mm, 0, A, 3), -ENOMEM);
}

static void zapped_pages_read_as_zeros_again(void **state)
{
	(void)state;
	for_each_profile(1, zap_keeps_vma);
}

static void protect(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, A, 4, true, MM_ANON), 0);
	for (sd_page i = 0; i < 4; i++)
		assert_int_equal(mm_access(b->mm, 0, A + i, true), 0);
	assert_int_equal(mm_mprotect(b->mm, 0, A + 1, 2, false), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 1, true), -EFAULT);
	assert_int_equal(mm_access(b->mm, 0, A + 2, false), 0);
	assert_true(mmbox_leaf(b, 0, A + 2) & PTE_D); /* not lost */
	assert_int_equal(mm_access(b->mm, 0, A + 3, true), 0);
	assert_int_equal(mm_mprotect(b->mm, 0, A, 4, true), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 1, true), 0);
	assert_int_equal(mm_mprotect(b->mm, 0, A + 3, 2, false), -ENOMEM); /* a hole */
}

static void protection_goes_down_and_up(void **state)
{
	(void)state;
	for_each_profile(1, protect);
}

static void move(struct mmbox *b)
{
	uint64_t v;

	assert_int_equal(mm_mmap(b->mm, 0, A, 4, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 2, true), 0);
	v = mmbox_word(b, 0, A + 2, 0);
	assert_int_not_equal(v, 0);
	assert_int_equal(mm_mmap(b->mm, 0, B, 8, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, B + 3, true), 0);
	assert_int_equal(mm_mremap(b->mm, 0, A + 1, B + 2, 3), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 2, false), -EFAULT);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	assert_int_equal(mmbox_word(b, 0, B + 3, 0), v);
	assert_int_equal(mm_access(b->mm, 0, B + 3, true), 0);
	assert_int_equal(mm_access(b->mm, 0, B, true), 0);
	assert_int_equal(mm_mremap(b->mm, 0, B, B + 1, 4), -EINVAL);
	assert_int_equal(mm_mremap(b->mm, 0, C, A, 1), -EFAULT);
}

static void mremap_takes_the_content_along(void **state)
{
	(void)state;
	for_each_profile(1, move);
}

static void everything_then_exit(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, A, 3, true, MM_ANON), 0);
	assert_int_equal(mm_mmap(b->mm, 0, B, 8, true, MM_HUGE), 0);
	for (sd_page i = 0; i < 3; i++)
		assert_int_equal(mm_access(b->mm, 0, A + i, true), 0);
	assert_int_equal(mm_access(b->mm, 0, B, true), 0);
	assert_int_equal(mm_reclaim(b->mm, 0, A, 2), 0);
	assert_int_equal(mm_exit(b->mm, 0), 0);
	assert_false(mm_alive(b->mm, 0));
	assert_int_equal(b->m.in_use, b->base - 1); /* the root, too */
	assert_int_equal(mm_access(b->mm, 0, A, false), -ESRCH);
	assert_int_equal(mm_mmap(b->mm, 0, A, 1, true, MM_ANON), -ESRCH);
	assert_int_equal(mm_exit(b->mm, 0), -ESRCH);
}

static void exit_frees_everything(void **state)
{
	(void)state;
	for_each_profile(1, everything_then_exit);
}

static void out_of_range(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, b->m.pages - 1, 2, true, MM_ANON), -EINVAL);
	assert_int_equal(mm_mmap(b->mm, 0, A, 0, true, MM_ANON), -EINVAL);
	assert_int_equal(mm_mmap(b->mm, 0, b->m.pages - 1, 1, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, b->m.pages - 1, true), 0);
	assert_int_equal(mm_access(b->mm, 0, b->m.pages, true), -EFAULT);
	assert_int_equal(mm_munmap(b->mm, 0, b->m.pages - 1, 1), 0);
	assert_int_equal(b->m.in_use, b->base);
}

static void the_top_of_the_address_space_works(void **state)
{
	(void)state;
	for_each_profile(1, out_of_range);
}

static void device_touches(struct mmbox *b)
{
	uint32_t serial = 0, again = 0;

	assert_int_equal(mm_device_fault(b->mm, 0, A, false, &serial), -EFAULT);
	assert_int_equal(mm_mmap(b->mm, 0, A, 1, true, MM_ANON), 0);
	assert_int_equal(mm_device_fault(b->mm, 0, A, true, &serial), 0);
	assert_int_equal(mmbox_leaf(b, 0, A) & (PTE_P | PTE_W | PTE_A | PTE_D),
	                 PTE_P | PTE_W | PTE_A | PTE_D);
	assert_int_not_equal(serial, 0);
	assert_int_equal(mm_device_fault(b->mm, 0, A, false, &again), 0);
	assert_int_equal(again, serial); /* found good */
	assert_int_equal(mm_mprotect(b->mm, 0, A, 1, false), 0);
	assert_int_equal(mm_device_fault(b->mm, 0, A, true, &again), -EFAULT);
	assert_int_equal(mm_device_fault(b->mm, 3, A, true, &again), -ESRCH);
}

static void device_faults_are_served_like_those_of_cpus(void **state)
{
	(void)state;
	for_each_profile(1, device_touches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(anonymous_memory_is_made_by_the_first_access),
	        cmocka_unit_test(unmapped_pages_and_empty_tables_are_freed),
	        cmocka_unit_test(zapped_pages_read_as_zeros_again),
	        cmocka_unit_test(protection_goes_down_and_up),
	        cmocka_unit_test(mremap_takes_the_content_along),
	        cmocka_unit_test(exit_frees_everything),
	        cmocka_unit_test(the_top_of_the_address_space_works),
	        cmocka_unit_test(device_faults_are_served_like_those_of_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
