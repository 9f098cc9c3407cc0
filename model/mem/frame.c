/* SPDX-License-Identifier: MIT */
/*
 * Frames: the arena, the allocator, data words.
 *
 * The frame freed last is handed out first, as a per-CPU free list would:
 * reuse soon after free is what turns a stale translation into damage. A freed
 * frame is filled with poison; a walker that still goes there finds no present
 * entry, a device finds the poison. On request ASan is told as well.
 */
#include "event/tell.h"
#include "mem/mem.h"

#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>

/* Words of a frame that are in use, at least. */
enum { FRAME_WORDS_MIN = 8 };

static const uint64_t POISON = 0xdeadbeefdeadbee0u; /* P is clear */

bool mem_init(struct mem *m, struct mem_geometry geo, struct sched *s, struct event_sink *ev)
{
	if (geo.levels < 2 || geo.levels > 4 || geo.bits < 2 || geo.bits > 9)
		return false;
	*m = (struct mem){.sched = s, .ev = ev, .geo = geo, .nents = 1u << geo.bits};
	m->frame_bits = (uint8_t)mem_frame_bits(geo);
	m->words = 1u << m->frame_bits;
	m->used = m->nents < FRAME_WORDS_MIN ? FRAME_WORDS_MIN : m->nents;
	m->pages = 1u << (geo.bits * geo.levels);
	m->word = calloc((size_t)MEM_FRAMES * m->words, sizeof(*m->word));
	m->memory = calloc((size_t)MEM_FRAMES * m->words, sizeof(*m->memory));
	if (!m->word || !m->memory) {
		mem_fini(m);
		return false;
	}
	mem_reset(m);
	return true;
}

void mem_fini(struct mem *m)
{
	free((void *)m->word);
	free((void *)m->memory);
	m->word = m->memory = NULL;
}

static uint32_t frame_words_in_use(const struct mem *m, enum mem_kind kind)
{
	return kind == MEM_CTX ? m->words : m->used;
}

/* Plain stores: whoever owns the frame now is the only one who may look at it. */
static void frame_fill(uint64_t *word, uint32_t n, uint64_t v)
{
	for (uint32_t i = 0; i < n; i++)
		word[i] = v;
}

/* Does nothing without ASan. */
static void frame_set_poison(struct mem *m, sd_page pfn, uint32_t n, bool on)
{
	void *at = mem_data(m, pfn);
	size_t bytes = (size_t)n * m->words * sizeof(*m->word);

	if (on)
		ASAN_POISON_MEMORY_REGION(at, bytes);
	else
		ASAN_UNPOISON_MEMORY_REGION(at, bytes);
	(void)at;
	(void)bytes;
}

void mem_reset(struct mem *m)
{
	for (sd_page i = 0; i < m->high; i++)
		m->frame[i] = (struct mem_frame){0};
	if (m->poison)
		frame_set_poison(m, 0, m->high, false);
	for (int i = 0; m->watched && i < SCHED_MAX_ACTORS; i++) /* whoever was stopped in a store */
		atomic_init(&m->drawing[i], 0);
	for (int i = 0; m->behind && i < SCHED_MAX_ACTORS; i++)
		m->dirty[i].head = m->dirty[i].tail = 0;
	m->poison = m->watched = m->behind = false;
	m->high = 0;
	memset(m->freemap, 0xff, sizeof(m->freemap));
	/* Frame 0 stays out: a zero in a table must never name memory that somebody owns. */
	m->freemap[0] &= ~1ull;
	m->serial = 0;
	m->in_use = 0;
	m->last_freed = MEM_NO_FRAME;
	m->fail_after = -1;
	m->fail_next = 0;
	m->failures = 0;
}

/* -- allocator ----------------------------------------------------------------- */

static bool frame_is_free(const struct mem *m, sd_page pfn) { return m->freemap[pfn / 64] >> (pfn % 64) & 1; }

static bool frame_block_is_free(const struct mem *m, sd_page pfn, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!frame_is_free(m, pfn + i))
			return false;
	return true;
}

static sd_page frame_find_free(const struct mem *m, uint32_t n)
{
	sd_page last = m->last_freed;

	if (last != MEM_NO_FRAME && (last & (n - 1)) == 0 && frame_block_is_free(m, last, n))
		return last;
	if (n == 1) {
		for (uint32_t w = 0; w < MEM_FRAMES / 64; w++)
			if (m->freemap[w])
				return w * 64 + (sd_page)__builtin_ctzll(m->freemap[w]);
		return MEM_NO_FRAME;
	}
	for (sd_page pfn = n; pfn + n <= MEM_FRAMES; pfn += n)
		if (frame_block_is_free(m, pfn, n))
			return pfn;
	return MEM_NO_FRAME;
}

