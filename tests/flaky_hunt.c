/* SPDX-License-Identifier: MIT */
/*
 * The hunt command, on a world with uncontrolled nondeterminism (flaky.h): for
 * tests of what --check-determinism says and leaves when it finds some, which
 * the real program never should.
 */
#include "flaky.h"
#include "tools/tool.h"

enum { AT = 20 };

struct world *tool_world(void)
{
	static struct flaky flaky = {.kind = FLAKY_AGAIN, .at = AT};
	struct world *w = world_create();

	if (w)
		flaky_install(&flaky, w);
	return w;
}

int main(int argc, char **argv) { return tool_last_look(cmd_hunt.run(argc, argv)); }
