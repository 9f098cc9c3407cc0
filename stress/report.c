/* SPDX-License-Identifier: MIT */
/*
 * What a run found, in the form of a result of the controlled runtime.
 *
 * A sanitizer's report ends a run as a violation does. The thread that met it
 * is held inside the sanitizer, which prints no second report meanwhile; the
 * thread that started the run does the rest. A report is about an address. If
 * that lies in a frame, the last access to the frame says whose page it was.
 */
#include "engine/run/world.h"
#include "stress/listen.h"
#include "stress/report.h"
#include "stress/sanitizer.h"
#include "stress/state.h"

static sd_page stress_report_frame_at(const struct mem *m, uintptr_t address)
{
	uintptr_t base = (uintptr_t)m->word, frame = m->words * sizeof(m->word[0]);

	return address >= base && address < base + MEM_FRAMES * frame ? (sd_page)((address - base) / frame)
	                                                              : MEM_NO_FRAME;
}

static sd_page stress_report_frame_of(const struct mem *m, const struct sanitizer_report *report)
{
	sd_page pfn = MEM_NO_FRAME;

	for (int i = 0; i < SANITIZER_ADDRESSES && pfn == MEM_NO_FRAME; i++)
		pfn = stress_report_frame_at(m, report->address[i]);
	return pfn;
}

void stress_on_report(void *run, const struct sanitizer_report *report)
{
	struct stress_run *r = run;
	int actor = r->w ? sched_current(r->w->sched) : -1;

	if (!atomic_exchange(&r->reported, true)) {
		r->report = (struct stress_report){
		        .by = report->by,
		        .what = report->what,
		        .actor = EVENT_NOBODY,
		        .op_kind = OP_COUNT,
		        .pfn = r->w ? stress_report_frame_of(&r->w->mem, report) : MEM_NO_FRAME,
		};
		if (actor >= 0) {
			const struct stress_actor *a = &r->actor[actor];

			r->report.actor = (uint8_t)actor;
			if (a->nops)
				r->report.op_kind = a->last[(a->nops - 1) % STRESS_LAST_OPS].kind;
		}
	}
	if (actor >= 0) {
		atomic_store(&r->failed, true);
		stress_hold(r, actor);
	}
	if (report->last && r->opt.last_words)
		r->opt.last_words(r->opt.ctx, r);
}

const struct stress_report *stress_report(const struct stress_run *r)
{
	return r->reported ? &r->report : NULL;
}

/* -- as a result ----------------------------------------------------------------- */

static bool stress_report_reaches(const struct event *ev, sd_page pfn, sd_page *page)
{
	if (ev->type == EV_ACCESS && ev->access.pfn == pfn)
		*page = ev->access.page;
	else if ((ev->type == EV_HIT_TABLE || ev->type == EV_FILL_TABLE) && pte_pfn(ev->cached.value) == pfn)
		*page = ev->cached.page;
	else
		return false;
	return true;
}

/* The newest access of a program to the frame; those of who met the report come first. */
static const struct ring_event *stress_report_last_access(const struct stress_run *r, sd_page *page, int *by)
{
	const struct ring_event *best = NULL;

	for (int a = 0; a < CASE_PROGRAMS; a++) {
		const struct ring *ring = &r->actor[a].ring;
		uint64_t kept = ring->n < STRESS_RING ? ring->n : STRESS_RING;
		sd_page at;

		for (uint64_t k = kept; k > 0; k--) {
			const struct ring_event *e = ring_at(ring, k - 1);

			if (!stress_report_reaches(&e->ev, r->report.pfn, &at))
				continue;
			if (!best || a == r->report.actor ||
			    (*by != r->report.actor && e->stamp > best->stamp)) {
				best = e;
				*page = at;
				*by = a;
			}
			break;
		}
	}
	return best;
}

static void stress_report_place(const struct stress_run *r, struct oracle_violation *v)
{
	int by = EVENT_NOBODY;
	sd_page page;

	v->actor = r->report.actor;
	v->op_kind = r->report.op_kind;
	v->pfn = r->report.pfn;
	if (r->report.pfn == MEM_NO_FRAME || !stress_report_last_access(r, &page, &by))
		return;
	v->space = (uint8_t)world_space_of(&r->config, by);
	v->page = page;
}

void stress_result(const struct stress_run *r, struct exec_result *out)
{
	const struct watch_violation *v = stress_violation(r);

	*out = (struct exec_result){
	        .verdict = EXEC_INCONCLUSIVE,
	        .violation = {.space = SD_MAX_SPACES,
	                      .span = 1,
	                      .pfn = MEM_NO_FRAME,
	                      .op_kind = OP_COUNT,
	                      .actor = EVENT_NOBODY,
	                      .killer_actor = EVENT_NOBODY,
	                      .killer_op = OP_COUNT},
	};
	if (r->reported) {
		out->verdict = EXEC_VIOLATION;
		stress_report_place(r, &out->violation);
		return;
	}
	if (!v)
		return;
	out->verdict = EXEC_VIOLATION;
	out->violation = (struct oracle_violation){
	        .class_ = v->class_,
	        .write = v->write,
	        .space = v->space,
	        .actor = v->actor,
	        .op_kind = v->op_kind,
	        .killer_actor = EVENT_NOBODY,
	        .killer_op = OP_COUNT,
	        .walkers = v->walker < WALKER_COUNT ? (uint16_t)(1u << v->walker) : 0,
	        .page = v->page,
	        .span = 1,
	        .pfn = v->pfn,
	        .serial = v->serial,
	};
}