static void frame_begin_life(struct mem *m, sd_page pfn, enum mem_kind kind)
{
	struct mem_frame *f = &m->frame[pfn];

	m->freemap[pfn / 64] &= ~(1ull << (pfn % 64));
	atomic_store_explicit(&f->kind, (uint8_t)kind, memory_order_relaxed);
	f->gen++;
	atomic_store_explicit(&f->born, m->serial, memory_order_relaxed);
	if (m->behind)
		mem_frame_born(m, pfn);
	frame_fill(mem_data(m, pfn), frame_words_in_use(m, kind), 0);
}

static bool frame_alloc_fails(struct mem *m)
{
	if (m->fail_after == 0) {
		m->fail_after = m->fail_next;
		m->failures++;
		return true;
	}
	if (m->fail_after > 0)
		m->fail_after--;
	return false;
}

bool mem_fails(struct mem *m)
{
	bool yes;

	sched_enter(m->sched, &m->allocating);
	yes = frame_alloc_fails(m);
	sched_leave(m->sched, &m->allocating);
	return yes;
}

/* MEM_NO_FRAME: none is left, or this one is to fail. */
static sd_page frame_take(struct mem *m, enum mem_kind kind, uint32_t n)
{
	sd_page pfn = frame_alloc_fails(m) ? (sd_page)MEM_NO_FRAME : frame_find_free(m, n);

	if (pfn == MEM_NO_FRAME)
		return MEM_NO_FRAME;
	m->serial++; /* what is born from here on names this owner, not the last one */
	if (m->poison)
		frame_set_poison(m, pfn, n, false);
	for (uint32_t i = 0; i < n; i++)
		frame_begin_life(m, pfn + i, kind);
	if (pfn + n > m->high)
		m->high = (uint16_t)(pfn + n);
	m->in_use = (uint16_t)(m->in_use + n);
	return pfn;
}

sd_page mem_alloc_now(struct mem *m, enum mem_kind kind, uint32_t n)
{
	sd_page pfn;

	sched_enter(m->sched, &m->allocating);
	pfn = frame_take(m, kind, n);
	sched_leave(m->sched, &m->allocating);
	if (pfn != MEM_NO_FRAME)
		event_alloc(m->ev, kind, pfn, n);
	return pfn;
}

static void frame_give_back(struct mem *m, sd_page pfn)
{
	struct mem_frame *f = &m->frame[pfn];

	if (f->kind == MEM_FREE)
		return; /* freed twice: the oracle has heard it */
	if (m->behind)
		mem_frame_dies(m, pfn);
	frame_fill(mem_data(m, pfn), frame_words_in_use(m, f->kind), POISON);
	if (m->poison)
		frame_set_poison(m, pfn, 1, true);
	atomic_store_explicit(&f->kind, MEM_FREE, memory_order_relaxed);
	m->freemap[pfn / 64] |= 1ull << (pfn % 64);
	m->in_use--;
}

void mem_free_now(struct mem *m, sd_page pfn, uint32_t n)
{
	if (n > MEM_FRAMES - pfn) /* what a wrong entry says */
		n = MEM_FRAMES - pfn;
	event_free(m->ev, m->frame[pfn].kind, pfn, n);
	sched_enter(m->sched, &m->allocating);
	for (uint32_t i = 0; i < n; i++)
		frame_give_back(m, pfn + i);
	m->last_freed = (uint16_t)pfn;
	sched_leave(m->sched, &m->allocating);
}

/* -- words --------------------------------------------------------------------- */

uint64_t mem_word_load_now(struct mem *m, sd_page pfn, uint32_t word)
{
	if (pfn >= MEM_FRAMES)
		return 0;
	return atomic_load_explicit(&m->word[pfn * m->words + word], memory_order_acquire);
}

void mem_word_store_now(struct mem *m, sd_page pfn, uint32_t word, uint64_t v)
{
	if (pfn < MEM_FRAMES)
		atomic_store_explicit(&m->word[pfn * m->words + word], v, memory_order_release);
}

void mem_copy_now(struct mem *m, sd_page to, sd_page from)
{
	for (uint32_t i = 0; i < m->used; i++)
		mem_data(m, to)[i] = mem_data(m, from)[i];
}
