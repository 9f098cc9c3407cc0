/* SPDX-License-Identifier: MIT */
/*
 * No memory, everywhere: each operation runs in each situation with its first,
 * second, third ... allocation failing, until none fails any more. Nothing may
 * hang, leak or be seen by the oracle; and what the machine does afterwards is
 * what it does after the operation, or as if it had never been called, or on
 * the list of partial effects, alloc_partial.def (docs/alloc-failure.md).
 *
 * Situations and operations are case texts. What the machine does is found by
 * trying: CPUs of parent and child and both devices read and write every page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/run/program.h"
#include "engine/run/world.h"

enum {
	LIMIT = 200000,    /* points of a run */
	PAGES_MAX = 7 * 9, /* that are tried */
	TRIES = 8,         /* of each page */
	ALLOCATIONS = 60,  /* of one operation, far more than any has */
};

/* -- what runs ------------------------------------------------------------------------ */

#define ACTORS "cpu 1 mm 1\n"
#define DEVICES "dev 0 pasid 1\n"
#define DOMAIN "dev 1 domain 0\n"

static const struct {
	const char *name, *text; /* cpu 0 first, then the devices */
} situations[] = {
        {"nothing", "cpu 0\n" ACTORS DEVICES DOMAIN},
        {"anon", "cpu 0\n mmap a 8 rw\n write a\n write a+1\n write a+3\n read a+2\n" ACTORS DEVICES
                 " dma-write a+1\n" DOMAIN},
        {"two vmas", "cpu 0\n mmap a 4 rw\n mmap a+4 4 r\n write a+2\n write a+3\n read a+4\n" ACTORS DEVICES
                     " dma-read a+3\n" DOMAIN},
        {"two read-only vmas",
         "cpu 0\n mmap a 4 r\n mmap a+4 4 r\n read a+2\n read a+5\n" ACTORS DEVICES " dma-read a+5\n" DOMAIN},
        {"file", "cpu 0\n mmap c 6 rw file\n write c\n write c+1\n writeback c\n" ACTORS DEVICES
                 " dma-write c+2\n" DOMAIN},
        {"huge", "cpu 0\n mmap b 8 rw huge\n write b+1\n" ACTORS DEVICES " dma-write b+5\n" DOMAIN},
        {"split huge", "cpu 0\n mmap b 8 rw huge\n write b+1\n mprotect b+4 2 r\n" ACTORS DEVICES
                       " dma-write b+1\n" DOMAIN},
        {"cow", "cpu 0\n mmap a 4 rw\n write a\n write a+1\n fork\n write a\n" ACTORS DEVICES
                " dma-read a+1\n" DOMAIN},
        {"huge cow", "cpu 0\n mmap b 8 rw huge\n write b+2\n fork\n" ACTORS DEVICES " dma-read b+2\n" DOMAIN},
        {"swapped", "cpu 0\n mmap a 4 rw\n write a\n write a+1\n reclaim a 4\n" ACTORS DEVICES DOMAIN},
        {"written back", "cpu 0\n mmap c 4 rw file\n write c\n reclaim c 2\n" ACTORS DEVICES DOMAIN},
        {"dma", "cpu 0\n dma-map 0 a+6 12 rw\n dma-map 0 d 8 rw\n dma-unmap 0 a+7\n" ACTORS DEVICES DOMAIN
                " dma-write a+6\n dma-write d+3\n"},
        {"emptied tables", "cpu 0\n dma-map 0 f 4 rw\n dma-unmap 0 f 4\n" ACTORS DEVICES DOMAIN},
};

