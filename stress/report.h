/* SPDX-License-Identifier: MIT */
/* report: how a sanitizer's report ends a run. */
#ifndef STRESS_REPORT_H
#define STRESS_REPORT_H

struct sanitizer_report;

void stress_on_report(void *run, const struct sanitizer_report *report);

#endif
