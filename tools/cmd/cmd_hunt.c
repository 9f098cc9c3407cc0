/* SPDX-License-Identifier: MIT */
/*
 * hunt: search from nothing, with a budget of executions. For a planted bug
 * until it is found; on the clean model until the budget ends, and then
 * anything found is a defect of the model or of the oracle.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/minimize/minimize.h"
#include "tools/cmd/hunter.h"
#include "tools/files.h"
#include "tools/options.h"
#include "tools/progress.h"

enum { SIGNATURES = 64, FILE_NAME = 4096 };

struct hunter {
	const struct hunter_options *opt;
	struct world *w;
	struct tool_progress bar;
	struct hunt *hunt;
	int bug;
	char file[FILE_NAME];
};

/* -- options ----------------------------------------------------------------------- */

static bool hunter_engine(const char *text, void *to)
{
	int *engine = to;

	*engine = search_engine_find(text);
	if (*engine < 0)
		tool_usage(&cmd_hunt, "--engine %s: expected mix, random, pct or exhaustive", text);
	return *engine >= 0;
}

/* Adds a step to those that are taken out. */
static bool hunter_skip(const char *text, void *to)
{
	uint64_t *skip = to;
	const int s = step_find(text, (unsigned)strlen(text));

	if (s < 0) {
		tool_usage(&cmd_hunt, "--skip %s: expected a step of the model, as in model/*/steps.def", text);
		return false;
	}
	skip[s / 64] |= (uint64_t)1 << (s % 64);
	return true;
}

static int hunter_read_options(int argc, char **argv, struct hunter_options *opt)
{
	const struct tool_option opts[] = {
	        {.name = "bug", .kind = OPTION_BUG, .to = &opt->bug},
	        {.name = "all", .to = &opt->all},
	        {.name = "clean", .to = &opt->clean},
	        {.name = "skip", .kind = OPTION_OWN, .to = opt->skip, .take = hunter_skip},
	        {.name = "engine", .kind = OPTION_OWN, .to = &opt->engine, .take = hunter_engine},
	        {.name = "depth",
	         .kind = OPTION_NUMBER,
	         .to = &opt->depth,
	         .least = 1,
	         .most = POLICY_PCT_DEPTH},
	        {.name = "hw", .kind = OPTION_PROFILE, .to = &opt->profile},
	        {.name = "budget", .kind = OPTION_NUMBER, .to = &opt->budget, .least = 1},
	        {.name = "seconds", .kind = OPTION_NUMBER, .to = &opt->seconds, .least = 1},
	        {.name = "seed", .kind = OPTION_NUMBER, .to = &opt->seed},
	        {.name = "seeds", .kind = OPTION_NUMBER, .to = &opt->seeds, .least = 1, .most = HUNTER_SEEDS},
	        {.name = "runs", .kind = OPTION_NUMBER, .to = &opt->runs, .least = 1},
	        {.name = "minimize", .to = &opt->minimize},
	        {.name = "check-determinism", .to = &opt->twice},
	        {.name = "output", .letter = 'o', .kind = OPTION_TEXT, .to = &opt->out},
	        {.name = "oracle", .kind = OPTION_ON_OFF, .to = &opt->oracle},
	        {.name = "second-opinion", .to = &opt->both},
	        {.name = "verbose", .letter = 'v', .to = &opt->verbose},
	        {.name = "json", .to = &opt->json},
	        {0},
	};

	return tool_options(&cmd_hunt, argc, argv, opts);
}

static int hunter_check_options(int argc, char **argv, struct hunter_options *opt)
{
	const int code = hunter_read_options(argc, argv, opt);

	if (code != TOOL_OK)
		return code;
	if (optind < argc)
		return tool_usage(&cmd_hunt, "%s: expected no file, a hunt starts from nothing",
		                  argv[optind]);
	if ((opt->bug >= 0) + opt->all + opt->clean != 1)
		return tool_usage(&cmd_hunt, "expected one of --bug SLUG, --all, --clean");
	if ((opt->skip[0] || opt->skip[1]) && !opt->clean)
		return tool_usage(&cmd_hunt, "--skip: expected --clean beside it");
	if (opt->both && !opt->oracle)
		return tool_usage(&cmd_hunt, "--second-opinion: expected --oracle on, it asks both");
	if (opt->depth && opt->engine != SEARCH_PCT)
		return tool_usage(&cmd_hunt, "--depth %" PRIu64 ": expected --engine pct beside it",
		                  opt->depth);
	if (opt->both && opt->twice)
		return tool_usage(&cmd_hunt, "--second-opinion --check-determinism: expected one of them");
	return TOOL_OK;
}

