/* SPDX-License-Identifier: MIT */
/* Worlds and verdicts, as every command that runs a case needs them. */
#include "engine/run/opinion.h"
#include "tools/tool.h"

struct world *tool_world(void)
{
	struct world *w = world_create();

	if (!w)
		tool_error("no memory for a world");
	return w;
}

/* Inconclusive is not clean: whoever asked does not know more than before. */
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