static const char *const operations[] = {
        "cpu 0\n mmap a+2 4 rw",
        "cpu 0\n mmap b 8 rw huge",
        "cpu 0\n mmap d 4 rw",
        "cpu 0\n mmap c+1 2 r file",
        "cpu 0\n munmap a+1 2",
        "cpu 0\n munmap a 8",
        "cpu 0\n munmap b+2 3",
        "cpu 0\n munmap c+1 1",
        "cpu 0\n madvise-dontneed a 4",
        "cpu 0\n madvise-dontneed b+1 2",
        "cpu 0\n mprotect a+1 2 r",
        "cpu 0\n mprotect a+2 4 r",
        "cpu 0\n mprotect b+1 2 r",
        "cpu 0\n mprotect a+1 6 rw",
        "cpu 0\n mremap a d 4",
        "cpu 0\n mremap a+1 d+3 2",
        "cpu 0\n mremap b f 8",
        "cpu 0\n mremap b+1 d+6 4",
        "cpu 0\n mremap a+2 b+1 2",
        "cpu 0\n mremap a a+4 4",
        "cpu 0\n fork",
        "cpu 0\n exit",
        "cpu 0\n read a",
        "cpu 0\n write a",
        "cpu 0\n write a+1",
        "cpu 0\n read b+3",
        "cpu 0\n write b+3",
        "cpu 0\n write c",
        "cpu 0\n read c+3",
        "cpu 0\n reclaim a 4",
        "cpu 0\n reclaim b 8",
        "cpu 0\n reclaim c 4",
        "cpu 0\n writeback c 4",
        "cpu 0\n truncate c 4",
        "cpu 0\n dma-map 0 b 8 rw",
        "cpu 0\n dma-map 0 f 16 rw",
        "cpu 0\n dma-map 0 h+3 7 rw",
        "cpu 0\n dma-unmap 0 a+6 12",
        "cpu 0\n dma-unmap 0 b+2 3",
        "cpu 0\n dma-unmap 0 d+1 2",
        "dev 0 pasid 1\n dma-write a",
        "dev 0 pasid 1\n dma-read a+1",
        "dev 0 pasid 1\n dma-write b+3",
        "dev 0 pasid 1\n dma-write c",
        "dev 0 pasid 1\n prefetch a w",
        "dev 1 domain 0\n dma-write d",
};

/* -- partial effects ---------------------------------------------------------------------- */

static struct partial {
	uint8_t op;
	bool reported; /* by an error */
	const char *linux_does, *what;
	bool seen;
} partial[] = {
#define PARTIAL(op, reported, linux_does, what) {OP_##op, reported, linux_does, what, false},
#include "alloc_partial.def"
#undef PARTIAL
        {OP_COUNT, false, NULL, NULL, false},
};

static struct partial *is_partial(uint8_t op, bool reported)
{
	for (struct partial *p = partial; p->what; p++)
		if (p->op == op && p->reported == reported)
			return p;
	return NULL;
}

/* -- one run ----------------------------------------------------------------------------------- */

/* What trying every page showed, and what words the pages held that could be read. */
struct tried {
	unsigned n;
	uint8_t got[PAGES_MAX * TRIES];
	uint64_t word[PAGES_MAX];
};

struct run {
	struct world *w;
	struct case_file c, *op;    /* op: its first program; NULL: nothing is run */
	const struct tried *before; /* contents to compare with; NULL: only take them */
	int fail_after, fail_next;
	/* the result */
	int ret;
	bool failed; /* an allocation was failed */
	struct tried t;
};

static int do_op(struct run *r, int actor, const struct case_op *op)
{
	return program_op(r->w, actor, op, 0);
}

static void do_programs(struct run *r, const struct case_file *c)
{
	for (int a = 0; a < CASE_PROGRAMS; a++)
		for (int i = 0; i < c->prog[a].nops; i++)
			r->ret = do_op(r, a, &c->prog[a].op[i]);
}

/* The word that actor 0 sees at the page, if it is mapped. */
static uint64_t word_at(const struct run *r, int mm, sd_page page)
{
	struct mem *m = &r->w->mem;
	sd_page table = mm_root(r->w->mm, mm);

	for (int level = m->geo.levels - 1; level >= 0; level--) {
		pte_t v = mem_peek(m, mem_at(m, table, mem_index(m, page, level)));

		if (!pte_table(v) || level == 0)
			return pte_leaf(v) ? mem_data(m, pte_pfn(v) + (page & (mem_span(m, level) - 1)))[0]
			                   : 0;
		table = pte_pfn(v);
	}
	return 0;
}

