/* SPDX-License-Identifier: MIT */
/*
 * stress: the model on real threads, for a time or for a number of operations.
 * Ends at the first violation or report of a sanitizer, since threads that have
 * seen one cannot go on. The finding is printed and rebuilt as a case.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress/sanitizer.h"
#include "tools/options.h"
#include "tools/stresser/stresser.h"

enum { DELAY = 24, PATIENCE = 20, PATIENCE_HOSTILE = 60 };

/* -- options ------------------------------------------------------------------------ */

/* --set FLAG=VALUE: a flag of the profile, in every round. */
static bool cmd_stress_set_flag(const char *text, void *to)
{
	struct stress_options *opt = to;
	const char *eq = strchr(text, '=');
	int f = eq ? profile_flag_find(text, (unsigned)(eq - text)) : -1;
	uint64_t v;

	if (f < 0 || opt->nset == STRESS_SET) {
		tool_usage(&cmd_stress,
		           "--set %s: expected FLAG=VALUE with a flag of `shootdown hw`, at most %d times",
		           text, STRESS_SET);
		return false;
	}
	if (!strcmp(eq + 1, "on") || !strcmp(eq + 1, "off"))
		v = !strcmp(eq + 1, "on");
	else if (!tool_number(&cmd_stress, "--set", eq + 1, 0, &v))
		return false;
	if (v > profile_flag_max((enum profile_flag)f)) {
		tool_usage(&cmd_stress, "--set %s: expected at most %u", text,
		           profile_flag_max((enum profile_flag)f));
		return false;
	}
	opt->set[opt->nset++] = (struct stress_set){(enum profile_flag)f, (unsigned)v};
	return true;
}

static bool cmd_stress_plant(const char *text, void *to)
{
	struct stress_options *opt = to;
	int bug;

	if (!tool_bug(&cmd_stress, text, &bug))
		return false;
	opt->bugs |= 1ull << bug;
	return true;
}

static bool cmd_stress_only_round(const char *text, void *to)
{
	struct stress_options *opt = to;

	return opt->one_round = tool_number(&cmd_stress, "--round", text, 0, &opt->round);
}

static bool cmd_stress_attempts(const char *text, void *to)
{
	struct stresser *s = to;

	if (!tool_number(&cmd_stress, "--attempts", text, 0, &s->attempts))
		return false;
	s->no_rebuild = !s->attempts;
	return true;
}

static bool cmd_stress_focus(const char *text, void *to)
{
	if (rebuild_focus_parse(text, to))
		return true;
	tool_usage(&cmd_stress, "--focus %s: expected ACTOR, ACTOR,mmN,PAGE or ACTOR,domainN,PAGE", text);
	return false;
}

static int cmd_stress_read_options(int argc, char **argv, struct stresser *s)
{
	uint64_t threads = s->opt.threads, devices = s->opt.devices;
	bool delays = true, oracle = true;
	const struct tool_option opts[] = {
	        {.name = "threads", .kind = OPTION_NUMBER, .to = &threads, .least = 1, .most = SD_MAX_CPUS},
	        {.name = "devices", .kind = OPTION_NUMBER, .to = &devices, .most = SD_MAX_DEVS},
	        {.name = "seconds", .kind = OPTION_NUMBER, .to = &s->seconds, .least = 1},
	        {.name = "ops", .kind = OPTION_NUMBER, .to = &s->opt.ops, .least = 1},
	        {.name = "seed", .kind = OPTION_NUMBER, .to = &s->opt.seed},
	        {.name = "hw", .kind = OPTION_PROFILE, .to = &s->opt.profile},
	        {.name = "bug", .kind = OPTION_OWN, .to = &s->opt, .take = cmd_stress_plant},
	        {.name = "hostile", .to = &s->opt.hostile},
	        {.name = "set", .kind = OPTION_OWN, .to = &s->opt, .take = cmd_stress_set_flag},
	        {.name = "delays", .kind = OPTION_ON_OFF, .to = &delays},
	        {.name = "oracle", .kind = OPTION_ON_OFF, .to = &oracle},
	        {.name = "round", .kind = OPTION_OWN, .to = &s->opt, .take = cmd_stress_only_round},
	        {.name = "attempts", .kind = OPTION_OWN, .to = s, .take = cmd_stress_attempts},
	        {.name = "out", .kind = OPTION_TEXT, .to = &s->out},
	        {.name = "junit", .kind = OPTION_TEXT, .to = &s->junit},
	        {.name = "json", .to = &s->json},
	        {.name = "rebuild", .kind = OPTION_TEXT, .to = &s->rebuild},
	        {.name = "focus", .kind = OPTION_OWN, .to = &s->focus, .take = cmd_stress_focus},
	        {0},
	};
	const int code = tool_options(&cmd_stress, argc, argv, opts);

	s->opt.threads = (uint8_t)threads;
	s->opt.devices = (uint8_t)devices;
	s->opt.delay = delays ? DELAY : 0;
	s->opt.no_oracle = !oracle;
	return code;
}

