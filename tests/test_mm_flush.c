/* SPDX-License-Identifier: MIT */
/* Where the mm flushes, what it says there, and in which order. */
#include "support_mm.h"

enum { A = 0, B = 8 };

/* First event of that type after log entry `from`, or -1. */
static int after(const struct mmbox *b, enum event_type t, int from)
{
	for (uint32_t i = (uint32_t)(from + 1); i < b->ev.len; i++)
		if (b->log[i].type == t)
			return (int)i;
	return -1;
}

static void map_two(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, A, 2, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
	assert_int_equal(mm_access(b->mm, 0, A + 1, true), 0);
	b->ev.len = 0;
	b->told = 0;
}

/* -- the order at the flush point ---------------------------------------------------- */

static void dontneed(struct mmbox *b)
{
	map_two(b);
	assert_int_equal(mm_madvise_dontneed(b->mm, 0, A, 2), 0);
}

static void the_secondary_is_told_after_the_flush_or_before_the_dsb(void **state)
{
	(void)state;
	for (enum profile_id id = 0; id < PROFILE_COUNT; id++) {
		struct mmbox *b = mmbox_new(id, 1);
		int cpu, told, seen, freed;

		mmbox_notify(b, 0);
		mmbox_run(b, dontneed);
		cpu = mmbox_at(b, EV_CPU_FLUSH, 1);
		told = mmbox_at(b, EV_SECONDARY, 1);
		seen = mmbox_at(b, EV_WAIT_SEEN, 1);
		freed = mmbox_at(b, EV_FRAME_FREE, 1);
		assert_true(cpu >= 0 && told > cpu && seen > cpu && freed > told && freed > seen);
		assert_int_equal(told < seen, profiles[id].cpu_broadcast);
		assert_int_equal(b->told_start, 0);
		assert_int_equal(b->told_end, (sd_addr)2 << SD_PAGE_SHIFT);
		mmbox_free(b);
	}
}

static void bracket_ranges(struct mmbox *b)
{
	map_two(b);
	assert_int_equal(mm_munmap(b->mm, 0, A, 2), 0);
}

static void freed_tables_are_flushed_with_their_pointers(void **state)
{
	struct mmbox *b = mmbox_new(PROFILE_VTD, 1);
	bool all = false;

	(void)state;
	mmbox_run(b, bracket_ranges);
	for (uint32_t i = 0; i < b->ev.len; i++)
		if (b->log[i].type == EV_INV && b->log[i].inv.walker == WALKER_CPU0)
			all |= !(b->log[i].inv.flags & INV_LEAF_ONLY);
	assert_true(all);
	assert_true(mmbox_at(b, EV_FRAME_FREE, 1) > mmbox_at(b, EV_WAIT_SEEN, 1));
	mmbox_free(b);
}

/* -- single places ---------------------------------------------------------------------- */

static void fork_it(struct mmbox *b)
{
	map_two(b);
	assert_int_equal(mm_fork(b->mm, 0), 0);
}

static void fork_flushes_the_whole_parent(void **state)
{
	struct mmbox *b = mmbox_new(PROFILE_SMMUV3, 1);

	(void)state;
	mmbox_notify(b, 0);
	mmbox_run(b, fork_it);
	assert_int_equal(b->told, 1);
	assert_int_equal(b->told_start, 0);
	assert_true(b->told_end == ~(sd_addr)0);
	mmbox_free(b);
}

static void break_sharing(struct mmbox *b)
{
	fork_it(b);
	b->ev.len = 0;
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
}

static void a_copy_is_mapped_only_after_the_old_page_was_flushed(void **state)
{
	(void)state;
	for (enum profile_id id = 0; id < PROFILE_COUNT; id++) {
		struct mmbox *b = mmbox_new(id, 1);
		int cleared, told;

		mmbox_notify(b, 0);
		mmbox_run(b, break_sharing);
		cleared = mmbox_at(b, EV_ENTRY, 1);
		told = after(b, EV_SECONDARY, cleared);
		assert_int_equal(b->log[cleared].store.value, 0);
		assert_true(told > cleared && after(b, EV_ENTRY, cleared) > told);
		mmbox_free(b);
	}
}

