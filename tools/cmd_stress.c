/* SPDX-License-Identifier: MIT */
/*
 * stress: the model on real threads, for a time or for a number of operations.
 * Ends at the first violation or report of a sanitizer, since threads that have
 * seen one are of no more use; what it found is told, and made a case.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress/sanitizer.h"
#include "stresser.h"

enum { DELAY = 24, PATIENCE = 20, PATIENCE_HOSTILE = 60 };

static const struct option longs[] = {
        {"threads", required_argument, NULL, 'n'},  {"devices", required_argument, NULL, 'd'},
        {"seconds", required_argument, NULL, 't'},  {"ops", required_argument, NULL, 'k'},
        {"seed", required_argument, NULL, 's'},     {"hw", required_argument, NULL, 'p'},
        {"bug", required_argument, NULL, 'b'},      {"delays", required_argument, NULL, 'y'},
        {"oracle", required_argument, NULL, 'x'},   {"hostile", no_argument, NULL, 'H'},
        {"set", required_argument, NULL, 'S'},      {"round", required_argument, NULL, 'r'},
        {"out", required_argument, NULL, 'o'},      {"junit", required_argument, NULL, 'u'},
        {"rebuild", required_argument, NULL, 'f'},  {"focus", required_argument, NULL, 'c'},
        {"attempts", required_argument, NULL, 'a'}, {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},           {0},
};

/* -- options ------------------------------------------------------------------------ */

static bool small_number(const char *name, uint64_t least, uint64_t most, uint8_t *out)
{
	uint64_t n;

	if (!tool_number(&cmd_stress, name, optarg, least, &n))
		return false;
	if (n > most)
		tool_usage(&cmd_stress, "%s %s: expected at most %" PRIu64, name, optarg, most);
	*out = (uint8_t)n;
	return n <= most;
}

/* --set FLAG=VALUE: a flag of the profile, in every round. */
static bool set_flag(struct stress_options *opt)
{
	const char *eq = strchr(optarg, '=');
	int f = eq ? profile_flag_find(optarg, (unsigned)(eq - optarg)) : -1;
	uint64_t v;

	if (f < 0 || opt->nset == STRESS_SET) {
		tool_usage(&cmd_stress,
		           "--set %s: expected FLAG=VALUE with a flag of `shootdown hw`, at most %d times",
		           optarg, STRESS_SET);
		return false;
	}
	if (!strcmp(eq + 1, "on") || !strcmp(eq + 1, "off"))
		v = !strcmp(eq + 1, "on");
	else if (!tool_number(&cmd_stress, "--set", eq + 1, 0, &v))
		return false;
	if (v > profile_flag_max((enum profile_flag)f)) {
		tool_usage(&cmd_stress, "--set %s: expected at most %u", optarg,
		           profile_flag_max((enum profile_flag)f));
		return false;
	}
	opt->set[opt->nset++] = (struct stress_set){(enum profile_flag)f, (unsigned)v};
	return true;
}

static bool option(int o, struct stresser *s)
{
	bool on;
	int bug;

	switch (o) {
	case 'n':
		return small_number("--threads", 1, SD_MAX_CPUS, &s->opt.threads);
	case 'd':
		return small_number("--devices", 0, SD_MAX_DEVS, &s->opt.devices);
	case 't':
		return tool_number(&cmd_stress, "--seconds", optarg, 1, &s->seconds);
	case 'k':
		return tool_number(&cmd_stress, "--ops", optarg, 1, &s->opt.ops);
	case 's':
		return tool_number(&cmd_stress, "--seed", optarg, 0, &s->opt.seed);
	case 'p':
		return tool_profile(&cmd_stress, optarg, &s->opt.profile);
	case 'b':
		if (!tool_bug(&cmd_stress, optarg, &bug))
			return false;
		s->opt.bugs |= 1ull << bug;
		return true;
	case 'y':
		if (!tool_on_off(&cmd_stress, "--delays", optarg, &on))
			return false;
		s->opt.delay = on ? DELAY : 0;
		return true;
	case 'x':
		if (!tool_on_off(&cmd_stress, "--oracle", optarg, &on))
			return false;
		s->opt.no_oracle = !on;
		return true;
	case 'H':
		return s->opt.hostile = true;
	case 'S':
		return set_flag(&s->opt);
	case 'r':
		s->opt.one_round = true;
		return tool_number(&cmd_stress, "--round", optarg, 0, &s->opt.round);
	case 'a':
		if (!tool_number(&cmd_stress, "--attempts", optarg, 0, &s->attempts))
			return false;
		s->no_rebuild = !s->attempts;
		return true;
	case 'c':
		if (stresser_parse_focus(optarg, &s->focus))
			return true;
		tool_usage(&cmd_stress, "--focus %s: expected ACTOR, ACTOR,mmN,PAGE or ACTOR,domainN,PAGE",
		           optarg);
		return false;
	case 'o':
		s->out = optarg;
		return true;
	case 'u':
		s->junit = optarg;
		return true;
	case 'f':
		s->rebuild = optarg;
		return true;
	default:
		return s->json = true;
	}
}

