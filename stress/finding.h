/* SPDX-License-Identifier: MIT */
/* finding: all that is known of a stress run that did not end clean, before anybody tells of it. */
#ifndef STRESS_FINDING_H
#define STRESS_FINDING_H

#include "engine/run/signature.h"
#include "stress/focus.h"
#include "stress/stress.h"

struct stress_finding {
	enum stress_end end;
	struct stress_counts counts;
	uint64_t round;
	const struct watch_violation *violation; /* the run's; NULL: none */
	const struct stress_report *report;      /* the run's; NULL: none */
	struct case_file last;                   /* the last operations; expect is the class */
	struct exec_result r;                    /* see stress_result() */
	struct event_sink log;                   /* what all actors remember */
	struct rebuild_focus focus;
	/* As signature_of(); a sanitizer's report: "AddressSanitizer:heap-use-after-free:munmap:vtd". */
	char signature[SIGNATURE_MAX];
};

/* Lives no longer than the run. false: no memory, and nothing to free. */
bool stress_find(const struct stress_run *r, enum stress_end end, struct stress_finding *f);
void stress_finding_free(struct stress_finding *f);
/* "clean", "violation" */
const char *stress_end_name(enum stress_end end);

#endif
