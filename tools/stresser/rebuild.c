// SPDX-License-Identifier: MIT
/*
 * From the last operations to a case, in a process of its own: in the one that
 * ran the threads some are held inside a sanitizer with its locks, and what
 * the rebuild runs into there would wait for them for ever.
 *
 * The child is `shootdown stress --rebuild FILE --json`, and can be called by
 * hand as well. Should a sanitizer end it, the program that it was running is
 * kept with the schedule up to there: that is the case.
 */
#define _GNU_SOURCE
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

#include "engine/run/measure.h"
#include "stress/sanitizer.h"

extern char **environ;

/* -- the child ---------------------------------------------------------------------- */

struct rebuilder {
	const struct stresser *s;
	struct world *w;
	struct tool_progress bar;
	const struct case_file *running; /* NULL: nothing that could be kept */
	struct rebuild_result res;
	char file[STRESSER_PATH]; /* "": none */
};

static void progress(void *ctx, const struct rebuild_stats *st)
{
	struct rebuilder *b = ctx;

	if (tool_progress_due(&b->bar))
		tool_progress_line(&b->bar, "rebuild: %u attempts, %u reproduced, %" PRIu64 " executions",
		                   st->attempts, st->reproduced, st->executions);
}

static void about_to(void *ctx, const struct case_file *c)
{
	struct rebuilder *b = ctx;

	b->running = c;
}

static void say(const struct rebuilder *b, bool found, const char *class_, const char *signature,
                const struct case_file *c)
{
	const struct rebuild_stats *st = &b->res.st;
	json_t *o;

	if (!b->s->json) {
		printf("%s: %u of %u attempts reproduced, %" PRIu64 " executions\n", b->s->rebuild,
		       st->reproduced, st->attempts, st->executions);
		if (found)
			printf("  %-10s %s: %u operations, %u switches\n  %-10s %s\n  %-10s shootdown replay "
			       "%s\n",
			       "case", b->file, measure_ops(c), measure_switches(c), "signature", signature,
			       "replay", b->file);
		return;
	}
	o = json_object();
	tool_json_set(o, "file", json_string(b->s->rebuild));
	tool_json_set(o, "rebuilt", json_boolean(found));
	tool_json_set(o, "attempts", json_integer(st->attempts));
	tool_json_set(o, "reproduced", json_integer(st->reproduced));
	tool_json_set(o, "same", json_integer(st->same));
	tool_json_set(o, "executions", json_integer((json_int_t)st->executions));
	tool_json_set(o, "class", found ? json_string(class_) : NULL);
	tool_json_set(o, "signature", found ? json_string(signature) : NULL);
	tool_json_set(o, "operations", found ? json_integer(measure_ops(c)) : NULL);
	tool_json_set(o, "switches", found ? json_integer(measure_switches(c)) : NULL);
	tool_json_set(o, "case", found ? json_string(b->file) : NULL);
	tool_json_print(o);
}

static bool keep(struct rebuilder *b, const char *signature, const struct case_file *c)
{
	char name[SIGNATURE_MAX];

	stresser_name(signature, name, sizeof(name));
	snprintf(b->file, sizeof(b->file), "%s/%s.sd", b->s->out ? b->s->out : ".", name);
	return tool_write_case(b->file, FORM_TEXT, c);
}

/* The last words of a rebuild that a sanitizer ends: it got what it was looking for. */
static void on_report(void *ctx, const struct sanitizer_report *report)
{
	struct rebuilder *b = ctx;
	char signature[SIGNATURE_MAX];
	struct case_file c;

	if (!b->running)
		return;
	c = *b->running;
	b->running = NULL;
	snprintf(signature, sizeof(signature), "%s:%s:%s", report->by, report->what,
	         profile_name((enum profile_id)c.profile));
	if (!exec_recorded(b->w, &c) || !keep(b, signature, &c))
		return;
	b->res.st.attempts++;
	b->res.st.reproduced++;
	say(b, true, report->what, signature, &c);
	tool_leave(TOOL_OK);
}

