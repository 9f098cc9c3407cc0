/* SPDX-License-Identifier: MIT */
/* Encoders against the decoder: what hardware understands covers what software meant, for every range there
 * is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drv/encoder.h"
#include "hw/decode/decode.h"

enum { PAGES = 512, TAG = 5, DEV = 2 };

static const struct bugs_set none;

static struct drv_inv range(sd_page first, sd_page n)
{
	return (struct drv_inv){.tag = TAG,
	                        .level = DRV_LEVEL_UNKNOWN,
	                        .start = (sd_addr)first << SD_PAGE_SHIFT,
	                        .size = (sd_addr)n << SD_PAGE_SHIFT};
}

/* What the commands cover together: one contiguous range, or the test fails. */
static void decoded(const struct profile *p, const struct sd_inv_cmd *c, unsigned n, struct hw_cmd *all)
{
	assert_in_range(n, 1, DRV_ENC_MAX);
	for (unsigned i = 0; i < n; i++) {
		struct hw_cmd one;

		hw_decode(p, &c[i], &one);
		assert_int_not_equal(one.kind, HW_CMD_BAD);
		if (!i) {
			*all = one;
			continue;
		}
		assert_int_equal(one.first, (uint64_t)all->last + 1);
		assert_int_equal(one.flags, all->flags);
		all->last = one.last;
	}
}

static void iotlb(const struct profile *p, const struct bugs_set *bugs, const struct drv_inv *inv,
                  struct hw_cmd *all)
{
	struct sd_inv_cmd c[DRV_ENC_MAX];

	decoded(p, c, drv_encoder_of(p)->iotlb(p, bugs, inv, c), all);
	assert_int_equal(all->kind, HW_CMD_TLB);
	assert_int_equal(all->tag, TAG);
	assert_false(all->flags & INV_ALL_TAGS);
}

static void atc(const struct profile *p, const struct bugs_set *bugs, const struct drv_inv *inv,
                struct hw_cmd *all)
{
	struct sd_inv_cmd c[DRV_ENC_MAX];

	decoded(p, c, drv_encoder_of(p)->atc(bugs, DEV, inv, c), all);
	assert_int_equal(all->kind, HW_CMD_ATC);
	assert_int_equal(all->dev, DEV);
	assert_int_equal(all->pasid, inv->pasid);
}

static void assert_covers(const struct hw_cmd *c, sd_page first, sd_page n)
{
	assert_true(c->first <= first);
	assert_true(c->last >= first + n - 1);
}

static bool is_everything(const struct hw_cmd *c) { return !c->first && c->last == ~(sd_page)0; }

/* The smallest aligned power of two that holds the range: less is wrong, more costs others their entries. */
static void assert_smallest_block(const struct hw_cmd *c, sd_page first, sd_page n)
{
	sd_page size = 1;

	while ((first ^ (first + n - 1)) & ~(size - 1))
		size *= 2;
	assert_int_equal(c->first, first & ~(size - 1));
	assert_int_equal(c->last, c->first + size - 1);
}

static void assert_iotlb_range(const struct profile *p, const struct hw_cmd *c, sd_page first, sd_page n)
{
	const bool smmu = p->id == PROFILE_SMMUV3 || p->id == PROFILE_SMMUV3_BTM;
	const bool pages = p->id == PROFILE_RISCV && !is_everything(c) && n <= DRV_ENC_MAX &&
	                   c->last - c->first + 1 == n;

	assert_covers(c, first, n);
	if (smmu || pages) {
		assert_true(is_everything(c) ? n > 1u << p->max_mask
		                             : c->first == first && c->last == first + n - 1);
		return;
	}
	if (is_everything(c)) { /* only if the block is more than one command can say */
		assert_true((first ^ (first + n - 1)) >> p->max_mask);
		return;
	}
	assert_smallest_block(c, first, n);
	assert_true(c->last - c->first < 1u << p->max_mask);
}

static void ranges_of(const struct profile *p)
{
	for (sd_page first = 0; first < PAGES; first++) {
		for (sd_page n = 1; n <= PAGES - first; n++) {
			struct drv_inv inv = range(first, n);
			struct hw_cmd c;

			inv.pasid = n & 1;
			inv.leaf = n & 2;
			iotlb(p, &none, &inv, &c);
			assert_iotlb_range(p, &c, first, n);
			if (!inv.leaf && !p->tables_need_all)
				assert_false(c.flags & INV_LEAF_ONLY);
			atc(p, &none, &inv, &c);
			assert_smallest_block(&c, first, n);
		}
	}
}

