/* SPDX-License-Identifier: MIT */
/* listen: what every event goes through, and where a thread stops. */
#ifndef STRESS_LISTEN_H
#define STRESS_LISTEN_H

struct event;
struct stress_run;

void stress_listen(void *run, const struct event *ev);
_Noreturn void stress_hold(struct stress_run *r, int actor); /* the thread that calls stays here for ever */

#endif
