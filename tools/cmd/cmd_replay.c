/* SPDX-License-Identifier: MIT */
/* replay: runs cases by their schedules and compares with what they expect. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/tell/report.h"
#include "tools/files.h"
#include "tools/json.h"
#include "tools/options.h"
#include "tools/tool.h"

struct replay_options {
	bool json, oracle, without_bug, verbose, both;
};

/* A race is clean to a build that cannot see it. */
static bool cmd_replay_unseen(const struct case_file *c)
{
	return c->expect == VC_RACE && !race_is_watched();
}

static bool cmd_replay_as_expected(const struct case_file *c, const struct exec_result *r)
{
	if (r->verdict == EXEC_VIOLATION)
		return c->expect == r->violation.class_;
	return r->verdict == EXEC_CLEAN && (c->expect == VC_CLEAN || cmd_replay_unseen(c));
}

/* The correct model is owed silence, whatever was broken: bugs and taken-out steps alike. */
static void cmd_replay_heal(struct case_file *c)
{
	c->bugs = 0;
	memset(c->skip, 0, sizeof(c->skip));
	c->expect = VC_CLEAN;
}

static void cmd_replay_print(const char *file, const struct case_file *c, const struct exec_result *r,
                             struct world *w, const struct replay_options *opt)
{
	bool expected = cmd_replay_as_expected(c, r);

	if (opt->json) {
		json_t *o = tool_json_result(file, c, r);

		tool_json_set(o, "expect", json_string(violation_name((enum violation_class)c->expect)));
		tool_json_set(o, "expected", json_boolean(expected));
		tool_json_print(o);
		return;
	}
	if (expected && !opt->verbose) {
		printf("%s: %s%s, as expected (trace %016" PRIx64 ")\n", file,
		       cmd_replay_unseen(c) ? "clean, its race shows in the tsan-fibers build"
		                            : violation_name((enum violation_class)c->expect),
		       r->verdict == EXEC_VIOLATION && r->violation.latent ? ", latent" : "", r->trace_hash);
		return;
	}
	report_print(stdout, c, r, exec_events(w), file);
	printf("  %-10s %s%s\n", "expected", violation_name((enum violation_class)c->expect),
	       expected ? "" : ": NOT MET");
}

static int cmd_replay_file(struct world *w, const char *file, const void *ctx)
{
	const struct replay_options *opt = ctx;
	const struct exec_options exec = {.no_oracle = !opt->oracle, .log = true, .no_witness = true};
	enum tool_form form = FORM_AUTO;
	struct case_file c;
	struct exec_result r;

	if (!tool_read_case(file, &form, &c))
		return TOOL_USAGE;
	if (opt->without_bug)
		cmd_replay_heal(&c);
	if (opt->both && !tool_both_agree(w, file, &c))
		return TOOL_DEFECT;
	exec_run(w, &c, NULL, &exec, &r);
	cmd_replay_print(file, &c, &r, w, opt);
	if (r.verdict == EXEC_DEFECT)
		return TOOL_DEFECT;
	return cmd_replay_as_expected(&c, &r) ? TOOL_OK : TOOL_FOUND;
}

static int cmd_replay_main(int argc, char **argv)
{
	struct replay_options opt = {.oracle = true};
	const struct tool_option opts[] = {
	        {.name = "json", .to = &opt.json},
	        {.name = "oracle", .kind = OPTION_ON_OFF, .to = &opt.oracle},
	        {.name = "without-bug", .to = &opt.without_bug},
	        {.name = "verbose", .letter = 'v', .to = &opt.verbose},
	        {.name = "second-opinion", .to = &opt.both},
	        {0},
	};
	const int code = tool_options(&cmd_replay, argc, argv, opts);

	if (code != TOOL_OK)
		return code < 0 ? TOOL_OK : code;
	if (optind == argc)
		return tool_usage(&cmd_replay, "no file, expected FILE...");
	return tool_each_file(argc, argv, cmd_replay_file, &opt);
}

const struct command cmd_replay = {
        "replay",
        "replay [--without-bug] [--oracle on|off] [--second-opinion] [-v] [--json] FILE...",
        "replay cases and compare with what they expect",
        "  --without-bug    take out the planted bugs (and put taken-out steps back); then\n"
        "                   every case is expected to be clean\n"
        "  --oracle on|off  off: nobody watches (on)\n"
        "  --second-opinion ask both oracles; where they differ, say so and exit with 3\n"
        "  -v, --verbose    the whole report also where the expectation is met\n"
        "  --json           one object a line\n"
        "\n"
        "A case's `expect` names a class of violation, or clean. An entry of the schedule whose\n"
        "point or target is gone is skipped and counted.\n"
        "\n"
        "Exit: 0 every expectation is met, 1 one is not, 2 bad input, 3 a defect of shootdown.\n",
        cmd_replay_main,
};
