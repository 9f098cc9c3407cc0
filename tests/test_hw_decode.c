/* SPDX-License-Identifier: MIT */
/* Each profile's decoder against commands and ranges worked out by hand from the specifications. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hw/decode/decode.h"

static struct hw_cmd decode(enum profile_id id, uint64_t q0, uint64_t q1)
{
	struct sd_inv_cmd c = {{q0, q1}};
	struct hw_cmd out;

	hw_decode(&profiles[id], &c, &out);
	return out;
}

static void is_range(struct hw_cmd c, enum hw_cmd_kind kind, uint64_t first, uint64_t last)
{
	assert_int_equal(c.kind, kind);
	assert_int_equal(c.first, first);
	assert_int_equal(c.last, last);
}

static void is_bad(struct hw_cmd c, enum hw_cmd_bad why)
{
	assert_int_equal(c.kind, HW_CMD_BAD);
	assert_int_equal(c.bad, why);
}

static const uint64_t all = 0xffffffff;

/* -- VT-d ---------------------------------------------------------------------------- */

/* type 2, G = page, DID 7; address of page 13 */
static void vtd_address_mask_ignores_low_bits_of_an_unaligned_address(void **state)
{
	(void)state;
	is_range(decode(PROFILE_VTD, 0x70032, 0xd000), HW_CMD_TLB, 13, 13);
	is_range(decode(PROFILE_VTD, 0x70032, 0xd001), HW_CMD_TLB, 12, 13);
	is_range(decode(PROFILE_VTD, 0x70032, 0xd002), HW_CMD_TLB, 12, 15);
	is_range(decode(PROFILE_VTD, 0x70032, 0xd003), HW_CMD_TLB, 8, 15);
	is_range(decode(PROFILE_VTD, 0x70032, 0xd004), HW_CMD_TLB, 0, 15);
	assert_int_equal(decode(PROFILE_VTD, 0x70032, 0xd000).tag, 7);
}

static void vtd_hint_bit_keeps_tables_and_a_mask_above_mamv_is_bad(void **state)
{
	(void)state;
	assert_int_equal(decode(PROFILE_VTD, 0x70032, 0xd000).flags, 0);
	assert_int_equal(decode(PROFILE_VTD, 0x70032, 0xd040).flags, INV_LEAF_ONLY);
	is_range(decode(PROFILE_VTD, 0x70032, 0x201009), HW_CMD_TLB, 512, 1023);
	is_bad(decode(PROFILE_VTD, 0x70032, 0x20100a), HW_BAD_RANGE);
	is_bad(decode(PROFILE_VTD, 0x70002, 0), HW_BAD_FIELD);
}

static void vtd_domain_and_global_take_everything(void **state)
{
	struct hw_cmd c = decode(PROFILE_VTD, 0x70022, 0);

	(void)state;
	is_range(c, HW_CMD_TLB, 0, all);
	assert_int_equal(c.flags, INV_TAG_ALL);
	assert_int_equal(c.tag, 7);
	assert_int_equal(decode(PROFILE_VTD, 0x12, 0).flags, INV_ALL_TAGS | INV_TAG_ALL);
	/* DR and DW drain; either alone does not */
	assert_true(decode(PROFILE_VTD, 0x700e2, 0).drain);
	assert_false(decode(PROFILE_VTD, 0x70062, 0).drain);
}

static void vtd_pasid_forms(void **state)
{
	/* type 6, PASID 3, DID 7, page 5, AM 1 */
	struct hw_cmd c = decode(PROFILE_VTD, 0x300070036, 0x5001);

	(void)state;
	is_range(c, HW_CMD_TLB, 4, 5);
	assert_int_equal(c.tag, 7);
	assert_true(c.drain);
	assert_int_equal(decode(PROFILE_VTD, 0x300070026, 0).flags, INV_TAG_ALL);
	is_bad(decode(PROFILE_VTD, 0x300070016, 0), HW_BAD_FIELD);
	/* type 7: PASID-selective, domain-selective, global */
	c = decode(PROFILE_VTD, 0x300070017, 0);
	assert_int_equal(c.kind, HW_CMD_CTX);
	assert_int_equal(c.pasid, 3);
	assert_int_equal(c.tag, 7);
	assert_int_equal(c.dev, HW_ALL_DEVS);
	assert_int_equal(decode(PROFILE_VTD, 0x300070007, 0).pasid, HW_ALL_PASIDS);
	assert_int_equal(decode(PROFILE_VTD, 0x37, 0).tag, 0);
	is_bad(decode(PROFILE_VTD, 0x300000017, 0), HW_BAD_FIELD);
}

