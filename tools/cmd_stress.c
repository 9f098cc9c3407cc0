/* SPDX-License-Identifier: MIT */
/*
 * stress: the model on real threads, for a time or for a number of operations.
 * Ends at the first violation, since threads that have seen one are of no more
 * use.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/timeline.h"
#include "stress/stress.h"
#include "tool.h"

struct stresser {
	struct stress_options opt;
	uint64_t seconds;
	bool json;
	struct tool_progress bar;
};

enum { DELAY = 24, PATIENCE = 20, PATIENCE_HOSTILE = 60 };

static const struct option longs[] = {
        {"threads", required_argument, NULL, 'n'},
        {"devices", required_argument, NULL, 'd'},
        {"seconds", required_argument, NULL, 't'},
        {"ops", required_argument, NULL, 'k'},
        {"seed", required_argument, NULL, 's'},
        {"hw", required_argument, NULL, 'p'},
        {"bug", required_argument, NULL, 'b'},
        {"delays", required_argument, NULL, 'y'},
        {"oracle", required_argument, NULL, 'x'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {0},
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
	if (!s->seconds && !s->opt.ops)
		s->seconds = 10;
	return TOOL_OK;
}

/* -- what it says ---------------------------------------------------------------------- */

static void tick(void *ctx, const struct stress_run *r)
{
	struct stresser *s = ctx;
	struct stress_counts c = stress_counts(r);

	if (tool_progress_due(&s->bar))
		tool_progress_line(&s->bar, "round %" PRIu64 ": %" PRIu64 " operations, %" PRIu64 " DMAs, %.0f operations/s",
		                   c.rounds, c.ops, c.dma,
		                   (double)c.ops / (tool_seconds() - s->bar.started + 1e-9));
}

static const char *const ends[] = {
        [STRESS_CLEAN] = "clean",
        [STRESS_VIOLATION] = "violation",
        [STRESS_STUCK] = "stuck",
        [STRESS_NO_MEMORY] = "no memory or no threads",
};

static void say_text(const struct stress_run *r, enum stress_end end, double seconds)
{
	const struct watch_violation *v = stress_violation(r);
	struct stress_counts c = stress_counts(r);

	printf("%s: %" PRIu64 " rounds, %" PRIu64 " operations, %" PRIu64 " DMAs, %" PRIu64 " invalidations in %.1f s\n",
	       ends[end], c.rounds, c.ops, c.dma, c.invalidations, seconds);
	if (v && v->class_ == VC_REFCOUNT)
		printf("refcount by %s: reason %u, frame %u, count %d, round %" PRIu64 "\n",
		       v->actor == EVENT_NOBODY ? "the audit" : actor_name(v->actor), v->bad_ref, v->pfn, v->count,
		       stress_round(r));
	else if (v)
		printf("%s%s by %s at page %u (frame %u, instance %u, oldest allowed %u), round %" PRIu64 "\n",
		       violation_name((enum violation_class)v->class_), v->write ? ", write" : "",
		       v->actor == EVENT_NOBODY ? "the audit" : actor_name(v->actor), v->page, v->pfn, v->serial,
		       v->limit, stress_round(r));
}

static void say_timeline(const struct stress_run *r)
{
	const struct timeline_options opt = {.rows = 80};
	struct event_sink log;
	struct exec_result res;
	struct case_file c;

	if (!stress_merge(r, &log))
		return;
	stress_last_ops(r, &c);
	stress_result(r, &res);
	timeline_print(stdout, &c, &res, &log, &opt);
	free(log.log);
}

static void say_json(const struct stresser *s, const struct stress_run *r, enum stress_end end, double seconds)
{
	const struct watch_violation *v = stress_violation(r);
	struct stress_counts c = stress_counts(r);
	json_t *o = json_object();

	tool_json_set(o, "threads", json_integer(s->opt.threads));
	tool_json_set(o, "devices", json_integer(s->opt.devices));
	tool_json_set(o, "seed", json_integer((json_int_t)s->opt.seed));
	tool_json_set(o, "seconds", json_real(seconds));
	tool_json_set(o, "rounds", json_integer((json_int_t)c.rounds));
	tool_json_set(o, "ops", json_integer((json_int_t)c.ops));
	tool_json_set(o, "dma", json_integer((json_int_t)c.dma));
	tool_json_set(o, "invalidations", json_integer((json_int_t)c.invalidations));
	tool_json_set(o, "verdict", json_string(ends[end]));
	tool_json_set(o, "violations", json_integer(v != NULL));
	tool_json_set(o, "class", v ? json_string(violation_name((enum violation_class)v->class_)) : NULL);
	tool_json_set(o, "case", NULL);
	tool_json_print(o);
}

static int run(int argc, char **argv)
{
	struct stresser s = {.opt = {.threads = 4, .devices = 3, .profile = -1, .seed = 1, .delay = DELAY, .patience = PATIENCE}};
	struct stress_run *r;
	enum stress_end end;
	int code = options(argc, argv, &s);

	if (code != TOOL_OK)
		return code < 0 ? TOOL_OK : code;
	tool_catch_signals((unsigned)s.seconds);
	tool_progress_start(&s.bar);
	s.opt.stop = &tool_stop;
	s.opt.tick = tick;
	s.opt.ctx = &s;
	r = stress_create(&s.opt);
	if (!r) {
		tool_error("no memory");
		return TOOL_DEFECT;
	}
	end = stress_go(r);
	tool_progress_end(&s.bar);
	if (s.json)
		say_json(&s, r, end, tool_seconds() - s.bar.started);
	else
		say_text(r, end, tool_seconds() - s.bar.started);
	if (!s.json && end == STRESS_VIOLATION)
		say_timeline(r);
	if (end == STRESS_CLEAN)
		stress_destroy(r);
	return end == STRESS_CLEAN ? TOOL_OK : end == STRESS_NO_MEMORY ? TOOL_DEFECT : TOOL_FOUND;
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
                "  --delays on|off   short delays at points (default on)\n"
                "  --oracle on|off   off: only sanitizers look (default on)\n"
                "  --json            one object\n",
        .run = run,
};
