/* SPDX-License-Identifier: MIT */
/* minimize: the smallest case that still fails the same way. */
#include <stdio.h>

#include "engine/minimize/minimize.h"
#include "engine/run/measure.h"
#include "engine/tell/report.h"
#include "tools/files.h"
#include "tools/json.h"
#include "tools/options.h"
#include "tools/progress.h"
#include "tools/tool.h"

struct minimize_options {
	const char *out;
	bool json;
	uint64_t seed, budget, search;
};

static void cmd_minimize_progress(void *ctx, const struct minimize_stats *st, const struct case_file *best)
{
	struct tool_progress *p = ctx;

	if (tool_progress_due(p))
		tool_progress_line(p, "%llu executions: %u operations, %u switches",
		                   (unsigned long long)st->executions, measure_ops(best),
		                   measure_switches(best));
}

static void cmd_minimize_print(const char *file, const struct minimize_options *opt,
                               const struct case_file *c, const struct exec_result *r,
                               const struct minimize_stats *st, double seconds)
{
	/* the case itself may be on stdout */
	FILE *out = opt->out ? stdout : stderr;
	char signature[REPORT_LINE];
	json_t *o;

	signature_of(r, c, signature, sizeof(signature));
	if (!opt->json) {
		fprintf(out, "%s: %u -> %u operations, %u -> %u switches, %llu executions, %.1f s%s\n", file,
		        st->ops_before, st->ops_after, st->switches_before, st->switches_after,
		        (unsigned long long)st->executions, seconds, st->stopped ? " (stopped early)" : "");
		fprintf(out, "  %-10s %s%s\n", "signature", signature,
		        r->violation.latent ? " (latent)" : "");
		return;
	}
	o = tool_json_result(file, c, r);
	tool_json_set(o, "ops_before", json_integer(st->ops_before));
	tool_json_set(o, "ops_after", json_integer(st->ops_after));
	tool_json_set(o, "switches_before", json_integer(st->switches_before));
	tool_json_set(o, "switches_after", json_integer(st->switches_after));
	tool_json_set(o, "executions", json_integer((json_int_t)st->executions));
	tool_json_set(o, "seconds", json_real(seconds));
	tool_json_set(o, "stopped", json_boolean(st->stopped));
	tool_json_set(o, "case", opt->out ? json_string(opt->out) : NULL);
	tool_json_print(o);
}

static int cmd_minimize_file(struct world *w, const char *file, const void *ctx)
{
	const struct minimize_options *opt = ctx;
	struct tool_progress bar;
	const struct minimize_config cfg = {.seed = opt->seed,
	                                    .budget = opt->budget,
	                                    .search = (uint32_t)opt->search,
	                                    .stop = &tool_stop,
	                                    .progress = cmd_minimize_progress,
	                                    .progress_ctx = &bar};
	enum tool_form form = FORM_AUTO;
	struct case_file c, small;
	struct exec_result r;
	struct minimize_stats st;
	enum minimize_result result;

	if (!tool_read_case(file, &form, &c))
		return TOOL_USAGE;
	tool_progress_start(&bar);
	result = minimize_case(w, &c, &cfg, &small, &r, &st);
	tool_progress_end(&bar);
	if (result == MINIMIZE_MEMORY) {
		tool_error("no memory");
		return TOOL_DEFECT;
	}
	if (result == MINIMIZE_SILENT) {
		tool_error("%s: no violation in %llu executions, expected a case that fails", file,
		           (unsigned long long)st.executions);
		return TOOL_FOUND;
	}
	if (!tool_write_case(opt->out, form, &small))
		return TOOL_USAGE;
	cmd_minimize_print(file, opt, &small, &r, &st, tool_seconds() - bar.started);
	return r.verdict == EXEC_VIOLATION ? TOOL_OK : TOOL_DEFECT;
}

static int cmd_minimize_main(int argc, char **argv)
{
	struct minimize_options opt = {.seed = 1};
	const struct tool_option opts[] = {
	        {.name = "output", .letter = 'o', .kind = OPTION_TEXT, .to = &opt.out},
	        {.name = "seed", .kind = OPTION_NUMBER, .to = &opt.seed},
	        {.name = "budget", .kind = OPTION_NUMBER, .to = &opt.budget, .least = 1},
	        {.name = "search", .kind = OPTION_NUMBER, .to = &opt.search, .least = 1},
	        {.name = "json", .to = &opt.json},
	        {0},
	};
	const int code = tool_options(&cmd_minimize, argc, argv, opts);

	if (code != TOOL_OK)
		return code < 0 ? TOOL_OK : code;
	if (optind + 1 != argc)
		return tool_usage(&cmd_minimize, "expected one FILE");
	if (opt.json && !opt.out)
		return tool_usage(&cmd_minimize, "--json and the case cannot share stdout, expected -o OUT");
	return tool_each_file(argc, argv, cmd_minimize_file, &opt);
}

const struct command cmd_minimize = {
        "minimize",
        "minimize [--seed S] [--budget N] [--search N] [--json] FILE [-o OUT]",
        "make a failing case as small as it gets",
        "  -o OUT           where the small case goes, in FILE's form (stdout)\n"
        "  --seed S         of the searches on the way (1)\n"
        "  --budget N       executions in all (200000)\n"
        "  --search N       fresh schedules to try for each smaller program (200)\n"
        "  --json           one object\n"
        "\n"
        "Operations, actors and operands go first, then switches of the schedule. A smaller case\n"
        "counts only if it shows the very same signature. Ctrl-C keeps the best so far. A case\n"
        "whose own schedule is silent is searched for one that fails.\n"
        "\n"
        "Exit: 0 written, 1 the case does not fail, 2 bad input or output, 3 a defect of shootdown.\n",
        cmd_minimize_main,
};