/* 's': as it was before, '0': nothing, 'o': what another page held, 'n': something new. */
static uint8_t content(const struct run *r, unsigned k, uint64_t word)
{
	if (!r->before || word == r->before->word[k])
		return 's';
	if (!word)
		return '0';
	for (unsigned i = 0; i < PAGES_MAX; i++)
		if (word == r->before->word[i])
			return 'o';
	return 'n';
}

static void put(struct run *r, uint8_t c) { r->t.got[r->t.n++] = c; }

/* Reads, content, then writes. */
static void try_cpu(struct run *r, int cpu, unsigned k, struct case_op op)
{
	int mm = r->c.prog[ACTOR_CPU0 + cpu].mm;
	uint64_t word = 0;
	bool readable;

	op.kind = OP_READ;
	readable = do_op(r, ACTOR_CPU0 + cpu, &op) >= 0;
	put(r, readable ? 'r' : '-');
	if (readable)
		word = word_at(r, mm, case_page(&r->c, op.region, op.off));
	if (cpu == 0)
		r->t.word[k] = word;
	put(r, readable ? content(r, k, word) : '-');
	op.kind = OP_WRITE;
	put(r, r->before && do_op(r, ACTOR_CPU0 + cpu, &op) >= 0 ? 'w' : '-');
}

static void try_device(struct run *r, int dev, struct case_op op)
{
	op.kind = r->before ? OP_DMA_WRITE : OP_DMA_READ;
	put(r, do_op(r, ACTOR_DEV0 + dev, &op) >= 0 ? 'd' : '-');
}

static void try_everything(struct run *r)
{
	static const uint8_t regions[] = {0, 1, 2, 3, 5, 6, 7};
	unsigned k = 0;

	r->t.n = 0;
	for (unsigned i = 0; i < sizeof(regions); i++)
		for (uint8_t off = 0; off < 9; off++, k++) {
			struct case_op op = {.region = regions[i], .off = off, .n = 1};

			try_cpu(r, 0, k, op);
			try_cpu(r, 1, k, op);
			try_device(r, 0, op);
			try_device(r, 1, op);
		}
}

static void clean_up(struct run *r)
{
	for (uint8_t region = 0; region < CASE_REGIONS; region++)
		do_op(r, ACTOR_CPU0,
		      &(struct case_op){.kind = OP_DMA_UNMAP, .region = region, .n = CASE_MAX_N});
	do_op(r, ACTOR_CPU0, &(struct case_op){.kind = OP_TRUNCATE, .region = 2, .n = CASE_MAX_N});
	for (int cpu = 1; cpu >= 0; cpu--)
		do_op(r, ACTOR_CPU0 + cpu, &(struct case_op){.kind = OP_EXIT, .n = 1});
}

static void body(void *arg)
{
	struct run *r = arg;
	struct mem *m = &r->w->mem;

	do_programs(r, &r->c);
	if (r->op) {
		m->fail_after = r->fail_after;
		m->fail_next = r->fail_next;
		m->failures = 0;
		do_programs(r, r->op);
		m->fail_after = -1;
		r->failed = m->failures > 0;
	}
	try_everything(r);
	clean_up(r);
}

static int next(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	(void)ctx, (void)p;
	return kind == SCHED_PLAIN ? sched_current(s) : sched_next_in_order(s, runnable);
}

static void listen(void *oracle, const struct event *ev) { oracle_listen(oracle, ev); }

/* false: something is wrong, said on stdout. */
static bool go(struct run *r)
{
	const struct sched_policy policy = {NULL, next, NULL};
	const struct oracle_violation *v;
	uint8_t mark[MEM_FRAMES];
	struct world *w = r->w;
	enum sched_end end;

	w->c = &r->c;
	w->ev = (struct event_sink){.listen = listen, .ctx = w->oracle, .actor = EVENT_NOBODY};
	memset(w->op, 0, sizeof(w->op));
	sched_reset(w->sched, NULL, 0);
	oracle_reset(w->oracle, &r->c);
	world_set_up(w, &r->c);
	sched_reset(w->sched, &policy, LIMIT);
	sched_spawn(w->sched, ACTOR_CPU0, body, r, false);
	program_spawn_daemons(w);
	end = sched_run(w->sched, -1);
	if (end == SCHED_DONE)
		world_mark_frames(w, mark);
	oracle_end(w->oracle, end, end == SCHED_DONE ? mark : NULL);
	v = oracle_violation(w->oracle);
	if (end == SCHED_DONE && !v && !oracle_defect(w->oracle) && !oracle_inconclusive(w->oracle))
		return true;
	printf("%s%s%s\n", end == SCHED_DONE ? "" : "it hangs ",
	       v ? violation_name((enum violation_class)v->class_) : "",
	       oracle_defect(w->oracle) ? oracle_defect(w->oracle) : "");
	return false;
}

