/* SPDX-License-Identifier: MIT */
/*
 * cmd: where the bits of an encoded command are. The driver encodes with this
 * page, hardware decodes with it; neither has the other's code.
 *
 * NAME_SHIFT is a bit number inside the quadword that its comment names (q0 =
 * w[0], q1 = w[1]), NAME_BITS the width of a field (none: one bit). Unused bits
 * are zero. A device's number is its SID, StreamID or RID; the tag of a space is
 * its DID, ASID or PSCID and alone selects the space, whatever PASID a command
 * names beside it. PASID SD_NO_PASID is a request without PASID. Addresses are
 * byte addresses (page << SD_PAGE_SHIFT) unless a comment says otherwise.
 *
 * Does not model: interrupt remapping, PRI/resume commands (responses cross the
 * seam as page_response()), second stages, prefetch.
 */
#ifndef HW_CMD_H
#define HW_CMD_H

#include <stdint.h>

#include <shootdown/hw.h>

static inline uint64_t cmd_get(uint64_t q, unsigned shift, unsigned bits)
{
	return q >> shift & (~(uint64_t)0 >> (64 - bits));
}
static inline bool cmd_bit(uint64_t q, unsigned shift) { return q >> shift & 1; }
/* v must fit: a driver's mistake in a range is in v, not in spilling over its neighbour. */
static inline uint64_t cmd_put(uint64_t v, unsigned shift, unsigned bits)
{
	return (v & (~(uint64_t)0 >> (64 - bits))) << shift;
}
/* Bits 63..12 of q1. */
static inline uint64_t cmd_addr(uint64_t q) { return q & ~(uint64_t)0xfff; }

/* -- VT-d 6.5.2: queued invalidation descriptors ------------------------------ */
enum {
	VTD_TYPE_SHIFT = 0, /* q0 */
	VTD_TYPE_BITS = 4,
	VTD_CONTEXT = 1,      /* context-cache */
	VTD_IOTLB = 2,        /* IOTLB */
	VTD_DEV_TLB = 3,      /* device-TLB, requests without PASID */
	VTD_WAIT = 5,         /* invalidation wait */
	VTD_PASID_IOTLB = 6,  /* PASID-based IOTLB */
	VTD_PASID_CACHE = 7,  /* PASID-cache */
	VTD_PASID_DEV_TLB = 8 /* PASID-based device-TLB */
};
enum { /* q0 of context, IOTLB, PASID IOTLB, PASID cache */
       VTD_G_SHIFT = 4,
       VTD_G_BITS = 2,
       VTD_DID_SHIFT = 16,
       VTD_DID_BITS = 16,
       VTD_PASID_SHIFT = 32, /* PASID IOTLB, PASID cache, PASID device-TLB */
       VTD_PASID_BITS = 20,
};
enum { /* G */
       VTD_CC_GLOBAL = 1,
       VTD_CC_DOMAIN = 2,
       VTD_CC_DEVICE = 3, /* every PASID of the device */
       VTD_IOTLB_GLOBAL = 1,
       VTD_IOTLB_DOMAIN = 2,
       VTD_IOTLB_PAGE = 3,
       VTD_PIOTLB_PASID = 2,
       VTD_PIOTLB_PAGE = 3,
       VTD_PC_DOMAIN = 0, /* every PASID of the domain */
       VTD_PC_PASID = 1,  /* that PASID of that domain, on every device */
       VTD_PC_GLOBAL = 3,
};
enum {
	VTD_CC_SID_SHIFT = 32, /* q0 of context */
	VTD_CC_SID_BITS = 16,
	VTD_CC_FM_SHIFT = 48, /* low function bits that are ignored; 0 in this model */
	VTD_CC_FM_BITS = 2,
	VTD_IOTLB_DW_SHIFT = 6, /* q0 of IOTLB: drain writes, reads */
	VTD_IOTLB_DR_SHIFT = 7,
	VTD_AM_SHIFT = 0, /* q1 of (PASID) IOTLB: the low AM bits of the page number are ignored */
	VTD_AM_BITS = 6,
	VTD_IH_SHIFT = 6, /* q1 of (PASID) IOTLB: paging-structure entries may stay */
};
enum {
	VTD_DTLB_QDEP_SHIFT = 16, /* q0 of device-TLB */
	VTD_DTLB_QDEP_BITS = 5,
	VTD_DTLB_SID_SHIFT = 32,
	VTD_DTLB_SID_BITS = 16,
	VTD_DTLB_S_SHIFT = 0,     /* q1: lowest zero bit of the address is the size */
	VTD_PDTLB_QDEP_SHIFT = 4, /* q0 of PASID device-TLB */
	VTD_PDTLB_QDEP_BITS = 5,
	VTD_PDTLB_SID_SHIFT = 16,
	VTD_PDTLB_SID_BITS = 16,
	VTD_PDTLB_G_SHIFT = 0,  /* q1: every PASID */
	VTD_PDTLB_S_SHIFT = 11, /* q1 */
};
enum { /* q0 of wait; q1 is the status address */
       VTD_WAIT_IF_SHIFT = 4,
       VTD_WAIT_SW_SHIFT = 5, /* status write: what software polls. Without it nobody sees the wait. */
       VTD_WAIT_FN_SHIFT = 6,
       VTD_WAIT_PD_SHIFT = 7,
       VTD_WAIT_DATA_SHIFT = 32,
       VTD_WAIT_DATA_BITS = 32,
};

