/* SPDX-License-Identifier: MIT */
/* Pages with more than one user: fork, files, huge pages, swap; and running out of memory in all of it. */
#include "support_mm.h"

#include "mm/state.h"

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

/* -- fork ------------------------------------------------------------------------- */

static void fork_and_write(struct mmbox *b)
{
	uint64_t v;

	assert_int_equal(mm_mmap(b->mm, 0, A, 2, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	v = mmbox_word(b, 0, A, 0);
	assert_int_equal(mm_access(b->mm, 1, A, false), -ESRCH);
	assert_int_equal(mm_fork(b->mm, 0), 0);
	assert_true(mm_alive(b->mm, 1));
	assert_int_equal(mmbox_pfn(b, 0, A), mmbox_pfn(b, 1, A));
	assert_false(mmbox_leaf(b, 0, A) & PTE_W);
	assert_true(mmbox_leaf(b, 0, A) & PTE_D);

	assert_int_equal(mm_access(b->mm, 0, A, true), 0); /* the parent breaks the sharing */
	assert_int_not_equal(mmbox_pfn(b, 0, A), mmbox_pfn(b, 1, A));
	assert_int_equal(mmbox_word(b, 1, A, 0), v);
	assert_int_not_equal(mmbox_word(b, 0, A, 0), v);

	v = mmbox_pfn(b, 1, A);
	assert_int_equal(mm_access(b->mm, 1, A, true), 0); /* the child is alone with the page: reuse */
	assert_int_equal(mmbox_pfn(b, 1, A), v);
}

static void fork_shares_until_the_first_write(void **state)
{
	(void)state;
	for_each_profile(1, fork_and_write);
}

static void fork_thrice(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, A, 1, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	for (int i = 1; i < SD_MAX_MMS; i++)
		assert_int_equal(mm_fork(b->mm, 0), 0);
	assert_int_equal(mm_fork(b->mm, 0), -ENOMEM);
	assert_int_equal(mm_exit(b->mm, 1), 0);
	assert_int_equal(mm_fork(b->mm, 0), 0); /* the slot is free again */
	assert_true(mm_alive(b->mm, 1));
}

static void fork_fills_the_lowest_free_mm(void **state)
{
	(void)state;
	for_each_profile(1, fork_thrice);
}

/* A slot that an earlier child left is like new. */
static void fork_again(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, A, 4, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	assert_int_equal(mm_fork(b->mm, 0), 0);
	mmbox_notify(b, 1);
	assert_int_equal(mm_access(b->mm, 1, A, true), 0);
	assert_int_equal(mm_exit(b->mm, 1), 0);
	b->told = 0;
	assert_int_equal(mm_fork(b->mm, 0), 0);
	assert_int_equal(mm_access(b->mm, 1, A, true), 0);
	assert_int_equal(mm_munmap(b->mm, 1, A, 4), 0);
	assert_int_equal(b->told, 0);
}

static void the_child_in_a_used_slot_is_alive_and_has_no_user(void **state)
{
	(void)state;
	for_each_profile(1, fork_again);
}

/* mm 1 is not alive here: whether an earlier execution let it exit changes nothing. */
static void ask_for_the_dead(struct mmbox *b) { assert_int_equal(mm_access(b->mm, 1, A, false), -ESRCH); }
static void let_it_exit(struct mmbox *b) { assert_int_equal(mm_exit(b->mm, 1), 0); }

static void a_reset_forgets_who_has_exited(void **state)
{
	struct mmbox *b = mmbox_new(PROFILE_VTD, 1);
	uint32_t points;

	(void)state;
	mmbox_run(b, ask_for_the_dead);
	points = sched_points(b->s);
	mmbox_reset(b, PROFILE_VTD, 2);
	mmbox_run(b, let_it_exit);
	mmbox_reset(b, PROFILE_VTD, 1);
	mmbox_run(b, ask_for_the_dead);
	assert_int_equal(sched_points(b->s), points);
	mmbox_free(b);
}

/* -- swap ---------------------------------------------------------------------------- */

static void swap_out_in(struct mmbox *b)
{
	uint64_t v;

	assert_int_equal(mm_mmap(b->mm, 0, A, 4, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 1, true), 0);
	v = mmbox_word(b, 0, A + 1, 0);
	assert_int_equal(mm_reclaim(b->mm, 0, A, 4), 0);
	assert_int_equal(mmbox_leaf(b, 0, A + 1) & (PTE_P | PTE_SWAP), PTE_SWAP);
	assert_int_equal(b->m.in_use, b->base + 2); /* two tables */
	assert_int_equal(mm_access(b->mm, 0, A + 1, false), 0);
	assert_int_equal(mmbox_word(b, 0, A + 1, 0), v);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 1, true), 0);
	assert_int_not_equal(mmbox_word(b, 0, A + 1, 0), v);
	assert_int_equal(mm_reclaim(b->mm, 0, A, 1), 0);
	assert_int_equal(mm_munmap(b->mm, 0, A, 4), 0);
	assert_int_equal(b->m.in_use, b->base);
}

