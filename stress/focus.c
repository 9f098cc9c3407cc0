/* SPDX-License-Identifier: MIT */
/*
 * A focus as text, which `shootdown stress --focus` takes. Pages are numbers
 * here and not region and offset: whoever met it may have been at a page that
 * no operand of the case names.
 */
#include "stress/focus.h"

#include <stdio.h>
#include <string.h>

#include "case/case.h"
#include "event/event.h"

void rebuild_focus_print(const struct rebuild_focus *focus, char buf[REBUILD_FOCUS_TEXT])
{
	const char *actor = focus->actor < CASE_PROGRAMS ? actor_name(focus->actor) : "-";

	if (focus->space >= SD_MAX_SPACES)
		snprintf(buf, REBUILD_FOCUS_TEXT, "%s", actor);
	else if (focus->space < SD_MAX_MMS)
		snprintf(buf, REBUILD_FOCUS_TEXT, "%s,mm%d,%u", actor, focus->space, focus->page);
	else
		snprintf(buf, REBUILD_FOCUS_TEXT, "%s,domain%d,%u", actor, focus->space - SD_MAX_MMS,
		         focus->page);
}

bool rebuild_focus_parse(const char *text, struct rebuild_focus *focus)
{
	size_t len = strcspn(text, ",");
	int actor = actor_find(text, (unsigned)len), of_mm = -1, of_domain = -1, end = -1;
	unsigned page = 0;

	*focus = (struct rebuild_focus){.actor = EVENT_NOBODY, .space = REBUILD_NOWHERE};
	if (actor >= 0 && actor < CASE_PROGRAMS)
		focus->actor = (uint8_t)actor;
	else if (len != 1 || *text != '-')
		return false;
	if (!text[len])
		return true;
	text += len + 1;
	if (sscanf(text, "mm%1d,%9u%n", &of_mm, &page, &end) != 2 || end < 0)
		if (sscanf(text, "domain%1d,%9u%n", &of_domain, &page, &end) != 2 || end < 0)
			return false;
	if (text[end] || of_mm >= SD_MAX_MMS || of_domain >= SD_MAX_DOMAINS)
		return false;
	focus->space = (uint8_t)(of_mm >= 0 ? sd_space_of_mm(of_mm) : sd_space_of_domain(of_domain));
	focus->page = page;
	return true;
}
