/* SPDX-License-Identifier: MIT */
/* The first violation, and the first that an access showed in data. */
#ifndef ORACLE_VIOLATION_H
#define ORACLE_VIOLATION_H

#include "oracle/oracle.h"

struct item;

/* What an access, or the use of a cached pointer, really did. */
struct use {
	uint8_t actor, walker;
	bool write;
	sd_page page, pfn;
	uint32_t serial; /* of the instance that it went through */
};

struct oracle_violation *violation_raise(struct oracle *o, enum violation_class c, int actor);
void violation_raise_item(struct oracle *o, enum violation_class c, int actor, const struct item *it);
void violation_show(struct oracle *o, enum violation_class c, const struct use *u, int space);
void violation_defect(struct oracle *o, const char *what);

#endif
