/* SPDX-License-Identifier: MIT */
/* What the hunt command prints. */
#include "tools/cmd/hunter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run/measure.h"
#include "engine/tell/report.h"
#include "tools/cmd/probe_table.h"

const char *hunter_target(int bug) { return bug < 0 ? "clean" : bug_info((enum bug)bug)->slug; }

const char *hunter_hw(const struct hunter_options *opt, int bug)
{
	if (opt->profile >= 0)
		return profile_name((enum profile_id)opt->profile);
	return bug < 0 ? "all" : bug_info((enum bug)bug)->hw;
}

static const char *hunter_ending(const struct hunter_result *r)
{
	switch (r->end) {
	case HUNT_FOUND:
		return "found";
	case HUNT_STOPPED:
		return "stopped";
	case HUNT_DEFECT:
		return "DEFECT";
	default:
		if (r->stats.compared)
			return "both oracles agree";
		return r->bug >= 0 ? "not found" : r->stats.violations ? "violations" : "nothing found";
	}
}

static void hunter_print_difference(const struct twice_difference *d)
{
	printf("  %-10s %s\n", "differs", d->what);
	if (d->event == TWICE_NO_EVENT) {
		printf("  %-10s the logs are the same\n", "events");
		return;
	}
	printf("  %-10s %u  %s\n", "first", d->event, d->text[0]);
	printf("  %-10s %u  %s\n", "then", d->event, d->text[1]);
}

static void hunter_print_find(const struct hunter_result *r)
{
	char line[REPORT_LINE];
	const struct exec_result *x = &r->find.r;

	if (r->end == HUNT_DEFECT) {
		printf("  %-10s %s\n", "defect", x->why ? x->why : "unknown");
		if (r->find.differs)
			hunter_print_difference(&r->find.difference);
		printf("  %-10s %s\n", "engine", r->find.how);
	} else {
		report_step(&r->find.c, x, NULL, line);
		printf("  %-10s %s%s%s\n", "class", violation_name((enum violation_class)x->violation.class_),
		       report_access(&x->violation), x->violation.latent ? ", latent" : "");
		printf("  %-10s %s\n", "step", line);
		printf("  %-10s %s\n", "signature", r->find.signature);
		printf("  %-10s %s\n", "engine", r->find.how);
		printf("  %-10s %u operations, %u switches\n", "case", measure_ops(&r->find.c),
		       measure_switches(&r->find.c));
	}
	if (r->file)
		printf("  %-10s shootdown show %s\n", "see it", r->file);
}

void hunter_print(const struct hunter_options *opt, const struct hunter_result *r)
{
	const struct hunt_stats *st = &r->stats;

	printf("%s on %s, seed %" PRIu64 ": %s after %" PRIu64 " executions of %" PRIu64 " programs, %" PRIu64
	       " points, %.1f s\n",
	       hunter_target(r->bug), hunter_hw(opt, r->bug), r->seed, hunter_ending(r), st->executions,
	       st->programs, st->points, r->seconds);
	if (r->end == HUNT_FOUND || r->end == HUNT_DEFECT)
		hunter_print_find(r);
	if (st->compared)
		printf("  %-10s %" PRIu64 " executions, of them %" PRIu64 " violations\n", "compared",
		       st->compared, st->violations);
	if (st->other)
		printf("  %-10s %" PRIu64 " violations of other classes than this bug's\n", "others",
		       st->other);
	if (st->healthy)
		printf("  %-10s %" PRIu64
		       " violations that are there without the bug too: run `shootdown hunt --clean`\n",
		       "MODEL", st->healthy);
	if (st->inconclusive)
		printf("  %-10s %" PRIu64 " executions\n", "inconclusive", st->inconclusive);
	if (opt->twice)
		printf("  %-10s %" PRIu64 " executions by their schedule, %" PRIu64 " by engine and seed%s\n",
		       "run again", st->replayed, st->rerun, r->end == HUNT_DEFECT ? "" : ": all the same");
	if (st->too_long)
		printf("  %-10s %" PRIu64 " findings, their schedules are too long to keep\n", "lost",
		       st->too_long);
	if (st->unsettled)
		printf("  %-10s %" PRIu64 " races, their replays showed another one first\n", "unsettled",
		       st->unsettled);
	fflush(stdout);
}

void hunter_print_coverage(const struct hunt_stats *st)
{
	printf("\n  %-20s %12s %12s\n", "operation", "begun", "succeeded");
	for (int i = 0; i < OP_COUNT; i++)
		printf("  %-20s %12" PRIu64 " %12" PRIu64 "\n", op_info((enum op_kind)i)->name,
		       st->seen.op[i], st->seen.op_ok[i]);
	printf("\n  %-20s %12s\n", "event", "seen");
	for (int i = 0; i < EV_COUNT; i++)
		printf("  %-20s %12" PRIu64 "\n", event_name((enum event_type)i), st->seen.event[i]);
	probe_table_print(&st->probes);
}

