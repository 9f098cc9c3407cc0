/* SPDX-License-Identifier: MIT */
/* What the parts of the parser share; for model/case only. */
#ifndef CASE_PARSE_H
#define CASE_PARSE_H

#include "case/lex.h"

enum parse_section { IN_CONFIG, IN_PROGRAM, IN_SCHEDULE };

struct parser {
	struct lex lex;
	struct case_file *c;
	enum parse_section section;
	int actor; /* whose program it is */
	bool seen_hw, seen_expect, seen_schedule, seen_order;
	unsigned gone; /* schedule entries whose point is unknown */
};

/* a, b+3: a region and a page offset. */
bool parse_page(struct parser *p, uint8_t *region, uint8_t *off);
/* One line of the schedule section. */
bool parse_schedule_line(struct parser *p);

#endif