static void reclaimed_pages_come_back_with_their_content(void **state)
{
	(void)state;
	for_each_profile(1, swap_out_in);
}

static void swap_shared(struct mmbox *b)
{
	uint64_t v;

	assert_int_equal(mm_mmap(b->mm, 0, A, 1, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	v = mmbox_word(b, 0, A, 0);
	assert_int_equal(mm_fork(b->mm, 0), 0);
	assert_int_equal(mm_reclaim(b->mm, 0, A, 1), 0);
	assert_true(mmbox_leaf(b, 0, A) & PTE_SWAP); /* out of both: found by the reverse map */
	assert_true(mmbox_leaf(b, 1, A) & PTE_SWAP);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	assert_int_equal(mm_access(b->mm, 1, A, false), 0);
	assert_int_equal(mmbox_word(b, 1, A, 0), v);
	assert_int_not_equal(mmbox_word(b, 0, A, 0), v);
	assert_int_equal(mm_exit(b->mm, 1), 0);
	assert_int_equal(mm_exit(b->mm, 0), 0);
	assert_int_equal(b->m.in_use, b->base - 1);
}

static void swapped_pages_of_two_mms_stay_shared(void **state)
{
	(void)state;
	for_each_profile(1, swap_shared);
}

/* -- the audit ------------------------------------------------------------------------------ */

static void touch_one(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, A, 1, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
}

/* What an audit says of a page whose count is wrong by hand. */
static int audited(struct mmbox *b, bool refs)
{
	struct mm_page *p = &b->mm->page[mmbox_pfn(b, 0, A)];
	uint8_t mark[MEM_FRAMES] = {0};
	int at;

	atomic_fetch_add(refs ? &p->ref : &p->map, 1);
	b->ev.len = 0;
	mm_mark_frames(b->mm, mark);
	atomic_fetch_sub(refs ? &p->ref : &p->map, 1);
	assert_int_equal(mmbox_count(b, EV_BAD_REF), 1);
	at = mmbox_at(b, EV_BAD_REF, 1);
	return b->log[at].bad_ref.reason;
}

static void the_audit_counts_references_and_mappings(void **state)
{
	struct mmbox *b = mmbox_new(PROFILE_VTD, 1);

	(void)state;
	mmbox_run(b, touch_one);
	assert_int_equal(audited(b, true), BAD_REF_AUDIT);
	assert_int_equal(audited(b, false), BAD_REF_AUDIT_MAP);
	b->ev.len = 0;
	mmbox_audit(b);
	mmbox_free(b);
}

/* -- files ------------------------------------------------------------------------------ */

static void file_pages(struct mmbox *b)
{
	uint64_t v;

	assert_int_equal(mm_mmap(b->mm, 0, A, 2, true, MM_FILE), 0);
	assert_int_equal(mm_mmap(b->mm, 1, A, 2, true, MM_FILE), 0);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	assert_int_equal(mm_access(b->mm, 1, A, false), 0);
	assert_int_equal(mmbox_pfn(b, 0, A), mmbox_pfn(b, 1, A));
	v = mmbox_word(b, 0, A, 0);

	assert_int_equal(mm_writeback(b->mm, 0, A, 2), 0);
	assert_int_equal(mmbox_leaf(b, 0, A) & (PTE_P | PTE_W | PTE_D), PTE_P);
	assert_int_equal(mmbox_count(b, EV_WRITEOUT), 1);
	assert_int_equal(mm_writeback(b->mm, 0, A, 2), 0); /* clean: nothing to do */
	assert_int_equal(mmbox_count(b, EV_WRITEOUT), 1);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	assert_int_equal(mmbox_leaf(b, 0, A) & (PTE_W | PTE_D), PTE_W | PTE_D);
	v = mmbox_word(b, 0, A, 0);

	assert_int_equal(mm_reclaim(b->mm, 1, A, 1), 0); /* out of both, written out */
	assert_int_equal(mmbox_leaf(b, 0, A), 0);
	assert_int_equal(mmbox_count(b, EV_WRITEOUT), 2);
	assert_int_equal(mm_access(b->mm, 1, A, false), 0);
	assert_int_equal(mmbox_word(b, 1, A, 0), v);
}

static void file_pages_are_shared_and_written_back(void **state)
{
	(void)state;
	for_each_profile(2, file_pages);
}

/* More often than there are blocks: each round writes a page out, drops it, and truncates what is left. */
static void truncate_again_and_again(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, A, 1, true, MM_FILE), 0);
	for (int i = 0; i < MM_BLOCKS + 4; i++) {
		assert_int_equal(mm_access(b->mm, 0, A, true), 0);
		assert_int_equal(mm_reclaim(b->mm, 0, A, 1), 0);
		assert_int_equal(mmbox_leaf(b, 0, A), 0);
		assert_int_equal(mmbox_count(b, EV_WRITEOUT), 1);
		assert_int_equal(mm_truncate(b->mm, 0, A, 1), 0);
		b->ev.len = 0;
	}
}

