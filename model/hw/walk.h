/* SPDX-License-Identifier: MIT */
/* walk: a TLB lookup and, if need be, a walk, for a CPU's MMU and for an IOMMU. */
#ifndef HW_WALK_H
#define HW_WALK_H

#include <shootdown/hw.h>

#include "hw/agent.h"

struct hw_walk {
	struct hw_agent *agent;
	sd_page root, page;
	uint8_t fewer; /* levels that the table is less deep */
	uint32_t gen;  /* hw_gen() of the tag when the walk began */
	uint16_t tag;
	bool write;
	bool ghost; /* of a witness: no points, no lock */
};

/*
 * Called with the agent's lock held (unless a ghost), returns without it.
 * SD_CANCEL: an invalidation of the tag overtook the walk.
 */
enum sd_status hw_walk(struct hw *hw, struct hw_walk *w, struct hw_entry *out);
/* The entry as the answer to a request for one of its pages. */
void hw_translation(const struct hw_entry *e, sd_page page, struct sd_translation *out);


#endif
