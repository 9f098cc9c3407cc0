/* SPDX-License-Identifier: MIT */
/* Validity: whatever comes in, what comes out is legal, canonical and stays as it is. */
#include "tests/case_support.h"

static struct case_file c, d;

static void assert_legal_op(const struct case_op *op, enum op_who who)
{
	assert_true(op->kind < OP_COUNT);
	assert_int_equal(op_info((enum op_kind)op->kind)->who, who);
	assert_true(op->region < CASE_REGIONS && op->region2 < CASE_REGIONS);
	assert_true(op->off <= CASE_MAX_OFF && op->off2 <= CASE_MAX_OFF);
	assert_in_range(op->n, 1, CASE_MAX_N);
	assert_true(op->prot <= PROT_RW);
	assert_true(op->arg < CASE_KINDS);
}

static void assert_legal(const struct case_file *x)
{
	uint32_t seen = 0;
	unsigned cpus = 0;

	assert_true(x->profile < PROFILE_COUNT);
	assert_int_equal(x->prof.id, profiles[x->profile].id);
	for (int f = 0; f < PF_COUNT; f++)
		assert_in_range(profile_get(&x->prof, (enum profile_flag)f),
		                profile_flag_min((enum profile_id)x->profile, (enum profile_flag)f),
		                profile_flag_max((enum profile_flag)f));
	assert_in_range(x->levels, 2, 4);
	assert_in_range(x->bits, 2, 9);
	assert_true(x->levels * x->bits <= 12);
	assert_in_range(x->mms, 1, SD_MAX_MMS);
	assert_true(x->expect < VC_COUNT);
	assert_true((x->bugs >> BUG_COUNT) == 0);
	for (int a = 0; a < CASE_PROGRAMS; a++) {
		const struct case_program *p = &x->prog[a];

		cpus += a < ACTOR_DEV0 && p->present;
		assert_true(p->nops <= CASE_MAX_OPS && p->mm < SD_MAX_MMS && p->pasid <= SD_MAX_MMS);
		assert_true(p->domain < SD_MAX_DOMAINS && p->iommu < SD_MAX_IOMMUS);
		assert_true(a < ACTOR_DEV0 || !p->pasid || p->mm == p->pasid - 1);
		for (int i = 0; i < p->nops; i++)
			assert_legal_op(&p->op[i], a < ACTOR_DEV0 ? OP_WHO_CPU : OP_WHO_DEV);
	}
	assert_true(cpus > 0);
	for (int i = 0; i < ACTOR_COUNT; i++)
		seen |= 1u << x->order[i];
	assert_int_equal(seen, (1u << ACTOR_COUNT) - 1);
	assert_true(x->nsched <= CASE_MAX_SCHED);
	for (int i = 0; i < x->nsched; i++) {
		const struct case_sched *e = &x->sched[i];

		assert_true(e->actor < ACTOR_COUNT && e->target < ACTOR_COUNT);
		assert_true(e->point < PT_COUNT && e->passage > 0 && e->op_kind <= OP_COUNT);
		assert_true(e->actor >= ACTOR_QUEUE0 || x->prog[e->actor].present);
		assert_true(e->target >= ACTOR_QUEUE0 || x->prog[e->target].present);
		assert_true(e->what == DO_SWITCH || e->target < CASE_PROGRAMS);
	}
}

static void test_noise_becomes_legal_and_stays_put(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 1);
	for (int i = 0; i < 3000; i++) {
		support_noise_case(&c, &r);
		assert_legal(&c);
		d = c;
		case_fix(&d);
		support_assert_equal(&c, &d);
	}
}

static void test_init_is_legal_and_default(void **state)
{
	(void)state;
	for (int p = 0; p < PROFILE_COUNT; p++) {
		case_init(&c, (enum profile_id)p);
		d = c;
		case_fix(&d);
		support_assert_equal(&c, &d);
		assert_legal(&c);
		assert_int_equal(c.levels, 3);
		assert_int_equal(c.bits, 3);
		assert_int_equal(c.prog[ACTOR_CPU0].present, 1);
		assert_int_equal(c.nsched, 0);
	}
}

