/* SPDX-License-Identifier: MIT */
/* What was really read and written. */
#ifndef ORACLE_HISTORY_ACCESS_H
#define ORACLE_HISTORY_ACCESS_H

struct event;
struct history;

void history_access_check(struct history *h, const struct event *ev);
void history_access_check_table(struct history *h, const struct event *ev);
void history_access_check_top(struct history *h, const struct event *ev);
void history_access_check_context(struct history *h, const struct event *ev);
void history_access_discard(struct history *h, const struct event *ev);

#endif
