/* SPDX-License-Identifier: MIT */
/* The hardware that caches nothing, see support_fake.h. */
#include "support_fake.h"

#include "event/walker.h"

static void fake_set_root(void *hw, int iommu, sd_page t) { ((struct fake *)hw)->root[iommu] = t; }

static int64_t fake_submit(void *hw, int iommu, const struct sd_inv_cmd *c, unsigned n)
{
	struct fake *f = hw;

	if (f->busy > 0) {
		f->busy--;
		return -SD_BUSY;
	}
	assert_true(n > 0);
	f->most = n > f->most ? n : f->most;
	for (unsigned i = 0; i < n; i++) {
		struct fake_cmd *k = &f->cmd[f->ncmd++];

		assert_true(f->ncmd <= FAKE_LOG);
		hw_decode(&f->prof, &c[i], &k->cmd);
		assert_int_not_equal(k->cmd.kind, HW_CMD_BAD);
		k->iommu = (uint8_t)iommu;
		k->seq = ++f->seq[iommu];
		/* Seen in the event log, between the stores and the frees. */
		event_cmd(&f->ev, iommu, k->cmd.kind, k->seq);
	}
	return (int64_t)f->seq[iommu];
}

static bool fake_poll(void *hw, int iommu, uint64_t seq)
{
	struct fake *f = hw;

	if (f->late > 0) {
		f->late--;
		return false;
	}
	return f->seq[iommu] >= seq;
}

static uint32_t fake_error(void *hw, int iommu, uint64_t seq)
{
	const struct fake *f = hw;
	uint32_t devs = 0;

	for (unsigned i = 0; i < f->ncmd; i++)
		if (f->cmd[i].cmd.kind == HW_CMD_ATC && f->cmd[i].iommu == iommu && f->cmd[i].seq <= seq)
			devs |= 1u << f->cmd[i].cmd.dev;
	return devs & f->lost;
}

static void fake_sync(void *hw, int iommu, uint64_t seq)
{
	struct fake *f = hw;

	assert_true(f->nsync < FAKE_SYNCS);
	assert_true(seq <= f->seq[iommu]);
	f->sync[f->nsync].actor = sched_current(f->s);
	f->sync[f->nsync].iommu = iommu;
	f->sync[f->nsync++].seq = seq;
	event_wait_seen(&f->ev, WALKER_IOMMU0 + iommu, 1, seq);
}

static bool fake_event_poll(void *hw, int iommu, struct sd_page_request *out)
{
	struct fake *f = hw;

	(void)iommu;
	if (f->aprq == f->nprq)
		return false;
	*out = f->prq[f->aprq++];
	return true;
}

static void fake_response(void *hw, const struct sd_page_request *rq, enum sd_response code)
{
	struct fake *f = hw;

	(void)rq;
	f->answer[f->nanswer++] = code;
}

static bool fake_overflow(void *hw, int iommu)
{
	struct fake *f = hw;
	bool was = f->overflow;

	(void)iommu;
	f->overflow = false;
	return was;
}

static const struct sd_hw_ops fake_ops = {.set_root = fake_set_root,
                                          .inv_submit = fake_submit,
                                          .inv_poll = fake_poll,
                                          .sync = fake_sync,
                                          .inv_error = fake_error,
                                          .event_poll = fake_event_poll,
                                          .page_response = fake_response,
                                          .event_overflow = fake_overflow};

struct fake *fake_new(struct mem_geometry geo)
{
	struct fake *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->ev.log = f->log;
	f->ev.cap = FAKE_EVENTS;
	f->ev.actor = EVENT_NOBODY;
	f->s = sched_create(&f->ev.actor);
	assert_non_null(f->s);
	assert_true(mem_init(&f->m, geo, f->s, &f->ev));
	f->drv = drv_create(&f->m, f->s, &f->ev, &fake_ops, f, &f->bugs);
	f->dma = dma_create(&f->m, f->s, &f->ev, f->drv, &f->bugs);
	assert_non_null(f->drv);
	assert_non_null(f->dma);
	return f;
}

void fake_free(struct fake *f)
{
	dma_destroy(f->dma);
	drv_destroy(f->drv);
	mem_fini(&f->m);
	sched_destroy(f->s);
	free(f);
}

void fake_reset(struct fake *f, enum profile_id prof, int niommu, const struct drv_fault_ops *fault)
{
	struct drv_config cfg = {.prof = profiles[prof], .niommu = (uint8_t)niommu, .ndev = 2};

	cfg.dev_iommu[1] = (uint8_t)(niommu - 1);
	sched_reset(f->s, NULL, 0);
	mem_reset(&f->m);
	f->prof = profiles[prof];
	memset(f->seq, 0, sizeof(f->seq));
	memset(&f->bugs, 0, sizeof(f->bugs));
	f->ncmd = f->nsync = f->nprq = f->aprq = f->nanswer = 0;
	f->busy = f->late = 0;
	f->most = 0;
	f->lost = 0;
	f->overflow = false;
	drv_reset(f->drv, &cfg, fault);
	f->ev.len = 0;
}

void fake_clear(struct fake *f) { f->ncmd = f->nsync = 0, f->ev.len = 0; }

void fake_bug(struct fake *f, enum bug b) { f->bugs.bug |= 1ull << b; }

void fake_skip(struct fake *f, enum step t) { f->bugs.skip[t / 64] |= 1ull << (t % 64); }

bool fake_told(const struct fake *f, enum hw_cmd_kind kind, sd_page first, sd_page last)
{
	for (sd_page p = first; p <= last; p++) {
		bool hit = false;

		for (unsigned i = 0; i < f->ncmd; i++) {
			const struct hw_cmd *c = &f->cmd[i].cmd;

			hit |= c->kind == kind && c->first <= p && p <= c->last;
		}
		if (!hit)
			return false;
	}
	return true;
}
