/* SPDX-License-Identifier: MIT */
/* timeline_view: an event log read back; for timeline*.c and twice.c only. */
#ifndef ENGINE_TIMELINE_VIEW_H
#define ENGINE_TIMELINE_VIEW_H

#include "engine/tell/report.h"
#include "event/walker.h"
#include "mem/mem.h"

enum { VIEW_TEXT = 256 };

struct view_range {
	int space; /* -1: not known */
	int level;
	sd_page page, span;
};

struct timeline_view {
	const struct case_file *c;
	const struct exec_result *r;
	bool all;
	/* tables, as the log's stores link them: whose, and what they cover */
	struct view_range table[MEM_FRAMES];
	uint32_t tag[SD_MAX_SPACES];  /* as the driver gave it; 0: none */
	uint64_t waits[WALKER_COUNT]; /* seq of a shown invalidation that nobody waited for yet; 0: none */
};

void view_init(struct timeline_view *v, const struct case_file *c, const struct exec_result *r, bool all);
/* Takes the event into account; to be called for each, in order. */
void view_learn(struct timeline_view *v, const struct event *ev);
/* What an entry maps; space -1 if its table was never linked. */
struct view_range view_entry(const struct timeline_view *v, mem_entry e);
/* Is it about the violation's page or frame (or was everything asked for)? */
bool view_wanted(struct timeline_view *v, const struct event *ev);
/*
 * For a log of many operations: of the events that keep[] names, leaves those
 * that come near the page or frame.
 */
void view_narrow(const struct timeline_view *v, const struct event_sink *log, uint8_t keep[]);
/* The page that a DMA, a fault or a page request is about. */
sd_page view_request_page(const struct event *ev);
/* The event in words. */
void view_text(const struct timeline_view *v, const struct event *ev, char buf[VIEW_TEXT]);

#endif
