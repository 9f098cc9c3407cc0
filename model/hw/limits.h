/* SPDX-License-Identifier: MIT */
/* How much the caches and queues of the model hold. */
#ifndef HW_LIMITS_H
#define HW_LIMITS_H

enum {
	HW_CTX_ENTRIES = 8,
	HW_IOTLB_ENTRIES = 16,
	HW_IOMMU_PSC_ENTRIES = 8,
	HW_CPU_TLB_ENTRIES = 8,
	HW_CPU_PSC_ENTRIES = 4,
	HW_RING = 64,       /* commands of an invalidation queue */
	HW_PRQ_ENTRIES = 8, /* page requests */
	HW_GENS = 32,       /* tags that share an invalidation counter cancel each other's walks: harmless */
	HW_MAX_LEAF_LEVEL = 2,
};

#endif