static void upgrade(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, A, 1, true, MM_ANON), 0);
	assert_int_equal(mm_access(b->mm, 0, A, false), 0);
	b->told = 0;
	assert_int_equal(mm_access(b->mm, 0, A, true), 0);
}

static void an_upgrade_is_told_where_the_weaker_entry_may_stay(void **state)
{
	(void)state;
	for (enum profile_id id = 0; id < PROFILE_COUNT; id++) {
		struct mmbox *b = mmbox_new(id, 1);

		mmbox_notify(b, 0);
		mmbox_run(b, upgrade);
		/* Where a page request drops the entry nobody need be told. */
		assert_int_equal(b->told > 0, !profiles[id].prq_drops_weak);
		for (uint32_t i = 0; i < b->ev.len; i++) /* and of that page only */
			if (b->log[i].type == EV_CPU_FLUSH)
				assert_true(b->log[i].shootdown.first == A && b->log[i].shootdown.last == A);
			else if (b->log[i].type == EV_SECONDARY)
				assert_true(b->log[i].span.first == A && b->log[i].span.last == A);
		mmbox_reset(b, id, 1);
		b->cfg.prof.pri = 0;
		mm_reset(b->mm, &b->cfg);
		mmbox_notify(b, 0);
		mmbox_run(b, upgrade);
		assert_true(b->told > 0);
		mmbox_reset(b, id, 1);
		b->cfg.prof.pri = b->cfg.prof.keep_weak = 0; /* neither where no IOMMU keeps it */
		mm_reset(b->mm, &b->cfg);
		mmbox_notify(b, 0);
		mmbox_run(b, upgrade);
		assert_int_equal(b->told > 0, profiles[id].cpu_keep_weak);
		mmbox_free(b);
	}
}

static void move(struct mmbox *b)
{
	map_two(b);
	assert_int_equal(mm_mremap(b->mm, 0, A, B, 2), 0);
}

static void mremap_tells_before_it_relies_on_the_old_range(void **state)
{
	struct mmbox *b = mmbox_new(PROFILE_SMMUV3, 1);

	(void)state;
	mmbox_notify(b, 0);
	mmbox_run(b, move);
	assert_int_not_equal(mmbox_at(b, EV_DEAD, 1), -1);
	assert_true(mmbox_at(b, EV_SECONDARY, 1) < mmbox_at(b, EV_DEAD, 1));
	assert_true(mmbox_at(b, EV_WAIT_SEEN, 1) < mmbox_at(b, EV_DEAD, 1));

	b->bugs.bug = 1ull << BUG_MREMAP_SECONDARY_LATE;
	mmbox_reset(b, PROFILE_SMMUV3, 1);
	mmbox_notify(b, 0);
	mmbox_run(b, move);
	assert_true(mmbox_at(b, EV_SECONDARY, 1) > mmbox_at(b, EV_DEAD, 1));
	mmbox_free(b);
}

/* Only what is present moves; a range that was found empty is flushed by the closing munmap, if at all. */
static void move_nothing(struct mmbox *b)
{
	map_two(b);
	assert_int_equal(mm_madvise_dontneed(b->mm, 0, A, 2), 0);
	b->ev.len = 0;
	assert_int_equal(mm_mremap(b->mm, 0, A, B, 2), 0);
}

static void mremap_of_nothing_relies_on_nothing(void **state)
{
	struct mmbox *b = mmbox_new(PROFILE_SMMUV3, 1);

	(void)state;
	mmbox_run(b, move_nothing);
	assert_int_equal(mmbox_at(b, EV_DEAD, 1), -1);
	mmbox_free(b);
}

static void release_first(struct mmbox *b)
{
	map_two(b);
	assert_int_equal(mm_exit(b->mm, 0), 0);
}

static void exit_tells_the_user_once_and_then_no_more(void **state)
{
	struct mmbox *b = mmbox_new(PROFILE_AMD, 1);

	(void)state;
	mmbox_notify(b, 0);
	mmbox_run(b, release_first);
	assert_int_equal(b->released, 1);
	assert_int_equal(b->told, 0);
	mmbox_free(b);
}

/* -- the batch of reclaim ------------------------------------------------------------------ */