static int rebuild(struct rebuilder *b, const struct case_file *last)
{
	const struct rebuild_config cfg = {
	        .seed = b->s->opt.seed,
	        .attempts = (uint32_t)b->s->attempts,
	        .stop = &tool_stop,
	        .progress = progress,
	        .about_to = about_to,
	        .ctx = b,
	};
	enum rebuild_end end;

	tool_progress_start(&b->bar);
	sanitizer_catch(on_report, b);
	end = rebuild_case(b->w, last, &b->s->focus, &cfg, &b->res);
	sanitizer_catch(NULL, NULL);
	tool_progress_end(&b->bar);
	if (end == REBUILD_NO_MEMORY) {
		tool_error("no memory");
		return TOOL_DEFECT;
	}
	if (end == REBUILD_FOUND && !keep(b, b->res.signature, &b->res.c))
		return TOOL_USAGE;
	say(b, end == REBUILD_FOUND, violation_name((enum violation_class)b->res.r.violation.class_),
	    b->res.signature, &b->res.c);
	return end == REBUILD_FOUND ? TOOL_OK : TOOL_FOUND;
}

int stresser_rebuild_file(struct stresser *s)
{
	struct rebuilder *b = calloc(1, sizeof(*b));
	enum tool_form form = FORM_AUTO;
	struct case_file last;
	int code = TOOL_DEFECT;

	if (!b)
		return code;
	b->s = s;
	if (!tool_read_case(s->rebuild, &form, &last)) {
		code = TOOL_USAGE;
	} else {
		b->w = tool_world();
		code = b->w ? rebuild(b, &last) : TOOL_DEFECT;
		world_destroy(b->w);
	}
	free(b);
	return code;
}

/* -- the parent ------------------------------------------------------------------------ */

/* The alarm bounds the threads, not this. */
static bool interrupted(void) { return tool_stop && tool_stop != SIGALRM; }

/* Milliseconds from a look at tool_stop to the next: TSan may keep a signal to itself as long as a call blocks. */
enum { LOOK_MS = 200 };

/*
 * Waits until there is something to read. A signal that was sent to this
 * process alone is for the child as well, as SIGTERM: of what a terminal sends
 * to both it has had one already, and a second of a kind would kill it.
 */
static void wait_readable(int fd, pid_t pid, bool *told)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	do {
		if (interrupted() && !*told) {
			kill(pid, SIGTERM);
			*told = true;
		}
	} while (poll(&wait, 1, LOOK_MS) <= 0);
}

static char *read_all(int fd, pid_t pid)
{
	size_t cap = 16 * 1024, n = 0;
	char *text = malloc(cap);
	bool told = false;
	ssize_t got = 1;

	while (text && n < cap - 1 && got > 0) {
		wait_readable(fd, pid, &told);
		got = read(fd, text + n, cap - 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
	if (text)
		text[n] = '\0';
	return text;
}

/* What the child says on stdout; NULL: it could not be started, or no memory. */
static char *run_child(char *const argv[], int *status)
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
		text = read_all(fd[0], pid);
		while (waitpid(pid, status, 0) < 0 && errno == EINTR)
			;
	}
	close(fd[0]);
	return text;
}

static uint64_t number(const json_t *o, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(o, key));
}

static void word(const json_t *o, const char *key, char *buf, size_t cap)
{
	const char *text = json_string_value(json_object_get(o, key));

	snprintf(buf, cap, "%s", text ? text : "");
}

static void take(struct stresser_rebuilt *b, const json_t *o)
{
	b->ran = true;
	b->found = json_is_true(json_object_get(o, "rebuilt"));
	b->attempts = number(o, "attempts");
	b->reproduced = number(o, "reproduced");
	b->same = number(o, "same");
	b->executions = number(o, "executions");
	b->ops = number(o, "operations");
	b->switches = number(o, "switches");
	word(o, "class", b->class_, sizeof(b->class_));
	word(o, "signature", b->signature, sizeof(b->signature));
	word(o, "case", b->file, sizeof(b->file));
}

void stresser_rebuild(const struct stresser *s, struct stresser_finding *f)
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
	if (interrupted()) {
		snprintf(b->why, sizeof(b->why), "interrupted");
		return;
	}
	stresser_print_focus(&f->focus, focus);
	snprintf(seed, sizeof(seed), "%" PRIu64, s->opt.seed);
	snprintf(attempts, sizeof(attempts), "%" PRIu64, s->attempts);
	fflush(stdout);
	text = run_child(argv, &status);
	o = text ? json_loads(text, 0, NULL) : NULL;
	free(text);
	if (o)
		take(b, o);
	else if (interrupted())
		snprintf(b->why, sizeof(b->why), "interrupted");
	else if (WIFSIGNALED(status))
		snprintf(b->why, sizeof(b->why), "the process that tried ended by signal %d",
		         WTERMSIG(status));
	else
		snprintf(b->why, sizeof(b->why), "the process that tried ended with code %d",
		         WEXITSTATUS(status));
	json_decref(o);
}
