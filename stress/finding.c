/* SPDX-License-Identifier: MIT */
/* Gathers what a run that did not end clean leaves, and names it. */
#include "stress/finding.h"

#include <stdio.h>
#include <stdlib.h>

const char *stress_end_name(enum stress_end end)
{
	static const char *const names[] = {
	        [STRESS_CLEAN] = "clean",
	        [STRESS_VIOLATION] = "violation",
	        [STRESS_REPORT] = "report",
	        [STRESS_STUCK] = "stuck",
	        [STRESS_NO_MEMORY] = "no memory or no threads",
	};

	return names[end];
}

/* What no oracle saw is named after the sanitizer that did, or after the way the run ended. */
static void finding_sign(struct stress_finding *f)
{
	const char *hw = profile_name((enum profile_id)f->last.profile);
	const char *op =
	        f->report && f->report->op_kind < OP_COUNT ? op_info(f->report->op_kind)->name : "none";

	if (f->end == STRESS_REPORT)
		snprintf(f->signature, sizeof(f->signature), "%s:%s:%s:%s", f->report->by, f->report->what,
		         op, hw);
	else if (f->violation)
		signature_of(&f->r, &f->last, f->signature, sizeof(f->signature));
	else
		snprintf(f->signature, sizeof(f->signature), "%s:%s", stress_end_name(f->end), hw);
}

bool stress_find(const struct stress_run *r, enum stress_end end, struct stress_finding *f)
{
	*f = (struct stress_finding){
	        .end = end,
	        .counts = stress_counts(r),
	        .round = stress_round(r),
	        .violation = stress_violation(r),
	        .report = stress_report(r),
	};
	if (!stress_merge(r, &f->log))
		return false;
	stress_last_ops(r, &f->last);
	stress_result(r, &f->r);
	f->last.expect = f->violation ? f->violation->class_ : VC_CLEAN;
	f->focus = (struct rebuild_focus){f->r.violation.actor, f->r.violation.space, f->r.violation.page};
	finding_sign(f);
	return true;
}

void stress_finding_free(struct stress_finding *f) { free(f->log.log); }
