/* SPDX-License-Identifier: MIT */
/* What the driver does, and reports, when the queue is small, a wait is late, or a device does not answer. */
#include "hw/inject.h"
#include "support_fake.h"

static const struct mem_geometry geo = {3, 3};
enum { SPACE = SD_MAX_MMS, MM_SPACE = 0, PASID = 1, ROOT = 9 };

static int setup(void **state)
{
	*state = fake_new(geo);
	return 0;
}

static int teardown(void **state)
{
	fake_free(*state);
	return 0;
}

/* Two devices, attached to a domain and to an mm; flag f has the value v. */
static void start_as(struct fake *f, enum profile_id prof, int niommu, enum profile_flag flag, unsigned v,
                     bool quarantine)
{
	struct drv_config cfg = {.prof = profiles[prof], .niommu = (uint8_t)niommu, .ndev = 2};

	fake_reset(f, prof, niommu, NULL);
	cfg.dev_iommu[1] = (uint8_t)(niommu - 1);
	profile_set(&cfg.prof, flag, v);
	cfg.prof.quarantine = quarantine;
	drv_reset(f->drv, &cfg, NULL);
	drv_space_init(f->drv, SPACE, SD_NO_PASID, ROOT);
	drv_space_init(f->drv, MM_SPACE, PASID, ROOT + 1);
	for (int dev = 0; dev < 2; dev++) {
		drv_attach(f->drv, SPACE, dev);
		drv_attach(f->drv, MM_SPACE, dev);
	}
	fake_clear(f);
	f->most = 0;
}

static void start(struct fake *f, enum profile_id prof, int niommu, enum profile_flag flag, unsigned v)
{
	start_as(f, prof, niommu, flag, v, true);
}

static unsigned reports(const struct fake *f, enum drv_report what)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < f->ev.len; i++)
		n += f->log[i].type == EV_DRV_REPORT && f->log[i].report.reason == what;
	return n;
}

static unsigned commands(const struct fake *f, enum hw_cmd_kind kind, int dev)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->ncmd; i++)
		n += f->cmd[i].cmd.kind == kind &&
		     (dev < 0 || f->cmd[i].cmd.dev == (uint32_t)dev || f->cmd[i].cmd.dev == HW_ALL_DEVS);
	return n;
}

static bool attached(struct fake *f, int iommu, int dev, int pasid)
{
	return mem_word_load_now(&f->m, f->root[iommu], ctx_word(dev, pasid)) & CTX_P;
}

/* -- the queue --------------------------------------------------------------------------- */

static void a_batch_goes_in_pieces_that_fit_a_small_queue(void **state)
{
	struct fake *f = *state;

	for (int prof = 0; prof < PROFILE_COUNT; prof++) {
		struct fake_cmd whole[FAKE_LOG];
		unsigned n;

		start(f, prof, 1, PF_queue_small, 0);
		drv_space_release(f->drv, MM_SPACE);
		n = f->ncmd;
		memcpy(whole, f->cmd, n * sizeof(whole[0]));
		start(f, prof, 1, PF_queue_small, 1);
		drv_space_release(f->drv, MM_SPACE);
		assert_in_range(f->most, 1, INJECT_RING);
		assert_int_equal(f->ncmd, n);
		for (unsigned i = 0; i < n; i++) { /* the same commands in the same order */
			assert_int_equal(f->cmd[i].cmd.kind, whole[i].cmd.kind);
			assert_int_equal(f->cmd[i].cmd.dev, whole[i].cmd.dev);
			assert_int_equal(f->cmd[i].cmd.first, whole[i].cmd.first);
			assert_int_equal(f->cmd[i].cmd.last, whole[i].cmd.last);
		}
	}
	start(f, PROFILE_VTD, 1, PF_queue_small, 0);
	drv_space_release(f->drv, MM_SPACE);
	assert_true(f->most > INJECT_RING); /* or the test above shows nothing */
}

static void what_meets_a_full_queue_is_queued_later(void **state)
{
	struct fake *f = *state;

	start(f, PROFILE_VTD, 1, PF_queue_small, 1);
	f->busy = 5;
	drv_flush_all(f->drv, SPACE);
	assert_int_equal(commands(f, HW_CMD_TLB, -1), 1);
	assert_int_equal(commands(f, HW_CMD_ATC, -1), 2);
	assert_int_equal(f->nsync, 1);
	start(f, PROFILE_VTD, 1, PF_queue_small, 1);
	fake_skip(f, STEP_DRV_QUEUE_FULL);
	f->busy = 5;
	drv_flush_all(f->drv, SPACE);
	assert_int_equal(f->ncmd, 0);
}

/* -- waits ---------------------------------------------------------------------------------- */