static void vtd_context_by_device(void **state)
{
	struct hw_cmd c = decode(PROFILE_VTD, 0x200070031, 0);

	(void)state;
	assert_int_equal(c.kind, HW_CMD_CTX);
	assert_int_equal(c.dev, 2);
	assert_int_equal(c.pasid, HW_ALL_PASIDS);
	assert_int_equal(c.tag, 0);
}

static void vtd_device_tlb_size_is_the_lowest_zero_bit(void **state)
{
	struct hw_cmd c = decode(PROFILE_VTD, 0x200000003, 0xd000);

	(void)state;
	is_range(c, HW_CMD_ATC, 13, 13);
	assert_int_equal(c.dev, 2);
	assert_int_equal(c.pasid, SD_NO_PASID);
	is_range(decode(PROFILE_VTD, 0x200000003, 0xc001), HW_CMD_ATC, 12, 13); /* ..1100 */
	is_range(decode(PROFILE_VTD, 0x200000003, 0xd001), HW_CMD_ATC, 12, 15); /* ..1101 */
	is_range(decode(PROFILE_VTD, 0x200000003, 0xb001), HW_CMD_ATC, 8, 15);  /* ..1011 */
	is_range(decode(PROFILE_VTD, 0x200000003, 0x7ffffffffffff001), HW_CMD_ATC, 0, all);
	/* type 8: SID 2, PASID 3; then every PASID */
	c = decode(PROFILE_VTD, 0x300020008, 0xd800);
	is_range(c, HW_CMD_ATC, 12, 15);
	assert_int_equal(c.dev, 2);
	assert_int_equal(c.pasid, 3);
	assert_int_equal(decode(PROFILE_VTD, 0x300020008, 0xd801).pasid, HW_ALL_PASIDS);
}

static void vtd_wait_is_seen_only_with_a_status_write(void **state)
{
	(void)state;
	assert_true(decode(PROFILE_VTD, 0x25, 0).visible);
	assert_false(decode(PROFILE_VTD, 0x15, 0).visible);
	assert_int_equal(decode(PROFILE_VTD, 0x15, 0).kind, HW_CMD_WAIT);
	is_bad(decode(PROFILE_VTD, 0x4, 0), HW_BAD_OPCODE);
	is_bad(decode(PROFILE_VTD, 0, 0), HW_BAD_OPCODE);
}

/* -- AMD ------------------------------------------------------------------------------- */

static void amd_pages_by_lowest_zero_bit(void **state)
{
	const uint64_t q0 = 0x3000000700000000; /* domain 7 */

	(void)state;
	is_range(decode(PROFILE_AMD, q0, 0xd000), HW_CMD_TLB, 13, 13);
	is_range(decode(PROFILE_AMD, q0, 0xd001), HW_CMD_TLB, 12, 15);
	is_range(decode(PROFILE_AMD, q0, 0xe001), HW_CMD_TLB, 14, 15);
	is_range(decode(PROFILE_AMD, q0, 0x7001), HW_CMD_TLB, 0, 15);
	is_range(decode(PROFILE_AMD, q0, 0x7ffffffffffff001), HW_CMD_TLB, 0, all);
	assert_int_equal(decode(PROFILE_AMD, q0, 0xd000).tag, 7);
	assert_int_equal(decode(PROFILE_AMD, q0, 0xd001).flags, INV_LEAF_ONLY);
	assert_int_equal(decode(PROFILE_AMD, q0, 0xd003).flags, 0); /* PDE */
}

static void amd_device_tlb_pasid_is_split(void **state)
{
	/* device 2, PASID 0x103 */
	struct hw_cmd c = decode(PROFILE_AMD, 0x4003000200010002, 0xd005);

	(void)state;
	is_range(c, HW_CMD_ATC, 12, 15);
	assert_int_equal(c.dev, 2);
	assert_int_equal(c.pasid, 0x103);
	assert_int_equal(decode(PROFILE_AMD, 0x4003000200010002, 0xd001).pasid, SD_NO_PASID);
}

static void amd_other_commands(void **state)
{
	struct hw_cmd c = decode(PROFILE_AMD, 0x2000000000000003, 0);

	(void)state;
	assert_int_equal(c.kind, HW_CMD_CTX);
	assert_int_equal(c.dev, 3);
	assert_true(decode(PROFILE_AMD, 0x1000000000000001, 0).visible);
	assert_false(decode(PROFILE_AMD, 0x1000000000000000, 0).visible);
	assert_true(decode(PROFILE_AMD, 0x8000000000000000, 0).contexts);
	is_bad(decode(PROFILE_AMD, 0x7000000000000000, 0), HW_BAD_OPCODE);
}

/* -- SMMUv3 ------------------------------------------------------------------------------ */

