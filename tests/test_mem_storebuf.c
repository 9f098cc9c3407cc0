/* SPDX-License-Identifier: MIT */
/* Walkers that read memory while software's stores are in the caches of the CPUs. */
#include "test_mem.h"

static int set_up_behind(void **state)
{
	int code = set_up(state);

	((struct bench *)*state)->m.behind = true;
	return code;
}

/* A table that walkers read from memory, and that is there. */
static mem_entry clean_table(struct bench *b)
{
	sd_page table = mem_alloc(&b->m, MEM_TABLE, 1);

	mem_set_apart(&b->m, table);
	mem_clean_now(&b->m, mem_at(&b->m, table, 0), b->m.nents);
	return mem_at(&b->m, table, 0);
}

static pte_t software(struct bench *b, mem_entry e) { return mem_load(&b->m, e, PT_DMA_LOOKUP); }
static pte_t walker(struct bench *b, mem_entry e)
{
	uint32_t serial;

	return mem_walk_now(&b->m, e, &serial);
}

static unsigned written_back(const struct bench *b)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < b->ev.len; i++)
		n += b->log[i].type == EV_WRITTEN_BACK;
	return n;
}

static void a_walker_finds_what_was_cleaned(void **state)
{
	struct bench *b = *state;
	mem_entry e = clean_table(b);
	uint64_t word;

	mem_store(&b->m, e, pte_make(5, RW), PT_DMA_MAP_LEAF);
	assert_int_equal(software(b, e), pte_make(5, RW));
	assert_int_equal(walker(b, e), 0);
	assert_true(mem_lags(&b->m, e, &word));
	assert_int_equal(word, 0);
	mem_clean(&b->m, e, 1, PT_DMA_CLEAN_ENTRY);
	assert_int_equal(walker(b, e), pte_make(5, RW));
	assert_false(mem_lags(&b->m, e, &word));
	assert_int_equal(written_back(b), 1);
	mem_clean(&b->m, e, 1, PT_DMA_CLEAN_ENTRY);
	assert_int_equal(written_back(b), 1); /* nothing was left to do */
}

static void the_walker_knows_the_instance_that_it_found(void **state)
{
	struct bench *b = *state;
	mem_entry e = clean_table(b);
	uint32_t before, after;

	mem_store(&b->m, e, pte_make(5, RW), PT_DMA_MAP_LEAF);
	mem_clean(&b->m, e, 1, PT_DMA_CLEAN_ENTRY);
	assert_int_equal(mem_walk_now(&b->m, e, &before), pte_make(5, RW));
	mem_store(&b->m, e, pte_make(6, RW), PT_DMA_MAP_LEAF);
	assert_int_equal(mem_walk_now(&b->m, e, &after), pte_make(5, RW));
	assert_int_equal(after, before);
	assert_int_not_equal(mem_serial(&b->m, e), before);
}

static void a_new_table_has_an_earlier_life_until_it_is_cleaned(void **state)
{
	struct bench *b = *state;
	mem_entry e = clean_table(b);
	sd_page table = mem_entry_frame(&b->m, e);

	mem_store(&b->m, e + 2, pte_make(5, RW), PT_DMA_MAP_LEAF);
	mem_free(&b->m, table, 1);
	assert_int_equal(mem_alloc(&b->m, MEM_TABLE, 1), table);
	mem_set_apart(&b->m, table);
	assert_int_equal(software(b, e + 2), 0);
	assert_int_equal(walker(b, e + 2), pte_make(5, RW));
	mem_clean(&b->m, e, b->m.nents, PT_DMA_CLEAN_TABLE);
	assert_int_equal(walker(b, e + 2), 0);
}

static void a_frame_that_was_never_used_or_held_data_shows_nothing(void **state)
{
	struct bench *b = *state;
	sd_page table = mem_alloc(&b->m, MEM_TABLE, 1), data = mem_alloc(&b->m, MEM_DATA, 1);

	mem_set_apart(&b->m, table);
	assert_int_equal(walker(b, mem_at(&b->m, table, 0)), 0);
	mem_data(&b->m, data)[0] = pte_make(5, RW);
	mem_free(&b->m, data, 1);
	assert_int_equal(mem_alloc(&b->m, MEM_TABLE, 1), data);
	mem_set_apart(&b->m, data);
	assert_int_equal(walker(b, mem_at(&b->m, data, 0)), 0);
}

