/* SPDX-License-Identifier: MIT */
/* Generated cases: legal, reproducible, aimed, and rich enough to hold the known triggers. */
#include "engine/search/generate.h"
#include "tests/case_support.h"

static struct case_file c, d;
static const struct generate_config any = {.profile = GENERATE_ANY_PROFILE};

static void test_generated_cases_are_legal_and_round_trip(void **state)
{
	static char text[TEXT_CAP];
	static uint8_t bytes[CASE_BIN_MAX];
	struct rng r;

	(void)state;
	rng_seed(&r, 31);
	for (int i = 0; i < 10000; i++) {
		size_t len;

		generate_case(&c, &r, &any);
		d = c;
		case_fix(&d);
		support_assert_equal(&c, &d);
		len = case_print(&c, text, sizeof(text));
		assert_true(case_parse(&d, text, len, NULL));
		support_assert_equal(&c, &d);
		len = case_encode(&c, bytes, sizeof(bytes));
		case_decode(&d, bytes, len);
		support_assert_equal(&c, &d);
		assert_int_equal(c.nsched, 0);
		assert_true(support_ops(&c, OP_WHO_CPU) > 0 && support_ops(&c, OP_WHO_DEV) > 0);
	}
}

static void test_the_same_seed_gives_the_same_case(void **state)
{
	struct rng r, s;

	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		rng_seed(&r, seed);
		rng_seed(&s, seed);
		generate_case(&c, &r, &any);
		generate_case(&d, &s, &any);
		support_assert_equal(&c, &d);
	}
}

static void test_the_configuration_is_kept(void **state)
{
	const struct generate_config cfg = {.profile = PROFILE_AMD,
	                                    .bugs = 5,
	                                    .cpus = 4,
	                                    .devs = 3,
	                                    .min_ops = 7,
	                                    .max_ops = 9,
	                                    .preset = true};
	struct rng r;

	(void)state;
	rng_seed(&r, 32);
	for (int i = 0; i < 500; i++) {
		generate_case(&c, &r, &cfg);
		assert_int_equal(c.profile, PROFILE_AMD);
		assert_memory_equal(&c.prof, &profiles[PROFILE_AMD], sizeof(c.prof));
		assert_true(c.bugs == 5 && !c.split);
		for (int a = 0; a < CASE_PROGRAMS; a++) {
			const bool wanted = a < ACTOR_DEV0 ? a < 4 : a < ACTOR_DEV0 + 3;

			assert_int_equal(c.prog[a].present, wanted);
			assert_int_equal(c.prog[a].iommu, 0);
			if (wanted)
				assert_in_range(c.prog[a].nops, 7, 9);
		}
	}
}

static void test_long_programs_have_the_total_asked_for(void **state)
{
	struct generate_config cfg = any;
	struct rng r;

	(void)state;
	rng_seed(&r, 33);
	for (int i = 0; i < 1000; i++) {
		unsigned n;

		cfg.total_ops = (uint8_t)(8 + rng_below(&r, GENERATE_MAX_TOTAL - 8 + 1));
		generate_case(&c, &r, &cfg);
		n = support_ops(&c, OP_WHO_CPU) + support_ops(&c, OP_WHO_DEV);
		assert_int_equal(n, cfg.total_ops);
	}
}

/* -- the known triggers: each shape must come up often enough --------------- */

static const struct case_op *find_op(const struct case_program *p, int from, unsigned kind, int *at)
{
	for (int i = from; i < p->nops; i++) {
		if (p->op[i].kind != kind)
			continue;
		*at = i;
		return &p->op[i];
	}
	return NULL;
}

static bool has(const struct case_file *x, unsigned kind, int region)
{
	int at;

	for (int a = 0; a < CASE_PROGRAMS; a++)
		for (const struct case_op *op = find_op(&x->prog[a], 0, kind, &at); op;
		     op = find_op(&x->prog[a], at + 1, kind, &at))
			if (region < 0 || op->region == region)
				return true;
	return false;
}

/* Both kinds, on two CPUs of one mm, at one region. */
static bool pair(const struct case_file *x, unsigned kind1, unsigned kind2)
{
	for (int a = 0; a < ACTOR_DEV0; a++) {
		for (int b = 0; b < ACTOR_DEV0; b++) {
			int i, j;
			const struct case_op *p = find_op(&x->prog[a], 0, kind1, &i);
			const struct case_op *q = find_op(&x->prog[b], 0, kind2, &j);

			if (a != b && p && q && p->region == q->region && x->prog[a].mm == x->prog[b].mm)
				return true;
		}
	}
	return false;
}

