/* SPDX-License-Identifier: MIT */
/*
 * struct page: references and mappings of data frames.
 *
 * Follows page_ref.h and page_add/remove_rmap(). Every frame has its own
 * counts; a huge page is n frames that one entry maps. A count that goes wrong
 * is reported (EV_BAD_REF) and the frame is left alone, as the kernel's
 * bad_page() does. Does not model: compound pages, pins (GUP).
 */
#include "event/tell.h"
#include "mm/pages/page.h"
#include "mm/state.h"

void mm_bad_ref(const struct mm_sys *s, enum mm_bad_ref why, sd_page pfn, int count)
{
	event_bad_ref(s->ev, why, pfn, count);
}

sd_page mm_page_alloc(struct mm_sys *s, sd_page n, unsigned flags, sd_page index)
{
	sd_page pfn = mem_alloc(s->mem, MEM_DATA, n);

	if (pfn == MEM_NO_FRAME)
		return pfn;
	for (sd_page i = 0; i < n; i++) {
		struct mm_page *p = &s->page[pfn + i];

		/* Nobody else knows the frame yet; what publishes it publishes these stores. */
		atomic_store_explicit(&p->ref, 1, memory_order_relaxed);
		atomic_store_explicit(&p->map, 0, memory_order_relaxed);
		atomic_store_explicit(&p->flags, (unsigned char)flags, memory_order_relaxed);
		atomic_store_explicit(&p->block, MM_NO_BLOCK, memory_order_relaxed);
		p->index = index + i;
		p->lock = (struct sched_lock){0};
	}
	return pfn;
}

void mm_page_get(struct mm_sys *s, sd_page pfn)
{
	atomic_fetch_add_explicit(&s->page[pfn].ref, 1, memory_order_relaxed);
}

/* put_page_testzero() */
static bool page_put_testzero(struct mm_sys *s, sd_page pfn)
{
	struct mm_page *p = &s->page[pfn];
	int was = atomic_fetch_sub_explicit(&p->ref, 1, memory_order_release);

	if (was == 1) /* comes after what the others did before they dropped theirs */
		atomic_load_explicit(&p->ref, memory_order_acquire);
	/* If it was not the last one, the frame may be freed by now. */
	if (was <= 0 || (was == 1 && s->mem->frame[pfn].kind != MEM_DATA)) {
		atomic_fetch_add(&p->ref, 1);
		mm_bad_ref(s, BAD_REF_UNDERFLOW, pfn, was - 1);
		return false;
	}
	if (was == 1 && atomic_load(&p->map))
		mm_bad_ref(s, BAD_REF_FREED_MAPPED, pfn, atomic_load(&p->map));
	if (was == 1 && atomic_load_explicit(&p->lock.word, memory_order_relaxed))
		mm_bad_ref(s, BAD_REF_FREED_LOCKED, pfn, 0);
	return was == 1;
}

void mm_page_put(struct mm_sys *s, sd_page pfn)
{
	sched_point(s->sched, PT_MM_PAGE_PUT);
	if (page_put_testzero(s, pfn))
		mem_free(s->mem, pfn, 1);
}

void mm_pages_put(struct mm_sys *s, sd_page pfn, sd_page n)
{
	uint32_t last = 0;

	if (n == 1) {
		mm_page_put(s, pfn);
		return;
	}
	sched_point(s->sched, PT_MM_PAGE_PUT);
	for (sd_page i = 0; i < n; i++)
		last |= (uint32_t)page_put_testzero(s, pfn + i) << i;
	if (last == (uint32_t)((1ull << n) - 1)) {
		mem_free(s->mem, pfn, n);
		return;
	}
	for (sd_page i = 0; i < n; i++)
		if (last >> i & 1)
			mem_free(s->mem, pfn + i, 1);
}

int mm_page_refs(struct mm_sys *s, sd_page pfn)
{
	sched_point(s->sched, PT_MM_PAGE_REF);
	return atomic_load_explicit(&s->page[pfn].ref, memory_order_acquire);
}

bool mm_page_mapped(struct mm_sys *s, sd_page pfn)
{
	sched_point(s->sched, PT_MM_PAGE_MAPPED);
	return atomic_load_explicit(&s->page[pfn].map, memory_order_acquire) > 0;
}

void mm_page_add_rmap(struct mm_sys *s, sd_page pfn)
{
	atomic_fetch_add_explicit(&s->page[pfn].map, 1, memory_order_relaxed);
}

void mm_page_remove_rmap(struct mm_sys *s, sd_page pfn)
{
	int was = atomic_fetch_sub_explicit(&s->page[pfn].map, 1, memory_order_release);

	if (was <= 0) {
		atomic_fetch_add(&s->page[pfn].map, 1);
		mm_bad_ref(s, BAD_REF_MAP_UNDERFLOW, pfn, was - 1);
	}
}

unsigned mm_page_flags(const struct mm_sys *s, sd_page pfn)
{
	return atomic_load_explicit(&s->page[pfn].flags, memory_order_acquire);
}

void mm_page_set(struct mm_sys *s, sd_page pfn, unsigned f)
{
	atomic_fetch_or_explicit(&s->page[pfn].flags, (unsigned char)f, memory_order_release);
}

void mm_page_clear(struct mm_sys *s, sd_page pfn, unsigned f)
{
	atomic_fetch_and_explicit(&s->page[pfn].flags, (unsigned char)~f, memory_order_release);
}
