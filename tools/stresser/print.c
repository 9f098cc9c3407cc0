/* SPDX-License-Identifier: MIT */
/* What the stress command says. */
#include "tools/stresser/stresser.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/tell/report.h"
#include "engine/tell/timeline.h"
#include "event/walker.h"
#include "tools/json.h"

enum { TIMELINE_ROWS = 80 };

void stresser_print_counts(FILE *out, const struct stresser *s, const struct stress_counts *n,
                           const char *end)
{
	fprintf(out,
	        "%s: %" PRIu64 " rounds, %" PRIu64 " operations, %" PRIu64 " DMAs, %" PRIu64
	        " invalidations in %.1f s\n",
	        end, n->rounds, n->ops, n->dma, n->invalidations, s->took);
}

static const char *print_actor(uint8_t actor)
{
	return actor < ACTOR_COUNT ? actor_name(actor) : "the audit";
}

static void print_what(FILE *out, const struct stresser_finding *f)
{
	const struct watch_violation *v = f->found.violation;
	const struct oracle_violation *o = &f->found.r.violation;
	bool access = v && v->walker < WALKER_COUNT;

	if (f->found.report)
		fprintf(out, "%s: %s", f->found.report->by, f->found.report->what);
	else if (v)
		fprintf(out, "violation %s%s", violation_name((enum violation_class)v->class_),
		        !access    ? ""
		        : v->write ? ", write"
		                   : ", read");
	else
		fprintf(out, "%s: nobody began an operation for too long", stress_end_name(f->found.end));
	if (o->actor != EVENT_NOBODY || v)
		fprintf(out, ", by %s", print_actor(o->actor));
	if (o->op_kind < OP_COUNT)
		fprintf(out, " in %s", op_info((enum op_kind)o->op_kind)->name);
	fputc('\n', out);
}

static void print_where(FILE *out, const struct stresser_finding *f)
{
	const struct watch_violation *v = f->found.violation;
	const struct oracle_violation *o = &f->found.r.violation;
	char pages[REPORT_NAME], space[REPORT_NAME];

	if (v && !f->found.report)
		fprintf(out, "  %-10s %s\n", "means", report_class((enum violation_class)v->class_));
	if (o->space < SD_MAX_SPACES)
		fprintf(out, "  %-10s %s of %s\n", "page", report_pages(&f->found.last, o->page, 1, pages),
		        report_space(o->space, space));
	if (o->pfn < MEM_FRAMES)
		fprintf(out, "  %-10s %u\n", "frame", o->pfn);
	if (v && v->serial < v->limit)
		fprintf(out, "  %-10s %u was used; the oldest that may be is %u\n", "instance", v->serial,
		        v->limit);
	else if (v && v->serial)
		fprintf(out, "  %-10s %u was used; what it leads to is no more\n", "instance", v->serial);
	if (v && v->walker < WALKER_COUNT)
		fprintf(out, "  %-10s %s\n", "through", walker_name(v->walker));
	if (v && v->class_ == VC_REFCOUNT)
		fprintf(out, "  %-10s %d, reason %u (0: freed twice)\n", "count", v->count, v->bad_ref);
}

static void print_settings(FILE *out, const struct stresser *s, const struct stresser_finding *f)
{
	const struct stress_options *o = &s->opt;

	fprintf(out, "  %-10s %s\n", "signature", f->found.signature);
	fprintf(out,
	        "  %-10s round %" PRIu64 " of seed %" PRIu64
	        ", %s, %u threads, %u devices%s, delays %s, oracle %s, lane %s\n",
	        "run", f->found.round, o->seed, profile_name((enum profile_id)f->found.last.profile),
	        o->threads, o->devices, o->hostile ? ", hostile" : "", o->delay ? "on" : "off",
	        o->no_oracle ? "off" : "on", stresser_lane());
	fprintf(out, "  %-10s %s\n", "again", f->again);
}

void stresser_print(FILE *out, const struct stresser *s, const struct stresser_finding *f)
{
	const struct timeline_options opt = {.rows = TIMELINE_ROWS};

	print_what(out, f);
	print_where(out, f);
	print_settings(out, s, f);
	if (f->found.log.len) {
		fprintf(out, "\nF fill   K killed   ? missing   ! broken\n\n");
		timeline_print(out, &f->found.last, &f->found.r, &f->found.log, &opt);
		fputc('\n', out);
	}
}