static bool sva(const struct case_file *x) { return x->prog[ACTOR_DEV0].pasid == 1; }

static bool zap_twice(const struct case_file *x)
{
	return sva(x) && has(x, OP_MMAP, -1) && pair(x, OP_DONTNEED, OP_DONTNEED);
}

static bool move_and_truncate(const struct case_file *x)
{
	return sva(x) && has(x, OP_MMAP, -1) &&
	       (pair(x, OP_MREMAP, OP_TRUNCATE) || pair(x, OP_MREMAP, OP_RECLAIM) ||
	        pair(x, OP_MREMAP, OP_DONTNEED));
}

static bool protect_and_reclaim(const struct case_file *x)
{
	return sva(x) && has(x, OP_MMAP, -1) && has(x, OP_WRITE, -1) && pair(x, OP_MPROTECT, OP_RECLAIM);
}

static bool huge_and_reclaim(const struct case_file *x)
{
	bool huge = false;

	for (int a = 0; a < ACTOR_DEV0; a++)
		for (int i = 0; i < x->prog[a].nops; i++) {
			const struct case_op *op = &x->prog[a].op[i];

			huge |= op->kind == OP_MMAP && op->arg == CASE_HUGE && op->n >= 1 << x->bits;
		}
	return sva(x) && huge && (has(x, OP_RECLAIM, -1) || has(x, OP_WRITEBACK, -1));
}

static bool write_protect_and_write(const struct case_file *x)
{
	return sva(x) && (has(x, OP_FORK, -1) || has(x, OP_WRITEBACK, -1)) && has(x, OP_DMA_WRITE, -1);
}

/* Within one program, in this order: map of from..to, unmap of from..to, and again; -1: the whole span. */
static bool domain_maps(const struct case_file *x,
                        bool (*wanted)(const struct case_file *x, const struct case_op *a,
                                       const struct case_op *b, const struct case_op *c))
{
	for (int a = 0; a < ACTOR_DEV0; a++) {
		const struct case_program *p = &x->prog[a];
		int i, j;

		for (const struct case_op *m = find_op(p, 0, OP_DMA_MAP, &i); m;
		     m = find_op(p, i + 1, OP_DMA_MAP, &i))
			for (j = i + 1; j + 1 < p->nops; j++)
				if (wanted(x, m, &p->op[j], &p->op[j + 1]))
					return true;
	}
	return false;
}

static bool small_then_superpage(const struct case_file *x, const struct case_op *a, const struct case_op *b,
                                 const struct case_op *z)
{
	return a->n < 1 << x->bits && b->kind == OP_DMA_UNMAP && b->region == a->region && b->off == a->off &&
	       b->n == a->n && z->kind == OP_DMA_MAP && z->region == a->region && z->n == 1 << x->bits;
}

static bool pieces_then_whole(const struct case_file *x, const struct case_op *a, const struct case_op *b,
                              const struct case_op *z)
{
	return a->n < 1 << x->bits && b->kind == OP_DMA_MAP && b->region == a->region &&
	       b->n + a->n == 1 << x->bits && z->kind == OP_DMA_UNMAP && z->region == a->region &&
	       z->n == 1 << x->bits;
}

static bool superpage_over_table(const struct case_file *x) { return domain_maps(x, small_then_superpage); }
static bool table_emptied(const struct case_file *x) { return domain_maps(x, pieces_then_whole); }

static bool part_of_superpage(const struct case_file *x)
{
	for (int a = 0; a < ACTOR_DEV0; a++) {
		const struct case_program *p = &x->prog[a];
		int i, j;
		const struct case_op *m = find_op(p, 0, OP_DMA_MAP, &i);
		const struct case_op *u = m ? find_op(p, i + 1, OP_DMA_UNMAP, &j) : NULL;

		if (u && m->off == 0 && m->n == 1 << x->bits && u->region == m->region && u->n < m->n)
			return true;
	}
	return false;
}

static bool split_superpage(const struct case_file *x) { return x->split && part_of_superpage(x); }

static bool unmap_at_the_top(const struct case_file *x)
{
	for (int a = 0; a < ACTOR_DEV0; a++)
		for (int i = 0; i < x->prog[a].nops; i++) {
			const struct case_op *op = &x->prog[a].op[i];

			if (op->kind == OP_DMA_UNMAP && op->region == 6 && op->off + op->n >= 1 << x->bits)
				return true;
		}
	return false;
}

