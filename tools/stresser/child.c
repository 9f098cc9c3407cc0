/* SPDX-License-Identifier: MIT */
/*
 * Starts the rebuild in a process of its own and reads its answer: in the one
 * that ran the threads some are held inside a sanitizer with its locks, and what
 * the rebuild runs into there would wait for them for ever.
 */
#define _GNU_SOURCE
#include "tools/json.h"
#include "tools/stresser/stresser.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The alarm bounds the threads, not this. */
static bool child_interrupted(void) { return tool_stop && tool_stop != SIGALRM; }

/* From a look at tool_stop to the next: TSan may not deliver a signal as long as a call blocks. */
enum { LOOK_MS = 200 };

/*
 * Waits until there is something to read. A signal that was sent to this
 * process alone is for the child as well, as SIGTERM: of what a terminal sends
 * to both it has had one already, and a second of a kind would kill it.
 */
static void child_wait(int fd, pid_t pid, bool *told)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	do {
		if (child_interrupted() && !*told) {
			kill(pid, SIGTERM);
			*told = true;
		}
	} while (poll(&wait, 1, LOOK_MS) <= 0);
}

static char *child_read(int fd, pid_t pid)
{
	size_t cap = 16 * 1024, n = 0;
	char *text = malloc(cap);
	bool told = false;
	ssize_t got = 1;

	while (text && n < cap - 1 && got > 0) {
		child_wait(fd, pid, &told);
		got = read(fd, text + n, cap - 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
	if (text)
		text[n] = '\0';
	return text;
}

/* What the child says on stdout; NULL: it could not be started, or no memory. */
static char *child_run(char *const argv[], int *status)
{
	posix_spawn_file_actions_t actions;
	char *text = NULL;
	int fd[2], error;
	pid_t pid;

	if (pipe(fd))
		return NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, fd[0]);
	posix_spawn_file_actions_addclose(&actions, fd[1]);
	error = posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fd[1]);
	if (!error) {
		text = child_read(fd[0], pid);
		while (waitpid(pid, status, 0) < 0 && errno == EINTR)
			;
	}
	close(fd[0]);
	return text;
}

static uint64_t answer_number(const json_t *o, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(o, key));
}

static void answer_text(const json_t *o, const char *key, char *buf, size_t cap)
{
	const char *text = json_string_value(json_object_get(o, key));

	snprintf(buf, cap, "%s", text ? text : "");
}

static void answer_parse(struct stresser_rebuilt *b, const json_t *o)
{
	b->ran = true;
	b->found = json_is_true(json_object_get(o, "rebuilt"));
	b->attempts = answer_number(o, "attempts");
	b->reproduced = answer_number(o, "reproduced");
	b->same = answer_number(o, "same");
	b->executions = answer_number(o, "executions");
	b->ops = answer_number(o, "operations");
	b->switches = answer_number(o, "switches");
	answer_text(o, "class", b->class_, sizeof(b->class_));
	answer_text(o, "signature", b->signature, sizeof(b->signature));
	answer_text(o, "case", b->file, sizeof(b->file));
}

void stresser_start_rebuild(const struct stresser *s, struct stresser_finding *f)
{
	struct stresser_rebuilt *b = &f->rebuilt;
	char focus[32], seed[32], attempts[32], dir[] = ".";
	char *argv[] = {"shootdown",
	                "stress",
	                "--json",
	                "--rebuild",
	                f->ops_file,
	                "--focus",
	                focus,
	                "--seed",
	                seed,
	                "--out",
	                s->out ? (char *)s->out : dir,
	                s->attempts ? "--attempts" : NULL,
	                attempts,
	                NULL};
	int status = 0;
	char *text;
	json_t *o;

	if (s->no_rebuild || !f->ops_file[0]) {
		snprintf(b->why, sizeof(b->why), "%s",
		         s->no_rebuild ? "not asked for" : "the last operations could not be written");
		return;
	}
	alarm(0);
	if (child_interrupted()) {
		snprintf(b->why, sizeof(b->why), "interrupted");
		return;
	}
	rebuild_focus_print(&f->found.focus, focus);
	snprintf(seed, sizeof(seed), "%" PRIu64, s->opt.seed);
	snprintf(attempts, sizeof(attempts), "%" PRIu64, s->attempts);
	fflush(stdout);
	text = child_run(argv, &status);
	o = text ? json_loads(text, 0, NULL) : NULL;
	free(text);
	if (o)
		answer_parse(b, o);
	else if (child_interrupted())
		snprintf(b->why, sizeof(b->why), "interrupted");
	else if (WIFSIGNALED(status))
		snprintf(b->why, sizeof(b->why), "the process that tried ended by signal %d",
		         WTERMSIG(status));
	else
		snprintf(b->why, sizeof(b->why), "the process that tried ended with code %d",
		         WEXITSTATUS(status));
	json_decref(o);
}
