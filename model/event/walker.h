/* SPDX-License-Identifier: MIT */
/* Everything that caches translations, numbered: CPU TLBs, IOMMUs (IOTLB and
 * PSC together), device ATCs. A set of walkers is a bit mask. */
#ifndef EVENT_WALKER_H
#define EVENT_WALKER_H

#include <shootdown/types.h>

enum walker {
	WALKER_CPU0 = 0,
	WALKER_IOMMU0 = WALKER_CPU0 + SD_MAX_CPUS,
	WALKER_ATC0 = WALKER_IOMMU0 + SD_MAX_IOMMUS,
	WALKER_COUNT = WALKER_ATC0 + SD_MAX_DEVS,
};

enum {
	WALKERS_CPU = (1u << SD_MAX_CPUS) - 1,
	WALKERS_IOMMU = ((1u << SD_MAX_IOMMUS) - 1) << WALKER_IOMMU0,
	WALKERS_ATC = ((1u << SD_MAX_DEVS) - 1) << WALKER_ATC0,
};

/* flags of EV_INV */
enum {
	INV_LEAF_ONLY = 1,  /* paging-structure entries stay */
	INV_ALL_TAGS = 2,   /* every address space */
	INV_TAG_ALL = 4,    /* every page of the tag */
	INV_TABLES_ALL = 8, /* table pointers go for every page of the tag, leaves only in the range */
	INV_LEVEL_SHIFT = 4 /* bits 4..6: 1 + the only level whose leaves go (SMMU TTL), 0: every level */
};

/* flags of EV_WAIT_DONE and EV_WAIT_SEEN */
enum {
	SEEN_DRAINED = 1,  /* accesses that began before it have ended */
	SEEN_BROADCAST = 2 /* a CPU's barrier saw a snooped invalidation; says nothing of ATCs */
};

/* flags of EV_ACCESS, EV_FAULT and EV_PRQ */
enum {
	ACC_WRITE = 1,
	ACC_TRANSLATED = 2, /* through an ATC */
	ACC_PERM = 4,       /* fault: present, but not enough permission */
	ACC_CTX = 8,        /* fault: no context or PASID entry */
	ACC_GHOST = 16,     /* done by a witness, not by the program */
};

/* "cpu1", "iommu0", "atc2" */
const char *walker_name(int walker);

#endif