static int options(int argc, char **argv, struct stresser *s)
{
	int o;

	while ((o = tool_getopt(&cmd_stress, argc, argv, ":h", longs)) != -1) {
		if (o == 'h') {
			tool_help(&cmd_stress);
			return -1;
		}
		if (o == '?' || !option(o, s))
			return TOOL_USAGE;
	}
	if (optind < argc)
		return tool_usage(&cmd_stress, "%s: expected no file", argv[optind]);
	if (s->rebuild && s->no_rebuild)
		return tool_usage(&cmd_stress, "--attempts 0: expected at least 1 with --rebuild");
	if (!s->seconds && !s->opt.ops && !s->rebuild)
		s->seconds = 10;
	return TOOL_OK;
}

/* -- a run ------------------------------------------------------------------------------ */

static void tick(void *ctx, const struct stress_run *r)
{
	struct stresser *s = ctx;
	struct stress_counts c = stress_counts(r);

	if (tool_progress_due(&s->bar))
		tool_progress_line(
		        &s->bar,
		        "round %" PRIu64 ": %" PRIu64 " operations, %" PRIu64 " DMAs, %.0f operations/s",
		        c.rounds, c.ops, c.dma, (double)c.ops / (tool_seconds() - s->bar.started + 1e-9));
}

/* A sanitizer met something in what this thread does itself: no operation is to blame. */
static void last_words(void *ctx, const struct stress_run *r)
{
	const struct stresser *s = ctx;

	tool_error("a report outside any operation, in round %" PRIu64 " of seed %" PRIu64, stress_round(r),
	           s->opt.seed);
	tool_leave(TOOL_FOUND);
}

static int end_clean(struct stresser *s, struct stress_run *r)
{
	struct stress_counts n = stress_counts(r);

	stress_destroy(r);
	if (s->json)
		stresser_json(s, &n, STRESS_CLEAN, NULL);
	else
		stresser_print_counts(stdout, s, &n, stresser_end(STRESS_CLEAN));
	return stresser_junit(s, &n, NULL) ? TOOL_OK : TOOL_USAGE;
}

/* Tells while the rebuild is still to come; what it came to is told last. */
static int end_found(struct stresser *s, const struct stress_run *r, enum stress_end end)
{
	struct stresser_finding *f = calloc(1, sizeof(*f));
	bool kept;

	if (!f || !stresser_find(s, r, end, f)) {
		tool_error("%s in round %" PRIu64 " of seed %" PRIu64 ", and no memory to tell more",
		           stresser_end(end), stress_round(r), s->opt.seed);
		return TOOL_FOUND;
	}
	if (!s->json) {
		stresser_print_counts(stdout, s, &f->counts, stresser_end(end));
		stresser_print(stdout, s, f);
	}
	kept = stresser_keep_ops(s, f);
	stresser_rebuild(s, f);
	kept = stresser_keep(s, f) && kept;
	kept = stresser_junit(s, &f->counts, f) && kept;
	if (s->json)
		stresser_json(s, &f->counts, end, f);
	else
		stresser_print_rebuilt(stdout, f);
	return kept ? TOOL_FOUND : TOOL_USAGE;
}

/* Threads are left. */
_Noreturn static void leave(int code)
{
	sanitizer_loud();
	tool_leave(code);
}

