/* SPDX-License-Identifier: MIT */
/*
 * report: a verdict in words. Pages are named as the case names them ([b+1]),
 * spaces as mm and PASID, so that nobody has to look up a number.
 */
#ifndef ENGINE_REPORT_H
#define ENGINE_REPORT_H

#include <stdio.h>

#include "engine/run/exec.h"

enum { REPORT_NAME = 64, REPORT_LINE = 400 };

/* "[b+1]", "[b+1..b+3]"; a page that no region of the case is near: "[0x1c4]". Returns buf. */
char *report_pages(const struct case_file *c, sd_page page, sd_page n, char buf[REPORT_NAME]);
/* "mm1, pasid 2", "domain 0". Returns buf. */
char *report_space(int space, char buf[REPORT_NAME]);
/* "iommu0 and atc0"; 0: "nobody". Returns buf. */
char *report_walkers(uint32_t walkers, char buf[REPORT_NAME]);
/* "clean", "violation", "inconclusive", "defect" */
const char *report_verdict(enum exec_verdict v);
/* ", read" or ", write"; "" where the violation is no access's. */
const char *report_access(const struct oracle_violation *v);
/* One line: what a violation of this class is. */
const char *report_class(enum violation_class c);
/* "no invalidation covering [b+1] pasid 1 completed between the fill and the free" */
void report_step(const struct case_file *c, const struct exec_result *r, const struct event_sink *log,
                 char buf[REPORT_LINE]);
/* The index of the event that broke the promise; log->len if the log does not have it. */
uint32_t report_bad_event(const struct exec_result *r, const struct event_sink *log);
/* The index of the event before which something should have happened: the free, the return. */
uint32_t report_promise_event(const struct exec_result *r, const struct event_sink *log);
/* All of it; file: for the command that replays, may be NULL. */
void report_print(FILE *out, const struct case_file *c, const struct exec_result *r,
                  const struct event_sink *log, const char *file);

#endif
