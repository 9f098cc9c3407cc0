/* SPDX-License-Identifier: MIT */
/* run: executes cases, by their own schedule or by fresh ones, and says what happened. */
#include <stdio.h>
#include <string.h>

#include "engine/run/measure.h"
#include "engine/search/search.h"
#include "engine/tell/report.h"
#include "tools/files.h"
#include "tools/json.h"
#include "tools/options.h"
#include "tools/progress.h"
#include "tools/tool.h"

struct run_options {
	bool json, oracle, both;
	int engine; /* -1: the case's own schedule */
	uint64_t seed, runs, depth;
};

/* Fresh schedules until one is not clean; that one is run again with its log. */
static void cmd_run_fresh(struct world *w, const struct case_file *c, const struct run_options *opt,
                          struct exec_result *r)
{
	struct exec_options quiet = {.no_oracle = !opt->oracle, .no_witness = true}, log = quiet;
	struct rng rng;
	struct search_try t;
	union search_state state;
	struct sched_policy policy;
	uint32_t points = 0;

	log.log = true;
	rng_seed(&rng, opt->seed);
	for (uint64_t i = 0; i < opt->runs && !tool_stop; i++) {
		search_draw(&t, &rng, (enum search_engine)opt->engine, points, measure_actors(c));
		if (opt->depth && t.kind == TRY_PCT)
			t.depth = (uint8_t)opt->depth;
		policy = search_policy(&state, &t);
		exec_run(w, c, &policy, &quiet, r);
		if (r->verdict != EXEC_CLEAN)
			break;
		points = r->points > points ? r->points : points;
	}
	policy = search_policy(&state, &t);
	exec_run(w, c, &policy, &log, r);
}

static void cmd_run_print(const char *file, const struct case_file *c, const struct exec_result *r,
                          struct world *w, const struct run_options *opt)
{
	enum violation_class got =
	        r->verdict == EXEC_VIOLATION ? (enum violation_class)r->violation.class_ : VC_CLEAN;
	json_t *o;

	if (!opt->json) {
		report_print(stdout, c, r, exec_events(w), opt->engine < 0 ? file : NULL);
		return;
	}
	o = tool_json_result(file, c, r);
	tool_json_set(o, "expect", json_string(violation_name((enum violation_class)c->expect)));
	tool_json_set(o, "expected",
	              json_boolean(r->verdict <= EXEC_VIOLATION && got == (enum violation_class)c->expect));
	tool_json_print(o);
}

static int cmd_run_file(struct world *w, const char *file, const void *ctx)
{
	const struct run_options *opt = ctx;
	const struct exec_options exec = {.no_oracle = !opt->oracle, .log = true, .no_witness = true};
	enum tool_form form = FORM_AUTO;
	struct case_file c;
	struct exec_result r;

	if (!tool_read_case(file, &form, &c))
		return TOOL_USAGE;
	if (opt->both && !tool_both_agree(w, file, &c))
		return TOOL_DEFECT;
	if (opt->engine < 0)
		exec_run(w, &c, NULL, &exec, &r);
	else
		cmd_run_fresh(w, &c, opt, &r);
	cmd_run_print(file, &c, &r, w, opt);
	return tool_verdict_exit(&r);
}

static int cmd_run_main(int argc, char **argv)
{
	struct run_options opt = {.oracle = true, .engine = -1, .seed = 1, .runs = 1000};
	const char *engine = NULL;
	const struct tool_option opts[] = {
	        {.name = "json", .to = &opt.json},
	        {.name = "oracle", .kind = OPTION_ON_OFF, .to = &opt.oracle},
	        {.name = "engine", .kind = OPTION_TEXT, .to = &engine},
	        {.name = "seed", .kind = OPTION_NUMBER, .to = &opt.seed},
	        {.name = "runs", .kind = OPTION_NUMBER, .to = &opt.runs, .least = 1},
	        {.name = "depth",
	         .kind = OPTION_NUMBER,
	         .to = &opt.depth,
	         .least = 1,
	         .most = POLICY_PCT_DEPTH},
	        {.name = "second-opinion", .to = &opt.both},
	        {0},
	};
	const int code = tool_options(&cmd_run, argc, argv, opts);

	if (code != TOOL_OK)
		return code < 0 ? TOOL_OK : code;
	if (engine) {
		opt.engine = search_engine_find(engine);
		if (opt.engine < 0 || opt.engine == SEARCH_EXHAUSTIVE)
			return tool_usage(&cmd_run, "--engine %s: expected mix, random or pct", engine);
	}
	if (opt.depth && opt.engine != SEARCH_PCT)
		return tool_usage(&cmd_run, "--depth %llu: expected --engine pct beside it",
		                  (unsigned long long)opt.depth);
	if (optind == argc)
		return tool_usage(&cmd_run, "no file, expected CASE...");
	return tool_each_file(argc, argv, cmd_run_file, &opt);
}

const struct command cmd_run = {
        "run",
        "run [--engine mix|random|pct [--seed S] [--runs N] [--depth D]] [--oracle on|off] "
        "[--second-opinion] [--json] CASE...",
        "run cases and say what happened",
        "  --engine E       ignore the case's schedule and try fresh ones: mix, random or pct\n"
        "  --seed S         of the engine (1)\n"
        "  --runs N         schedules to try until one is not clean (1000)\n"
        "  --depth D        only with --engine pct: as for `hunt`\n"
        "  --oracle on|off  off: nobody watches; for measuring (on)\n"
        "  --second-opinion ask both oracles about the case's own schedule; where they differ, exit 3\n"
        "  --json           one object a line\n"
        "\n"
        "CASE is a text (.sd) or its binary twin; - is stdin. A case that expects a violation\n"
        "still exits with 1: `replay` is the command that compares with what is expected.\n"
        "\n"
        "Exit: 0 clean, 1 any violation or an inconclusive run, 2 bad input, 3 a defect of shootdown.\n",
        cmd_run_main,
};
