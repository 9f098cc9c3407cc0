/* SPDX-License-Identifier: MIT */
/*
 * Long work: signals that end it cleanly, and lines that say how far it is. On
 * a terminal one line is overwritten, elsewhere a plain line now and then.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/progress.h"
#include "tools/tool.h"

volatile sig_atomic_t tool_stop;

static void progress_on_signal(int number) { tool_stop = number; }

void tool_catch_signals(unsigned seconds)
{
	struct sigaction act = {.sa_handler = progress_on_signal};

	/* a second one ends the program at once */
	act.sa_flags = (int)SA_RESETHAND;
	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGALRM, &act, NULL);
	if (seconds)
		alarm(seconds);
}

double tool_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void tool_progress_start(struct tool_progress *p)
{
	memset(p, 0, sizeof(*p));
	p->started = p->shown = tool_seconds();
	p->tty = isatty(STDERR_FILENO);
}

bool tool_progress_due(struct tool_progress *p) { return tool_seconds() - p->shown >= (p->tty ? 0.2 : 10); }

void tool_progress_line(struct tool_progress *p, const char *format, ...)
{
	va_list ap;

	p->shown = tool_seconds();
	p->any = true;
	if (p->tty)
		fputs("\r\033[K", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	if (!p->tty)
		fputc('\n', stderr);
	fflush(stderr);
}

void tool_progress_end(struct tool_progress *p)
{
	if (p->any && p->tty)
		fputs("\r\033[K", stderr);
	p->any = false;
}
