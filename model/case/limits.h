/* SPDX-License-Identifier: MIT */
/* What is legal, for the parts of model/case that check it. */
#ifndef CASE_LIMITS_H
#define CASE_LIMITS_H

#include "case/case.h"

enum {
	LEVELS_MIN = 2,
	LEVELS_MAX = 4,
	BITS_MIN = 2,
	SPACE_BITS_MAX = 12, /* levels * bits: 4096 pages */
	BITS_MAX = SPACE_BITS_MAX / LEVELS_MIN,
	DOMAINS = 2, /* that operations can name */
};

#endif
