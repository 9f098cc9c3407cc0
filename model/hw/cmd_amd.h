/* SPDX-License-Identifier: MIT */
/* cmd_amd: AMD IOMMU commands (2.4, command buffer). How to read it: cmd.h. */
#ifndef HW_CMD_AMD_H
#define HW_CMD_AMD_H

#include "hw/cmd.h"

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

#endif