/* -- one hunt ------------------------------------------------------------------------ */

static void hunter_progress(void *ctx)
{
	struct hunter *h = ctx;
	const struct hunt_stats *st = hunt_stats(h->hunt);

	if (!tool_progress_due(&h->bar))
		return;
	tool_progress_line(
	        &h->bar, "%s: %" PRIu64 " executions of %" PRIu64 " programs, %.0f/s, %" PRIu64 " violations",
	        hunter_target(h->bug), st->executions, st->programs,
	        (double)st->executions / (tool_seconds() - h->bar.started + 1e-9), st->violations);
}

static void hunter_shrink(struct hunter *h, struct hunt_find *find)
{
	const struct minimize_config cfg = {.seed = h->opt->seed, .stop = &tool_stop};
	struct case_file small;
	struct exec_result r;
	struct minimize_stats st;

	if (minimize_case(h->w, &find->c, &cfg, &small, &r, &st) != MINIMIZE_OK ||
	    r.verdict != EXEC_VIOLATION)
		return;
	find->c = small;
	find->r = r;
}

/* Names the file and writes the case; result->file stays NULL where nothing is to be kept. */
static bool hunter_keep(struct hunter *h, struct hunter_result *r, unsigned number)
{
	const char *dir = h->opt->out ? h->opt->out : ".";
	int n;

	if (r->end == HUNT_DEFECT)
		n = snprintf(h->file, sizeof(h->file), "shootdown-defect-%" PRIu64 ".sd", r->seed);
	else if (h->opt->clean)
		n = snprintf(h->file, sizeof(h->file), "%s/%s-%s-%u.sd", dir,
		             violation_name((enum violation_class)r->find.r.violation.class_),
		             profile_name((enum profile_id)r->find.c.profile), number);
	else if (!h->opt->out)
		return true;
	else if (h->opt->all)
		n = snprintf(h->file, sizeof(h->file), "%s/%s.sd", dir, hunter_target(r->bug));
	else
		n = snprintf(h->file, sizeof(h->file), "%s", h->opt->out);
	if (n < 0 || (size_t)n >= sizeof(h->file)) {
		tool_error("%s: name too long", dir);
		return false;
	}
	if (!tool_write_case(h->file, FORM_TEXT, &r->find.c))
		return false;
	r->file = h->file;
	return true;
}

static void hunter_show(const struct hunter_options *opt, const struct hunter_result *r, const char *kind)
{
	if (opt->json)
		hunter_json(opt, r, kind);
	else
		hunter_print(opt, r);
}

static bool hunter_begin(struct hunter *h, struct hunter_result *r, int bug, uint64_t seed)
{
	const struct hunter_options *opt = h->opt;
	const struct hunt_config cfg = {.bug = bug,
	                                .profile = opt->profile,
	                                .skip = {opt->skip[0], opt->skip[1]},
	                                .engine = (enum search_engine)opt->engine,
	                                .seed = seed,
	                                .budget = opt->budget,
	                                .runs = (uint32_t)opt->runs,
	                                .depth = (uint8_t)opt->depth,
	                                .twice = opt->twice,
	                                .no_oracle = !opt->oracle,
	                                .probes = opt->verbose,
	                                .second_opinion = opt->both,
	                                .stop = &tool_stop,
	                                .progress = hunter_progress,
	                                .progress_ctx = h};

	r->bug = h->bug = bug;
	r->seed = seed;
	r->file = NULL;
	h->hunt = hunt_create(h->w, &cfg);
	if (!h->hunt)
		tool_error("no memory for a hunt");
	tool_progress_start(&h->bar);
	return h->hunt;
}

