/* SPDX-License-Identifier: MIT */
/* The oracle alone: pointers to tables that are stale, holes, and two sizes for one address. */
#include "test_oracle_setup.h"

/* -- tables ---------------------------------------------------------------------------- */

static void leaf_only_keeps_the_pointer_to_a_table(void **state)
{
	struct bench *b = *state;

	begin(b, OP_MUNMAP, 0, 8);
	store(b, mem_at(&b->m, b->pmd, 0), 0);
	invalidate(b, IOMMU, INV_LEAF_ONLY, 0, 7);
	wait(b, SEEN_DRAINED);
	mem_free(&b->m, b->pte, 1);
	assert_int_equal(verdict(b), VC_WALK_FREED_TABLE);
}

static void a_leaf_comes_back_through_a_stale_pointer(void **state)
{
	struct bench *b = *state;
	sd_page pfn = map(b, 0, RW);

	begin(b, OP_MUNMAP, 0, 8);
	store(b, mem_at(&b->m, b->pmd, 0), 0); /* the leaf is still in its table */
	invalidate(b, IOMMU, INV_LEAF_ONLY, 0, 7);
	invalidate(b, ATC, 0, 0, 7);
	wait(b, SEEN_DRAINED);
	mem_free(&b->m, pfn, 1);
	assert_int_equal(verdict(b), VC_STALE_USE);
}

static void an_atc_comes_back_from_its_iommu(void **state)
{
	struct bench *b = *state;

	map(b, 0, RW);
	begin(b, OP_MUNMAP, 0, 1);
	store(b, pte_of(b, 0), 0);
	invalidate(b, ATC, 0, 0, 0);
	invalidate(b, IOMMU, 0, 0, 0);
	wait(b, SEEN_DRAINED);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_STALE_MAP);
	assert_int_equal(oracle_violation(b->o)->walkers, 1u << ATC);
	assert_true(oracle_violation(b->o)->refill.valid);
}

/* The page moves to another table, and its hole in the old one opens while the pointer there may still be cached. */
static void spurious_fault_when_a_stale_table_gets_a_hole(void **state)
{
	struct bench *b = *state;
	sd_page pfn = map(b, 0, RW), other = mem_alloc(&b->m, MEM_TABLE, 1);

	begin(b, OP_DMA_MAP, 0, 1);
	end_map(b, 1);
	store(b, mem_at(&b->m, other, 0), pte_make(pfn, RW));
	store(b, mem_at(&b->m, b->pmd, 0), pte_make(other, PTE_P));
	assert_int_equal(verdict(b), VC_CLEAN);
	store(b, pte_of(b, 0), 0);
	assert_int_equal(verdict(b), VC_SPURIOUS_FAULT);
	assert_int_equal(oracle_violation(b->o)->space, DOMAIN);
	assert_int_equal(oracle_violation(b->o)->walkers & ((1u << SD_MAX_CPUS) - 1), 0); /* none is a CPU */
	assert_int_equal(oracle_violation(b->o)->page, 0);
}

static void spurious_fault_when_a_stale_table_lacks_the_page(void **state)
{
	struct bench *b = *state;
	sd_page pfn = mem_alloc(&b->m, MEM_DATA, 1), other = mem_alloc(&b->m, MEM_TABLE, 1);

	store(b, mem_at(&b->m, other, 0), pte_make(pfn, RW));
	store(b, mem_at(&b->m, b->pmd, 0), pte_make(other, PTE_P));
	begin(b, OP_DMA_MAP, 0, 1);
	assert_int_equal(verdict(b), VC_CLEAN);
	end_map(b, 1);
	assert_int_equal(verdict(b), VC_SPURIOUS_FAULT);
}

/* The context entry is gone and known to be, and nobody has waited for those who went by it before. */
static void leave(struct bench *b)
{
	event_ctx(&b->ev, DEV, 0, PASID, b->root, TAG, 0);
	event_inv_ctx(&b->ev, IOMMU, DEV, PASID, TAG, 3);
}

/* A new page, and the munmap of it as far as its entry. */
static void map_and_clear(struct bench *b)
{
	map(b, 0, RW);
	begin(b, OP_MUNMAP, 0, 1);
	store(b, pte_of(b, 0), 0);
}

static void stale_map_when_who_left_holds_the_table_of_a_new_page(void **state)
{
	struct bench *b = *state;

	leave(b);
	map_and_clear(b);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_STALE_MAP);
}

