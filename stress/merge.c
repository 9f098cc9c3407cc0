// SPDX-License-Identifier: MIT
/*
 * The rings of all actors as one log, in the order of their stamps, for the
 * timeline. A stamp is taken just after the event: two that race may stand
 * either way round.
 *
 * The stores that linked the tables are often too old to be remembered, so the
 * log begins with the tables as they are now, linked by nobody.
 */
#include <stdlib.h>

#include "stress/internal.h"

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

static void merge_by_nobody(struct event_sink *log, enum event_type type, uint8_t b, uint32_t c, uint32_t d,
                            uint32_t e)
{
	if (log->len < log->cap)
		log->log[log->len++] = (struct event){
		        .type = (uint8_t)type, .actor = EVENT_NOBODY, .b = b, .c = c, .d = d, .e = e};
}

static void merge_link_tables(const struct mem *m, sd_page table, int level, struct event_sink *log)
{
	for (uint32_t i = 0; level > 0 && table < MEM_FRAMES && i < m->nents; i++) {
		mem_entry at = mem_at(m, table, i);
		pte_t entry = mem_peek(m, at);

		if (!pte_table(entry))
			continue;
		merge_by_nobody(log, EV_ENTRY, 0, at, 0, entry);
		merge_link_tables(m, pte_pfn(entry), level - 1, log);
	}
}

/* Roots of domains never change: they are in what was set up. */
static void merge_link_all(const struct stress_run *r, struct event_sink *log)
{
	const struct mem *m = &r->w->mem;
	const struct ring_event *e;
	int top = m->geo.levels - 1;

	for (int mm = 0; mm < SD_MAX_MMS; mm++) {
		if (!mm_alive(r->w->mm, mm))
			continue;
		merge_by_nobody(log, EV_SPACE_ROOT, (uint8_t)sd_space_of_mm(mm), mm_root(r->w->mm, mm), 1, 0);
		merge_link_tables(m, mm_root(r->w->mm, mm), top, log);
	}
	for (uint64_t k = 0; (e = ring_at(&r->nobody, k)); k++) {
		if (e->ev.type != EV_SPACE_ROOT || e->ev.b < SD_MAX_MMS)
			continue;
		merge_by_nobody(log, EV_SPACE_ROOT, e->ev.b, e->ev.c, 1, 0);
		merge_link_tables(m, e->ev.c, top, log);
	}
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