static void hunter_search(struct hunter *h, struct hunter_result *r)
{
	r->end = hunt_next(h->hunt, &r->find);
	tool_progress_end(&h->bar);
	r->stats = *hunt_stats(h->hunt);
	r->seconds = tool_seconds() - h->bar.started;
}

/* Exit code. A bug that shows is kept and, if asked for, made small; the time is that of the search alone. */
static int hunter_bug(struct hunter *h, struct hunter_result *r, int bug, uint64_t seed, bool first)
{
	int code;

	if (!hunter_begin(h, r, bug, seed))
		return TOOL_DEFECT;
	hunter_search(h, r);
	code = r->end == HUNT_FOUND ? TOOL_OK : r->end == HUNT_DEFECT ? TOOL_DEFECT : TOOL_FOUND;
	if (h->opt->both && r->end == HUNT_BUDGET)
		code = TOOL_OK; /* nothing was to be found but a disagreement */
	if (r->end == HUNT_FOUND && h->opt->minimize)
		hunter_shrink(h, &r->find);
	if ((r->end == HUNT_DEFECT || (r->end == HUNT_FOUND && first)) && !hunter_keep(h, r, 0))
		code = tool_worse(code, TOOL_USAGE);
	hunt_destroy(h->hunt);
	hunter_show(h->opt, r, "bug");
	return code;
}

/* A bug that is a race and nothing else shows only where somebody looks for races. */
static bool hunter_out_of_sight(int bug)
{
	return !strcmp(bug_info((enum bug)bug)->classes, "race") && !race_is_watched();
}

static int hunter_seeds(struct hunter *h, struct hunter_result *r, int bug)
{
	uint64_t executions[HUNTER_SEEDS], found = 0, n = 0;
	double seconds[HUNTER_SEEDS];
	int code = TOOL_OK;

	for (; n < h->opt->seeds && !tool_stop; n++) {
		code = tool_worse(code, hunter_bug(h, r, bug, h->opt->seed + n, found == 0));
		found += r->end == HUNT_FOUND;
		executions[n] = r->stats.executions;
		seconds[n] = r->seconds;
	}
	hunter_print_seeds(h->opt, bug, r, executions, seconds, n, found);
	if (h->opt->verbose && !h->opt->json)
		hunter_print_coverage(&r->stats);
	return code;
}

static int hunter_all(struct hunter *h, struct hunter_result *r)
{
	int code = TOOL_OK, found = 0, races = 0;

	for (int b = 0; b < BUG_COUNT; b++) {
		int one;

		if (hunter_out_of_sight(b)) {
			races++;
			continue;
		}
		one = tool_stop ? TOOL_FOUND : hunter_seeds(h, r, b);
		found += one == TOOL_OK;
		code = tool_worse(code, one);
	}
	if (h->opt->json || h->opt->both)
		return code;
	printf("%d of %d planted bugs found", found, (int)BUG_COUNT - races);
	if (races)
		printf("; %d more are races, for the tsan-fibers build", races);
	printf("\n");
	return code;
}

/* Every violation counts; the same signature is kept and told once. */
static int hunter_clean(struct hunter *h, struct hunter_result *r, uint64_t seed)
{
	char seen[SIGNATURES][SIGNATURE_MAX];
	unsigned nseen = 0;
	int code = TOOL_OK;

	if (!hunter_begin(h, r, HUNT_CLEAN, seed))
		return TOOL_DEFECT;
	for (;;) {
		unsigned i = 0;

		hunter_search(h, r);
		if (r->end != HUNT_FOUND)
			break;
		code = tool_worse(code, TOOL_FOUND);
		while (i < nseen && strcmp(seen[i], r->find.signature) != 0)
			i++;
		if (i < nseen || nseen == SIGNATURES)
			continue;
		memcpy(seen[nseen++], r->find.signature, SIGNATURE_MAX);
		if (h->opt->minimize)
			hunter_shrink(h, &r->find);
		if (!hunter_keep(h, r, nseen))
			code = tool_worse(code, TOOL_USAGE);
		hunter_show(h->opt, r, "violation");
	}
	r->file = NULL;
	if (r->end == HUNT_DEFECT) {
		code = TOOL_DEFECT;
		hunter_keep(h, r, 0);
	}
	if (h->opt->both && r->stats.violations)
		code = tool_worse(code, TOOL_FOUND);
	hunt_destroy(h->hunt);
	hunter_show(h->opt, r, "clean");
	if (h->opt->verbose && !h->opt->json)
		hunter_print_coverage(&r->stats);
	return code;
}

