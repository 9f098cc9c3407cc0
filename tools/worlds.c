/* SPDX-License-Identifier: MIT */
/* Worlds, verdicts and the files of the command line, as every command that runs a case needs them. */
#include "engine/run/opinion.h"
#include "tools/progress.h"
#include "tools/tool.h"

struct world *tool_world(void)
{
	struct world *w = world_create();

	if (!w)
		tool_error("no memory for a world");
	return w;
}

/* Inconclusive is not clean: nothing is known about the case. */
int tool_verdict_exit(const struct exec_result *r)
{
	switch (r->verdict) {
	case EXEC_CLEAN:
		return TOOL_OK;
	case EXEC_DEFECT:
		return TOOL_DEFECT;
	default:
		return TOOL_FOUND;
	}
}

bool tool_both_agree(struct world *w, const char *file, const struct case_file *c)
{
	const struct exec_options opt = {.no_witness = true};
	struct opinions *o = opinions_create();
	char line[OPINION_LINE];
	struct opinion said;

	if (!o) {
		tool_error("no memory for a second opinion");
		return false;
	}
	opinion_run(o, w, c, NULL, &opt, &said);
	opinions_destroy(o);
	if (said.is == OPINION_DIFFERS)
		tool_error("%s: %s", file, opinion_says(&said, w, line));
	return said.is != OPINION_DIFFERS;
}

int tool_each_file(int argc, char **argv, tool_file_fn *fn, const void *ctx)
{
	struct world *w = tool_world();
	int code = TOOL_OK;

	if (!w)
		return TOOL_DEFECT;
	tool_catch_signals(0);
	for (int i = optind; i < argc && !tool_stop; i++)
		code = tool_worse(code, fn(w, argv[i], ctx));
	world_destroy(w);
	return code;
}