static int cmd_stress_check_options(int argc, char **argv, struct stresser *s)
{
	const int code = cmd_stress_read_options(argc, argv, s);

	if (code != TOOL_OK)
		return code;
	if (optind < argc)
		return tool_usage(&cmd_stress, "%s: expected no file", argv[optind]);
	if (s->rebuild && s->no_rebuild)
		return tool_usage(&cmd_stress, "--attempts 0: expected at least 1 with --rebuild");
	if (!s->seconds && !s->opt.ops && !s->rebuild)
		s->seconds = 10;
	return TOOL_OK;
}

/* -- a run ------------------------------------------------------------------------------ */

static void cmd_stress_tick(void *ctx, const struct stress_run *r)
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
static void cmd_stress_last_words(void *ctx, const struct stress_run *r)
{
	const struct stresser *s = ctx;

	tool_error("a report outside any operation, in round %" PRIu64 " of seed %" PRIu64, stress_round(r),
	           s->opt.seed);
	tool_leave(TOOL_FOUND);
}

static int cmd_stress_end_clean(struct stresser *s, struct stress_run *r)
{
	struct stress_counts n = stress_counts(r);

	stress_destroy(r);
	if (s->json)
		stresser_json(s, &n, STRESS_CLEAN, NULL);
	else
		stresser_print_counts(stdout, s, &n, stress_end_name(STRESS_CLEAN));
	return stresser_junit(s, &n, NULL) ? TOOL_OK : TOOL_USAGE;
}

/* Prints the finding before the rebuild, which takes a while, and its outcome at the end. */
static int cmd_stress_end_found(struct stresser *s, const struct stress_run *r, enum stress_end end)
{
	struct stresser_finding *f = calloc(1, sizeof(*f));
	bool kept;

	if (!f || !stresser_find(s, r, end, f)) {
		tool_error("%s in round %" PRIu64 " of seed %" PRIu64 ", and no memory to tell more",
		           stress_end_name(end), stress_round(r), s->opt.seed);
		return TOOL_FOUND;
	}
	if (!s->json) {
		stresser_print_counts(stdout, s, &f->found.counts, stress_end_name(end));
		stresser_print(stdout, s, f);
	}
	kept = stresser_keep_ops(s, f);
	stresser_start_rebuild(s, f);
	kept = stresser_keep(s, f) && kept;
	kept = stresser_junit(s, &f->found.counts, f) && kept;
	if (s->json)
		stresser_json(s, &f->found.counts, end, f);
	else
		stresser_print_rebuilt(stdout, f);
	return kept ? TOOL_FOUND : TOOL_USAGE;
}

/* Threads are left. */
_Noreturn static void cmd_stress_leave(int code)
{
	sanitizer_loud();
	tool_leave(code);
}

static int cmd_stress_threads(struct stresser *s)
{
	struct stress_run *r;
	enum stress_end end;

	if (!stresser_can_write(s))
		return TOOL_USAGE;
	tool_catch_signals((unsigned)s->seconds);
	tool_progress_start(&s->bar);
	s->started = time(NULL);
	s->opt.stop = &tool_stop;
	s->opt.tick = cmd_stress_tick;
	s->opt.last_words = cmd_stress_last_words;
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
		return cmd_stress_end_clean(s, r);
	if (end != STRESS_NO_MEMORY)
		cmd_stress_leave(cmd_stress_end_found(s, r, end));
	tool_error("no memory, or no threads");
	cmd_stress_leave(TOOL_DEFECT);
}

/* The program may have to start anew for this, with the same arguments. */
static void cmd_stress_for_fibers(int argc, char **argv)
{
	char **all = calloc((size_t)argc + 2, sizeof(*all));

	if (!all)
		return;
	all[0] = (char *)"shootdown";
	memcpy(all + 1, argv, (size_t)argc * sizeof(*all));
	sanitizer_for_fibers(all);
	free(all);
}

static int cmd_stress_main(int argc, char **argv)
{
	struct stresser s = {
	        .opt = {.threads = 4, .devices = 3, .profile = -1, .seed = 1, .patience = PATIENCE},
	        .focus = {.actor = EVENT_NOBODY, .space = REBUILD_NOWHERE},
	};
	int code = cmd_stress_check_options(argc, argv, &s);

	if (code != TOOL_OK)
		return code < 0 ? TOOL_OK : code;
	if (!s.rebuild)
		return cmd_stress_threads(&s);
	cmd_stress_for_fibers(argc, argv);
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
        .run = cmd_stress_main,
};
