/* SPDX-License-Identifier: MIT */
/*
 * The signature of a violation: what stays the same when ids, addresses and
 * operation numbers change. Class, who may hold it, the op that took the
 * instance out > the op that broke the promise, what was missing, profile.
 */
#include "engine/run/signature.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *signature_role(const struct oracle_violation *v)
{
	bool cpu = v->walkers & WALKERS_CPU, dev = v->walkers & (WALKERS_IOMMU | WALKERS_ATC);

	if (cpu && dev)
		return "cpu+dev";
	return cpu ? "cpu" : dev ? "dev" : "none";
}

static const char *signature_op(uint8_t kind) { return kind < OP_COUNT ? op_info(kind)->name : "none"; }

/* The two functions in the order of their names: who came second is the schedule's doing. */
static int signature_of_race(const struct race *x, const struct case_file *c, char *buf, size_t cap)
{
	char a[RACE_PLACE], b[RACE_PLACE];
	bool swap = strcmp(race_function(&x->access[0], a), race_function(&x->access[1], b)) > 0;

	return snprintf(buf, cap, "%s:%.60s+%.60s:%s", violation_name(VC_RACE), swap ? b : a, swap ? a : b,
	                profile_name((enum profile_id)c->profile));
}

size_t signature_of(const struct exec_result *r, const struct case_file *c, char *buf, size_t cap)
{
	static const char *const missing[] = {"none", "no-invalidation", "no-wait"};
	const struct oracle_violation *v = &r->violation;
	int n;

	if (r->verdict != EXEC_VIOLATION)
		n = snprintf(buf, cap, "%s", "none");
	else if (v->class_ == VC_RACE)
		n = signature_of_race(&r->race, c, buf, cap);
	else
		n = snprintf(buf, cap, "%s:%s:%s>%s:%s:%s", violation_name(v->class_), signature_role(v),
		             signature_op(v->killer_op), signature_op(v->op_kind), missing[v->missing],
		             profile_name(c->profile));
	return n < 0 ? 0 : (size_t)n;
}

bool signature_is(const struct exec_result *r, const struct case_file *c, const char *signature)
{
	char mine[SIGNATURE_MAX];

	if (r->verdict != EXEC_VIOLATION)
		return false;
	signature_of(r, c, mine, sizeof(mine));
	return !strcmp(mine, signature);
}

void signature_file_name(const char *signature, char *buf, size_t cap)
{
	size_t n = 0;

	for (; signature[n] && n + 1 < cap; n++)
		buf[n] = (char)(isalnum((unsigned char)signature[n]) || strchr("._+-", signature[n])
		                        ? signature[n]
		                        : '_');
	buf[n] = '\0';
}