/* -- all runs --------------------------------------------------------------------------------------- */

static void parse(struct case_file *c, enum profile_id prof, const char *flags, const char *text)
{
	struct case_error err;
	char whole[1024];

	snprintf(whole, sizeof(whole), "shootdown case 1\nhw %s %s\n%s\n", profile_name(prof), flags, text);
	if (!case_parse(c, whole, strlen(whole), &err))
		fail_msg("line %d: %s in\n%s", err.line, err.text, whole);
}

struct totals {
	unsigned runs, completed, undone, partial, wrong;
};

struct job {
	enum profile_id prof;
	const char *flags;
	struct world *w;
	struct case_file situation, op;
	const char *name, *text; /* for blame */
	struct tried untouched, done;
	int ret; /* of the op that met no failure */
	struct totals t;
};

static void blame(struct job *j, const struct run *r, const char *what)
{
	j->t.wrong++;
	printf("%s %s, %s, %s, fail after %d, then %d, returns %d: %s\n", profile_name(j->prof), j->flags,
	       j->name, strchr(j->text, '\n') + 2, r->fail_after, r->fail_next, r->ret, what);
}

static struct run job_run(const struct job *j, int fail_after, int fail_next)
{
	return (struct run){.w = j->w,
	                    .c = j->situation,
	                    .op = (struct case_file *)&j->op,
	                    .before = &j->untouched,
	                    .fail_after = fail_after,
	                    .fail_next = fail_next};
}

static bool same(const struct tried *a, const struct tried *b) { return !memcmp(a->got, b->got, a->n); }

static void show_difference(const struct job *j, const struct run *r)
{
	for (unsigned k = 0; k < PAGES_MAX; k++)
		if (memcmp(&r->t.got[k * TRIES], &j->done.got[k * TRIES], TRIES))
			printf("   region %u+%u: %.8s, after success %.8s, before %.8s\n", k / 9, k % 9,
			       (const char *)&r->t.got[k * TRIES], (const char *)&j->done.got[k * TRIES],
			       (const char *)&j->untouched.got[k * TRIES]);
}

static void judge(struct job *j, const struct run *r)
{
	uint8_t kind = OP_COUNT;
	struct partial *p;

	for (int a = 0; a < CASE_PROGRAMS; a++)
		if (j->op.prog[a].nops)
			kind = j->op.prog[a].op[0].kind;
	if (same(&r->t, &j->done) && (r->ret >= 0 || j->ret < 0)) {
		j->t.completed++;
		return;
	}
	if (same(&r->t, &j->untouched) && r->ret < 0) {
		j->t.undone++;
		return;
	}
	p = is_partial(kind, r->ret < 0);
	if (p) {
		j->t.partial++;
		p->seen = true;
		return;
	}
	blame(j, r, "neither done nor undone");
	show_difference(j, r);
}

/* Fails at the n-th, and goes on failing: for ever, never, every time, every other time. */
static void every_failure(struct job *j)
{
	static const int next_failure[] = {-1, 0, 1, 2};
	bool failed = true;

	for (int n = 0; failed; n++) {
		failed = false;
		assert_true(n < ALLOCATIONS);
		for (unsigned i = 0; i < sizeof(next_failure) / sizeof(next_failure[0]); i++) {
			struct run r = job_run(j, n, next_failure[i]);

			j->t.runs++;
			if (!go(&r)) {
				blame(j, &r, "the run is wrong");
				continue;
			}
			judge(j, &r);
			failed |= r.failed;
		}
	}
}

