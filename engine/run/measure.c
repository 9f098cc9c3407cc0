/* SPDX-License-Identifier: MIT */
/*
 * Counts over a case: for search (n of PCT), the minimiser (what is smaller) and
 * reports (which regions have names).
 */
#include "engine/run/measure.h"

#include <string.h>

unsigned measure_ops(const struct case_file *c)
{
	unsigned n = 0;

	for (int a = 0; a < CASE_PROGRAMS; a++)
		n += c->prog[a].present ? c->prog[a].nops : 0;
	return n;
}

unsigned measure_switches(const struct case_file *c)
{
	unsigned n = 0;

	for (int i = 0; i < c->nsched; i++)
		n += c->sched[i].what == DO_SWITCH;
	return n;
}

unsigned measure_actors(const struct case_file *c)
{
	unsigned n = 0, iommus = 0;

	for (int a = 0; a < CASE_PROGRAMS; a++) {
		if (!c->prog[a].present)
			continue;
		n++;
		if (a >= ACTOR_DEV0)
			iommus |= 1u << c->prog[a].iommu;
	}
	/* a queue processor and a page-request handler each */
	return n + 2 * (unsigned)__builtin_popcount(iommus);
}

bool measure_uses_region(const struct case_file *c, int region)
{
	for (int a = 0; a < CASE_PROGRAMS; a++) {
		for (int i = 0; i < c->prog[a].nops; i++) {
			const struct case_op *op = &c->prog[a].op[i];
			const char *operands = op_info((enum op_kind)op->kind)->operands;

			if ((op->region == region && strchr(operands, 'R')) ||
			    (op->region2 == region && strchr(operands, 'S')))
				return true;
		}
	}
	return false;
}
