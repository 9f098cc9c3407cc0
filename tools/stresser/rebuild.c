/* SPDX-License-Identifier: MIT */
/*
 * `stress --rebuild FILE`: from the last operations to a case. The stress
 * command starts it as a process of its own (child.c); it can be called by hand
 * as well. Should a sanitizer end it, the program that it was running is kept
 * with the schedule up to there: that is the case.
 */
#include "tools/stresser/stresser.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/run/measure.h"
#include "stress/sanitizer.h"
#include "tools/files.h"
#include "tools/json.h"

struct rebuilder {
	const struct stresser *s;
	struct world *w;
	struct tool_progress bar;
	const struct case_file *running; /* NULL: nothing that could be kept */
	struct rebuild_result res;
	char file[STRESSER_PATH]; /* "": none */
};

static void rebuilder_progress(void *ctx, const struct rebuild_stats *st)
{
	struct rebuilder *b = ctx;

	if (tool_progress_due(&b->bar))
		tool_progress_line(&b->bar, "rebuild: %u attempts, %u reproduced, %" PRIu64 " executions",
		                   st->attempts, st->reproduced, st->executions);
}

static void rebuilder_about_to(void *ctx, const struct case_file *c)
{
	struct rebuilder *b = ctx;

	b->running = c;
}

/* class_: of what was found; NULL: nothing was. */
static void rebuilder_say(const struct rebuilder *b, const char *class_)
{
	const struct rebuild_stats *st = &b->res.st;
	const struct case_file *c = &b->res.c;
	json_t *o;

	if (!b->s->json) {
		printf("%s: %u of %u attempts reproduced, %" PRIu64 " executions\n", b->s->rebuild,
		       st->reproduced, st->attempts, st->executions);
		if (class_)
			printf("  %-10s %s: %u operations, %u switches\n  %-10s %s\n  %-10s shootdown replay "
			       "%s\n",
			       "case", b->file, measure_ops(c), measure_switches(c), "signature",
			       b->res.signature, "replay", b->file);
		return;
	}
	o = json_object();
	tool_json_set(o, "file", json_string(b->s->rebuild));
	tool_json_set(o, "rebuilt", json_boolean(class_ != NULL));
	tool_json_set(o, "attempts", json_integer(st->attempts));
	tool_json_set(o, "reproduced", json_integer(st->reproduced));
	tool_json_set(o, "same", json_integer(st->same));
	tool_json_set(o, "executions", json_integer((json_int_t)st->executions));
	tool_json_set(o, "class", class_ ? json_string(class_) : NULL);
	tool_json_set(o, "signature", class_ ? json_string(b->res.signature) : NULL);
	tool_json_set(o, "operations", class_ ? json_integer(measure_ops(c)) : NULL);
	tool_json_set(o, "switches", class_ ? json_integer(measure_switches(c)) : NULL);
	tool_json_set(o, "case", class_ ? json_string(b->file) : NULL);
	tool_json_print(o);
}

static bool rebuilder_keep(struct rebuilder *b)
{
	char name[SIGNATURE_MAX];

	signature_file_name(b->res.signature, name, sizeof(name));
	snprintf(b->file, sizeof(b->file), "%s/%s.sd", b->s->out ? b->s->out : ".", name);
	return tool_write_case(b->file, FORM_TEXT, &b->res.c);
}

/* A sanitizer is about to end this process: what it met is what the rebuild was looking for. */
static void rebuilder_on_report(void *ctx, const struct sanitizer_report *report)
{
	struct rebuilder *b = ctx;
	const struct case_file *running = b->running;

	b->running = NULL;
	if (!running || !rebuild_from_report(b->w, running, report, &b->res) || !rebuilder_keep(b))
		return;
	rebuilder_say(b, report->what);
	tool_leave(TOOL_OK);
}

static int rebuilder_go(struct rebuilder *b, const struct case_file *last)
{
	const struct rebuild_config cfg = {
	        .seed = b->s->opt.seed,
	        .attempts = (uint32_t)b->s->attempts,
	        .stop = &tool_stop,
	        .progress = rebuilder_progress,
	        .about_to = rebuilder_about_to,
	        .ctx = b,
	};
	enum rebuild_end end;

	tool_progress_start(&b->bar);
	sanitizer_catch(rebuilder_on_report, b);
	end = rebuild_case(b->w, last, &b->s->focus, &cfg, &b->res);
	sanitizer_catch(NULL, NULL);
	tool_progress_end(&b->bar);
	if (end == REBUILD_NO_MEMORY) {
		tool_error("no memory");
		return TOOL_DEFECT;
	}
	if (end == REBUILD_FOUND && !rebuilder_keep(b))
		return TOOL_USAGE;
	rebuilder_say(b, end == REBUILD_FOUND
	                         ? violation_name((enum violation_class)b->res.r.violation.class_)
	                         : NULL);
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
		code = b->w ? rebuilder_go(b, &last) : TOOL_DEFECT;
		world_destroy(b->w);
	}
	free(b);
	return code;
}
