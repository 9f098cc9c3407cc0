/* SPDX-License-Identifier: MIT */
/* class: what a case may expect, and what an oracle may say. */
#ifndef CASE_CLASS_H
#define CASE_CLASS_H

/* Violation classes (docs/violations/); 0 is "clean". Latent ones are not expected, only found. */
enum violation_class {
	VC_CLEAN,
	VC_STALE_USE,
	VC_STALE_PERM,
	VC_STALE_MAP,
	VC_STALE_ORDER,
	VC_WALK_FREED_TABLE,
	VC_OVERLAP,
	VC_SPURIOUS_FAULT,
	VC_NO_PROGRESS,
	VC_LOST_DIRTY,
	VC_TORN_ENTRY,
	VC_WRONG_OWNER,
	VC_LEAK,
	VC_REFCOUNT,
	VC_DEADLOCK,
	VC_PROTOCOL,
	VC_RACE, /* only the tsan-fibers build sees it */
	VC_COUNT
};
const char *violation_name(enum violation_class c); /* "stale-use" */
int violation_find(const char *name, unsigned len);

#endif