static void stale_map_when_who_left_knows_the_root_of_a_new_table(void **state)
{
	struct bench *b = *state;
	sd_page pmd = mem_alloc(&b->m, MEM_TABLE, 1), pte = mem_alloc(&b->m, MEM_TABLE, 1);
	sd_page page = mem_span(&b->m, 2);

	leave(b);
	store(b, mem_at(&b->m, b->root, 1), pte_make(pmd, PTE_P));
	store(b, mem_at(&b->m, pmd, 0), pte_make(pte, PTE_P));
	store(b, mem_at(&b->m, pte, 0), pte_make(mem_alloc(&b->m, MEM_DATA, 1), RW));
	begin(b, OP_MUNMAP, page, 1);
	store(b, mem_at(&b->m, pte, 0), 0);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_STALE_MAP);
}

static void stale_map_when_who_left_is_answered_with_a_new_page(void **state)
{
	struct bench *b = *state;

	leave(b);
	map_and_clear(b);
	invalidate(b, IOMMU, 0, 0, 0);
	wait(b, SEEN_DRAINED);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_STALE_MAP);
	assert_int_equal(oracle_violation(b->o)->walkers, 1u << ATC);
}

/* Until all of the tag is gone: then nobody is left who could find anything. */
static void clean_when_who_left_is_told_of_the_whole_tag(void **state)
{
	struct bench *b = *state;

	leave(b);
	invalidate(b, IOMMU, INV_TAG_ALL, 0, UINT32_MAX);
	invalidate(b, ATC, INV_TAG_ALL, 0, UINT32_MAX);
	map_and_clear(b);
	wait(b, SEEN_DRAINED);
	end(b, OP_MUNMAP);
	assert_int_equal(verdict(b), VC_CLEAN);
}

/* -- what a domain is owed -------------------------------------------------------------- */

/* It takes a page more than was asked for. Whoever maps both again is owed both. */
static void spurious_fault_when_what_was_taken_along_is_mapped_again_and_lost(void **state)
{
	struct bench *b = *state;

	for (int round = 0; round < 2; round++) {
		begin(b, OP_DMA_MAP, 0, 2);
		map(b, 0, RW);
		map(b, 1, RW);
		end_map(b, 2);
		if (round)
			break;
		begin(b, OP_DMA_UNMAP, 0, 1);
		event_extent(&b->ev, DOMAIN, 0, 2);
		store(b, pte_of(b, 0), 0);
		store(b, pte_of(b, 1), 0);
		invalidate(b, IOMMU, 0, 0, 1);
		invalidate(b, ATC, 0, 0, 1);
		wait(b, SEEN_DRAINED);
		end(b, OP_DMA_UNMAP);
	}
	assert_int_equal(verdict(b), VC_CLEAN);
	store(b, pte_of(b, 0), 0);
	assert_int_equal(verdict(b), VC_SPURIOUS_FAULT);
}

/* The old root is too small for the page, though it has another one at the same index. */
static void spurious_fault_when_the_old_root_is_too_small(void **state)
{
	struct bench *b = *state;
	const sd_page beyond = mem_span(&b->m, 2);
	sd_page pmd = mem_alloc(&b->m, MEM_TABLE, 1), pte = mem_alloc(&b->m, MEM_TABLE, 1), root;

	store(b, mem_at(&b->m, pmd, 0), pte_make(pte, PTE_P));
	root = mem_alloc(&b->m, MEM_TABLE, 1);
	event_root(&b->ev, DOMAIN + 1, pmd, 1, 1);
	event_tag(&b->ev, DOMAIN + 1, TAG + 1, PASID + 1);
	event_ctx(&b->ev, DEV, 1, PASID + 1, pmd, TAG + 1, 1);
	store(b, mem_at(&b->m, pte, 0), pte_make(mem_alloc(&b->m, MEM_DATA, 1), RW));
	store(b, mem_at(&b->m, root, 0), pte_make(pmd, PTE_P));
	event_root(&b->ev, DOMAIN + 1, root, 1, 0); /* and nobody tells hardware */
	assert_int_equal(verdict(b), VC_CLEAN);
	b->space = DOMAIN + 1;
	begin(b, OP_DMA_MAP, beyond, 1);
	store(b, mem_at(&b->m, root, 1), pte_make(b->pmd, PTE_P));
	store(b, pte_of(b, 0), pte_make(mem_alloc(&b->m, MEM_DATA, 1), RW));
	end_map(b, 1);
	assert_int_equal(verdict(b), VC_SPURIOUS_FAULT);
	assert_int_equal(oracle_violation(b->o)->page, beyond);
}

/* -- two sizes ---------------------------------------------------------------------------- */

