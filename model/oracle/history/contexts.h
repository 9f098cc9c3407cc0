/* SPDX-License-Identifier: MIT */
/* Context and PASID entries, in memory and in context caches. */
#ifndef ORACLE_HISTORY_CONTEXTS_H
#define ORACLE_HISTORY_CONTEXTS_H

#include "mem/mem.h"

struct event;
struct history;

/*
 * A context or PASID entry: live in memory, held by the context cache of the
 * device's IOMMU. Whoever went by it may find what is new in its tables, until
 * it is held no more and then all of its tag is invalidated there.
 */
struct history_context {
	uint8_t dev, pasid, fewer;
	uint16_t tag;
	sd_page root;
	bool live, held;
	uint16_t under_way; /* the IOMMU, the ATC */
	uint32_t dropped;
};

void history_contexts_store(struct history *h, const struct event *ev);
void history_contexts_invalidate(struct history *h, const struct event *ev);
void history_contexts_tag_invalidated(struct history *h, const struct event *ev);
/*
 * May hardware still go by it; may anybody who goes by it still be under way?
 * Whether the device is there makes no difference: the next one in its place
 * would find the entry as it is.
 */
static inline bool history_context_held(const struct history_context *c) { return c->live || c->held; }
bool history_context_usable(const struct history *h, const struct history_context *c);

#endif
