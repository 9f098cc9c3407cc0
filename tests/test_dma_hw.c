/* SPDX-License-Identifier: MIT */
/* Map and unmap against the hardware model: the promises of map and unmap hold while devices fill the caches.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "case/case.h"
#include "dma/dma.h"
#include "hw/hw.h"

enum { DOM = 0, SPACE = SD_MAX_MMS + DOM, PAGES = 24, CPUS = 2, PROBE = 2, DEVS = PROBE + CPUS };

struct world {
	struct event_sink ev;
	struct sched *s;
	struct mem m;
	struct hw *hw;
	struct drv *drv;
	struct dma_sys *dma;
	struct bugs_set bugs;
	uint32_t seed;
	unsigned hits, stale, missing;
	struct actor {
		struct world *w;
		int n;
		sd_page iova;
		unsigned pages;
	} actor[ACTOR_COUNT];
};

static bool atc_invalidate(void *ctx, int dev, int pasid, sd_page first, sd_page last, uint64_t seq)
{
	(void)ctx, (void)dev, (void)pasid, (void)first, (void)last, (void)seq;
	return true;
}

static void page_response(void *ctx, int dev, int group, enum sd_response code)
{
	(void)ctx, (void)dev, (void)group, (void)code;
}

/* A DMA that got its translation uses it a little later: the frame must still be there. */
static enum sd_status dma_once(struct world *w, int dev, sd_page page, struct sd_translation *t)
{
	struct sd_request rq = {.dev = (uint8_t)dev, .write = 1, .pasid = SD_NO_PASID, .page = page};
	enum sd_status st;

	hw_dma_begin(w->hw, &rq, false);
	do
		st = hw_model_ops.translate(w->hw, &rq, t);
	while (st == SD_CANCEL);
	if (st == SD_OK) {
		for (int i = 0; i < 4; i++) /* a slow bus */
			sched_point(w->s, PT_HW_DATA);
		w->hits++;
		w->stale += w->m.frame[t->pfn].kind != MEM_DATA;
	}
	hw_dma_end(w->hw, &rq, false);
	return st;
}

static void device(void *arg)
{
	struct actor *a = arg;

	for (sd_page i = 0; i < 12; i++) {
		struct sd_translation t;

		dma_once(a->w, a->n, (i * 7 + (sd_page)a->n) % PAGES, &t);
	}
}

/* Each CPU looks at its buffer through a device of its own: a device has one request in flight. */
static void cpu(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->w;
	struct sd_translation t;

	for (int round = 0; round < 3; round++) {
		assert_int_equal(dma_map(w->dma, DOM, a->iova, a->pages, true), a->pages);
		for (sd_page p = a->iova; p < a->iova + a->pages; p += 3)
			w->missing += dma_once(w, PROBE + a->n, p, &t) != SD_OK;
		assert_int_equal(dma_unmap(w->dma, DOM, a->iova, a->pages), a->pages);
		for (sd_page p = a->iova; p < a->iova + a->pages; p += 3)
			w->stale += dma_once(w, PROBE + a->n, p, &t) == SD_OK;
	}
}

static void queue(void *arg)
{
	struct actor *a = arg;

	hw_queue_actor(a->w->hw, a->n);
}

static int scatter(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	uint32_t *x = ctx;

	(void)p, (void)kind;
	*x = *x * 1664525u + 1013904223u;
	sched_set_fuse(s, 1 + (*x >> 24) % (*x & 0x3000 ? 9 : 70)); /* mostly short turns, some long ones */
	for (unsigned skip = (*x >> 16) % (unsigned)__builtin_popcount(runnable); skip; skip--)
		runnable &= runnable - 1;
	return __builtin_ctz(runnable);
}

static void first_fuse(void *ctx, struct sched *s)
{
	(void)ctx;
	sched_set_fuse(s, 3);
}

static void spawn(struct world *w, int actor, int n, sched_body *body, bool daemon)
{
	w->actor[actor].w = w;
	w->actor[actor].n = n;
	sched_spawn(w->s, actor, body, &w->actor[actor], daemon);
}

