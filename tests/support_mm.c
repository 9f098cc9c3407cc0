/* SPDX-License-Identifier: MIT */
/* The machine for the tests of mm/, see support_mm.h. */
#include "support_mm.h"

static void mmbox_told(void *ctx, int mm, sd_addr start, sd_addr end)
{
	struct mmbox *b = ctx;

	(void)mm;
	b->told++;
	b->told_start = start;
	b->told_end = end;
}

static void mmbox_released(void *ctx, int mm)
{
	(void)mm;
	((struct mmbox *)ctx)->released++;
}

static int mmbox_next(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	struct mmbox *b = ctx;

	if (kind == SCHED_FORCED)
		return sched_next_in_order(s, runnable);
	if (p == b->switch_at && !b->switched && sched_current(s) == 0 && runnable >> 1 & 1) {
		b->switched = true;
		return 1;
	}
	return sched_current(s);
}

static void mmbox_start(void *ctx, struct sched *s)
{
	uint8_t armed[PT_COUNT] = {0};
	struct mmbox *b = ctx;

	if (b->actor[1].body)
		armed[b->switch_at] = 1;
	sched_arm(s, armed);
}

void mmbox_reset(struct mmbox *b, enum profile_id id, int mms)
{
	struct hw_config hc = {.prof = profiles[id], .ncpu = 2, .niommu = 1, .ndev = 0};
	struct hw_endpoint ep = {0};

	b->ev.len = 0;
	b->ev.actor = EVENT_NOBODY;
	sched_reset(b->s, NULL, 0);
	mem_reset(&b->m);
	hw_reset(b->hw, &hc, &ep);
	b->cfg = (struct mm_config){.prof = hc.prof, .ncpu = 2, .cpu_mm = {0, 1}, .mms = (uint8_t)mms};
	mm_reset(b->mm, &b->cfg);
	b->base = b->m.in_use;
	b->told = b->released = 0;
}

struct mmbox *mmbox_new(enum profile_id id, int mms)
{
	struct mmbox *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->ev = (struct event_sink){.log = b->log, .cap = MMBOX_LOG, .actor = EVENT_NOBODY};
	b->s = sched_create(&b->ev.actor);
	assert_non_null(b->s);
	assert_true(mem_init(&b->m, (struct mem_geometry){3, 3}, b->s, &b->ev));
	b->hw = hw_create(&b->m, b->s, &b->ev, &b->bugs);
	b->mm = mm_create(&b->m, b->hw, b->s, &b->ev, &b->bugs);
	assert_non_null(b->mm);
	mmbox_reset(b, id, mms);
	return b;
}

void mmbox_free(struct mmbox *b)
{
	mm_destroy(b->mm);
	hw_destroy(b->hw);
	mem_fini(&b->m);
	sched_destroy(b->s);
	free(b);
}

void mmbox_notify(struct mmbox *b, int mm)
{
	struct mm_notifier_ops ops = {mmbox_told, mmbox_released, b};

	mm_set_notifier(b->mm, mm, &ops);
}

static void mmbox_run_actor(void *arg)
{
	struct mmbox_actor *a = arg;

	a->body(a->b);
}

enum sched_end mmbox_run2(struct mmbox *b, mmbox_body *body0, enum point at, mmbox_body *body1)
{
	struct sched_policy policy = {mmbox_start, mmbox_next, b};

	b->actor[0] = (struct mmbox_actor){b, body0};
	b->actor[1] = (struct mmbox_actor){b, body1};
	b->switch_at = at;
	b->switched = false;
	sched_reset(b->s, &policy, 0);
	sched_spawn(b->s, 0, mmbox_run_actor, &b->actor[0], false);
	if (body1)
		sched_spawn(b->s, 1, mmbox_run_actor, &b->actor[1], false);
	return sched_run(b->s, 0);
}

void mmbox_run(struct mmbox *b, mmbox_body *body)
{
	assert_int_equal(mmbox_run2(b, body, PT_OP_BEGIN, NULL), SCHED_DONE);
}

pte_t mmbox_pte(struct mmbox *b, int mm, sd_page page, int *level)
{
	sd_page table = mm_root(b->mm, mm);
	pte_t v = 0;

	for (*level = b->m.geo.levels - 1; *level >= 0; (*level)--) {
		v = mem_peek(&b->m, mem_at(&b->m, table, mem_index(&b->m, page, *level)));
		if (!pte_table(v) || *level == 0)
			return v;
		table = pte_pfn(v);
	}
	return v;
}

pte_t mmbox_leaf(struct mmbox *b, int mm, sd_page page)
{
	int level;

	return mmbox_pte(b, mm, page, &level);
}

sd_page mmbox_pfn(struct mmbox *b, int mm, sd_page page)
{
	int level;
	pte_t v = mmbox_pte(b, mm, page, &level);

	return pte_leaf(v) ? pte_pfn(v) + (page & (mem_span(&b->m, level) - 1)) : (sd_page)MEM_NO_FRAME;
}

uint64_t mmbox_word(struct mmbox *b, int mm, sd_page page, int cpu)
{
	sd_page pfn = mmbox_pfn(b, mm, page);

	assert_int_not_equal(pfn, MEM_NO_FRAME);
	return mem_data(&b->m, pfn)[cpu];
}

unsigned mmbox_count(const struct mmbox *b, enum event_type t)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < b->ev.len; i++)
		n += b->log[i].type == t;
	return n;
}

int mmbox_at(const struct mmbox *b, enum event_type t, unsigned k)
{
	for (uint32_t i = 0; i < b->ev.len; i++)
		if (b->log[i].type == t && --k == 0)
			return (int)i;
	return -1;
}

void mmbox_audit(struct mmbox *b)
{
	uint8_t mark[MEM_FRAMES] = {0};

	mm_mark_frames(b->mm, mark);
	assert_int_equal(mmbox_count(b, EV_BAD_REF), 0);
	for (int i = 0; i < MEM_FRAMES; i++)
		assert_int_equal(b->m.frame[i].kind != MEM_FREE, mark[i]);
	assert_int_equal(mmbox_count(b, EV_NOTIFY_START), mmbox_count(b, EV_NOTIFY_END));
	assert_int_equal(b->ev.lost, 0);
}
