/* SPDX-License-Identifier: MIT */
/*
 * What each operation tells the others, to the page: an entry loses its page or
 * its permission only inside a notifier bracket that covers it, and what is
 * flushed is what changed, no less and no more.
 */
#include "support_mm.h"

enum { A = 0, B = 8, C = 16, PAGES = 24, BRACKETS = 8 };
static const sd_page ANY = ~(sd_page)0; /* the range depends on the profile */

struct scenario {
	const char *name;
	mmbox_body *before, *op;
	unsigned first, last; /* what is flushed */
};

/* -- scenarios ------------------------------------------------------------------------- */

static void touch(struct mmbox *b, sd_page start, sd_page n, bool write)
{
	for (sd_page i = 0; i < n; i++)
		assert_int_equal(mm_access(b->mm, 0, start + i, write), 0);
}

static void anon(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, A, 4, true, MM_ANON), 0);
	touch(b, A, 4, true);
}

static void huge(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, B, 8, true, MM_HUGE), 0);
	touch(b, B, 1, true);
}

static void file(struct mmbox *b)
{
	assert_int_equal(mm_mmap(b->mm, 0, C, 4, true, MM_FILE), 0);
	touch(b, C, 4, true);
}

static void shared(struct mmbox *b)
{
	anon(b);
	assert_true(mm_fork(b->mm, 0) == 0);
}

static void anon_and_file(struct mmbox *b)
{
	anon(b);
	file(b);
}

static void huge_and_file(struct mmbox *b)
{
	huge(b);
	file(b);
}

static void zap_two(struct mmbox *b) { assert_int_equal(mm_madvise_dontneed(b->mm, 0, A + 1, 2), 0); }
static void unmap_two(struct mmbox *b) { assert_int_equal(mm_munmap(b->mm, 0, A + 1, 2), 0); }
static void unmap_all(struct mmbox *b) { assert_int_equal(mm_munmap(b->mm, 0, A, 4), 0); }
static void zap_huge(struct mmbox *b) { assert_int_equal(mm_madvise_dontneed(b->mm, 0, B, 8), 0); }
static void unmap_huge(struct mmbox *b) { assert_int_equal(mm_munmap(b->mm, 0, B, 8), 0); }
static void unmap_of_huge(struct mmbox *b) { assert_int_equal(mm_munmap(b->mm, 0, B + 2, 3), 0); }
static void protect_two(struct mmbox *b) { assert_int_equal(mm_mprotect(b->mm, 0, A + 1, 2, false), 0); }
static void protect_huge(struct mmbox *b) { assert_int_equal(mm_mprotect(b->mm, 0, B, 8, false), 0); }
static void move_two(struct mmbox *b) { assert_int_equal(mm_mremap(b->mm, 0, A + 1, C + 1, 2), 0); }
static void move_huge(struct mmbox *b) { assert_int_equal(mm_mremap(b->mm, 0, B, C, 8), 0); }
static void reclaim_two(struct mmbox *b) { assert_int_equal(mm_reclaim(b->mm, 0, A + 1, 2), 0); }
static void fork_it(struct mmbox *b) { assert_true(mm_fork(b->mm, 0) == 0); }
static void write_one(struct mmbox *b) { touch(b, A + 1, 1, true); }
static void write_back(struct mmbox *b) { assert_int_equal(mm_writeback(b->mm, 0, C + 1, 1), 0); }
static void cut_off(struct mmbox *b) { assert_int_equal(mm_truncate(b->mm, 0, C + 1, 2), 0); }

static const struct scenario scenarios[] = {
        {"dontneed", anon, zap_two, A + 1, A + 2},
        {"munmap", anon, unmap_two, A + 1, A + 2},
        {"munmap of a whole table", anon_and_file, unmap_all, A, A + 7},
        {"munmap of everything below the root", anon, unmap_all, A, A + 63},
        {"dontneed of a huge page", huge, zap_huge, B, B + 7},
        {"munmap of a huge page", huge_and_file, unmap_huge, B, B + 7},
        {"munmap of a part of a huge page", huge, unmap_of_huge, B, B + 7},
        {"mprotect", anon, protect_two, A + 1, A + 2},
        {"mprotect of a huge page", huge, protect_huge, B, B + 7},
        {"mremap", anon, move_two, A + 1, A + 2},
        {"mremap of a huge page", huge, move_huge, B, B + 7},
        {"reclaim", anon, reclaim_two, ~0u, ~0u},
        {"fork", anon, fork_it, ~0u, ~0u},
        {"copy on write", shared, write_one, A + 1, A + 1},
        {"writeback", file, write_back, C + 1, C + 1},
        {"truncate", file, cut_off, C + 1, C + 2},
};

/* -- what must hold ---------------------------------------------------------------------- */

