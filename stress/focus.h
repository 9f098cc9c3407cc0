/* SPDX-License-Identifier: MIT */
/* focus: what a finding of a stress run is about, as far as it is known: who met it, and at which page. */
#ifndef STRESS_FOCUS_H
#define STRESS_FOCUS_H

#include <stdbool.h>
#include <stdint.h>

#include "shootdown/types.h"

enum {
	REBUILD_NOWHERE = 0xff,
	REBUILD_FOCUS_TEXT = 32,
};

struct rebuild_focus {
	uint8_t actor; /* who met it; EVENT_NOBODY: not known */
	uint8_t space; /* REBUILD_NOWHERE: not known; then page means nothing */
	sd_page page;
};

/* "dev1,mm0,19": what is not known is "-" and ends the text. */
void rebuild_focus_print(const struct rebuild_focus *focus, char buf[REBUILD_FOCUS_TEXT]);
/* false: it is no such text, and *focus is of no use. */
bool rebuild_focus_parse(const char *text, struct rebuild_focus *focus);

#endif
