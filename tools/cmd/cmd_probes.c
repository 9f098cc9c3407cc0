/* SPDX-License-Identifier: MIT */
/*
 * probes: which rare states a set of cases reaches. For the corpus that a
 * night of fuzzing left: what is not in there, the night never saw.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/run/exec.h"
#include "tools/cmd/probe_table.h"
#include "tools/files.h"
#include "tools/options.h"
#include "tools/progress.h"
#include "tools/tool.h"

struct prober {
	struct world *w;
	struct probes *probes;
	struct probes_total total;
	uint64_t cases;
};

static int prober_case(struct prober *p, const char *file)
{
	const struct exec_options opt = {.no_witness = true, .probes = p->probes};
	enum tool_form form = FORM_AUTO;
	struct case_file c;
	struct exec_result r;

	if (!tool_read_case(file, &form, &c))
		return TOOL_USAGE;
	exec_run(p->w, &c, NULL, &opt, &r);
	p->cases++;
	return r.verdict == EXEC_DEFECT ? TOOL_DEFECT : TOOL_OK;
}

/* What is in a directory and is no file is passed over. */
static int prober_entry(struct prober *p, const char *dir, const char *name)
{
	struct stat st;
	char *path;
	int code;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		tool_error("no memory for a path");
		return TOOL_DEFECT;
	}
	code = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? prober_case(p, path) : TOOL_OK;
	free(path);
	return code;
}

static int prober_directory(struct prober *p, const char *dir)
{
	struct dirent **list;
	int n = scandir(dir, &list, NULL, alphasort), code = TOOL_OK;

	if (n < 0) {
		tool_error("%s: cannot read: %s", dir, strerror(errno));
		return TOOL_USAGE;
	}
	for (int i = 0; i < n; i++) {
		if (!tool_stop)
			code = tool_worse(code, prober_entry(p, dir, list[i]->d_name));
		free(list[i]);
	}
	free(list);
	return code;
}

static int prober_argument(struct prober *p, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return prober_directory(p, path);
	return prober_case(p, path);
}

static int cmd_probes_main(int argc, char **argv)
{
	struct prober p = {0};
	bool json = false;
	const struct tool_option opts[] = {{.name = "json", .to = &json}, {0}};
	int code = tool_options(&cmd_probes, argc, argv, opts);

	if (code != TOOL_OK)
		return code < 0 ? TOOL_OK : code;
	if (optind == argc)
		return tool_usage(&cmd_probes, "no file, expected FILE... or directories");
	p.w = tool_world();
	p.probes = probes_create(&p.total);
	if (!p.w || !p.probes) {
		probes_destroy(p.probes);
		if (p.w)
			world_destroy(p.w);
		return TOOL_DEFECT;
	}
	tool_catch_signals(0);
	for (int i = optind; i < argc && !tool_stop; i++)
		code = tool_worse(code, prober_argument(&p, argv[i]));
	if (json) {
		json_t *o = probe_table_json(&p.total);

		tool_json_set(o, "cases", json_integer((json_int_t)p.cases));
		tool_json_print(o);
	} else {
		printf("%" PRIu64 " cases\n", p.cases);
		probe_table_print(&p.total);
	}
	probes_destroy(p.probes);
	world_destroy(p.w);
	return code;
}

const struct command cmd_probes = {
        "probes",
        "probes [--json] FILE|DIRECTORY...",
        "tell which rare states cases reach, and which promises they test",
        "  --json           one object\n"
        "\n"
        "Runs each case by its schedule; of a directory, every file in it. `nearly broken` counts\n"
        "promises whose last invalidation was seen complete by the event just before.\n"
        "\n"
        "Exit: 0, 2 bad usage or input, 3 a defect of shootdown.\n",
        cmd_probes_main,
};