static void reclaim_two(struct mmbox *b)
{
	map_two(b);
	assert_int_equal(mm_reclaim(b->mm, 0, A, 2), 0);
}

static void reclaim_tells_at_once_and_flushes_cpus_before_writing_out(void **state)
{
	(void)state;
	for (enum profile_id id = 0; id < PROFILE_COUNT; id++) {
		struct mmbox *b = mmbox_new(id, 1);
		int out;

		mmbox_notify(b, 0);
		mmbox_run(b, reclaim_two);
		out = mmbox_at(b, EV_WRITEOUT, 1);
		assert_int_equal(b->told, 2);
		assert_int_equal(b->told_end == ~(sd_addr)0,
		                 profiles[id].cpu_batch && !profiles[id].cpu_batch_page);
		assert_true(mmbox_at(b, EV_SECONDARY, 1) < out && mmbox_at(b, EV_WAIT_SEEN, 1) < out);
		assert_true(mmbox_at(b, EV_FRAME_FREE, 1) > mmbox_at(b, EV_WRITEOUT, 2));
		mmbox_free(b);
	}
}

/* -- two actors -------------------------------------------------------------------------------- */

static void zap_one(struct mmbox *b) { assert_int_equal(mm_madvise_dontneed(b->mm, 0, A, 1), 0); }

static void zap_one_on_cpu1(struct mmbox *b)
{
	b->told = 0;
	assert_int_equal(mm_madvise_dontneed(b->mm, 1, A, 1), 0);
	/* It found nothing to do, and still owes its caller a flush of what cpu 0 has cleared. */
	assert_int_equal(b->told, 1);
	assert_true(b->told_end == ~(sd_addr)0);
}

static void a_gather_that_meets_another_flushes_everything(void **state)
{
	struct mmbox *b = mmbox_new(PROFILE_SMMUV3, 1);

	(void)state;
	b->cfg.cpu_mm[1] = 0;
	mm_reset(b->mm, &b->cfg);
	mmbox_run(b, map_two);
	mmbox_notify(b, 0);
	assert_int_equal(mmbox_run2(b, zap_one, PT_MM_ZAP_UNLOCKED, zap_one_on_cpu1), SCHED_DONE);
	mmbox_free(b);
}

static void write_protect_on_cpu1(struct mmbox *b)
{
	uint32_t from = b->ev.len;

	assert_int_equal(mm_mprotect(b->mm, 1, A, 1, false), 0);
	for (; from < b->ev.len; from++)
		if (b->log[from].type == EV_CPU_FLUSH)
			return;
	fail_msg("the entry was empty, and mprotect flushed nothing");
}

static void reclaim_one(struct mmbox *b) { assert_int_equal(mm_reclaim(b->mm, 0, A, 1), 0); }

static void mprotect_pays_what_reclaim_owes(void **state)
{
	struct mmbox *b = mmbox_new(PROFILE_VTD, 1);

	(void)state;
	b->cfg.cpu_mm[1] = 0;
	mm_reset(b->mm, &b->cfg);
	mmbox_run(b, map_two);
	assert_int_equal(mmbox_run2(b, reclaim_one, PT_MM_IO_WRITE, write_protect_on_cpu1), SCHED_DONE);
	mmbox_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_secondary_is_told_after_the_flush_or_before_the_dsb),
	        cmocka_unit_test(freed_tables_are_flushed_with_their_pointers),
	        cmocka_unit_test(fork_flushes_the_whole_parent),
	        cmocka_unit_test(a_copy_is_mapped_only_after_the_old_page_was_flushed),
	        cmocka_unit_test(an_upgrade_is_told_where_the_weaker_entry_may_stay),
	        cmocka_unit_test(mremap_tells_before_it_relies_on_the_old_range),
	        cmocka_unit_test(mremap_of_nothing_relies_on_nothing),
	        cmocka_unit_test(exit_tells_the_user_once_and_then_no_more),
	        cmocka_unit_test(reclaim_tells_at_once_and_flushes_cpus_before_writing_out),
	        cmocka_unit_test(a_gather_that_meets_another_flushes_everything),
	        cmocka_unit_test(mprotect_pays_what_reclaim_owes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