/* -- AMD IOMMU 2.4: command buffer ---------------------------------------------- */
enum {
	AMD_OP_SHIFT = 60, /* q0 */
	AMD_OP_BITS = 4,
	AMD_COMPLETION_WAIT = 1,
	AMD_INVALIDATE_DEVTAB_ENTRY = 2, /* every PASID of the device */
	AMD_INVALIDATE_IOMMU_PAGES = 3,
	AMD_INVALIDATE_IOTLB_PAGES = 4, /* the device's TLB */
	AMD_INVALIDATE_IOMMU_ALL = 8,   /* device table entries, pages, every domain */
};
enum {
	AMD_WAIT_S_SHIFT = 0, /* q0 of COMPLETION_WAIT: store q1 at address 51..3; what software polls */
	AMD_WAIT_I_SHIFT = 1,
	AMD_WAIT_F_SHIFT = 2,
	AMD_DEVID_SHIFT = 0, /* q0 of DEVTAB_ENTRY, IOTLB_PAGES */
	AMD_DEVID_BITS = 16,
	AMD_PASID_SHIFT = 0, /* q0 of IOMMU_PAGES */
	AMD_PASID_BITS = 20,
	AMD_DOMAIN_SHIFT = 32, /* q0 of IOMMU_PAGES */
	AMD_DOMAIN_BITS = 16,
	AMD_IOTLB_PASID_HI_SHIFT = 16, /* q0 of IOTLB_PAGES: PASID[15:8] */
	AMD_IOTLB_MAXPEND_SHIFT = 24,
	AMD_IOTLB_QUEUE_SHIFT = 32, /* QueueID; the model uses the device */
	AMD_IOTLB_QUEUE_BITS = 16,
	AMD_IOTLB_PASID_LO_SHIFT = 48, /* PASID[7:0] */
	AMD_S_SHIFT = 0,               /* q1: lowest zero bit of the address is the size */
	AMD_PDE_SHIFT = 1,             /* q1 of IOMMU_PAGES: paging-structure entries go, too */
	AMD_GN_SHIFT = 2,              /* q1: PASID is valid */
};

/* -- SMMUv3 chapter 4: commands ------------------------------------------------- */
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
enum { /* TLBI_NH_*: range = (NUM + 1) * 2^SCALE pages from the address, if TG is set */
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

/* -- RISC-V IOMMU 3.1 (1.0): command queue ----------------------------------------- */
enum {
	RISCV_OP_SHIFT = 0, /* q0 */
	RISCV_OP_BITS = 7,
	RISCV_FUNC_SHIFT = 7,
	RISCV_FUNC_BITS = 3,
	RISCV_IOTINVAL = 1,
	RISCV_IOFENCE = 2,
	RISCV_IODIR = 3,
	RISCV_ATS = 4,
	RISCV_IOTINVAL_VMA = 0, /* functions */
	RISCV_IOFENCE_C = 0,
	RISCV_IODIR_INVAL_DDT = 0, /* the device's entry and every PASID below it */
	RISCV_IODIR_INVAL_PDT = 1,
	RISCV_ATS_INVAL = 0,
};
enum {                               /* IOTINVAL.VMA. GV = 1 names a second stage: malformed here. */
       RISCV_IOTINVAL_AV_SHIFT = 10, /* q0: one page, leaves only; 0: everything of the PSCID */
       RISCV_IOTINVAL_PSCID_SHIFT = 12,
       RISCV_IOTINVAL_PSCID_BITS = 20,
       RISCV_IOTINVAL_PSCV_SHIFT = 32, /* 0: every PSCID */
       RISCV_IOTINVAL_GV_SHIFT = 33,
       RISCV_IOTINVAL_S_SHIFT = 9,    /* q1: NAPOT range; only if max_mask > 0 */
       RISCV_IOTINVAL_PFN_SHIFT = 10, /* q1: page number, not byte address */
       RISCV_IOTINVAL_PFN_BITS = 52,
};
enum {                              /* IOFENCE.C */
       RISCV_IOFENCE_AV_SHIFT = 10, /* q0: write DATA to q1 << 2 */
       RISCV_IOFENCE_WSI_SHIFT = 11,
       RISCV_IOFENCE_PR_SHIFT = 12, /* earlier reads have ended */
       RISCV_IOFENCE_PW_SHIFT = 13, /* earlier writes have ended */
       RISCV_IOFENCE_DATA_SHIFT = 32,
       RISCV_IOFENCE_DATA_BITS = 32,
};
enum {
	RISCV_IODIR_PID_SHIFT = 12, /* q0 */
	RISCV_IODIR_PID_BITS = 20,
	RISCV_IODIR_DV_SHIFT = 33, /* 0: every device (DDT only) */
	RISCV_IODIR_DID_SHIFT = 40,
	RISCV_IODIR_DID_BITS = 24,
	RISCV_ATS_PID_SHIFT = 12, /* q0 */
	RISCV_ATS_PID_BITS = 20,
	RISCV_ATS_PV_SHIFT = 32,
	RISCV_ATS_DSV_SHIFT = 33,
	RISCV_ATS_RID_SHIFT = 40,
	RISCV_ATS_RID_BITS = 16,
	RISCV_ATS_G_SHIFT = 0,  /* q1: every PASID */
	RISCV_ATS_S_SHIFT = 11, /* q1: lowest zero bit of the address is the size */
};

#endif