static int stress(struct stresser *s)
{
	struct stress_run *r;
	enum stress_end end;

	if (!stresser_can_write(s))
		return TOOL_USAGE;
	tool_catch_signals((unsigned)s->seconds);
	tool_progress_start(&s->bar);
	s->started = time(NULL);
	s->opt.stop = &tool_stop;
	s->opt.tick = tick;
	s->opt.last_words = last_words;
	s->opt.ctx = s;
	r = stress_create(&s->opt);
	if (!r) {
		tool_error("no memory");
		return TOOL_DEFECT;
	}
	end = stress_go(r);
	s->took = tool_seconds() - s->bar.started;
	tool_progress_end(&s->bar);
	if (end == STRESS_CLEAN)
		return end_clean(s, r);
	if (end != STRESS_NO_MEMORY)
		leave(end_found(s, r, end));
	tool_error("no memory, or no threads");
	leave(TOOL_DEFECT);
}

/* The program may have to start anew for this, with the same arguments. */
static void for_fibers(int argc, char **argv)
{
	char **all = calloc((size_t)argc + 2, sizeof(*all));

	if (!all)
		return;
	all[0] = (char *)"shootdown";
	memcpy(all + 1, argv, (size_t)argc * sizeof(*all));
	sanitizer_for_fibers(all);
	free(all);
}

static int run(int argc, char **argv)
{
	struct stresser s = {
	        .opt = {.threads = 4,
	                .devices = 3,
	                .profile = -1,
	                .seed = 1,
	                .delay = DELAY,
	                .patience = PATIENCE},
	        .focus = {.actor = EVENT_NOBODY, .space = REBUILD_NOWHERE},
	};
	int code = options(argc, argv, &s);

	if (code != TOOL_OK)
		return code < 0 ? TOOL_OK : code;
	if (!s.rebuild)
		return stress(&s);
	for_fibers(argc, argv);
	tool_catch_signals((unsigned)s.seconds);
	return stresser_rebuild_file(&s);
}

const struct command cmd_stress = {
        .name = "stress",
        .synopsis = "stress [OPTIONS]",
        .summary = "Run the model on real threads, with random seeded programs.",
        .help = "  --threads N       CPU programs, 1 to 4 (default 4)\n"
                "  --devices N       devices, 0 to 4 (default 3)\n"
                "  --seconds N       stop after so many seconds (default 10, unless --ops)\n"
                "  --ops N           stop after so many operations\n"
                "  --seed N          of programs and delays (default 1)\n"
                "  --hw PROFILE      one profile (default: another one each round)\n"
                "  --bug SLUG        with a planted bug; may be given several times\n"
                "  --hostile         faults in every round: slow and small queues, late waits, ATCs that\n"
                "                    do not answer, devices pulled out, allocations that fail\n"
                "  --set FLAG=VALUE  a flag of the profile in every round (`shootdown hw`), such as one\n"
                "                    fault alone: --set slow-queue=on, --set atc-lost=5\n"
                "  --delays on|off   short delays at points (default on)\n"
                "  --oracle on|off   off: only sanitizers look (default on)\n"
                "  --round N         only this round of the seed, again and again\n"
                "  --attempts N      tries to rebuild what was found as a case; 0: none (default 64)\n"
                "  --out DIR         for what is found; without it the case, or what could not be\n"
                "                    rebuilt, goes to the current directory\n"
                "  --junit FILE      the result as JUnit XML\n"
                "  --json            one object\n"
                "\n"
                "A violation or a report of a sanitizer ends the run. The last operations are then rebuilt\n"
                "as a case, searched in the controlled runtime, minimised and kept as DIR/SIGNATURE.sd.\n"
                "Ctrl-C ends it after the round, with a summary.\n"
                "\n"
                "  --rebuild FILE    run no threads: only rebuild, from operations that a run kept\n"
                "  --focus WHAT      who met it, where: ACTOR,mmN,PAGE as the report has it\n"
                "\n"
                "Exit: 0 clean, 1 a violation, a report, or stuck; 2 bad usage or output, 3 a defect of\n"
                "shootdown. --rebuild: 0 a case was written, 1 none was found.\n",
        .run = run,
};
