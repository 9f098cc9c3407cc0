// SPDX-License-Identifier: MIT
/* What the stress command knows of a run that did not end clean. */
#include "tools/stresser/stresser.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress/sanitizer.h"

const char *stresser_end(enum stress_end end)
{
	static const char *const names[] = {
	        [STRESS_CLEAN] = "clean",
	        [STRESS_VIOLATION] = "violation",
	        [STRESS_REPORT] = "report",
	        [STRESS_STUCK] = "stuck",
	        [STRESS_NO_MEMORY] = "no memory or no threads",
	};

	return names[end];
}

const char *stresser_lane(void) { return sanitizer_name() ? sanitizer_name() : "release"; }

/* -- focus ----------------------------------------------------------------------- */

void stresser_print_focus(const struct rebuild_focus *focus, char buf[32])
{
	const char *actor = focus->actor < CASE_PROGRAMS ? actor_name(focus->actor) : "-";

	if (focus->space >= SD_MAX_SPACES)
		snprintf(buf, 32, "%s", actor);
	else if (focus->space < SD_MAX_MMS)
		snprintf(buf, 32, "%s,mm%d,%u", actor, focus->space, focus->page);
	else
		snprintf(buf, 32, "%s,domain%d,%u", actor, focus->space - SD_MAX_MMS, focus->page);
}

bool stresser_parse_focus(const char *text, struct rebuild_focus *focus)
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

/* -- names ------------------------------------------------------------------------- */

void stresser_name(const char *signature, char *buf, size_t cap)
{
	size_t n = 0;

	for (; signature[n] && n + 1 < cap; n++)
		buf[n] = (char)(isalnum((unsigned char)signature[n]) || strchr("._+-", signature[n])
		                        ? signature[n]
		                        : '_');
	buf[n] = '\0';
}

/* As signature_of(); what no violation has is said by who saw it. */
static void sign(struct stresser_finding *f)
{
	const char *hw = profile_name((enum profile_id)f->last.profile);
	const char *op =
	        f->report && f->report->op_kind < OP_COUNT ? op_info(f->report->op_kind)->name : "none";

	if (f->end == STRESS_REPORT)
		snprintf(f->signature, sizeof(f->signature), "%s:%s:%s:%s", f->report->by, f->report->what,
		         op, hw);
	else if (f->violation)
		signature_of(&f->r, &f->last, f->signature, sizeof(f->signature));
	else
		snprintf(f->signature, sizeof(f->signature), "%s:%s", stresser_end(f->end), hw);
}

static void say_again(const struct stresser *s, struct stresser_finding *f)
{
	const struct stress_options *o = &s->opt;
	int n = snprintf(f->again, sizeof(f->again),
	                 "shootdown stress --threads %u --devices %u --seed %" PRIu64 " --round %" PRIu64
	                 "%s%s%s%s%s",
	                 o->threads, o->devices, o->seed, f->round, o->profile >= 0 ? " --hw " : "",
	                 o->profile >= 0 ? profile_name((enum profile_id)o->profile) : "",
	                 o->delay ? "" : " --delays off", o->no_oracle ? " --oracle off" : "",
	                 o->hostile ? " --hostile" : "");

	for (unsigned i = 0; i < o->nset && n > 0 && n < (int)sizeof(f->again); i++)
		n += snprintf(f->again + n, sizeof(f->again) - (size_t)n, " --set %s=%u",
		              profile_flag_name((enum profile_flag)o->set[i].flag), o->set[i].value);
	for (int b = 0; b < BUG_COUNT && n > 0 && n < (int)sizeof(f->again); b++)
		if (o->bugs >> b & 1)
			n += snprintf(f->again + n, sizeof(f->again) - (size_t)n, " --bug %s",
			              bug_info((enum bug)b)->slug);
}

/* -- the finding --------------------------------------------------------------------- */

bool stresser_find(const struct stresser *s, const struct stress_run *r, enum stress_end end,
                   struct stresser_finding *f)
{
	char name[SIGNATURE_MAX];

	*f = (struct stresser_finding){
	        .end = end,
	        .counts = stress_counts(r),
	        .round = stress_round(r),
	        .violation = stress_violation(r),
	        .report = stress_report(r),
	};
	if (!stress_merge(r, &f->log))
		return false;
	stress_last_ops(r, &f->last);
	stress_result(r, &f->r);
	f->last.expect = f->violation ? f->violation->class_ : VC_CLEAN;
	f->focus = (struct rebuild_focus){f->r.violation.actor, f->r.violation.space, f->r.violation.page};
	sign(f);
	say_again(s, f);
	stresser_name(f->signature, name, sizeof(name));
	snprintf(f->base, sizeof(f->base), "%s/%s", s->out ? s->out : ".", name);
	return true;
}

void stresser_free(struct stresser_finding *f) { free(f->log.log); }