static void truncate_gives_blocks_back(void **state)
{
	(void)state;
	for_each_profile(1, truncate_again_and_again);
}

static void truncate_file(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, A, 4, true, MM_FILE), 0);
	assert_int_equal(mm_mmap(b->mm, 1, A, 4, true, MM_FILE), 0);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	assert_int_equal(mm_access(b->mm, 1, A + 1, true), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 3, true), 0);
	assert_int_equal(mm_mremap(b->mm, 1, A, B, 4), 0); /* same file pages, elsewhere */
	assert_int_equal(mm_writeback(b->mm, 0, A, 4), 0);
	assert_int_equal(mm_truncate(b->mm, 0, A, 3), 0);
	assert_int_equal(mmbox_leaf(b, 0, A), 0);
	assert_int_equal(mmbox_leaf(b, 1, B + 1), 0);
	assert_int_not_equal(mmbox_leaf(b, 0, A + 3), 0);
	assert_int_equal(mm_access(b->mm, 1, B + 1, false), 0);
	assert_int_equal(mmbox_word(b, 1, B + 1, 1), 0); /* not what was written back once */
	assert_int_equal(mm_truncate(b->mm, 0, A, 4), 0);
	assert_int_equal(mm_exit(b->mm, 0), 0);
	assert_int_equal(mm_exit(b->mm, 1), 0);
	assert_int_equal(b->m.in_use, b->base - 2);
}

static void truncate_takes_pages_out_of_every_mm(void **state)
{
	(void)state;
	for_each_profile(2, truncate_file);
}

/* -- huge pages ------------------------------------------------------------------------------ */

static void huge_pages(struct mmbox *b)
{
	uint64_t v;
	int level;

	assert_int_equal(mm_mmap(b->mm, 0, A + 4, 12, true, MM_HUGE), 0);
	assert_int_equal(mm_access(b->mm, 0, B + 3, true), 0);
	mmbox_pte(b, 0, B + 3, &level);
	assert_int_equal(level, 1);
	v = mmbox_word(b, 0, B + 3, 0);
	assert_int_equal(mm_access(b->mm, 0, A + 5, true), 0); /* the span is not all in the vma */
	mmbox_pte(b, 0, A + 5, &level);
	assert_int_equal(level, 0);

	assert_int_equal(mm_mremap(b->mm, 0, B, C, 8), 0); /* aligned: moves as it is */
	mmbox_pte(b, 0, C + 3, &level);
	assert_int_equal(level, 1);
	assert_int_equal(mm_munmap(b->mm, 0, C + 6, 1), 0);
	mmbox_pte(b, 0, C + 3, &level);
	assert_int_equal(level, 0);
	assert_int_equal(mmbox_word(b, 0, C + 3, 0), v);
	assert_int_equal(mm_access(b->mm, 0, C + 6, false), -EFAULT);
	assert_int_equal(mm_reclaim(b->mm, 0, C, 6), 0);
	assert_int_equal(mm_access(b->mm, 0, C + 3, false), 0);
	assert_int_equal(mmbox_word(b, 0, C + 3, 0), v);
}

static void huge_pages_split_and_keep_their_content(void **state)
{
	(void)state;
	for_each_profile(1, huge_pages);
}

static void huge_unmap(struct mmbox *b)
{
	sd_page pfn;

	assert_int_equal(mm_mmap(b->mm, 0, B, 8, true, MM_HUGE), 0);
	assert_int_equal(mm_access(b->mm, 0, B + 1, true), 0);
	pfn = mmbox_pfn(b, 0, B);
	b->ev.len = 0;
	assert_int_equal(mm_munmap(b->mm, 0, B, 8), 0);
	for (uint32_t i = 0; i < b->ev.len; i++) {
		const struct event *e = &b->log[i];

		if (e->type != EV_FRAME_FREE || e->frames.kind != MEM_DATA)
			continue;
		assert_int_equal(e->frames.pfn, pfn); /* nobody can take half of it */
		assert_int_equal(e->frames.n, 8);
		pfn = MEM_NO_FRAME;
	}
	assert_int_equal(pfn, MEM_NO_FRAME);
}