static int cmd_hunt_main(int argc, char **argv)
{
	struct hunter_options opt = {.bug = HUNT_CLEAN,
	                             .profile = HUNT_ANY_PROFILE,
	                             .oracle = true,
	                             .seed = 1,
	                             .seeds = 1,
	                             .budget = 200000};
	struct hunter h = {.opt = &opt};
	struct hunter_result r = {0};
	int code = hunter_check_options(argc, argv, &opt);

	if (code != TOOL_OK)
		return code < 0 ? TOOL_OK : code;
	if (opt.out && (opt.all || opt.clean) && !tool_make_dir(opt.out))
		return TOOL_USAGE;
	h.w = tool_world();
	if (!h.w)
		return TOOL_DEFECT;
	tool_catch_signals(opt.seconds > UINT32_MAX ? UINT32_MAX : (unsigned)opt.seconds);
	if (opt.all) {
		code = hunter_all(&h, &r);
	} else if (opt.bug >= 0 && hunter_out_of_sight(opt.bug)) {
		tool_error("%s is a race: only the tsan-fibers build sees it",
		           bug_info((enum bug)opt.bug)->slug);
		code = TOOL_FOUND;
	} else if (opt.bug >= 0) {
		code = hunter_seeds(&h, &r, opt.bug);
	} else {
		for (uint64_t s = 0; s < opt.seeds && !tool_stop; s++)
			code = tool_worse(code, hunter_clean(&h, &r, opt.seed + s));
	}
	world_destroy(h.w);
	return code;
}

const struct command cmd_hunt = {
        "hunt",
        "hunt --bug SLUG|--all|--clean [OPTIONS]",
        "search for violations from nothing, with a budget",
        "  --bug SLUG       hunt this planted bug, on the hardware where it shows\n"
        "  --all            hunt each planted bug in turn\n"
        "  --clean          nothing planted: any violation is a defect of the model or the oracle\n"
        "  --skip STEP      only with --clean: a step of the model taken out, as `skip` in a case does;\n"
        "                   more than once for several\n"
        "  --engine E       mix, random, pct or exhaustive (mix)\n"
        "  --depth D        only with --engine pct: how many orderings of two steps its schedules are\n"
        "                   made for, 1 to 8 (drawn anew each time, 2 to 6)\n"
        "  --hw P           a profile (the bug's; for --clean all in turn)\n"
        "  --budget N       executions for each bug and seed (200000)\n"
        "  --seconds N      stop after so long, whatever is left of the budget\n"
        "  --seed S         (1)\n"
        "  --seeds K        seeds S to S+K-1, and the median at the end (1)\n"
        "  --runs N         executions of one program before the next (4)\n"
        "  --minimize       make what is found small\n"
        "  --check-determinism\n"
        "                   run each execution again, by its recorded schedule (by the same engine and\n"
        "                   seed where that is too long to keep): a second one that is not the same is\n"
        "                   a defect. Less than half the speed\n"
        "  -o OUT           --bug: the file for the case; --all and --clean: a directory. Without it\n"
        "                   --clean keeps its cases in the current directory, the others keep none\n"
        "  --oracle on|off  off: nobody watches; for measuring (on)\n"
        "  --second-opinion both oracles judge each execution of the whole budget; finds are not kept, and\n"
        "                   the first disagreement ends it with exit 3\n"
        "  -v, --verbose    which operations, events and rare states really happened\n"
        "  --json           one object a line\n"
        "\n"
        "A hunt makes random programs and runs each under many schedules. What it finds is recorded,\n"
        "replayed and witnessed before it counts. The same seed is the same hunt. Ctrl-C ends it with\n"
        "a summary.\n"
        "\n"
        "Exit: --bug and --all: 0 all were found, else 1; --clean: 0 nothing found, 1 any violation;\n"
        "2 bad usage or output, 3 a defect of shootdown (the case is kept).\n",
        cmd_hunt_main,
};
