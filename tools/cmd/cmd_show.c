/* SPDX-License-Identifier: MIT */
/* show: the case, the verdict in words, and the timeline. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/tell/report.h"
#include "engine/tell/timeline.h"
#include "tools/files.h"
#include "tools/options.h"
#include "tools/tool.h"

struct show_options {
	bool oracle;
	struct timeline_options timeline;
};

static void cmd_show_terminal(struct timeline_options *t)
{
	const char *no_color = getenv("NO_COLOR");
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return;
	t->color = !(no_color && *no_color);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		t->width = size.ws_col;
}

static int cmd_show_read_options(int argc, char **argv, struct show_options *opt)
{
	uint64_t width = (uint64_t)opt->timeline.width;
	const struct tool_option opts[] = {
	        {.name = "all", .to = &opt->timeline.all},
	        {.name = "oracle", .kind = OPTION_ON_OFF, .to = &opt->oracle},
	        {.name = "width", .kind = OPTION_NUMBER, .to = &width, .least = 40},
	        {.name = "color", .kind = OPTION_ON_OFF, .to = &opt->timeline.color},
	        {0},
	};
	const int code = tool_options(&cmd_show, argc, argv, opts);

	opt->timeline.width = width < 1000 ? (int)width : 1000;
	return code;
}

static bool cmd_show_case(const struct case_file *c)
{
	size_t len = case_print(c, NULL, 0);
	char *text = malloc(len + 1);

	if (!text)
		return false;
	case_print(c, text, len + 1);
	fputs(text, stdout);
	free(text);
	return true;
}

/* A latent finding is shown with its witness, if there is one: real data says more. */
static void cmd_show_execute(struct world *w, struct case_file *c, bool oracle, struct exec_result *r)
{
	const struct exec_options log = {.no_oracle = !oracle, .log = true, .no_witness = true};
	struct exec_options witness = log;
	struct case_file witnessed;

	exec_run(w, c, NULL, &log, r);
	if (r->verdict != EXEC_VIOLATION || !r->violation.latent)
		return;
	witness.no_witness = false;
	exec_witness(w, c, &witness, r, &witnessed);
	if (r->verdict == EXEC_VIOLATION && !r->violation.latent)
		*c = witnessed;
	exec_run(w, c, NULL, &log, r);
}

static int cmd_show_file(struct world *w, const char *file, const struct show_options *opt)
{
	enum tool_form form = FORM_AUTO;
	struct case_file c;
	struct exec_result r;

	if (!tool_read_case(file, &form, &c))
		return TOOL_USAGE;
	cmd_show_execute(w, &c, opt->oracle, &r);
	cmd_show_case(&c);
	putchar('\n');
	report_print(stdout, &c, &r, exec_events(w), file);
	printf("\nF fill   K killed   ? missing   ! broken   ~ switch that the schedule asked for\n\n");
	timeline_print(stdout, &c, &r, exec_events(w), &opt->timeline);
	return r.verdict == EXEC_DEFECT ? TOOL_DEFECT : TOOL_OK;
}

static int cmd_show_main(int argc, char **argv)
{
	struct show_options opt = {.oracle = true};
	struct world *w;
	int code;

	cmd_show_terminal(&opt.timeline);
	code = cmd_show_read_options(argc, argv, &opt);
	if (code != TOOL_OK)
		return code < 0 ? TOOL_OK : code;
	if (optind + 1 != argc)
		return tool_usage(&cmd_show, "expected one FILE");
	w = tool_world();
	if (!w)
		return TOOL_DEFECT;
	code = cmd_show_file(w, argv[optind], &opt);
	world_destroy(w);
	return code;
}

const struct command cmd_show = {
        "show",
        "show [--all] [--width N] [--color on|off] [--oracle on|off] FILE",
        "show who overtook whom: the case, the verdict in words, a timeline",
        "  --all            every event, not only those about the violation's page\n"
        "  --width N        columns (the terminal's, or 120)\n"
        "  --color on|off   (on for a terminal, unless NO_COLOR is set)\n"
        "  --oracle on|off  off: nobody watches (on)\n"
        "\n"
        "The timeline has a lane for every actor and a row for every event. In front stand marks:\n"
        "F the moment when a walker cached what went stale, K the store that killed it, ? the step\n"
        "that is missing, ! where the promise broke, ~ a switch that the schedule asked for.\n"
        "\n"
        "Exit: 0 shown, 2 bad input, 3 a defect of shootdown.\n",
        cmd_show_main,
};
