/* SPDX-License-Identifier: MIT */
/* cmd_vtd: VT-d queued invalidation descriptors (6.5.2). How to read it: cmd.h. */
#ifndef HW_CMD_VTD_H
#define HW_CMD_VTD_H

#include "hw/cmd.h"

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

/* q0 of context, IOTLB, PASID IOTLB, PASID cache */
enum {
	VTD_G_SHIFT = 4,
	VTD_G_BITS = 2,
	VTD_DID_SHIFT = 16,
	VTD_DID_BITS = 16,
	VTD_PASID_SHIFT = 32, /* PASID IOTLB, PASID cache, PASID device-TLB */
	VTD_PASID_BITS = 20,
};

/* G */
enum {
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

/* q0 of wait; q1 is the status address */
enum {
	VTD_WAIT_IF_SHIFT = 4,
	VTD_WAIT_SW_SHIFT = 5, /* status write: what software polls. Without it nobody sees the wait. */
	VTD_WAIT_FN_SHIFT = 6,
	VTD_WAIT_PD_SHIFT = 7,
	VTD_WAIT_DATA_SHIFT = 32,
	VTD_WAIT_DATA_BITS = 32,
};

#endif