static void run(struct world *w, enum profile_id prof, int niommu, uint32_t seed)
{
	const struct hw_endpoint ep = {atc_invalidate, page_response, NULL};
	const struct sched_policy policy = {first_fuse, scatter, &w->seed};
	struct hw_config hc = {.prof = profiles[prof], .ncpu = CPUS, .niommu = (uint8_t)niommu, .ndev = DEVS};
	struct drv_config dc = {.prof = profiles[prof], .niommu = (uint8_t)niommu, .ndev = DEVS};
	const struct dma_config cfg = {.ndomain = 1};

	hc.dev_iommu[1] = dc.dev_iommu[1] = hc.dev_iommu[3] = dc.dev_iommu[3] = (uint8_t)(niommu - 1);
	sched_reset(w->s, NULL, 0);
	mem_reset(&w->m);
	hw_reset(w->hw, &hc, &ep);
	drv_reset(w->drv, &dc, NULL);
	dma_reset(w->dma, &cfg);
	for (int dev = 0; dev < DEVS; dev++)
		drv_attach(w->drv, SPACE, dev);
	w->seed = seed;
	sched_reset(w->s, &policy, 100000);
	w->actor[0].iova = 2, w->actor[0].pages = 7;
	w->actor[1].iova = 9, w->actor[1].pages = 15;
	for (int i = 0; i < CPUS; i++)
		spawn(w, ACTOR_CPU0 + i, i, cpu, false);
	for (int i = 0; i < PROBE; i++)
		spawn(w, ACTOR_DEV0 + i, i, device, false);
	for (int i = 0; i < niommu; i++)
		spawn(w, ACTOR_QUEUE0 + i, i, queue, true);
	assert_int_equal(sched_run(w->s, -1), SCHED_DONE);
}

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->s = sched_create(&w->ev.actor);
	assert_true(mem_init(&w->m, (struct mem_geometry){3, 3}, w->s, &w->ev));
	w->hw = hw_create(&w->m, w->s, &w->ev, &w->bugs);
	w->drv = drv_create(&w->m, w->s, &w->ev, &hw_model_ops, w->hw, &w->bugs);
	w->dma = dma_create(&w->m, w->s, &w->ev, w->drv, &w->bugs);
	return w;
}

static void world_free(struct world *w)
{
	dma_destroy(w->dma);
	drv_destroy(w->drv);
	hw_destroy(w->hw);
	mem_fini(&w->m);
	sched_destroy(w->s);
	free(w);
}

static void clean_model_is_never_stale(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (int prof = 0; prof < PROFILE_COUNT; prof++)
		for (uint32_t seed = 0; seed < 400; seed++)
			run(w, (enum profile_id)prof, 1 + (int)(seed & 1), seed);
	assert_int_equal(w->stale, 0);
	assert_int_equal(w->missing, 0);
	assert_true(w->hits > 10000);
	world_free(w);
}

/* How often a device reached something stale with one thing broken. */
static unsigned stale_with(const struct bugs_set *bugs, enum profile_id prof)
{
	struct world *w = world_new();
	unsigned stale;

	w->bugs = *bugs;
	for (uint32_t seed = 0; seed < 300; seed++)
		run(w, prof, 1, seed);
	stale = w->stale;
	world_free(w);
	return stale;
}

static struct bugs_set without(enum step t)
{
	struct bugs_set b = {0};

	b.skip[t / 64] = 1ull << (t % 64);
	return b;
}

static void a_missing_step_is_stale(void **state)
{
	static const enum step steps[] = {STEP_DRV_IOTLB,      STEP_DRV_WAIT,       STEP_DRV_IOTLB_SYNC,
	                                  STEP_DRV_GATHER_ADD, STEP_DMA_UNMAP_SYNC, STEP_DMA_UNMAP_GATHER};
	struct bugs_set b;

	(void)state;
	for (unsigned i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		b = without(steps[i]);
		assert_true(stale_with(&b, PROFILE_VTD) > 0);
	}
	b = without(STEP_DRV_DRAIN);
	assert_true(stale_with(&b, PROFILE_RISCV) > 0);
	b = without(STEP_DRV_GATHER_SPLIT);
	assert_true(stale_with(&b, PROFILE_SMMUV3) > 0);
	b = without(STEP_DRV_QUEUE_LOCK);
	assert_true(stale_with(&b, PROFILE_AMD) > 0);
}

static void a_planted_bug_is_stale(void **state)
{
	static const struct {
		enum bug bug;
		enum profile_id prof;
	} t[] = {{BUG_PSI_MASK, PROFILE_VTD}, {BUG_COMPLETION_SKIPPED, PROFILE_AMD}};

	(void)state;
	for (unsigned i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct bugs_set b = {.bug = 1ull << t[i].bug};

		assert_true(stale_with(&b, t[i].prof) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(clean_model_is_never_stale),
	        cmocka_unit_test(a_missing_step_is_stale),
	        cmocka_unit_test(a_planted_bug_is_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
