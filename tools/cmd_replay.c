/* SPDX-License-Identifier: MIT */
/* replay: runs cases by their schedules and compares with what they expect. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/report.h"
#include "tool.h"

struct replay_options {
	bool json, oracle, without_bug, verbose;
};

static const struct option longs[] = {
        {"json", no_argument, NULL, 'j'},        {"oracle", required_argument, NULL, 'o'},
        {"without-bug", no_argument, NULL, 'w'}, {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},        {0},
};

/* A race is clean to a build that cannot see it. */
static bool unseen(const struct case_file *c) { return c->expect == VC_RACE && !race_is_watched(); }

static bool as_expected(const struct case_file *c, const struct exec_result *r)
{
	if (r->verdict == EXEC_VIOLATION)
		return c->expect == r->violation.class_;
	return r->verdict == EXEC_CLEAN && (c->expect == VC_CLEAN || unseen(c));
}

/* The correct model is owed silence, whatever was broken: bugs and taken-out steps alike. */
static void heal(struct case_file *c)
{
	c->bugs = 0;
	memset(c->skip, 0, sizeof(c->skip));
	c->expect = VC_CLEAN;
}

static void print(const char *file, const struct case_file *c, const struct exec_result *r, struct world *w,
                  const struct replay_options *opt)
{
	bool expected = as_expected(c, r);

	if (opt->json) {
		json_t *o = tool_json_result(file, c, r);

		tool_json_set(o, "expect", json_string(violation_name((enum violation_class)c->expect)));
		tool_json_set(o, "expected", json_boolean(expected));
		tool_json_print(o);
		return;
	}
	if (expected && !opt->verbose) {
		printf("%s: %s%s, as expected (trace %016" PRIx64 ")\n", file,
		       unseen(c) ? "clean, its race shows in the tsan-fibers build"
		                 : violation_name((enum violation_class)c->expect),
		       r->verdict == EXEC_VIOLATION && r->violation.latent ? ", latent" : "", r->trace_hash);
		return;
	}
	report_print(stdout, c, r, exec_events(w), file);
	printf("  %-10s %s%s\n", "expected", violation_name((enum violation_class)c->expect),
	       expected ? "" : ": NOT MET");
}

static int replay_file(struct world *w, const char *file, const struct replay_options *opt)
{
	const struct exec_options exec = {.no_oracle = !opt->oracle, .log = true, .no_witness = true};
	enum tool_form form = FORM_AUTO;
	struct case_file c;
	struct exec_result r;

	if (!tool_read_case(file, &form, &c))
		return TOOL_USAGE;
	if (opt->without_bug)
		heal(&c);
	exec_run(w, &c, NULL, &exec, &r);
	print(file, &c, &r, w, opt);
	if (r.verdict == EXEC_DEFECT)
		return TOOL_DEFECT;
	return as_expected(&c, &r) ? TOOL_OK : TOOL_FOUND;
}

static int run(int argc, char **argv)
{
	struct replay_options opt = {.oracle = true};
	struct world *w;
	int o, code = TOOL_OK;

	while ((o = tool_getopt(&cmd_replay, argc, argv, ":hv", longs)) != -1) {
		switch (o) {
		case 'j':
			opt.json = true;
			break;
		case 'o':
			if (!tool_on_off(&cmd_replay, "--oracle", optarg, &opt.oracle))
				return TOOL_USAGE;
			break;
		case 'w':
			opt.without_bug = true;
			break;
		case 'v':
			opt.verbose = true;
			break;
		case 'h':
			tool_help(&cmd_replay);
			return TOOL_OK;
		default:
			return TOOL_USAGE;
		}
	}
	if (optind == argc)
		return tool_usage(&cmd_replay, "no file, expected FILE...");
	w = tool_world();
	if (!w)
		return TOOL_DEFECT;
	tool_catch_signals(0);
	for (int i = optind; i < argc && !tool_stop; i++)
		code = tool_worse(code, replay_file(w, argv[i], &opt));
	world_destroy(w);
	return code;
}

const struct command cmd_replay = {
        "replay",
        "replay [--without-bug] [--oracle on|off] [-v] [--json] FILE...",
        "replay cases and compare with what they expect",
        "  --without-bug    take out the planted bugs (and put taken-out steps back); then\n"
        "                   every case is expected to be clean\n"
        "  --oracle on|off  off: nobody watches (on)\n"
        "  -v, --verbose    the whole report also where the expectation is met\n"
        "  --json           one object a line\n"
        "\n"
        "A case's `expect` names a class of violation, or clean. An entry of the schedule whose\n"
        "point or target is gone is skipped and counted.\n"
        "\n"
        "Exit: 0 every expectation is met, 1 one is not, 2 bad input, 3 a defect of shootdown.\n",
        run,
};
