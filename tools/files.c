/* SPDX-License-Identifier: MIT */
/* What run, replay and minimize have in common: a world, and the files of the command line. */
#include "tools/tool.h"

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
