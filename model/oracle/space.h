/* SPDX-License-Identifier: MIT */
/* Tags, contexts, and who may hold what is live in a space. */
#ifndef ORACLE_SPACE_H
#define ORACLE_SPACE_H

#include "event/walker.h"
#include "mem/mem.h"
#include "oracle/item.h"

struct space {
	bool exists;
	sd_page root;
	uint8_t fewer; /* levels than the deepest table has */
	bool grown;
	sd_page first_root; /* before it grew, and that one's levels */
	uint8_t first_fewer;
	/* devices whose entry in memory has the first root, though the table has grown; whose cached one may */
	uint8_t old_entry, old_cached;
	uint16_t tag;
	uint16_t known_as; /* the same, also after the driver has given it back */
	uint8_t pasid;
	uint16_t cpus;    /* walkers: CPU TLBs that may run it */
	uint16_t holders; /* walkers that may hold what is live */
	uint16_t unseen;  /* left holders, wait not yet seen */
	uint32_t when[WALKER_COUNT];
	uint8_t devs;       /* whose context entry selects it */
	uint8_t stale_devs; /* whose entry may still be cached, though cleared */
	uint8_t unseen_devs;
	uint32_t dev_when[SD_MAX_DEVS]; /* event at which the context invalidation took effect */
	int notifiers;                  /* range_start calls not yet ended */
};

void space_tag(struct oracle *o, const struct event *ev);
void space_cpus(struct oracle *o, const struct event *ev);
void space_context(struct oracle *o, const struct event *ev);
void space_context_invalidated(struct oracle *o, const struct event *ev);
void space_invalidated(struct oracle *o, const struct event *ev);
void space_seen(struct oracle *o, struct seen seen);
void space_grown(struct oracle *o, int space, sd_page root, unsigned fewer);
/* Software or a context cache goes by this root and depth: were they ever published together? */
void space_top_read(struct oracle *o, const struct event *ev);
void space_context_filled(struct oracle *o, const struct event *ev);
int space_by_tag(const struct oracle *o, uint16_t tag); /* -1: nobody's */
int space_by_pasid(const struct oracle *o, int dev, int pasid);
/* IOMMUs that a possibly cached context leads to it */
uint16_t space_selected(const struct oracle *o, int space);
/* A new request of the device still gets there: its entry is there, or cached. */
bool space_leads(const struct oracle *o, int space, int dev);
/* ATCs that can have from these IOMMUs what they hold of the space. */
uint16_t space_atcs(const struct oracle *o, int space, uint16_t iommus);
/* A request of the device with that PASID may find a context entry, in memory or cached. */
bool space_admits(const struct oracle *o, int dev, int pasid);
void space_device_gone(struct oracle *o, int dev);
bool space_reached(const struct oracle *o, int space); /* any context entry may be cached */

#endif
