/* SPDX-License-Identifier: MIT */
/*
 * The names that case files are written in: operations, actors and violation
 * classes. Tables only; what the words mean is said in case.h and ops.def.
 * Planted bugs, steps, points and profiles keep their names in their folders.
 */
#include "case/case.h"

#include <string.h>

/* The last row stands for "in no operation". */
static const struct op_info ops[OP_COUNT + 1] = {
#define W(...)                                                                                               \
	{                                                                                                    \
		__VA_ARGS__                                                                                  \
	}
#define OP(id, name, who, operands, promise, weights, call, what)                                            \
	{name, operands, what, OP_WHO_##who, PROMISE_##promise, weights},
#include "case/ops.def"
#undef OP
#undef W
        [OP_COUNT] = {"none", "", "no operation", OP_WHO_CPU, PROMISE_NOTHING, {0}},
};

static const char *const violations[] = {
        [VC_CLEAN] = "clean",
        [VC_STALE_USE] = "stale-use",
        [VC_STALE_PERM] = "stale-perm",
        [VC_STALE_MAP] = "stale-map",
        [VC_STALE_ORDER] = "stale-order",
        [VC_WALK_FREED_TABLE] = "walk-freed-table",
        [VC_OVERLAP] = "overlap",
        [VC_SPURIOUS_FAULT] = "spurious-fault",
        [VC_NO_PROGRESS] = "no-progress",
        [VC_LOST_DIRTY] = "lost-dirty",
        [VC_TORN_ENTRY] = "torn-entry",
        [VC_WRONG_OWNER] = "wrong-owner",
        [VC_LEAK] = "leak",
        [VC_REFCOUNT] = "refcount",
        [VC_DEADLOCK] = "deadlock",
        [VC_PROTOCOL] = "protocol",
        [VC_RACE] = "race",
};
_Static_assert(sizeof(violations) / sizeof(violations[0]) == VC_COUNT, "a violation class has no name");

static const char *const actors[] = {
        [ACTOR_CPU0] = "cpu0",         [ACTOR_CPU0 + 1] = "cpu1", [ACTOR_CPU0 + 2] = "cpu2",
        [ACTOR_CPU0 + 3] = "cpu3",     [ACTOR_DEV0] = "dev0",     [ACTOR_DEV0 + 1] = "dev1",
        [ACTOR_DEV0 + 2] = "dev2",     [ACTOR_DEV0 + 3] = "dev3", [ACTOR_QUEUE0] = "iommu0",
        [ACTOR_QUEUE0 + 1] = "iommu1", [ACTOR_PRQ0] = "prq0",     [ACTOR_PRQ0 + 1] = "prq1",
};
_Static_assert(sizeof(actors) / sizeof(actors[0]) == ACTOR_COUNT, "an actor has no name");

static int names_find(const char *const *names, int n, const char *name, unsigned len)
{
	for (int i = 0; i < n; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return i;
	return -1;
}

const struct op_info *op_info(enum op_kind k) { return &ops[(unsigned)k < OP_COUNT ? k : OP_COUNT]; }

bool op_takes(enum op_kind k, char operand)
{
	for (const char *o = op_info(k)->operands; *o; o++)
		if (*o == operand)
			return true;
	return false;
}

enum op_promise op_promise(enum op_kind k) { return (enum op_promise)op_info(k)->promise; }

bool op_unmaps_domain(enum op_kind k) { return op_promise(k) == PROMISE_DEAD && op_takes(k, 'd'); }

const char *actor_name(int actor) { return actor >= 0 && actor < ACTOR_COUNT ? actors[actor] : "nobody"; }

int actor_find(const char *name, unsigned len) { return names_find(actors, ACTOR_COUNT, name, len); }

const char *violation_name(enum violation_class c)
{
	return (unsigned)c < VC_COUNT ? violations[c] : "unknown";
}

int violation_find(const char *name, unsigned len) { return names_find(violations, VC_COUNT, name, len); }
