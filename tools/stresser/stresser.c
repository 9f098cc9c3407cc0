/* SPDX-License-Identifier: MIT */
/* What the stress command adds to a finding: the command that runs the round again, and names of files. */
#include "tools/stresser/stresser.h"

#include <inttypes.h>
#include <stdio.h>

#include "stress/sanitizer.h"

const char *stresser_lane(void) { return sanitizer_name() ? sanitizer_name() : "release"; }

static void stresser_print_again(const struct stresser *s, struct stresser_finding *f)
{
	const struct stress_options *o = &s->opt;
	int n = snprintf(f->again, sizeof(f->again),
	                 "shootdown stress --threads %u --devices %u --seed %" PRIu64 " --round %" PRIu64
	                 "%s%s%s%s%s",
	                 o->threads, o->devices, o->seed, f->found.round, o->profile >= 0 ? " --hw " : "",
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

bool stresser_find(const struct stresser *s, const struct stress_run *r, enum stress_end end,
                   struct stresser_finding *f)
{
	char name[SIGNATURE_MAX];

	*f = (struct stresser_finding){0};
	if (!stress_find(r, end, &f->found))
		return false;
	stresser_print_again(s, f);
	signature_file_name(f->found.signature, name, sizeof(name));
	snprintf(f->base, sizeof(f->base), "%s/%s", s->out ? s->out : ".", name);
	return true;
}
