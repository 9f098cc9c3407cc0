/* SPDX-License-Identifier: MIT */
/* cmd_smmu: SMMUv3 commands (chapter 4). How to read it: cmd.h. */
#ifndef HW_CMD_SMMU_H
#define HW_CMD_SMMU_H

#include "hw/cmd.h"

enum {
	SMMU_OP_SHIFT = 0, /* q0 */
	SMMU_OP_BITS = 8,
	SMMU_CFGI_STE = 0x03, /* the STE and every CD below it */
	SMMU_CFGI_ALL = 0x04, /* CFGI_STE_RANGE with range 31 */
	SMMU_CFGI_CD = 0x05,
	SMMU_CFGI_CD_ALL = 0x06,
	SMMU_TLBI_NH_ALL = 0x10,
	SMMU_TLBI_NH_ASID = 0x11,
	SMMU_TLBI_NH_VA = 0x12,
	SMMU_TLBI_NSNH_ALL = 0x30,
	SMMU_ATC_INV = 0x40,
	SMMU_SYNC = 0x46,
};

enum {
	SMMU_SSV_SHIFT = 11,  /* q0 of ATC_INV: SubstreamID is valid */
	SMMU_SSID_SHIFT = 12, /* q0 of CFGI_CD, ATC_INV */
	SMMU_SSID_BITS = 20,
	SMMU_SID_SHIFT = 32, /* q0 of CFGI_*, ATC_INV */
	SMMU_SID_BITS = 32,
	SMMU_CFGI_LEAF_SHIFT = 0,  /* q1 */
	SMMU_CFGI_RANGE_SHIFT = 0, /* q1 of CFGI_ALL */
	SMMU_CFGI_RANGE_BITS = 5,
	SMMU_CFGI_RANGE_ALL = 31,
};

/* TLBI_NH_*: range = (NUM + 1) * 2^SCALE pages from the address, if TG is set */
enum {
	SMMU_TLBI_NUM_SHIFT = 12, /* q0 */
	SMMU_TLBI_NUM_BITS = 5,
	SMMU_TLBI_SCALE_SHIFT = 20, /* q0 */
	SMMU_TLBI_SCALE_BITS = 5,
	SMMU_TLBI_ASID_SHIFT = 48, /* q0 */
	SMMU_TLBI_ASID_BITS = 16,
	SMMU_TLBI_LEAF_SHIFT = 0, /* q1: walk caches stay */
	SMMU_TLBI_TTL_SHIFT = 8,  /* q1: 0 no hint, else 3 - level: leaves of other levels stay */
	SMMU_TLBI_TTL_BITS = 2,
	SMMU_TLBI_TG_SHIFT = 10, /* q1: 0 no range (NUM, SCALE, TTL must be 0), 1 4-KiB granule */
	SMMU_TLBI_TG_BITS = 2,
	SMMU_TG_4K = 1,
	SMMU_TTL_OF_LEVEL0 = 3,
};

enum {
	SMMU_ATC_GLOBAL_SHIFT = 9, /* q0: every SubstreamID */
	SMMU_ATC_SIZE_SHIFT = 0,   /* q1: 2^SIZE pages, aligned (low bits ignored) */
	SMMU_ATC_SIZE_BITS = 6,
	SMMU_ATC_SIZE_ALL = 52,
	SMMU_SYNC_CS_SHIFT = 12, /* q0: completion signal; what software polls (CONS) needs none */
	SMMU_SYNC_CS_BITS = 2,
};

#endif