static void a_late_wait_is_reported_once_and_waited_for(void **state)
{
	struct fake *f = *state;

	for (int prof = 0; prof < PROFILE_COUNT; prof++) {
		start(f, prof, 1, PF_wait_timeout, 1);
		f->late = 2; /* within patience */
		drv_iotlb_sync(f->drv, SPACE, &(struct drv_gather){.start = 0, .end = 4095});
		assert_int_equal(reports(f, DRV_REPORT_WAIT_TIMEOUT), 0);
		start(f, prof, 1, PF_wait_timeout, 1);
		f->late = 50;
		drv_iotlb_sync(f->drv, SPACE, &(struct drv_gather){.start = 0, .end = 4095});
		assert_true(f->nsync > 0);
		assert_int_equal(reports(f, DRV_REPORT_WAIT_TIMEOUT), f->nsync);
		assert_int_equal(f->sync[f->nsync - 1].seq, f->seq[0]);
	}
	start(f, PROFILE_VTD, 1, PF_wait_timeout, 0);
	f->late = 50;
	drv_flush_all(f->drv, SPACE);
	assert_int_equal(f->late, 50); /* without the flag nobody is impatient */
	assert_int_equal(reports(f, DRV_REPORT_WAIT_TIMEOUT), 0);
}

static void without_the_step_a_late_wait_counts_for_done(void **state)
{
	struct fake *f = *state;

	start(f, PROFILE_SMMUV3, 1, PF_wait_timeout, 1);
	fake_skip(f, STEP_DRV_WAIT_LATE);
	f->late = 50;
	drv_flush_all(f->drv, SPACE);
	assert_true(reports(f, DRV_REPORT_WAIT_TIMEOUT) > 0);
	assert_int_equal(f->nsync, 0);
}

/* -- devices that do not answer ---------------------------------------------------------------- */

static void a_silent_device_is_detached_from_everything_before_the_flush_returns(void **state)
{
	struct fake *f = *state;

	for (int prof = 0; prof < PROFILE_COUNT; prof++) {
		for (int niommu = 1; niommu <= 2; niommu++) {
			start(f, prof, niommu, PF_atc_lost, 1);
			f->lost = 1u << 1;
			drv_flush_walk(f->drv, SPACE, 0, 4096);
			assert_false(attached(f, niommu - 1, 1, SD_NO_PASID));
			assert_false(attached(f, niommu - 1, 1, PASID));
			assert_true(attached(f, 0, 0, SD_NO_PASID));
			assert_true(attached(f, 0, 0, PASID));
			assert_int_equal(reports(f, DRV_REPORT_ATC_TIMEOUT), 1);
			assert_int_equal(reports(f, DRV_REPORT_DEVICE_LOST), 1);
			assert_int_equal(commands(f, HW_CMD_ATC, 1), 1); /* not told again */
			assert_true(commands(f, HW_CMD_CTX, -1) + commands(f, HW_CMD_TLB, -1) >= 4);
			assert_true(f->cmd[f->ncmd - 1].cmd.kind == HW_CMD_WAIT);
			assert_int_equal(f->sync[f->nsync - 1].seq, f->cmd[f->ncmd - 1].seq);
		}
	}
}

/* Linux: told of it each time, and nothing else. */
static void without_quarantine_the_driver_reports_and_carries_on(void **state)
{
	struct fake *f = *state;

	for (int prof = 0; prof < PROFILE_COUNT; prof++) {
		start_as(f, prof, 1, PF_atc_lost, 1, false);
		f->lost = 1u << 1;
		drv_flush_walk(f->drv, SPACE, 0, 4096);
		drv_flush_walk(f->drv, SPACE, 0, 4096);
		assert_true(attached(f, 0, 1, SD_NO_PASID));
		assert_true(attached(f, 0, 1, PASID));
		assert_int_equal(reports(f, DRV_REPORT_ATC_TIMEOUT), 2);
		assert_int_equal(reports(f, DRV_REPORT_DEVICE_LOST), 0);
		assert_int_equal(commands(f, HW_CMD_ATC, 1), 2);
	}
}

/* The context entries go first, then what was cached of them, then the wait. */
static void giving_up_follows_the_order_of_a_detach(void **state)
{
	struct fake *f = *state;
	int cleared = -1, ctx = -1, tlb = -1, seen = -1;

	start(f, PROFILE_VTD, 1, PF_atc_lost, 1);
	f->lost = 1u << 1;
	drv_sva_invalidate(f->drv, MM_SPACE, 0, 4096);
	for (int i = 0; i < (int)f->ev.len; i++) {
		const struct event *e = &f->log[i];

		if (e->type == EV_CTX && e->context.pasid == PASID)
			cleared = i;
		else if (e->type == EV_CMD && e->cmd.kind == HW_CMD_CTX && ctx < 0 && cleared >= 0)
			ctx = i;
		else if (e->type == EV_CMD && e->cmd.kind == HW_CMD_TLB && ctx >= 0 && tlb < 0)
			tlb = i;
		else if (e->type == EV_WAIT_SEEN)
			seen = i;
	}
	assert_true(cleared >= 0 && ctx > cleared && tlb > ctx && seen > tlb);
}

