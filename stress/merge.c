/* SPDX-License-Identifier: MIT */
/*
 * The rings of all actors as one log, in the order of their stamps, for the
 * timeline. A stamp is taken just after the event: two that race may stand
 * either way round.
 *
 * The stores that linked the tables are often too old to be remembered, so the
 * log begins with the tables as they are now, linked by nobody.
 */
#include <stdlib.h>

#include "engine/run/world.h"
#include "event/tell.h"
#include "stress/state.h"

static int merge_by_stamp(const void *a, const void *b)
{
	uint64_t x = ((const struct ring_event *)a)->stamp, y = ((const struct ring_event *)b)->stamp;

	return (x > y) - (x < y);
}

static size_t merge_collect_ring(const struct ring *ring, struct ring_event *all)
{
	const struct ring_event *e;
	size_t n = 0;

	while ((e = ring_at(ring, n)))
		all[n++] = *e;
	return n;
}

static size_t merge_collect(const struct stress_run *r, struct ring_event *all)
{
	size_t n = merge_collect_ring(&r->nobody, all);

	for (int i = 0; i < SCHED_MAX_ACTORS; i++)
		n += merge_collect_ring(&r->actor[i].ring, all + n);
	return n;
}

/* -- tables ------------------------------------------------------------------------- */

/* Room for one more event, told by nobody; NULL: the log is full. */
static struct event *merge_append(struct event_sink *log)
{
	return log->len < log->cap ? &log->log[log->len++] : NULL;
}

static void merge_link_tables(const struct mem *m, sd_page table, int level, struct event_sink *log)
{
	for (uint32_t i = 0; level > 0 && table < MEM_FRAMES && i < m->nents; i++) {
		mem_entry at = mem_at(m, table, i);
		pte_t entry = mem_peek(m, at);
		struct event *ev = pte_table(entry) ? merge_append(log) : NULL;

		if (!ev)
			continue;
		event_set_store(ev, EV_ENTRY, at, 0, entry, 0, 0);
		ev->actor = EVENT_NOBODY;
		merge_link_tables(m, pte_pfn(entry), level - 1, log);
	}
}

static void merge_link_space(const struct mem *m, int space, sd_page root, struct event_sink *log)
{
	struct event *ev = merge_append(log);

	if (!ev)
		return;
	event_set_root(ev, EV_SPACE_ROOT, (uint8_t)space, root, true, 0);
	ev->actor = EVENT_NOBODY;
	merge_link_tables(m, root, m->geo.levels - 1, log);
}

/* Roots of domains never change: they are in what was set up. */
static void merge_link_all(const struct stress_run *r, struct event_sink *log)
{
	const struct mem *m = &r->w->mem;
	const struct ring_event *e;

	for (int mm = 0; mm < SD_MAX_MMS; mm++)
		if (mm_alive(r->w->mm, mm))
			merge_link_space(m, sd_space_of_mm(mm), mm_root(r->w->mm, mm), log);
	for (uint64_t k = 0; (e = ring_at(&r->nobody, k)); k++)
		if (e->ev.type == EV_SPACE_ROOT && e->ev.root.space >= SD_MAX_MMS)
			merge_link_space(m, e->ev.root.space, e->ev.root.frame, log);
}

bool stress_merge(const struct stress_run *r, struct event_sink *log)
{
	struct ring_event *all = malloc(sizeof(*all) * STRESS_RING * (SCHED_MAX_ACTORS + 1));
	size_t n;

	*log = (struct event_sink){0};
	if (!all)
		return false;
	n = merge_collect(r, all);
	qsort(all, n, sizeof(*all), merge_by_stamp);
	log->cap = 2 * MEM_FRAMES;
	log->log = malloc(sizeof(*log->log) * (n + log->cap));
	if (log->log) {
		merge_link_all(r, log);
		log->cap = (uint32_t)n + log->len;
		for (size_t i = 0; i < n; i++)
			log->log[log->len++] = all[i].ev;
	}
	free(all);
	return log->log != NULL;
}