static void a_huge_page_is_freed_at_once(void **state)
{
	(void)state;
	for_each_profile(1, huge_unmap);
}

static void huge_fork(struct mmbox *b)
{
	uint64_t v;
	int level;

	assert_int_equal(mm_mmap(b->mm, 0, B, 8, true, MM_HUGE), 0);
	assert_int_equal(mm_access(b->mm, 0, B + 1, true), 0);
	v = mmbox_word(b, 0, B + 1, 0);
	assert_int_equal(mm_fork(b->mm, 0), 0);
	mmbox_pte(b, 1, B + 1, &level);
	assert_int_equal(level, 1);
	assert_int_equal(mm_access(b->mm, 1, B + 1, true), 0); /* only this page is copied */
	assert_int_not_equal(mmbox_pfn(b, 0, B + 1), mmbox_pfn(b, 1, B + 1));
	assert_int_equal(mmbox_pfn(b, 0, B + 2), mmbox_pfn(b, 1, B + 2));
	assert_int_equal(mmbox_word(b, 0, B + 1, 0), v);
	assert_int_equal(mm_reclaim(b->mm, 0, B, 8), 0); /* splits the parent's */
	assert_int_equal(mm_access(b->mm, 0, B + 1, true), 0);
	assert_int_equal(mm_exit(b->mm, 1), 0);
	assert_int_equal(mm_munmap(b->mm, 0, B, 8), 0);
	assert_int_equal(b->m.in_use, b->base);
}

static void huge_pages_are_shared_by_fork(void **state)
{
	(void)state;
	for_each_profile(1, huge_fork);
}

/* -- no memory --------------------------------------------------------------------------------- */

/* Anything may fail with -ENOMEM, and nothing else may happen. */
static void a_bit_of_everything(struct mmbox *b)
{
	mm_mmap(b->mm, 0, A, 4, true, MM_ANON);
	mm_mmap(b->mm, 0, B, 8, true, MM_HUGE);
	mm_mmap(b->mm, 0, C, 4, true, MM_FILE);
	for (sd_page i = 0; i < 2; i++) {
		mm_access(b->mm, 0, A + i, true);
		mm_access(b->mm, 0, B + i, true);
		mm_access(b->mm, 0, C + i, true);
	}
	mm_mremap(b->mm, 0, A, A + 64, 4);
	mm_fork(b->mm, 0);
	mm_access(b->mm, 0, B, true);
	mm_access(b->mm, 1, A + 64, true);
	mm_reclaim(b->mm, 0, A, 16);
	mm_access(b->mm, 0, A + 64, true);
	mm_access(b->mm, 0, B + 1, true);
	mm_mremap(b->mm, 0, B, B + 70, 8);
	mm_writeback(b->mm, 0, C, 4);
	mm_munmap(b->mm, 0, B + 72, 2);
	mm_truncate(b->mm, 0, C, 4);
	mm_exit(b->mm, 1);
	mm_exit(b->mm, 0);
}

static void no_allocation_that_fails_leaks(void **state)
{
	struct mmbox *b = mmbox_new(PROFILE_VTD, 1);
	int failed = 0;

	(void)state;
	for (int at = 0; at < 60; at++) {
		mmbox_reset(b, at % PROFILE_COUNT, 1);
		b->m.fail_after = at;
		mmbox_run(b, a_bit_of_everything);
		failed += b->m.fail_after == 0;
		mmbox_audit(b);
		assert_int_equal(b->m.in_use, b->base - 1);
	}
	assert_in_range(failed, 20, 59); /* early ones fail, the last ones do not */
	mmbox_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(fork_shares_until_the_first_write),
	        cmocka_unit_test(fork_fills_the_lowest_free_mm),
	        cmocka_unit_test(the_child_in_a_used_slot_is_alive_and_has_no_user),
	        cmocka_unit_test(a_reset_forgets_who_has_exited),
	        cmocka_unit_test(reclaimed_pages_come_back_with_their_content),
	        cmocka_unit_test(swapped_pages_of_two_mms_stay_shared),
	        cmocka_unit_test(file_pages_are_shared_and_written_back),
	        cmocka_unit_test(truncate_takes_pages_out_of_every_mm),
	        cmocka_unit_test(truncate_gives_blocks_back),
	        cmocka_unit_test(the_audit_counts_references_and_mappings),
	        cmocka_unit_test(huge_pages_split_and_keep_their_content),
	        cmocka_unit_test(a_huge_page_is_freed_at_once),
	        cmocka_unit_test(huge_pages_are_shared_by_fork),
	        cmocka_unit_test(no_allocation_that_fails_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