static void test_a_case_without_cpu_gets_one(void **state)
{
	(void)state;
	case_init(&c, PROFILE_AMD);
	c.prog[ACTOR_CPU0].present = 0;
	c.prog[ACTOR_DEV0].present = 1;
	case_fix(&c);
	assert_int_equal(c.prog[ACTOR_CPU0].present, 1);
	assert_int_equal(c.prog[ACTOR_CPU0].nops, 0);
}

static void test_entries_of_missing_actors_are_dropped(void **state)
{
	const struct case_sched good = {.op_kind = OP_COUNT, .passage = 1, .target = ACTOR_QUEUE0};
	struct case_sched bad = good;

	(void)state;
	case_init(&c, PROFILE_VTD);
	bad.target = ACTOR_DEV0 + 1;
	c.sched[0] = bad;
	c.sched[1] = good;
	bad = good;
	bad.actor = ACTOR_QUEUE0 + 1; /* no device sits behind the second IOMMU */
	c.sched[2] = bad;
	bad = good;
	bad.op_kind = OP_DMA_READ; /* no operation of a cpu */
	c.sched[3] = bad;
	c.nsched = 4;
	case_fix(&c);
	assert_int_equal(c.nsched, 1);
	assert_memory_equal(&c.sched[0], &good, sizeof(good));
}

static void test_regions_lie_where_things_go_wrong(void **state)
{
	static const sd_page base[CASE_REGIONS] = {0, 8, 19, 64, 71, 80, 504, 496};

	(void)state;
	case_init(&c, PROFILE_VTD);
	for (int i = 0; i < CASE_REGIONS; i++)
		assert_int_equal(case_region_base(&c, i), base[i]);
	assert_int_equal(case_page(&c, 6, 7), 511);
	assert_int_equal(case_page(&c, 6, 15), 511);
	assert_int_equal(case_npages(&c, 511, 16), 1);
	assert_int_equal(case_npages(&c, 504, 16), 8);
	assert_int_equal(case_npages(&c, 0, 16), 16);
	assert_int_equal(case_npages(&c, 0, 0), 1);
}

static void test_regions_stay_inside_every_geometry(void **state)
{
	(void)state;
	case_init(&c, PROFILE_VTD);
	for (c.levels = 2; c.levels <= 4; c.levels++) {
		for (c.bits = 2; c.levels * c.bits <= 12; c.bits++) {
			const sd_page pages = (sd_page)1 << (c.levels * c.bits);

			for (int i = 0; i < CASE_REGIONS; i++) {
				for (int off = 0; off <= CASE_MAX_OFF; off++) {
					const sd_page page = case_page(&c, i, off);

					assert_true(page < pages);
					assert_true(page + case_npages(&c, page, CASE_MAX_N) <= pages);
				}
			}
			assert_int_equal(case_page(&c, 6, (1 << c.bits) - 1), pages - 1);
		}
	}
}

static void test_names_are_found_again(void **state)
{
	(void)state;
	for (int i = 0; i < ACTOR_COUNT; i++)
		assert_int_equal(actor_find(actor_name(i), (unsigned)strlen(actor_name(i))), i);
	for (int i = 0; i < VC_COUNT; i++) {
		const char *name = violation_name((enum violation_class)i);

		assert_int_equal(violation_find(name, (unsigned)strlen(name)), i);
	}
	assert_int_equal(actor_find("cpu9", 4), -1);
	assert_int_equal(actor_find("cpu0", 3), -1);
	assert_int_equal(violation_find("", 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_noise_becomes_legal_and_stays_put),
	        cmocka_unit_test(test_init_is_legal_and_default),
	        cmocka_unit_test(test_a_case_without_cpu_gets_one),
	        cmocka_unit_test(test_entries_of_missing_actors_are_dropped),
	        cmocka_unit_test(test_regions_lie_where_things_go_wrong),
	        cmocka_unit_test(test_regions_stay_inside_every_geometry),
	        cmocka_unit_test(test_names_are_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