static void smmu_range_is_num_plus_one_times_two_to_the_scale(void **state)
{
	const uint64_t va = 0x0007000000000012; /* ASID 7 */

	(void)state;
	is_range(decode(PROFILE_SMMUV3, va, 0xd000), HW_CMD_TLB, 13, 13); /* no range */
	is_range(decode(PROFILE_SMMUV3, va, 0xd400), HW_CMD_TLB, 13, 13); /* the corner: all three 0 */
	is_range(decode(PROFILE_SMMUV3, va | 4 << 12, 0xd400), HW_CMD_TLB, 13, 17);
	is_range(decode(PROFILE_SMMUV3, va | 2 << 12 | 3 << 20, 0xd400), HW_CMD_TLB, 13, 36); /* 3 * 8 */
	is_range(decode(PROFILE_SMMUV3, va | 31 << 12 | 31 << 20, 0xd400), HW_CMD_TLB, 13, all);
	assert_int_equal(decode(PROFILE_SMMUV3, va, 0xd000).tag, 7);
	assert_int_equal(decode(PROFILE_SMMUV3, va, 0xd001).flags, INV_LEAF_ONLY);
}

static void smmu_level_hint_names_the_leaf_level(void **state)
{
	const uint64_t va = 0x0007000000000012;

	(void)state;
	assert_int_equal(decode(PROFILE_SMMUV3, va, 0xd700).flags, 1 << INV_LEVEL_SHIFT); /* TTL 3: level 0 */
	assert_int_equal(decode(PROFILE_SMMUV3, va, 0xd600).flags, 2 << INV_LEVEL_SHIFT);
	assert_int_equal(decode(PROFILE_SMMUV3, va, 0xd501).flags, 3 << INV_LEVEL_SHIFT | INV_LEAF_ONLY);
	is_bad(decode(PROFILE_SMMUV3, va, 0xd300), HW_BAD_RANGE);           /* TTL without a granule */
	is_bad(decode(PROFILE_SMMUV3, va | 1 << 12, 0xd000), HW_BAD_RANGE); /* NUM without */
	is_bad(decode(PROFILE_SMMUV3, va, 0xd800), HW_BAD_RANGE);           /* 16-KiB granule */
}

static void smmu_atc_range_is_aligned(void **state)
{
	/* SSV, SSID 3, SID 2, page 13 */
	struct hw_cmd c = decode(PROFILE_SMMUV3, 0x200003840, 0xd002);

	(void)state;
	is_range(c, HW_CMD_ATC, 12, 15);
	assert_int_equal(c.dev, 2);
	assert_int_equal(c.pasid, 3);
	assert_int_equal(decode(PROFILE_SMMUV3, 0x200003040, 0xd002).pasid, SD_NO_PASID);
	assert_int_equal(decode(PROFILE_SMMUV3, 0x200003a40, 0xd002).pasid, HW_ALL_PASIDS);
	is_range(decode(PROFILE_SMMUV3, 0x200003840, 52), HW_CMD_ATC, 0, all);
	is_bad(decode(PROFILE_SMMUV3, 0x200003840, 53), HW_BAD_RANGE);
}

static void smmu_other_commands(void **state)
{
	struct hw_cmd c = decode(PROFILE_SMMUV3_BTM, 0x200003005, 1);

	(void)state;
	assert_int_equal(c.kind, HW_CMD_CTX);
	assert_int_equal(c.dev, 2);
	assert_int_equal(c.pasid, 3);
	assert_int_equal(decode(PROFILE_SMMUV3, 0x200003003, 1).pasid, HW_ALL_PASIDS);
	assert_int_equal(decode(PROFILE_SMMUV3, 0x4, 31).dev, HW_ALL_DEVS);
	is_bad(decode(PROFILE_SMMUV3, 0x4, 3), HW_BAD_RANGE);
	assert_int_equal(decode(PROFILE_SMMUV3, 0x0007000000000011, 0).flags, INV_TAG_ALL);
	assert_int_equal(decode(PROFILE_SMMUV3, 0x30, 0).flags, INV_ALL_TAGS | INV_TAG_ALL);
	assert_true(decode(PROFILE_SMMUV3, 0x46, 0).visible);
	is_bad(decode(PROFILE_SMMUV3, 0x2a, 0), HW_BAD_OPCODE);
}

/* -- RISC-V --------------------------------------------------------------------------------- */

static void riscv_address_form_is_one_page_and_leaves_only(void **state)
{
	/* AV, PSCV, PSCID 7; page 13 in bits 61..10 */
	struct hw_cmd c = decode(PROFILE_RISCV, 0x100007401, 13 << 10);

	(void)state;
	is_range(c, HW_CMD_TLB, 13, 13);
	assert_int_equal(c.tag, 7);
	assert_int_equal(c.flags, INV_LEAF_ONLY);
	c = decode(PROFILE_RISCV, 0x100007001, 0);
	is_range(c, HW_CMD_TLB, 0, all);
	assert_int_equal(c.flags, INV_TAG_ALL);
	assert_int_equal(decode(PROFILE_RISCV, 0x1, 0).flags, INV_ALL_TAGS | INV_TAG_ALL);
	is_bad(decode(PROFILE_RISCV, 0x300007401, 0), HW_BAD_FIELD);                 /* GV */
	is_bad(decode(PROFILE_RISCV, 0x100007401, 13 << 10 | 1 << 9), HW_BAD_RANGE); /* S */
}