/* Level 1 of break-before-make: the same pages as a block, which carries nT. */
static void a_block_with_nt_may_replace_its_own_pages(void **state)
{
	struct bench *b = *state;
	sd_page pfn = mem_alloc(&b->m, MEM_DATA, 8);

	profile_set(&b->c.prof, PF_bbml, 1);
	oracle_reset(b->o, &b->c);
	event_root(&b->ev, SPACE, b->root, 1, 0);
	event_tag(&b->ev, SPACE, TAG, PASID);
	event_ctx(&b->ev, DEV, 1, PASID, b->root, TAG, 0);
	for (sd_page i = 0; i < 8; i++)
		store(b, pte_of(b, i), pte_make(pfn + i, RW));
	store(b, mem_at(&b->m, b->pmd, 0), pte_make(pfn, RW | PTE_NT));
	assert_int_equal(verdict(b), VC_CLEAN);
}

static void overlap_when_a_block_replaces_cached_pages(void **state)
{
	struct bench *b = *state;
	sd_page block = mem_alloc(&b->m, MEM_DATA, mem_span(&b->m, 1));

	map(b, 0, RW);
	store(b, mem_at(&b->m, b->pmd, 0), pte_make(block, RW));
	assert_int_equal(verdict(b), VC_OVERLAP);
}

/* A tagged root whose block was stored and cleared, and a table put in its place; no flush yet. */
static sd_page a_table_after_the_clear(struct bench *b, sd_page block)
{
	mem_entry pmd = mem_at(&b->m, b->pmd, 1);
	sd_page pte;

	oracle_reset(b->o, &b->c);
	event_root(&b->ev, SPACE, b->root, 1, 0);
	event_tag(&b->ev, SPACE, TAG, PASID);
	event_ctx(&b->ev, DEV, 1, PASID, b->root, TAG, 0);
	store(b, pmd, pte_make(block, RW));
	store(b, pmd, 0);
	pte = mem_alloc(&b->m, MEM_TABLE, 1);
	store(b, pmd, pte_make(pte, PTE_P));
	return pte;
}

/* Cleared first: another frame may come in another size before the flush, unless size-strict. */
static void check_after_clear(struct bench *b, bool strict, enum violation_class want)
{
	sd_page block = mem_alloc(&b->m, MEM_DATA, mem_span(&b->m, 1)), pte;

	profile_set(&b->c.prof, PF_size_strict, strict);
	pte = a_table_after_the_clear(b, block);
	assert_int_equal(verdict(b), VC_CLEAN);
	store(b, mem_at(&b->m, pte, 0), pte_make(mem_alloc(&b->m, MEM_DATA, 1), RW));
	assert_int_equal(verdict(b), want);
}

static void a_small_page_may_come_after_the_clear(void **state)
{
	check_after_clear(*state, false, VC_CLEAN);
}
static void overlap_when_it_may_not(void **state) { check_after_clear(*state, true, VC_OVERLAP); }

/* The same memory in pages is a split: with bbml=0 it wants the flush, cleared or not. */
static void overlap_when_the_cleared_block_comes_back_in_pages(void **state)
{
	struct bench *b = *state;
	sd_page block = mem_alloc(&b->m, MEM_DATA, mem_span(&b->m, 1)), pte;

	profile_set(&b->c.prof, PF_bbml, 0);
	pte = a_table_after_the_clear(b, block);
	store(b, mem_at(&b->m, pte, 2), pte_make(block + 2, RW));
	assert_int_equal(verdict(b), VC_OVERLAP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(leaf_only_keeps_the_pointer_to_a_table),
	        TEST(a_leaf_comes_back_through_a_stale_pointer),
	        TEST(an_atc_comes_back_from_its_iommu),
	        TEST_DOMAIN(spurious_fault_when_a_stale_table_gets_a_hole),
	        TEST_DOMAIN(spurious_fault_when_a_stale_table_lacks_the_page),
	        TEST(stale_map_when_who_left_holds_the_table_of_a_new_page),
	        TEST(stale_map_when_who_left_knows_the_root_of_a_new_table),
	        TEST(stale_map_when_who_left_is_answered_with_a_new_page),
	        TEST(clean_when_who_left_is_told_of_the_whole_tag),
	        TEST_DOMAIN(spurious_fault_when_what_was_taken_along_is_mapped_again_and_lost),
	        TEST_DOMAIN(spurious_fault_when_the_old_root_is_too_small),
	        TEST(a_block_with_nt_may_replace_its_own_pages),
	        TEST(overlap_when_a_block_replaces_cached_pages),
	        TEST(a_small_page_may_come_after_the_clear),
	        TEST(overlap_when_it_may_not),
	        TEST(overlap_when_the_cleared_block_comes_back_in_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
