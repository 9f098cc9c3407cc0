/* SPDX-License-Identifier: MIT */
/* cmd_riscv: RISC-V IOMMU commands (3.1 of version 1.0, command queue). How to read it: cmd.h. */
#ifndef HW_CMD_RISCV_H
#define HW_CMD_RISCV_H

#include "hw/cmd.h"

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

/* IOTINVAL.VMA. GV = 1 names a second stage: malformed here. */
enum {
	RISCV_IOTINVAL_AV_SHIFT = 10, /* q0: one page, leaves only; 0: everything of the PSCID */
	RISCV_IOTINVAL_PSCID_SHIFT = 12,
	RISCV_IOTINVAL_PSCID_BITS = 20,
	RISCV_IOTINVAL_PSCV_SHIFT = 32, /* 0: every PSCID */
	RISCV_IOTINVAL_GV_SHIFT = 33,
	RISCV_IOTINVAL_S_SHIFT = 9,    /* q1: NAPOT range; only if max_mask > 0 */
	RISCV_IOTINVAL_PFN_SHIFT = 10, /* q1: page number, not byte address */
	RISCV_IOTINVAL_PFN_BITS = 52,
};

/* IOFENCE.C */
enum {
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