static void riscv_napot_and_tables_by_address_where_the_profile_has_them(void **state)
{
	struct sd_inv_cmd cmd = {{0x100007401, 13 << 10 | 1 << 9}};
	struct profile p = profiles[PROFILE_RISCV];
	struct hw_cmd c;

	(void)state;
	p.max_mask = 9;
	p.tables_need_all = 0;
	hw_decode(&p, &cmd, &c);
	is_range(c, HW_CMD_TLB, 12, 15);
	assert_int_equal(c.flags, 0);
}

static void riscv_fence_drains_with_both_bits(void **state)
{
	(void)state;
	assert_int_equal(decode(PROFILE_RISCV, 0x2, 0).kind, HW_CMD_WAIT);
	assert_false(decode(PROFILE_RISCV, 0x2, 0).drain);
	assert_false(decode(PROFILE_RISCV, 0x1002, 0).drain);
	assert_true(decode(PROFILE_RISCV, 0x3002, 0).drain);
}

static void riscv_other_commands(void **state)
{
	/* ATS.INVAL: RID 2, PV, PID 3, page 13 with S */
	struct hw_cmd c = decode(PROFILE_RISCV, 0x0000020100003004, 0xd800);

	(void)state;
	is_range(c, HW_CMD_ATC, 12, 15);
	assert_int_equal(c.dev, 2);
	assert_int_equal(c.pasid, 3);
	assert_int_equal(decode(PROFILE_RISCV, 0x0000020000003004, 0xd000).pasid, SD_NO_PASID);
	/* IODIR.INVAL_DDT for device 2, for all; INVAL_PDT for process 3 */
	assert_int_equal(decode(PROFILE_RISCV, 0x0000020200000003, 0).dev, 2);
	assert_int_equal(decode(PROFILE_RISCV, 0x3, 0).dev, HW_ALL_DEVS);
	assert_int_equal(decode(PROFILE_RISCV, 0x0000020200003083, 0).pasid, 3);
	is_bad(decode(PROFILE_RISCV, 0x0000020000003083, 0), HW_BAD_FIELD); /* needs DV */
	is_bad(decode(PROFILE_RISCV, 0x81, 0), HW_BAD_OPCODE);              /* GVMA */
	is_bad(decode(PROFILE_RISCV, 0x5, 0), HW_BAD_OPCODE);
}

/* Page numbers are 52 bits wide in a command, and 32 in hardware: what lies above is none of them. */
static void a_block_above_all_pages_is_no_page(void **state)
{
	struct hw_cmd c = {0};

	(void)state;
	hw_cmd_block(&c, 1ull << 51, 51);
	assert_int_equal(c.first, ~(sd_page)0);
	hw_cmd_block(&c, 0, 51);
	assert_int_equal(c.first, 0);
	assert_int_equal(c.last, ~(sd_page)0);
	hw_cmd_block(&c, 1ull << 51, 52);
	assert_int_equal(c.first, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_block_above_all_pages_is_no_page),
	        cmocka_unit_test(vtd_address_mask_ignores_low_bits_of_an_unaligned_address),
	        cmocka_unit_test(vtd_hint_bit_keeps_tables_and_a_mask_above_mamv_is_bad),
	        cmocka_unit_test(vtd_domain_and_global_take_everything),
	        cmocka_unit_test(vtd_pasid_forms),
	        cmocka_unit_test(vtd_context_by_device),
	        cmocka_unit_test(vtd_device_tlb_size_is_the_lowest_zero_bit),
	        cmocka_unit_test(vtd_wait_is_seen_only_with_a_status_write),
	        cmocka_unit_test(amd_pages_by_lowest_zero_bit),
	        cmocka_unit_test(amd_device_tlb_pasid_is_split),
	        cmocka_unit_test(amd_other_commands),
	        cmocka_unit_test(smmu_range_is_num_plus_one_times_two_to_the_scale),
	        cmocka_unit_test(smmu_level_hint_names_the_leaf_level),
	        cmocka_unit_test(smmu_atc_range_is_aligned),
	        cmocka_unit_test(smmu_other_commands),
	        cmocka_unit_test(riscv_address_form_is_one_page_and_leaves_only),
	        cmocka_unit_test(riscv_napot_and_tables_by_address_where_the_profile_has_them),
	        cmocka_unit_test(riscv_fence_drains_with_both_bits),
	        cmocka_unit_test(riscv_other_commands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