/* Of the mm before the operation: which leaf entry maps which pages. */
struct leaf {
	mem_entry e;
	sd_page page, n;
};

static unsigned leaves_of(struct mmbox *b, struct leaf leaf[PAGES])
{
	unsigned n = 0;

	for (sd_page page = 0; page < PAGES; page++) {
		sd_page table = mm_root(b->mm, 0);

		for (int level = b->m.geo.levels - 1; level >= 0; level--) {
			mem_entry e = mem_at(&b->m, table, mem_index(&b->m, page, level));
			pte_t v = mem_peek(&b->m, e);

			if (pte_leaf(v) && page % mem_span(&b->m, level) == 0)
				leaf[n++] = (struct leaf){e, page, mem_span(&b->m, level)};
			if (!pte_table(v))
				break;
			table = pte_pfn(v);
		}
	}
	return n;
}

static bool loses(pte_t old, pte_t new)
{
	return pte_leaf(old) &&
	       (!pte_leaf(new) || pte_pfn(old) != pte_pfn(new) || (old & ~new &(PTE_W | PTE_D)));
}

static bool covered(const struct mmbox *b, uint32_t at, const struct leaf *l)
{
	int open = 0;

	for (uint32_t i = 0; i < at; i++) {
		const struct event *e = &b->log[i];
		const bool bracket = e->type == EV_NOTIFY_START || e->type == EV_NOTIFY_END;
		const bool covers = bracket && e->range.space == 0 && e->range.start <= l->page &&
		                    e->range.start + e->range.n >= l->page + l->n;

		open += covers && e->type == EV_NOTIFY_START;
		open -= covers && e->type == EV_NOTIFY_END;
	}
	return open > 0;
}

/* Every bracket ends where it began. */
static void assert_balanced(const struct mmbox *b, const char *name)
{
	for (uint32_t i = 0; i < b->ev.len; i++) {
		const struct event *e = &b->log[i];
		int open = 0;

		if (e->type != EV_NOTIFY_START && e->type != EV_NOTIFY_END)
			continue;
		for (uint32_t k = 0; k < b->ev.len; k++) {
			const struct event *other = &b->log[k];

			if (other->range.space != e->range.space || other->range.start != e->range.start ||
			    other->range.n != e->range.n)
				continue;
			open += other->type == EV_NOTIFY_START;
			open -= other->type == EV_NOTIFY_END;
		}
		if (open)
			fail_msg("%s: the bracket from %u, %u pages, is open or was", name, e->range.start,
			         e->range.n);
	}
}

static void assert_brackets(struct mmbox *b, const struct leaf *leaf, unsigned n, const char *name)
{
	unsigned lost = 0;

	for (uint32_t i = 0; i < b->ev.len; i++) {
		const struct event *e = &b->log[i];

		for (unsigned k = 0; k < n && e->type == EV_ENTRY; k++) {
			if (leaf[k].e != e->store.entry || !loses(e->store.old, e->store.value))
				continue;
			lost++;
			if (!covered(b, i, &leaf[k]))
				fail_msg("%s: page %u changes outside its bracket", name, leaf[k].page);
		}
	}
	assert_int_not_equal(lost, 0);
}

static void assert_flushed(const struct mmbox *b, enum event_type t, const struct scenario *sc)
{
	sd_page first = ANY, last = 0, from, to;

	if (sc->first == ANY)
		return;
	for (uint32_t i = 0; i < b->ev.len; i++) {
		if (b->log[i].type != t)
			continue;
		from = t == EV_SECONDARY ? b->log[i].span.first : b->log[i].shootdown.first;
		to = t == EV_SECONDARY ? b->log[i].span.last : b->log[i].shootdown.last;
		first = from < first ? from : first;
		last = to > last ? to : last;
	}
	if (first != sc->first || last != sc->last)
		fail_msg("%s: %s of %u..%u", sc->name, event_name(t), first, last);
}

static void each_operation_tells_what_it_changes(void **state)
{
	(void)state;
	for (enum profile_id id = 0; id < PROFILE_COUNT; id++) {
		for (unsigned i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
			const struct scenario *sc = &scenarios[i];
			struct mmbox *b = mmbox_new(id, 1);
			struct leaf leaf[PAGES];
			unsigned n;

			mmbox_notify(b, 0);
			mmbox_run(b, sc->before);
			n = leaves_of(b, leaf);
			b->ev.len = 0;
			mmbox_run(b, sc->op);
			assert_brackets(b, leaf, n, sc->name);
			assert_balanced(b, sc->name);
			assert_flushed(b, EV_CPU_FLUSH, sc);
			assert_flushed(b, EV_SECONDARY, sc);
			mmbox_audit(b);
			mmbox_free(b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_operation_tells_what_it_changes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
