/* SPDX-License-Identifier: MIT */
/*
 * Accesses with their point, in the frame of whoever makes them (see
 * sched_inline.h); included by mem.h only.
 */
#ifndef MEM_MEM_INLINE_H
#define MEM_MEM_INLINE_H

/* What follows a point; p: the one that was passed, for the event. */
sd_page mem_alloc_now(struct mem *m, enum mem_kind kind, uint32_t n);
void mem_free_now(struct mem *m, sd_page pfn, uint32_t n);
pte_t mem_xchg_now(struct mem *m, mem_entry e, pte_t v, enum point p);
bool mem_cmpxchg_now(struct mem *m, mem_entry e, pte_t *old, pte_t v, enum point p);
void mem_copy_now(struct mem *m, sd_page to, sd_page from);

static inline sd_page mem_alloc(struct mem *m, enum mem_kind kind, uint32_t n)
{
	sched_point(m->sched, PT_MEM_ALLOC);
	return mem_alloc_now(m, kind, n);
}

static inline void mem_free(struct mem *m, sd_page pfn, uint32_t n)
{
	sched_point(m->sched, PT_MEM_FREE);
	mem_free_now(m, pfn, n);
}

static inline pte_t mem_load(struct mem *m, mem_entry e, enum point p)
{
	sched_point(m->sched, p);
	return (pte_t)atomic_load(&m->word[e]);
}

static inline void mem_store(struct mem *m, mem_entry e, pte_t v, enum point p)
{
	sched_point(m->sched, p);
	mem_xchg_now(m, e, v, p);
}

static inline pte_t mem_xchg(struct mem *m, mem_entry e, pte_t v, enum point p)
{
	sched_point(m->sched, p);
	return mem_xchg_now(m, e, v, p);
}

static inline bool mem_cmpxchg(struct mem *m, mem_entry e, pte_t *old, pte_t v, enum point p)
{
	sched_point(m->sched, p);
	return mem_cmpxchg_now(m, e, old, v, p);
}

static inline pte_t mem_walk(struct mem *m, mem_entry e, enum point p)
{
	uint32_t serial;

	sched_point(m->sched, p);
	return mem_walk_now(m, e, &serial);
}

static inline bool mem_set_ad(struct mem *m, int walker, mem_entry e, pte_t *old, pte_t bits, enum point p)
{
	sched_point(m->sched, p);
	return mem_set_ad_now(m, walker, e, old, bits);
}

static inline uint64_t mem_word_load(struct mem *m, sd_page pfn, uint32_t word, enum point p)
{
	sched_point(m->sched, p);
	return mem_word_load_now(m, pfn, word);
}

static inline void mem_word_store(struct mem *m, sd_page pfn, uint32_t word, uint64_t v, enum point p)
{
	sched_point(m->sched, p);
	mem_word_store_now(m, pfn, word, v);
}

static inline void mem_copy(struct mem *m, sd_page to, sd_page from, enum point p)
{
	sched_point(m->sched, p);
	mem_copy_now(m, to, from);
}

#endif
