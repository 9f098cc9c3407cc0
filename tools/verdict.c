/* SPDX-License-Identifier: MIT */
/* Worlds and verdicts, as every command that runs a case needs them. */
#include "tool.h"

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
