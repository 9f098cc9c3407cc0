/* SPDX-License-Identifier: MIT */
/*
 * prq: the page-request handler of one IOMMU.
 *
 * Takes the oldest request, has the mm behind the PASID fault the page in, and
 * answers if the request was the last of its group. A PASID without a live mm is
 * answered, not served. An overflow is reported when the queue is empty.
 *
 * Does not model: a work queue per fault, draining on unbind (a PASID is not used
 * twice), groups of several requests (the answer is what the last of them got).
 * Follows Linux iommu_queue_iopf(), iopf_handle_group(), prq_event_thread(),
 * arm_smmu_handle_ppr(), arm_smmu_priq_thread().
 */
#include "drv/state.h"
#include "event/tell.h"

static enum sd_response prq_handle(struct drv *d, const struct sd_page_request *rq, uint32_t *serial)
{
	int mm = rq->pasid - 1;

	if (mm < 0 || mm >= SD_MAX_MMS || !d->space[sd_space_of_mm(mm)].live || !d->fault.handle)
		return SD_RESP_INVALID;
	if (d->fault.handle(d->fault.ctx, mm, rq->page, rq->write, serial) < 0)
		return SD_RESP_INVALID;
	return SD_RESP_SUCCESS;
}

static void prq_serve(struct drv *d, const struct sd_page_request *rq)
{
	enum sd_response code;
	uint32_t serial = 0;

	sched_point(d->s, PT_DRV_PRQ_HANDLE);
	code = prq_handle(d, rq, &serial);
	event_prq_served(d->ev, rq->dev, code, rq->page, rq->pasid, rq->write, serial);
	if (!rq->last)
		return;
	sched_point(d->s, PT_DRV_PRQ_RESPOND);
	d->ops->page_response(d->hw, rq, code);
}

/* One report for all dropped requests. Hardware has answered them; their devices ask again. */
static void prq_report_overflow(struct drv *d, int iommu)
{
	if (d->ops->event_overflow && d->ops->event_overflow(d->hw, iommu))
		event_drv_report(d->ev, DRV_REPORT_PRQ_OVERFLOW, iommu, 0, 0);
}

void drv_prq_actor(struct drv *d, int iommu, void (*wait)(void *hw, int iommu), void *hw)
{
	struct sd_page_request rq;

	for (;;) {
		wait(hw, iommu);
		while (d->ops->event_poll(hw, iommu, &rq))
			prq_serve(d, &rq);
		prq_report_overflow(d, iommu);
	}
}
