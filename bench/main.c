/* SPDX-License-Identifier: MIT */
/*
 * shootdown-bench: executions a second of stored cases against the floor.
 *
 *   case/<name>          with both oracles, against the floor of the same
 *                        points, switches and engine
 *   oracle-off/<name>    the same without an oracle
 *   points/<name>        points a second, with both oracles
 *   empty                an execution that does nothing: what create-once,
 *                        reset-always costs
 */
#include "bench/bench.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CASES = 64, MAX_TEXT = 64 * 1024, NAME = 128 };

struct settings {
	bool json;
	unsigned rounds;
	double seconds;
	enum bench_engine engine;
	char *path[MAX_CASES]; /* owned */
	int npath;
};

static const char usage_text[] =
        "usage: shootdown-bench [--json] [--rounds N] [--ms N] [--engine uniform|sticky|replay] [CASE...]\n"
        "  without CASE: every .sd file of bench/cases\n";

static int bench_usage_error(const char *what, const char *arg)
{
	fprintf(stderr, "shootdown-bench: %s: %s\n%s", arg, what, usage_text);
	return 2;
}

static bool bench_parse_number(const char *text, unsigned max, unsigned *out)
{
	char *end;
	unsigned long v;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno || *end || v < 1 || v > max)
		return false;
	*out = (unsigned)v;
	return true;
}

static bool bench_parse_engine(const char *text, enum bench_engine *out)
{
	static const char *const name[] = {
	        [BENCH_UNIFORM] = "uniform", [BENCH_STICKY] = "sticky", [BENCH_REPLAY] = "replay"};

	for (size_t i = 0; text && i < sizeof(name) / sizeof(*name); i++)
		if (!strcmp(text, name[i])) {
			*out = (enum bench_engine)i;
			return true;
		}
	return false;
}

/* 0, or the exit code. */
static int bench_parse(int argc, char **argv, struct settings *set)
{
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;
		unsigned n;

		if (!strcmp(a, "--json")) {
			set->json = true;
		} else if (!strcmp(a, "--rounds")) {
			if (!bench_parse_number(v, 1000, &set->rounds))
				return bench_usage_error("expected 1 to 1000 rounds", a);
			i++;
		} else if (!strcmp(a, "--ms")) {
			if (!bench_parse_number(v, 10000, &n))
				return bench_usage_error("expected 1 to 10000 milliseconds a round", a);
			set->seconds = n / 1000.0;
			i++;
		} else if (!strcmp(a, "--engine")) {
			if (!bench_parse_engine(v, &set->engine))
				return bench_usage_error("expected uniform, sticky or replay", a);
			i++;
		} else if (*a == '-') {
			return bench_usage_error("unknown option", a);
		} else if (set->npath < MAX_CASES) {
			set->path[set->npath++] = strdup(a);
		} else {
			return bench_usage_error("too many cases", a);
		}
	}
	return 0;
}

static bool bench_load(const char *path, struct case_file *c)
{
	char text[MAX_TEXT];
	struct case_error err;
	FILE *f = fopen(path, "r");
	size_t len;

	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	if (!case_parse(c, text, len, &err)) {
		fprintf(stderr, "%s:%d: %s\n", path, err.line, err.text);
		return false;
	}
	return true;
}

static void bench_row(const struct settings *set, const char *kind, const char *name, double value,
                      const char *unit, double floor, double ratio)
{
	char full[NAME];

	snprintf(full, sizeof(full), "%s%s%s", kind, *name ? "/" : "", name);
	bench_report(&(struct row){full, unit, value, floor, ratio}, set->json);
}

static const char *bench_base_name(const char *path, char *buf, size_t cap)
{
	const char *slash = strrchr(path, '/');

	snprintf(buf, cap, "%s", slash ? slash + 1 : path);
	if (strlen(buf) > 3 && !strcmp(buf + strlen(buf) - 3, ".sd"))
		buf[strlen(buf) - 3] = '\0';
	return buf;
}

/* false: the case is no good as a measure, because it violates. */
static bool bench_case(const struct settings *set, struct world *w, struct floor *f, struct case_file *c,
                       const char *path)
{
	struct subject s = {.world = w, .c = c, .engine = set->engine};
	char name[NAME / 2];
	struct rates r;

	bench_base_name(path, name, sizeof(name));
	rng_seed(&s.seeds, 1);
	r = bench_measure(&s, f, set->rounds, set->seconds);
	if (s.violations) {
		fprintf(stderr, "%s: violates, so it ends early and measures nothing\n", path);
		return false;
	}
	bench_row(set, "case", name, r.value, "executions/s", r.floor, r.ratio);
	bench_row(set, "points", name, r.value * r.points, "points/s", -1, -1);
	bench_row(set, "points-each", name, r.points, "points", -1, -1);
	bench_row(set, "switches-each", name, r.switches, "switches", -1, -1);
	s.opt.no_oracle = true;
	r = bench_measure(&s, f, set->rounds, set->seconds);
	bench_row(set, "oracle-off", name, r.value, "executions/s", r.floor, r.ratio);
	return true;
}

static void bench_empty(const struct settings *set, struct world *w, struct case_file *c)
{
	struct subject s = {.world = w, .c = c, .engine = set->engine};
	struct rates r;

	case_init(c, PROFILE_VTD);
	rng_seed(&s.seeds, 1);
	r = bench_measure(&s, NULL, set->rounds, set->seconds);
	bench_row(set, "empty", "", r.value, "executions/s", -1, -1);
	bench_row(set, "reset", "", 1e9 / r.value, "ns", -1, -1);
}

static int bench_is_case(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 3 && !strcmp(d->d_name + n - 3, ".sd");
}

/* Paths of bench/cases, sorted. */
static bool bench_default_cases(struct settings *set)
{
	struct dirent **list;
	int n = scandir(SHOOTDOWN_BENCH_CASES, &list, bench_is_case, alphasort);

	for (int i = 0; i < n; i++) {
		size_t len = sizeof(SHOOTDOWN_BENCH_CASES) + strlen(list[i]->d_name) + 1;
		char *path = set->npath < MAX_CASES ? malloc(len) : NULL;

		if (path) {
			snprintf(path, len, "%s/%s", SHOOTDOWN_BENCH_CASES, list[i]->d_name);
			set->path[set->npath++] = path;
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return set->npath > 0;
}

int main(int argc, char **argv)
{
	struct settings set = {.rounds = 15, .seconds = 0.02};
	struct case_file *c = calloc(1, sizeof(*c));
	struct world *w = NULL;
	struct floor *f = NULL;
	int rc = bench_parse(argc, argv, &set);

	if (!rc && !set.npath && !bench_default_cases(&set))
		rc = bench_usage_error("no cases there", SHOOTDOWN_BENCH_CASES);
	if (!rc) {
		w = world_create();
		f = floor_create();
		rc = w && f && c ? 0 : 3;
	}
	for (int i = 0; !rc && i < set.npath; i++) {
		if (!bench_load(set.path[i], c))
			rc = 2;
		else if (!bench_case(&set, w, f, c, set.path[i]))
			rc = 1;
	}
	if (!rc)
		bench_empty(&set, w, c);
	if (w)
		world_destroy(w);
	floor_destroy(f);
	free(c);
	for (int i = 0; i < set.npath; i++)
		free(set.path[i]);
	return rc;
}