static json_t *hunter_json_coverage(const struct hunt_stats *st)
{
	json_t *o = probe_table_json(&st->probes), *ops = json_object(), *events = json_object();

	for (int i = 0; i < OP_COUNT; i++)
		tool_json_set(ops, op_info((enum op_kind)i)->name,
		              json_integer((json_int_t)st->seen.op_ok[i]));
	for (int i = 0; i < EV_COUNT; i++)
		tool_json_set(events, event_name((enum event_type)i),
		              json_integer((json_int_t)st->seen.event[i]));
	tool_json_set(o, "ops", ops);
	tool_json_set(o, "events", events);
	return o;
}

static void hunter_json_twice(json_t *o, const struct hunter_result *r)
{
	const struct twice_difference *d = &r->find.difference;
	json_t *differs = NULL;

	tool_json_set(o, "replayed", json_integer((json_int_t)r->stats.replayed));
	tool_json_set(o, "rerun", json_integer((json_int_t)r->stats.rerun));
	if (r->end == HUNT_DEFECT && r->find.differs) {
		differs = json_object();
		tool_json_set(differs, "what", json_string(d->what));
		tool_json_set(differs, "event",
		              d->event == TWICE_NO_EVENT ? NULL : json_integer((json_int_t)d->event));
		tool_json_set(differs, "first", json_string(d->text[0]));
		tool_json_set(differs, "then", json_string(d->text[1]));
	}
	tool_json_set(o, "differs", differs);
}

void hunter_json(const struct hunter_options *opt, const struct hunter_result *r, const char *kind)
{
	bool found = r->end == HUNT_FOUND;
	const struct exec_result *x = &r->find.r;
	json_t *o = json_object();

	tool_json_set(o, "kind", json_string(kind));
	tool_json_set(o, "bug", r->bug >= 0 ? json_string(hunter_target(r->bug)) : NULL);
	tool_json_set(o, "hw",
	              json_string(found ? profile_name((enum profile_id)r->find.c.profile)
	                                : hunter_hw(opt, r->bug)));
	tool_json_set(o, "engine", json_string(search_engine_name((enum search_engine)opt->engine)));
	tool_json_set(o, "seed", json_integer((json_int_t)r->seed));
	tool_json_set(o, "found", json_boolean(found));
	tool_json_set(o, "end", json_string(hunter_ending(r)));
	tool_json_set(o, "executions", json_integer((json_int_t)r->stats.executions));
	tool_json_set(o, "programs", json_integer((json_int_t)r->stats.programs));
	tool_json_set(o, "points", json_integer((json_int_t)r->stats.points));
	tool_json_set(o, "violations", json_integer((json_int_t)r->stats.violations));
	tool_json_set(o, "without_bug", json_integer((json_int_t)r->stats.healthy));
	tool_json_set(o, "inconclusive", json_integer((json_int_t)r->stats.inconclusive));
	if (opt->both)
		tool_json_set(o, "compared", json_integer((json_int_t)r->stats.compared));
	tool_json_set(o, "seconds", json_real(r->seconds));
	tool_json_set(o, "class",
	              found ? json_string(violation_name((enum violation_class)x->violation.class_)) : NULL);
	tool_json_set(o, "latent", found ? json_boolean(x->violation.latent) : NULL);
	tool_json_set(o, "signature", found ? json_string(r->find.signature) : NULL);
	tool_json_set(o, "how", found ? json_string(r->find.how) : NULL);
	tool_json_set(o, "case", r->file ? json_string(r->file) : NULL);
	tool_json_set(o, "why", r->end == HUNT_DEFECT && x->why ? json_string(x->why) : NULL);
	if (opt->twice)
		hunter_json_twice(o, r);
	if (opt->verbose)
		tool_json_set(o, "coverage", hunter_json_coverage(&r->stats));
	tool_json_print(o);
}

static int hunter_by_number(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int hunter_by_seconds(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void hunter_print_seeds(const struct hunter_options *opt, int bug, const struct hunter_result *r,
                        uint64_t executions[], double seconds[], uint64_t n, uint64_t found)
{
	json_t *o;

	if (n < 2)
		return;
	qsort(executions, n, sizeof(executions[0]), hunter_by_number);
	qsort(seconds, n, sizeof(seconds[0]), hunter_by_seconds);
	if (!opt->json) {
		printf("%s on %s, %" PRIu64 " seeds: found %" PRIu64 " times, median %" PRIu64
		       " executions, %.2f s\n\n",
		       hunter_target(bug), hunter_hw(opt, bug), n, found, executions[n / 2], seconds[n / 2]);
		return;
	}
	o = json_object();
	tool_json_set(o, "kind", json_string("median"));
	tool_json_set(o, "bug", bug >= 0 ? json_string(hunter_target(bug)) : NULL);
	tool_json_set(o, "hw", json_string(hunter_hw(opt, bug)));
	tool_json_set(o, "engine", json_string(search_engine_name((enum search_engine)opt->engine)));
	tool_json_set(o, "seed", json_integer((json_int_t)(r->seed - n + 1)));
	tool_json_set(o, "seeds", json_integer((json_int_t)n));
	tool_json_set(o, "found", json_boolean(found == n));
	tool_json_set(o, "times", json_integer((json_int_t)found));
	tool_json_set(o, "executions", json_integer((json_int_t)executions[n / 2]));
	tool_json_set(o, "seconds", json_real(seconds[n / 2]));
	tool_json_print(o);
}