static void every_range_is_covered_and_no_more(void **state)
{
	static const uint8_t masks[] = {0, 3, 9};

	(void)state;
	for (int id = 0; id < PROFILE_COUNT; id++) {
		struct profile p = profiles[id];

		for (unsigned i = 0; i < sizeof(masks); i++) {
			p.max_mask = masks[i];
			ranges_of(&p);
		}
	}
}

static void whole_space_is_everything(void **state)
{
	(void)state;
	for (int id = 0; id < PROFILE_COUNT; id++) {
		struct drv_inv inv = {.tag = TAG, .pasid = 3, .all = true, .level = DRV_LEVEL_UNKNOWN};
		struct hw_cmd c;

		iotlb(&profiles[id], &none, &inv, &c);
		assert_int_equal(c.flags & INV_LEAF_ONLY, 0);
		assert_covers(&c, 0, ~(sd_page)0);
		atc(&profiles[id], &none, &inv, &c);
		assert_covers(&c, 0, ~(sd_page)0);
	}
}

static void smmu_range_is_exact(void **state)
{
	(void)state;
	for (sd_page n = 1; n <= PAGES; n++) {
		struct drv_inv inv = range(0, n);
		struct hw_cmd c;

		iotlb(&profiles[PROFILE_SMMUV3], &none, &inv, &c);
		assert_int_equal(c.first, 0);
		assert_int_equal(c.last, n - 1);
	}
}

static void smmu_splits_by_five_bits(void **state)
{
	const struct profile *p = &profiles[PROFILE_SMMUV3];
	struct drv_inv inv = range(0, 0x1a5); /* 0 0101 and 0110 1: 5 pages, then 13 * 32 */
	struct sd_inv_cmd c[DRV_ENC_MAX];
	struct hw_cmd one;

	(void)state;
	assert_int_equal(drv_encoder_of(p)->iotlb(p, &none, &inv, c), 2);
	hw_decode(p, &c[0], &one);
	assert_int_equal(one.last, 4);
	hw_decode(p, &c[1], &one);
	assert_int_equal(one.first, 5);
	assert_int_equal(one.last, 0x1a4);
}

/* A granule with NUM, SCALE and TTL all 0 is reserved. */
static void smmu_sends_a_lone_page_without_a_range(void **state)
{
	const struct profile *p = &profiles[PROFILE_SMMUV3];
	struct drv_inv inv = range(6, 1);
	struct sd_inv_cmd c[DRV_ENC_MAX];

	(void)state;
	assert_int_equal(drv_encoder_of(p)->iotlb(p, &none, &inv, c), 1);
	assert_int_equal(c[0].w[0], 0x12 | (uint64_t)TAG << 48);
	assert_int_equal(c[0].w[1], 6 << SD_PAGE_SHIFT);
	inv.leaf = true;
	inv.level = 0;
	drv_encoder_of(p)->iotlb(p, &none, &inv, c);
	assert_int_equal(c[0].w[1], 6 << SD_PAGE_SHIFT | 1 /* 4K */ << 10 | 3 /* TTL */ << 8 | 1 /* leaf */);
}

/* A hint is a promise about every leaf; with a table unlinked or no level known there is none. */
static void smmu_level_hint_only_when_known(void **state)
{
	struct drv_inv inv = range(8, 8);
	struct hw_cmd c;

	(void)state;
	inv.leaf = true;
	inv.level = 1;
	iotlb(&profiles[PROFILE_SMMUV3], &none, &inv, &c);
	assert_int_equal(c.flags >> INV_LEVEL_SHIFT, 1 + 1);
	inv.leaf = false;
	iotlb(&profiles[PROFILE_SMMUV3], &none, &inv, &c);
	assert_int_equal(c.flags, 0);
	inv.leaf = true;
	inv.level = DRV_LEVEL_UNKNOWN;
	iotlb(&profiles[PROFILE_SMMUV3], &none, &inv, &c);
	assert_int_equal(c.flags, INV_LEAF_ONLY);
}

static void vtd_mask_grows_for_an_unaligned_range(void **state)
{
	const struct profile *p = &profiles[PROFILE_VTD];
	struct bugs_set bug = {.bug = 1ull << BUG_PSI_MASK};
	struct drv_inv inv = range(0x17f, 3);
	struct hw_cmd c;

	(void)state;
	iotlb(p, &none, &inv, &c);
	assert_int_equal(c.first, 0x100);
	assert_int_equal(c.last, 0x1ff);
	iotlb(p, &bug, &inv, &c); /* rounded up from the size only */
	assert_int_equal(c.first, 0x17c);
	assert_int_equal(c.last, 0x17f);
	atc(p, &bug, &inv, &c);
	assert_int_equal(c.last, 0x17f);
}