void stresser_print_rebuilt(FILE *out, const struct stresser_finding *f)
{
	const struct stresser_rebuilt *b = &f->rebuilt;
	char focus[32];

	if (!b->ran) {
		fprintf(out, "  %-10s no: %s\n", "rebuilt", b->why);
	} else {
		fprintf(out, "  %-10s %" PRIu64 " of %" PRIu64 " attempts reproduced", "rebuilt",
		        b->reproduced, b->attempts);
		if (f->found.last.expect)
			fprintf(out, ", %" PRIu64 " of them as %s", b->same,
			        violation_name(f->found.last.expect));
		fprintf(out, "; %" PRIu64 " executions\n", b->executions);
	}
	if (b->found) {
		fprintf(out, "  %-10s %s: %" PRIu64 " operations, %" PRIu64 " switches\n", "case", b->file,
		        b->ops, b->switches);
		fprintf(out, "  %-10s %s\n", "", b->signature);
		fprintf(out, "  %-10s shootdown replay %s\n", "replay", b->file);
	} else if (f->ops_file[0]) {
		rebuild_focus_print(&f->found.focus, focus);
		fprintf(out, "  %-10s shootdown stress --rebuild %s --focus %s --attempts 1000\n", "try",
		        f->ops_file, focus);
	}
	if (f->log_file[0])
		fprintf(out, "  %-10s %s\n", "events", f->log_file);
	if (f->text_file[0])
		fprintf(out, "  %-10s %s\n", "report", f->text_file);
}

/* -- JSON ---------------------------------------------------------------------------- */

static void json_text(json_t *o, const char *key, const char *text)
{
	tool_json_set(o, key, text && *text ? json_string(text) : NULL);
}

static void json_rebuilt(json_t *o, const struct stresser_finding *f)
{
	const struct stresser_rebuilt *b = &f->rebuilt;

	tool_json_set(o, "attempts", json_integer((json_int_t)b->attempts));
	tool_json_set(o, "reproduced", json_integer((json_int_t)b->reproduced));
	json_text(o, "case", b->found ? b->file : NULL);
	json_text(o, "case_signature", b->found ? b->signature : NULL);
	json_text(o, "why", b->why);
	json_text(o, "last_ops", f->ops_file);
	json_text(o, "events", f->log_file);
	json_text(o, "report", f->text_file);
}

static void json_finding(json_t *o, const struct stresser_finding *f)
{
	const struct oracle_violation *v = &f->found.r.violation;
	bool known = v->space < SD_MAX_SPACES;
	char pages[REPORT_NAME], space[REPORT_NAME];

	json_text(o, "class",
	          f->found.violation ? violation_name((enum violation_class)f->found.violation->class_)
	                             : NULL);
	json_text(o, "sanitizer", f->found.report ? f->found.report->by : NULL);
	json_text(o, "what", f->found.report ? f->found.report->what : NULL);
	tool_json_set(o, "write", f->found.violation ? json_boolean(f->found.violation->write) : NULL);
	json_text(o, "actor", v->actor < ACTOR_COUNT ? actor_name(v->actor) : NULL);
	json_text(o, "op", v->op_kind < OP_COUNT ? op_info((enum op_kind)v->op_kind)->name : NULL);
	json_text(o, "page", known ? report_pages(&f->found.last, v->page, 1, pages) : NULL);
	json_text(o, "space", known ? report_space(v->space, space) : NULL);
	tool_json_set(o, "frame", v->pfn < MEM_FRAMES ? json_integer(v->pfn) : NULL);
	json_text(o, "hw", profile_name((enum profile_id)f->found.last.profile));
	tool_json_set(o, "round", json_integer((json_int_t)f->found.round));
	json_text(o, "signature", f->found.signature);
	json_text(o, "again", f->again);
	json_rebuilt(o, f);
}

void stresser_json(const struct stresser *s, const struct stress_counts *n, enum stress_end end,
                   const struct stresser_finding *f)
{
	json_t *o = json_object();

	tool_json_set(o, "lane", json_string(stresser_lane()));
	tool_json_set(o, "threads", json_integer(s->opt.threads));
	tool_json_set(o, "devices", json_integer(s->opt.devices));
	tool_json_set(o, "seed", json_integer((json_int_t)s->opt.seed));
	tool_json_set(o, "hostile", json_boolean(s->opt.hostile));
	tool_json_set(o, "oracle", json_boolean(!s->opt.no_oracle));
	tool_json_set(o, "seconds", json_real(s->took));
	tool_json_set(o, "rounds", json_integer((json_int_t)n->rounds));
	tool_json_set(o, "ops", json_integer((json_int_t)n->ops));
	tool_json_set(o, "dma", json_integer((json_int_t)n->dma));
	tool_json_set(o, "invalidations", json_integer((json_int_t)n->invalidations));
	tool_json_set(o, "verdict", json_string(stress_end_name(end)));
	tool_json_set(o, "violations", json_integer(f != NULL));
	tool_json_set(o, "class", NULL);
	tool_json_set(o, "case", NULL);
	if (f)
		json_finding(o, f);
	tool_json_print(o);
}