static void afterwards_it_is_not_asked_and_the_others_are(void **state)
{
	struct fake *f = *state;

	start(f, PROFILE_VTD, 1, PF_atc_lost, 1);
	f->lost = 1u << 1;
	drv_flush_all(f->drv, SPACE);
	fake_clear(f);
	drv_flush_all(f->drv, SPACE);
	drv_sva_invalidate(f->drv, MM_SPACE, 0, 4096);
	drv_space_release(f->drv, MM_SPACE);
	assert_int_equal(commands(f, HW_CMD_ATC, 1), 0);
	assert_int_equal(commands(f, HW_CMD_ATC, 0), 3);
	assert_int_equal(reports(f, DRV_REPORT_ATC_TIMEOUT), 0);
}

static void a_detach_of_a_silent_device_ends_too(void **state)
{
	struct fake *f = *state;

	start(f, PROFILE_SMMUV3, 1, PF_atc_lost, 1);
	f->lost = 3;
	drv_space_release(f->drv, MM_SPACE);
	for (int dev = 0; dev < 2; dev++) {
		assert_false(attached(f, 0, dev, PASID));
		assert_false(attached(f, 0, dev, SD_NO_PASID));
	}
	assert_int_equal(reports(f, DRV_REPORT_DEVICE_LOST), 2);
}

static void bug_restart_asks_nine_times_and_says_so(void **state)
{
	struct fake *f = *state;

	start(f, PROFILE_VTD, 1, PF_atc_lost, 1);
	fake_bug(f, BUG_TIMEOUT_RESTART);
	f->lost = 1u << 1;
	drv_flush_all(f->drv, SPACE);
	assert_int_equal(commands(f, HW_CMD_ATC, 1), 9);
	for (uint32_t i = 0; i < f->ev.len; i++)
		if (f->log[i].type == EV_NO_PROGRESS) {
			assert_int_equal(f->log[i].stuck.dev, 1);
			assert_int_equal(f->log[i].stuck.why, 1);
			return;
		}
	fail_msg("nobody said that there is no progress");
}

static void bug_ignored_leaves_the_device_attached(void **state)
{
	struct fake *f = *state;

	start(f, PROFILE_VTD, 1, PF_atc_lost, 1);
	fake_bug(f, BUG_TIMEOUT_IGNORED);
	f->lost = 1u << 1;
	drv_flush_all(f->drv, SPACE);
	assert_true(attached(f, 0, 1, SD_NO_PASID));
	assert_int_equal(reports(f, DRV_REPORT_DEVICE_LOST), 0);
}

/* -- page requests ------------------------------------------------------------------------------- */

static void stop_when_idle(void *hw, int iommu)
{
	struct fake *f = hw;

	(void)iommu;
	if (f->aprq == f->nprq)
		sched_stop(f->s);
}

static void prq_body(void *arg) { drv_prq_actor(((struct fake *)arg)->drv, 0, stop_when_idle, arg); }

static void dropped_page_requests_are_reported_once(void **state)
{
	struct fake *f = *state;

	for (int dropped = 0; dropped < 2; dropped++) {
		start(f, PROFILE_VTD, 1, PF_prq_small, 1);
		f->prq[0] = (struct sd_page_request){.last = 1, .pasid = PASID, .group = 1, .page = 5};
		f->nprq = 1;
		f->overflow = dropped;
		sched_spawn(f->s, 0, prq_body, f, false);
		assert_int_equal(sched_run(f->s, 0), SCHED_STOPPED);
		assert_int_equal(f->nanswer, 1);
		assert_int_equal(reports(f, DRV_REPORT_PRQ_OVERFLOW), dropped);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	        T(a_batch_goes_in_pieces_that_fit_a_small_queue),
	        T(what_meets_a_full_queue_is_queued_later),
	        T(a_late_wait_is_reported_once_and_waited_for),
	        T(without_the_step_a_late_wait_counts_for_done),
	        T(a_silent_device_is_detached_from_everything_before_the_flush_returns),
	        T(without_quarantine_the_driver_reports_and_carries_on),
	        T(giving_up_follows_the_order_of_a_detach),
	        T(afterwards_it_is_not_asked_and_the_others_are),
	        T(a_detach_of_a_silent_device_ends_too),
	        T(bug_restart_asks_nine_times_and_says_so),
	        T(bug_ignored_leaves_the_device_attached),
	        T(dropped_page_requests_are_reported_once),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