static void test_the_known_triggers_come_up(void **state)
{
	static const struct {
		const char *name;
		bool (*is)(const struct case_file *x);
		unsigned one_in; /* at least so often */
	} shapes[] = {
	        {"two zaps of one range", zap_twice, 40},
	        {"move against truncate, reclaim or zap", move_and_truncate, 40},
	        {"mprotect against reclaim", protect_and_reclaim, 60},
	        {"huge page reclaimed or cleaned", huge_and_reclaim, 60},
	        {"write-protect, then device write", write_protect_and_write, 10},
	        {"superpage over a used table", superpage_over_table, 150},
	        {"table emptied piece by piece", table_emptied, 300},
	        {"part of a superpage unmapped", part_of_superpage, 40},
	        {"superpage split", split_superpage, 120},
	        {"unmap up to the top", unmap_at_the_top, 40},
	};
	enum { ROUNDS = 20000 };
	unsigned count[sizeof(shapes) / sizeof(shapes[0])] = {0};
	struct rng r;

	(void)state;
	rng_seed(&r, 34);
	for (int i = 0; i < ROUNDS; i++) {
		generate_case(&c, &r, &any);
		for (unsigned k = 0; k < sizeof(shapes) / sizeof(shapes[0]); k++)
			count[k] += shapes[k].is(&c);
	}
	for (unsigned k = 0; k < sizeof(shapes) / sizeof(shapes[0]); k++) {
		print_message("%s: one case in %u\n", shapes[k].name, count[k] ? ROUNDS / count[k] : 0);
		assert_true(count[k] >= ROUNDS / shapes[k].one_in);
	}
}

static void test_every_operation_profile_and_region_comes_up(void **state)
{
	unsigned op[OP_COUNT] = {0}, prof[PROFILE_COUNT] = {0}, region[CASE_REGIONS] = {0};
	struct rng r;

	(void)state;
	rng_seed(&r, 35);
	for (int i = 0; i < 5000; i++) {
		generate_case(&c, &r, &any);
		prof[c.profile]++;
		for (int k = 0; k < OP_COUNT; k++)
			op[k] += has(&c, (unsigned)k, -1);
		for (int k = 0; k < CASE_REGIONS; k++)
			region[k] += has(&c, OP_DMA_WRITE, k);
	}
	for (int k = 0; k < OP_COUNT; k++)
		assert_true(op[k] > 100);
	for (int k = 0; k < PROFILE_COUNT; k++)
		assert_true(prof[k] > 800);
	for (int k = 0; k < CASE_REGIONS; k++)
		assert_true(region[k] > 100);
}

/* Flags of the inject block that are on, a bit each. */
static unsigned faults_of(const struct case_file *k)
{
	unsigned on = 0;

	for (int f = PF_slow_queue; f <= PF_alloc_fail; f++)
		on |= (profile_get(&k->prof, (enum profile_flag)f) != 0) << (f - PF_slow_queue);
	return on;
}

static void test_few_cases_have_faults_and_every_fault_comes_up(void **state)
{
	enum { ROUNDS = 20000, FAULTS = PF_alloc_fail - PF_slow_queue + 1 };
	const struct generate_config preset = {.profile = GENERATE_ANY_PROFILE, .preset = true};
	unsigned faulty = 0, hostile = 0, count[FAULTS] = {0};
	struct rng r;

	(void)state;
	rng_seed(&r, 36);
	for (int i = 0; i < ROUNDS; i++) {
		unsigned on;

		generate_case(&c, &r, &any);
		on = faults_of(&c);
		faulty += on != 0;
		hostile += on == (1u << FAULTS) - 1;
		for (int f = 0; f < FAULTS; f++)
			count[f] += on >> f & 1;
		generate_case(&c, &r, &preset);
		assert_int_equal(faults_of(&c), 0);
	}
	assert_in_range(faulty, ROUNDS / 12,
	                ROUNDS / 6); /* most of the search is for the bugs of good days */
	assert_true(hostile > ROUNDS / 80);
	for (int f = 0; f < FAULTS; f++)
		assert_true(count[f] > ROUNDS / 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_generated_cases_are_legal_and_round_trip),
	        cmocka_unit_test(test_the_same_seed_gives_the_same_case),
	        cmocka_unit_test(test_the_configuration_is_kept),
	        cmocka_unit_test(test_long_programs_have_the_total_asked_for),
	        cmocka_unit_test(test_the_known_triggers_come_up),
	        cmocka_unit_test(test_every_operation_profile_and_region_comes_up),
	        cmocka_unit_test(test_few_cases_have_faults_and_every_fault_comes_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
