/* SPDX-License-Identifier: MIT */
/* What system calls of one CPU do to its own memory, on every profile. */
#include "support_mm.h"

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

/* No memory for the new place: everything is back where it was, and nothing is mapped there. */
static void move_without_memory(struct mmbox *b)
{
	uint64_t v;
	int n = 0;

	assert_int_equal(mm_mmap(b->mm, 0, A, 12, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 7, true), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 8, true), 0);
	assert_int_equal(mm_mmap(b->mm, 0, C, 1, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, C, true), 0);
	v = mmbox_word(b, 0, A + 7, 0);
	for (b->m.fail_after = 0; mm_mremap(b->mm, 0, A + 6, C + 6, 4); b->m.fail_after = ++n) {
		assert_int_equal(mmbox_word(b, 0, A + 7, 0), v);
		assert_int_equal(mm_access(b->mm, 0, A + 8, true), 0);
		for (sd_page i = 0; i < 4; i++)
			assert_int_equal(mm_access(b->mm, 0, C + 6 + i, false), -EFAULT);
	}
	assert_true(n > 1); /* a vma, and a table when some pages have moved */
	assert_int_equal(mmbox_word(b, 0, C + 7, 0), v);
	assert_int_equal(mm_access(b->mm, 0, C, true), 0);
}

static void mremap_without_memory_has_not_happened(void **state)
{
	(void)state;
	for_each_profile(1, move_without_memory);
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

/* Each operation on a range: nothing, one page beyond the end, and all of it behind the end. */
static void every_range_is_looked_at(struct mmbox *b)
{
	const sd_page end = b->m.pages;
	const struct {
		sd_page start;
		unsigned n;
	} bad[] = {{A, 0}, {end - 1, 2}, {end, 1}};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sd_page start = bad[i].start;
		unsigned n = bad[i].n;

		assert_int_equal(mm_mmap(b->mm, 0, start, n, true, MM_ANON), -EINVAL);
		assert_int_equal(mm_munmap(b->mm, 0, start, n), -EINVAL);
		assert_int_equal(mm_madvise_dontneed(b->mm, 0, start, n), -EINVAL);
		assert_int_equal(mm_mprotect(b->mm, 0, start, n, false), -EINVAL);
		assert_int_equal(mm_mremap(b->mm, 0, start, B, n), -EINVAL);
		assert_int_equal(mm_mremap(b->mm, 0, A, start, n), -EINVAL);
		assert_int_equal(mm_reclaim(b->mm, 0, start, n), -EINVAL);
		assert_int_equal(mm_writeback(b->mm, 0, start, n), -EINVAL);
		assert_int_equal(mm_truncate(b->mm, 0, start, n), -EINVAL);
	}
	assert_int_equal(b->m.in_use, b->base);
}

static void a_range_out_of_the_space_is_refused(void **state)
{
	(void)state;
	for_each_profile(1, every_range_is_looked_at);
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

static void map_until_full(struct mmbox *b)
{
	int n = 0, err;

	while (!(err = mm_mmap(b->mm, 0, (sd_page)(8 * n), 1, true, MM_ANON)))
		assert_int_equal(mm_access(b->mm, 0, (sd_page)(8 * n++), true), 0);
	assert_int_equal(err, -ENOMEM);
	assert_true(n > 16); /* more tables than one batch has room for */
	for (int i = 0; i < n; i++)
		assert_int_equal(mm_access(b->mm, 0, (sd_page)(8 * i), true), 0);
	assert_int_equal(mm_access(b->mm, 0, (sd_page)(8 * n), true), -EFAULT);
	b->ev.len = 0;
	assert_int_equal(mm_exit(b->mm, 0), 0);
}

/* The last of these entries that named it is gone. */
static bool unlinked(const struct mmbox *b, sd_page table, uint32_t at)
{
	while (at--) {
		const struct event *e = &b->log[at];

		if (e->type == EV_ENTRY && pte_table(e->store.old) && pte_pfn(e->store.old) == table)
			return e->store.value == 0;
	}
	return false;
}

static void no_room_for_a_vma_is_an_error_and_tables_go_unlinked(void **state)
{
	(void)state;
	for (enum profile_id id = 0; id < PROFILE_COUNT; id++) {
		struct mmbox *b = mmbox_new(id, 1);
		sd_page root = mm_root(b->mm, 0);
		unsigned tables = 0;

		mmbox_run(b, map_until_full);
		for (uint32_t i = 0; i < b->ev.len; i++) {
			const struct event *e = &b->log[i];

			if (e->type != EV_FRAME_FREE || e->frames.kind != MEM_TABLE || e->frames.pfn == root)
				continue;
			assert_true(unlinked(b, e->frames.pfn, i));
			tables++;
		}
		assert_true(tables > 16);
		mmbox_audit(b);
		mmbox_free(b);
	}
}

/* The last block of memory is as good as any other. */
static void huge_page_at_the_end(struct mmbox *b)
{
	sd_page pfn;
	int level;

	assert_int_equal(mm_mmap(b->mm, 0, A, 1, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	do
		pfn = mem_alloc(&b->m, MEM_DATA, MMBOX_SPAN);
	while (pfn != MEM_NO_FRAME && pfn + MMBOX_SPAN < MEM_FRAMES);
	assert_int_equal(pfn, MEM_FRAMES - MMBOX_SPAN);
	mem_free(&b->m, pfn, MMBOX_SPAN);
	assert_int_equal(mm_mmap(b->mm, 0, B, 8, true, MM_HUGE), 0);
	assert_int_equal(mm_access(b->mm, 0, B + 7, true), 0);
	assert_int_equal(pte_pfn(mmbox_pte(b, 0, B, &level)), MEM_FRAMES - MMBOX_SPAN);
	assert_int_equal(level, 1);
	assert_int_equal(mm_mprotect(b->mm, 0, B, 8, false), 0);
	assert_int_equal(mm_access(b->mm, 0, B, true), -EFAULT);
	assert_int_equal(mm_munmap(b->mm, 0, B, 8), 0);
	assert_int_equal(b->m.frame[MEM_FRAMES - 1].kind, MEM_FREE);
}

static void the_last_block_of_memory_serves_as_a_huge_page(void **state)
{
	(void)state;
	for (enum profile_id id = 0; id < PROFILE_COUNT; id++) {
		struct mmbox *b = mmbox_new(id, 1);

		mmbox_run(b, huge_page_at_the_end);
		assert_int_equal(mmbox_count(b, EV_BAD_REF), 0);
		mmbox_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(anonymous_memory_is_made_by_the_first_access),
	        cmocka_unit_test(unmapped_pages_and_empty_tables_are_freed),
	        cmocka_unit_test(zapped_pages_read_as_zeros_again),
	        cmocka_unit_test(protection_goes_down_and_up),
	        cmocka_unit_test(mremap_takes_the_content_along),
	        cmocka_unit_test(mremap_without_memory_has_not_happened),
	        cmocka_unit_test(exit_frees_everything),
	        cmocka_unit_test(the_top_of_the_address_space_works),
	        cmocka_unit_test(a_range_out_of_the_space_is_refused),
	        cmocka_unit_test(device_faults_are_served_like_those_of_cpus),
	        cmocka_unit_test(no_room_for_a_vma_is_an_error_and_tables_go_unlinked),
	        cmocka_unit_test(the_last_block_of_memory_serves_as_a_huge_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
