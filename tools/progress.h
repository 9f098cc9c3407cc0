/* SPDX-License-Identifier: MIT */
/* progress: long work. Signals that end it cleanly, and lines that say how far it is. */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <signal.h>
#include <stdbool.h>

/* SIGINT, SIGTERM or SIGALRM, once it came: the one thing a handler may touch. */
extern volatile sig_atomic_t tool_stop;

void tool_catch_signals(unsigned seconds); /* 0: no alarm */
double tool_seconds(void);                 /* since some fixed moment */

struct tool_progress {
	double started, shown;
	bool tty, any;
};
void tool_progress_start(struct tool_progress *p);
/* Is it time for another line? */
bool tool_progress_due(struct tool_progress *p);
__attribute__((format(printf, 2, 3))) void tool_progress_line(struct tool_progress *p, const char *format,
                                                              ...);
void tool_progress_end(struct tool_progress *p);

#endif