static void one_operation(struct job *j)
{
	struct run r;

	r = job_run(j, -1, -1);
	r.op = NULL;
	r.before = NULL;
	if (!go(&r))
		blame(j, &r, "wrong without the operation");
	j->untouched = r.t; /* what the pages held; tried again below, with writes */
	r = job_run(j, -1, -1);
	r.op = NULL;
	if (!go(&r))
		blame(j, &r, "wrong without the operation");
	memcpy(j->untouched.got, r.t.got, sizeof(r.t.got));
	j->untouched.n = r.t.n;
	r = job_run(j, -1, -1);
	if (!go(&r))
		blame(j, &r, "wrong without a failure");
	j->done = r.t;
	j->ret = r.ret;
	every_failure(j);
}

static void everything_on(struct job *j)
{
	for (unsigned s = 0; s < sizeof(situations) / sizeof(situations[0]); s++) {
		parse(&j->situation, j->prof, j->flags, situations[s].text);
		j->name = situations[s].name;
		for (unsigned o = 0; o < sizeof(operations) / sizeof(operations[0]); o++) {
			j->text = operations[o];
			parse(&j->op, j->prof, j->flags, operations[o]);
			one_operation(j);
		}
	}
}

static void every_allocation_of_every_operation_may_fail(void **state)
{
	static const struct {
		enum profile_id prof;
		const char *flags;
	} machines[] = {{PROFILE_VTD, ""},
	                {PROFILE_AMD, ""},
	                {PROFILE_SMMUV3, "split=on bbml=2"},
	                {PROFILE_SMMUV3_BTM, "ats=off"},
	                {PROFILE_RISCV, "levels=4 bits=3 queue-small=on"}};
	struct world *w = world_create();
	struct totals sum = {0};

	(void)state;
	assert_non_null(w);
	for (unsigned i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		struct job j = {.prof = machines[i].prof, .flags = machines[i].flags, .w = w};

		everything_on(&j);
		printf("%s %s: %u runs, %u completed, %u undone, %u partial, %u wrong\n",
		       profile_name(j.prof), j.flags, j.t.runs, j.t.completed, j.t.undone, j.t.partial,
		       j.t.wrong);
		sum.undone += j.t.undone;
		sum.partial += j.t.partial;
		sum.wrong += j.t.wrong;
	}
	world_destroy(w);
	assert_int_equal(sum.wrong, 0);
	assert_true(sum.undone > 0);
}

static void every_kind_of_operation_was_tried(void **state)
{
	bool tried[OP_COUNT] = {false};
	static struct case_file c;

	(void)state;
	for (unsigned o = 0; o < sizeof(operations) / sizeof(operations[0]); o++) {
		parse(&c, PROFILE_VTD, "", operations[o]);
		for (int a = 0; a < CASE_PROGRAMS; a++)
			for (int i = 0; i < c.prog[a].nops; i++)
				tried[c.prog[a].op[i].kind] = true;
	}
	for (int k = 0; k < OP_COUNT; k++)
		if (!tried[k])
			fail_msg("%s is in no line of operations[]", op_info((enum op_kind)k)->name);
}

/* The list is what happens: nothing on it that was not seen, and the page has a row for each. */
static void every_partial_effect_on_the_list_was_seen_and_has_a_row(void **state)
{
	FILE *f = fopen(SHOOTDOWN_SOURCE_DIR "/docs/alloc-failure.md", "r");
	static char page[64 * 1024];
	size_t len;

	(void)state;
	assert_non_null(f);
	len = fread(page, 1, sizeof(page) - 1, f);
	fclose(f);
	page[len] = '\0';
	for (const struct partial *p = partial; p->what; p++) {
		char row[512];

		snprintf(row, sizeof(row), "| %s | %s | %s | %s |", op_info((enum op_kind)p->op)->name,
		         p->reported ? "an error" : "success", p->what, p->linux_does);
		if (!p->seen)
			fail_msg("not seen: %s", row);
		if (!strstr(page, row))
			fail_msg("docs/alloc-failure.md has no row: %s", row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_allocation_of_every_operation_may_fail),
	        cmocka_unit_test(every_kind_of_operation_was_tried),
	        cmocka_unit_test(every_partial_effect_on_the_list_was_seen_and_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
