/* SPDX-License-Identifier: MIT */
/*
 * What a name says. The model is written in the field's words, so the name of
 * a callee tells a flush from a wait, and the name of a value the first page
 * of a range from the last. A name that nothing is known of is an ordinary
 * call, or no value to touch.
 */
#include "mutants.h"

#include <stdio.h>
#include <string.h>

static bool any_within(const char *name, const char *const *word)
{
	for (; *word; word++)
		if (strstr(name, *word))
			return true;
	return false;
}

static bool any_equal(const char *name, const char *const *word)
{
	for (; *word; word++)
		if (strcmp(name, *word) == 0)
			return true;
	return false;
}

bool names_free(const char *callee)
{
	static const char *const words[] = {"free", "_put", "tear_down", "release", NULL};

	return any_within(callee, words);
}

bool names_flush(const char *callee)
{
	static const char *const words[] = {"flush", "inval", "secondary", "sync",
	                                    "wait",  "drop",  "notify",    NULL};

	return any_within(callee, words);
}

enum operator names_call(const char *callee)
{
	static const char *const barrier[] = {"clean", "publish", "fence", "barrier", "drain", NULL};
	static const char *const invalidation[] = {"flush",  "inval",  "secondary", "notify", "shoot",
	                                           "drop",   "evict",  "cancel",    "told",   "tell",
	                                           "gather", "forget", NULL};
	static const char *const no_lock[] = {"block", "clock", "locked", NULL};
	static const char *const wait[] = {"wait",  "sync",      "poll",   "wake",
	                                   "relax", "broadcast", "signal", NULL};

	if (strstr(callee, "lock") && !any_within(callee, no_lock))
		return OP_DROP_LOCK;
	if (any_within(callee, barrier))
		return OP_DROP_BARRIER;
	if (any_within(callee, wait))
		return OP_DROP_WAIT;
	return any_within(callee, invalidation) ? OP_DROP_INVALIDATION : OP_DROP_CALL;
}

enum operator names_value(const char *name, const char *type, const char *fmt[2])
{
	static const char *const tags[] = {"pasid", "tag", "domain", "space", NULL};
	static const char *const granules[] = {"mask", "shift", "scale", "span", "order", "num", NULL};
	static const char *const starts[] = {"start", "first", "base", "from", "iova", "page",
	                                     "addr",  "to",    "vpn",  "low",  "lo",   NULL};
	static const char *const ends[] = {"end", "last", "high", "hi", NULL};
	static const char *const counts[] = {"n", "pages", "npages", "len", "count", "extent", NULL};

	fmt[0] = "(%s - 1)";
	fmt[1] = any_equal(name, counts) ? "(%s != 0)" : NULL;
	if (any_equal(name, ends) || any_equal(name, counts))
		return OP_RANGE;
	fmt[0] = "(%s ^ 1)";
	if (any_equal(name, tags))
		return OP_PASID;
	fmt[0] = "(%s + 1)";
	if (strcmp(name, "level") == 0)
		return OP_LEVEL;
	if (any_equal(name, granules))
		return OP_GRANULE;
	if (!any_equal(name, starts))
		return OP_COUNT;
	if (strstr(type, "sd_addr")) /* bytes: the low bits say nothing */
		fmt[0] = "(%s + ((sd_addr)1 << SD_PAGE_SHIFT))";
	return OP_RANGE;
}

const char *names_operator(enum operator op)
{
	static const char *const name[OP_COUNT] = {
	        "drop-invalidation", "drop-wait",  "drop-lock",  "drop-barrier", "drop-call",
	        "swap-calls",        "free-early", "range",      "pasid",        "level",
	        "granule",           "condition",  "off-by-one", "unwind",
	};

	return name[op];
}
