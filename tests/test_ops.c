/* SPDX-License-Identifier: MIT */
/*
 * The rows of ops.def. What an operation promises stands there once, and three
 * checkers read it: a row that says too little would blind all of them at once.
 * So it is said here a second time, in the words of the contract.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "case/case.h"

static const struct {
	const char *name;
	enum op_promise promise;
} contract[] = {
        {"mmap", PROMISE_NOTHING},
        {"munmap", PROMISE_DEAD},           /* POSIX: references to the pages are invalid */
        {"madvise-dontneed", PROMISE_DEAD}, /* zap_page_range_single() has flushed */
        {"mprotect", PROMISE_READONLY},     /* tlb_end_vma() before mmap_lock is dropped */
        {"mremap", PROMISE_DEAD},           /* the old range */
        {"fork", PROMISE_SHARED},           /* dup_mmap() flushes what copy_page_range() protected */
        {"exit", PROMISE_OWN},              /* the range is the whole mm, and nobody asks for it again */
        {"read", PROMISE_NOTHING},
        {"write", PROMISE_NOTHING},
        {"reclaim", PROMISE_OWN},     /* no range of addresses: whoever maps the pages */
        {"writeback", PROMISE_CLEAN}, /* folio_mkclean(), then the page is written out */
        {"truncate", PROMISE_OWN},    /* likewise no range of addresses */
        {"dma-map", PROMISE_MAPS},    /* iommu_map(): the device may use it on return */
        {"dma-unmap", PROMISE_DEAD},  /* iommu_unmap() has synced its gather */
        {"dma-read", PROMISE_NOTHING},
        {"dma-write", PROMISE_NOTHING},
        {"prefetch", PROMISE_NOTHING},
};

static int contract_of(const char *name)
{
	for (size_t i = 0; i < sizeof(contract) / sizeof(contract[0]); i++)
		if (strcmp(contract[i].name, name) == 0)
			return (int)contract[i].promise;
	fail_msg("%s: say here what it promises", name);
	return -1;
}

static void every_row_promises_what_the_contract_says(void **state)
{
	(void)state;
	for (int k = 0; k < OP_COUNT; k++)
		assert_int_equal(op_promise((enum op_kind)k), contract_of(op_info((enum op_kind)k)->name));
}

static void a_promise_fits_the_operands(void **state)
{
	(void)state;
	for (int k = 0; k < OP_COUNT; k++) {
		const enum op_kind kind = (enum op_kind)k;
		const enum op_promise p = op_promise(kind);

		if (p == PROMISE_DEAD || p == PROMISE_READONLY || p == PROMISE_MAPS)
			assert_true(op_takes(kind, 'R') && op_takes(kind, 'n')); /* it has a range */
		if (p == PROMISE_READONLY)
			assert_true(op_takes(kind, 'p'));
		if (p == PROMISE_MAPS)
			assert_true(op_takes(kind, 'd'));
	}
}

static void in_no_operation_nothing_is_taken_and_promised(void **state)
{
	(void)state;
	assert_int_equal(op_promise(OP_COUNT), PROMISE_NOTHING);
	for (char c = 'A'; c <= 'z'; c++)
		assert_false(op_takes(OP_COUNT, c));
	assert_string_equal(op_info(OP_COUNT)->name, "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_row_promises_what_the_contract_says),
	        cmocka_unit_test(a_promise_fits_the_operands),
	        cmocka_unit_test(in_no_operation_nothing_is_taken_and_promised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
