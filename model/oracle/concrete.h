/* SPDX-License-Identifier: MIT */
/* What an access really touched. */
#ifndef ORACLE_CONCRETE_H
#define ORACLE_CONCRETE_H

#include "mem/mem.h"

struct event;
struct oracle;

void concrete_access(struct oracle *o, const struct event *ev);
void concrete_table(struct oracle *o, const struct event *ev);
void concrete_fault(struct oracle *o, const struct event *ev);
void concrete_promise(struct oracle *o, int space, sd_page start, uint32_t n, uint32_t before,
                      bool writes_only);

#endif
