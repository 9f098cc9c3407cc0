/* SPDX-License-Identifier: MIT */
/* The machine of support_hw.h. */
#include "support_hw.h"

#include <stdlib.h>

struct box *box_new(enum profile_id id)
{
	struct box *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->ev = (struct event_sink){.log = b->log, .cap = BOX_LOG, .actor = EVENT_NOBODY};
	b->s = sched_create(&b->ev.actor);
	assert_non_null(b->s);
	assert_true(mem_init(&b->m, (struct mem_geometry){3, 3}, b->s, &b->ev));
	b->hw = hw_create(&b->m, b->s, &b->ev, &b->bugs);
	b->dev = dev_create(b->hw, &hw_model_ops, b->hw, b->s, &b->ev, &b->bugs);
	b->cfg = (struct hw_config){.prof = profiles[id], .ncpu = 2, .niommu = 1, .ndev = 2};
	b->ctx = mem_alloc(&b->m, MEM_CTX, 1);
	b->root = mem_alloc(&b->m, MEM_TABLE, 1);
	box_reset(b);
	return b;
}

void box_free(struct box *b)
{
	dev_destroy(b->dev);
	hw_destroy(b->hw);
	mem_fini(&b->m);
	sched_destroy(b->s);
	free(b);
}

void box_reset(struct box *b)
{
	struct hw_endpoint ep = dev_endpoint(b->dev);

	hw_reset(b->hw, &b->cfg, &ep);
	dev_reset(b->dev);
	for (int i = 0; i < b->cfg.niommu; i++)
		hw_model_ops.set_root(b->hw, i, b->ctx);
}

static sd_page table_of(struct box *b, sd_page root, sd_page page, int level)
{
	sd_page table = root;

	for (int l = b->m.geo.levels - 1; l > level; l--) {
		mem_entry e = mem_at(&b->m, table, mem_index(&b->m, page, l));

		if (!pte_present(mem_peek(&b->m, e)))
			mem_store(&b->m, e, pte_make(mem_alloc(&b->m, MEM_TABLE, 1), PTE_P), PT_HW_DATA);
		table = pte_pfn(mem_peek(&b->m, e));
	}
	return table;
}

mem_entry box_entry(struct box *b, sd_page root, sd_page page, int level)
{
	return mem_at(&b->m, table_of(b, root, page, level), mem_index(&b->m, page, level));
}

void box_set_entry(struct box *b, sd_page root, sd_page page, int level, pte_t v)
{
	mem_store(&b->m, box_entry(b, root, page, level), v, PT_HW_DATA);
}

sd_page box_map(struct box *b, sd_page root, sd_page page, int level, pte_t flags)
{
	sd_page pfn = mem_alloc(&b->m, MEM_DATA, mem_span(&b->m, level));

	assert_int_not_equal(pfn, MEM_NO_FRAME);
	box_set_entry(b, root, page, level, pte_make(pfn, flags | PTE_LEAF));
	return pfn;
}

void box_ctx(struct box *b, int dev, int pasid, sd_page root, uint16_t tag)
{
	mem_word_store_now(&b->m, b->ctx, ctx_word(dev, pasid) + 1, tag);
	mem_word_store_now(&b->m, b->ctx, ctx_word(dev, pasid), root ? ctx_word0(root) : 0);
}

enum sd_status box_translate(struct box *b, int dev, int pasid, sd_page page, bool write,
                             struct sd_translation *t)
{
	struct sd_request rq = {.dev = (uint8_t)dev, .write = write, .pasid = (uint16_t)pasid, .page = page};
	struct sd_translation ignored;

	return hw_model_ops.translate(b->hw, &rq, t ? t : &ignored);
}

uint64_t box_command(struct box *b, int iommu, const struct sd_inv_cmd *c, unsigned n)
{
	int64_t seq = hw_model_ops.inv_submit(b->hw, iommu, c, n);

	assert_true(seq > 0);
	assert_int_equal(hw_model_ops.step(b->hw, iommu, n), n);
	return (uint64_t)seq;
}

/* The first field of an event: the walker, the device or the IOMMU that it is about. */
static int box_subject(const struct event *ev)
{
	struct event_value v[EVENT_FIELDS];

	return event_values(ev, v) ? (int)v[0].value : -1;
}

const struct event *box_event(const struct box *b, enum event_type t, int a, uint32_t from)
{
	for (uint32_t i = from; i < b->ev.len; i++)
		if (b->log[i].type == t && (a < 0 || box_subject(&b->log[i]) == a))
			return &b->log[i];
	return NULL;
}

unsigned box_count(const struct box *b, enum event_type t, int a, uint32_t from)
{
	const struct event *e;
	unsigned n = 0;

	for (; (e = box_event(b, t, a, from)); from = (uint32_t)(e - b->log) + 1)
		n++;
	return n;
}

void box_switch_at(struct box *b, int from, enum point p, uint32_t n, int to)
{
	assert_true(b->nsw < BOX_SWITCHES);
	b->sw[b->nsw++] = (struct box_switch){from, p, n, to};
}

static void policy_start(void *ctx, struct sched *s)
{
	struct box *b = ctx;
	/* CPUs, then what hardware does for them, then devices: what a flush waits for goes on first. */
	const uint8_t order[] = {0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7};
	uint8_t armed[PT_COUNT] = {0};

	sched_set_order(s, order, sizeof(order));
	for (int i = 0; i < b->nsw; i++)
		armed[b->sw[i].p] = 1;
	sched_arm(s, armed);
}

static int policy_next(void *ctx, struct sched *s, enum point p, enum sched_kind kind, uint32_t runnable)
{
	struct box *b = ctx;

	b->forced[p] += kind == SCHED_FORCED;
	for (int i = 0; kind == SCHED_PLAIN && i < b->nsw; i++) {
		struct box_switch *w = &b->sw[i];

		if (w->p == p && w->from == sched_current(s) && sched_passage(s, p) == w->n &&
		    (runnable >> w->to & 1))
			return w->to;
	}
	return kind == SCHED_PLAIN ? sched_current(s) : sched_next_in_order(s, runnable);
}

void box_begin(struct box *b)
{
	struct sched_policy policy = {policy_start, policy_next, b};

	memset(b->forced, 0, sizeof(b->forced));
	sched_reset(b->s, &policy, 20000);
}

enum sched_end box_run(struct box *b, int first)
{
	enum sched_end end = sched_run(b->s, first);

	b->nsw = 0;
	sched_reset(b->s, NULL, 0);
	b->ev.actor = EVENT_NOBODY;
	return end;
}

struct box *box_one_page(enum profile_id id, uint16_t tag, sd_page page)
{
	struct box *b = box_new(id);

	box_ctx(b, 0, 0, b->root, tag);
	box_map(b, b->root, page, 0, BOX_RW | PTE_A | PTE_D);
	assert_int_equal(box_translate(b, 0, 0, page, false, NULL), SD_OK);
	return b;
}