/* Of the last execution there is nothing left, wherever its frames were. */
static void a_reset_forgets_earlier_lives(void **state)
{
	struct bench *b = *state;
	mem_entry e = clean_table(b);

	mem_store(&b->m, e, pte_make(5, RW), PT_DMA_MAP_LEAF);
	mem_clean_now(&b->m, e, 1);
	mem_reset(&b->m);
	assert_false(b->m.behind);
	b->m.behind = true;
	assert_int_equal(mem_alloc(&b->m, MEM_DATA, 8) % 8,
	                 0); /* above, so that the frame is below what was used */
	assert_int_equal(mem_alloc(&b->m, MEM_TABLE, 1), mem_entry_frame(&b->m, e));
	mem_set_apart(&b->m, mem_entry_frame(&b->m, e));
	assert_int_equal(walker(b, e), 0);
}

static void a_full_cache_writes_the_oldest_back(void **state)
{
	struct bench *b = *state;
	mem_entry e = clean_table(b), f = clean_table(b);
	const unsigned room = MEM_DIRTY_RUNS - 2; /* the zeroes of two tables came first */

	mem_store(&b->m, e, pte_make(5, RW), PT_DMA_MAP_LEAF);
	for (unsigned i = 1; i < room; i++)
		mem_store(&b->m, f + i % 8, pte_make(7 + i, RW), PT_DMA_MAP_LEAF);
	assert_int_equal(walker(b, e), 0);
	assert_int_equal(written_back(b), 0);
	mem_store(&b->m, f, pte_make(6, RW), PT_DMA_MAP_LEAF);
	assert_int_equal(walker(b, e), pte_make(5, RW)); /* what left was its table as it is now */
	assert_int_equal(walker(b, f), 0);
	assert_int_equal(written_back(b), 1);
	assert_int_equal(b->log[b->ev.len - 1].type, EV_WRITTEN_BACK);
	assert_true(b->log[b->ev.len - 1].written_back.evicted);
	mem_store(&b->m, f + 1, pte_make(6, RW), PT_DMA_MAP_LEAF);
	assert_int_equal(walker(b, f), pte_make(6, RW));
}

struct storer {
	struct bench *b;
	mem_entry e;
	unsigned n;
};

static void storing(void *arg)
{
	struct storer *s = arg;

	for (unsigned i = 0; i < s->n; i++)
		mem_store(&s->b->m, s->e + i % 8, pte_make(5 + i, RW), PT_DMA_MAP_LEAF);
}

/* The room that one actor needs is not another's. */
static void each_actor_keeps_its_own_back(void **state)
{
	struct bench *b = *state;
	struct storer few = {b, clean_table(b), 1}, many = {b, clean_table(b), 2 * MEM_DIRTY_RUNS};

	sched_reset(b->m.sched, NULL, 0);
	sched_spawn(b->m.sched, 1, storing, &few, false);
	sched_spawn(b->m.sched, 2, storing, &many, false);
	assert_int_equal(sched_run(b->m.sched, -1), SCHED_DONE);
	assert_int_equal(walker(b, few.e), 0);
	assert_int_equal(written_back(b), MEM_DIRTY_RUNS);
	mem_clean_now(&b->m, few.e, 1);
	assert_int_equal(walker(b, few.e), pte_make(5, RW));
}

static void other_tables_are_coherent(void **state)
{
	struct bench *b = *state;
	sd_page table = mem_alloc(&b->m, MEM_TABLE, 1);
	mem_entry e = mem_at(&b->m, table, 0);

	mem_store(&b->m, e, pte_make(5, RW), PT_MM_ZAP_CLEAR);
	assert_int_equal(walker(b, e), pte_make(5, RW));
	b->m.behind = false;
	mem_set_apart(&b->m, table); /* means nothing where walkers snoop */
	mem_store(&b->m, e, pte_make(6, RW), PT_MM_ZAP_CLEAR);
	assert_int_equal(walker(b, e), pte_make(6, RW));
	assert_int_equal(written_back(b), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_behind, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_walker_finds_what_was_cleaned),
	        TEST(the_walker_knows_the_instance_that_it_found),
	        TEST(a_new_table_has_an_earlier_life_until_it_is_cleaned),
	        TEST(a_frame_that_was_never_used_or_held_data_shows_nothing),
	        TEST(a_reset_forgets_earlier_lives),
	        TEST(a_full_cache_writes_the_oldest_back),
	        TEST(each_actor_keeps_its_own_back),
	        TEST(other_tables_are_coherent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