static void too_large_a_mask_takes_the_domain(void **state)
{
	struct profile p = profiles[PROFILE_VTD];
	struct drv_inv inv = range(16, 16);
	struct hw_cmd c;

	(void)state;
	p.max_mask = 3;
	iotlb(&p, &none, &inv, &c);
	assert_int_equal(c.flags, INV_TAG_ALL);
	p.max_mask = 4;
	iotlb(&p, &none, &inv, &c);
	assert_int_equal(c.flags, 0);
	assert_int_equal(c.last, 31);
}

static void amd_size_is_the_lowest_zero_bit(void **state)
{
	const struct profile *p = &profiles[PROFILE_AMD];
	struct drv_inv inv = range(7, 2);
	struct sd_inv_cmd c[DRV_ENC_MAX];
	struct hw_cmd one;

	(void)state;
	drv_encoder_of(p)->iotlb(p, &none, &inv, c);
	assert_int_equal(c[0].w[1], 7 << SD_PAGE_SHIFT | 2 /* PDE */ | 1 /* S */);
	hw_decode(p, &c[0], &one);
	assert_int_equal(one.first, 0);
	assert_int_equal(one.last, 15);
	inv = range(6, 1);
	inv.leaf = true;
	drv_encoder_of(p)->iotlb(p, &none, &inv, c);
	assert_int_equal(c[0].w[1], 6 << SD_PAGE_SHIFT);
}

static void riscv_goes_by_page_up_to_a_limit(void **state)
{
	struct profile p = profiles[PROFILE_RISCV];
	struct drv_inv inv = range(3, DRV_ENC_MAX);
	struct sd_inv_cmd c[DRV_ENC_MAX];
	struct hw_cmd all;

	(void)state;
	assert_int_equal(drv_encoder_of(&p)->iotlb(&p, &none, &inv, c), DRV_ENC_MAX);
	inv = range(3, DRV_ENC_MAX + 1);
	assert_int_equal(drv_encoder_of(&p)->iotlb(&p, &none, &inv, c), 1);
	iotlb(&p, &none, &inv, &all);
	assert_int_equal(all.flags, INV_TAG_ALL);
	p.max_mask = 5; /* NAPOT */
	iotlb(&p, &none, &inv, &all);
	assert_int_equal(all.first, 0);
	assert_int_equal(all.last, 15);
}

static void contexts_and_waits_decode(void **state)
{
	(void)state;
	for (int id = 0; id < PROFILE_COUNT; id++) {
		const struct drv_encoder *e = drv_encoder_of(&profiles[id]);

		for (uint8_t pasid = 0; pasid < 3; pasid++) {
			struct drv_inv inv = {.tag = TAG, .pasid = pasid, .all = true};
			struct sd_inv_cmd raw;
			struct hw_cmd c;

			assert_int_equal(e->context(DEV, &inv, &raw), 1);
			hw_decode(&profiles[id], &raw, &c);
			assert_int_equal(c.kind, HW_CMD_CTX);
			assert_true(c.dev == DEV || c.dev == HW_ALL_DEVS);
			assert_true(c.pasid == pasid || c.pasid == HW_ALL_PASIDS);
			assert_true(!c.tag || c.tag == TAG);
			assert_int_equal(e->wait(true, &raw), 1);
			hw_decode(&profiles[id], &raw, &c);
			assert_int_equal(c.kind, HW_CMD_WAIT);
			assert_true(c.visible);
			assert_true(c.drain || id != PROFILE_RISCV);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_range_is_covered_and_no_more),
	        cmocka_unit_test(whole_space_is_everything),
	        cmocka_unit_test(smmu_range_is_exact),
	        cmocka_unit_test(smmu_splits_by_five_bits),
	        cmocka_unit_test(smmu_sends_a_lone_page_without_a_range),
	        cmocka_unit_test(smmu_level_hint_only_when_known),
	        cmocka_unit_test(vtd_mask_grows_for_an_unaligned_range),
	        cmocka_unit_test(too_large_a_mask_takes_the_domain),
	        cmocka_unit_test(amd_size_is_the_lowest_zero_bit),
	        cmocka_unit_test(riscv_goes_by_page_up_to_a_limit),
	        cmocka_unit_test(contexts_and_waits_decode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
