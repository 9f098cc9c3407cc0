/* SPDX-License-Identifier: MIT */
/*
 * What stays of a stress run: the case if there is one, else all that could
 * help (the report, the last operations, the event log), and the JUnit file.
 * Each is written whole or not at all.
 */
#include "tools/stresser/stresser.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stress/junit.h"
#include "tools/files.h"

bool stresser_can_write(const struct stresser *s)
{
	struct stat st;
	char probe[STRESSER_PATH];

	if (s->out && !tool_make_dir(s->out))
		return false;
	snprintf(probe, sizeof(probe), "%s/stress", s->out ? s->out : ".");
	if (s->out && !tool_can_write(probe))
		return false;
	if (!s->junit)
		return true;
	if (!tool_can_write(s->junit))
		return false;
	/* what an earlier run said must not pass for this one's, should this one be killed */
	if (stat(s->junit, &st) == 0 && S_ISREG(st.st_mode))
		unlink(s->junit);
	return true;
}

static void files_name(char *path, const struct stresser_finding *f, const char *ending)
{
	snprintf(path, STRESSER_PATH, "%s%s", f->base, ending);
}

/* -- the log --------------------------------------------------------------------- */

static void files_log_event(FILE *out, uint32_t number, const struct event *ev)
{
	struct event_value v[EVENT_FIELDS];
	const unsigned n = event_values(ev, v);

	fprintf(out, "%u %s %s", number, ev->actor < ACTOR_COUNT ? actor_name(ev->actor) : "-",
	        event_name((enum event_type)ev->type));
	for (unsigned i = 0; i < n; i++)
		fprintf(out, " %s=%" PRId64, v[i].name, v[i].value);
	fputc('\n', out);
}

/* fill prints it to the stream. false: it complained. */
static bool files_write(const char *path,
                        void (*fill)(FILE *out, const struct stresser *s, const struct stresser_finding *f),
                        const struct stresser *s, const struct stresser_finding *f)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool ok;

	if (!out) {
		tool_error("%s: no memory", path);
		return false;
	}
	fill(out, s, f);
	ok = fclose(out) == 0 && text;
	if (!ok)
		tool_error("%s: no memory", path);
	ok = ok && tool_write_file(path, text, len);
	free(text);
	return ok;
}

static void files_print_log(FILE *out, const struct stresser *s, const struct stresser_finding *f)
{
	(void)s;
	for (uint32_t i = 0; i < f->found.log.len; i++)
		files_log_event(out, i, &f->found.log.log[i]);
}

static void files_print_report(FILE *out, const struct stresser *s, const struct stresser_finding *f)
{
	stresser_print_counts(out, s, &f->found.counts, stress_end_name(f->found.end));
	stresser_print(out, s, f);
	stresser_print_rebuilt(out, f);
}

/* -- keeping ---------------------------------------------------------------------- */

/* Who wants no case and names no place wants nothing kept. */
static bool files_none_wanted(const struct stresser *s) { return s->no_rebuild && !s->out; }

bool stresser_keep_ops(const struct stresser *s, struct stresser_finding *f)
{
	if (files_none_wanted(s))
		return true;
	files_name(f->ops_file, f, ".ops.sd");
	if (tool_write_case(f->ops_file, FORM_TEXT, &f->found.last))
		return true;
	f->ops_file[0] = '\0';
	return false;
}

bool stresser_keep(const struct stresser *s, struct stresser_finding *f)
{
	bool ok = true;

	if (files_none_wanted(s))
		return true;
	if (f->rebuilt.found && f->ops_file[0]) {
		unlink(f->ops_file);
		f->ops_file[0] = '\0';
	}
	if (!f->rebuilt.found) {
		files_name(f->log_file, f, ".log");
		ok = files_write(f->log_file, files_print_log, s, f);
	}
	if (!f->rebuilt.found || s->out) {
		files_name(f->text_file, f, ".txt");
		ok = files_write(f->text_file, files_print_report, s, f) && ok;
	}
	return ok;
}

/* -- JUnit ---------------------------------------------------------------------------- */

enum { VALUE = 32, PROPERTIES = 12 };

struct settings {
	char value[PROPERTIES][VALUE];
	struct junit_property property[PROPERTIES];
	unsigned n;
};

static void settings_number(struct settings *set, const char *key, uint64_t value)
{
	snprintf(set->value[set->n], VALUE, "%" PRIu64, value);
	set->property[set->n] = (struct junit_property){key, set->value[set->n]};
	set->n++;
}

static void settings_word(struct settings *set, const char *key, const char *value)
{
	set->property[set->n++] = (struct junit_property){key, value};
}

static void settings_fill(struct settings *set, const struct stresser *s, const struct stress_counts *n)
{
	const struct stress_options *o = &s->opt;

	set->n = 0;
	settings_word(set, "lane", stresser_lane());
	settings_word(set, "hw", o->profile >= 0 ? profile_name((enum profile_id)o->profile) : "all");
	settings_word(set, "oracle", o->no_oracle ? "off" : "on");
	settings_word(set, "hostile", o->hostile ? "on" : "off");
	settings_number(set, "seed", o->seed);
	settings_number(set, "threads", o->threads);
	settings_number(set, "devices", o->devices);
	settings_number(set, "rounds", n->rounds);
	settings_number(set, "ops", n->ops);
	settings_number(set, "dma", n->dma);
	settings_number(set, "invalidations", n->invalidations);
}

static bool files_print_junit(FILE *out, const struct stresser *s, const struct stress_counts *n,
                              const struct stresser_finding *f)
{
	struct settings set;
	char *text = NULL, message[2 * SIGNATURE_MAX + STRESSER_PATH] = "", name[128], class_[64];
	size_t len = 0;
	FILE *story = f ? open_memstream(&text, &len) : NULL;

	settings_fill(&set, s, n);
	if (f && !story)
		return false;
	if (story) {
		files_print_report(story, s, f);
		fclose(story);
		snprintf(message, sizeof(message), "%s; %s%s", f->found.signature,
		         f->rebuilt.found ? "shootdown replay " : "not rebuilt; ",
		         f->rebuilt.found ? f->rebuilt.file : f->again);
	}
	snprintf(class_, sizeof(class_), "shootdown.stress.%s", stresser_lane());
	snprintf(name, sizeof(name), "seed %" PRIu64 ", %u threads, %u devices, hw %s%s%s", s->opt.seed,
	         s->opt.threads, s->opt.devices, set.property[1].value,
	         s->opt.no_oracle ? ", oracle off" : "", s->opt.hostile ? ", hostile" : "");
	junit_print(out,
	            &(struct junit){
	                    .suite = "shootdown stress",
	                    .class_ = class_,
	                    .name = name,
	                    .started = s->started,
	                    .seconds = s->took,
	                    .property = set.property,
	                    .nproperties = set.n,
	                    .type = !f ? NULL
	                            : f->found.violation
	                                    ? violation_name((enum violation_class)f->found.violation->class_)
	                                    : stress_end_name(f->found.end),
	                    .message = message,
	                    .text = text,
	            });
	free(text);
	return true;
}

bool stresser_junit(const struct stresser *s, const struct stress_counts *n, const struct stresser_finding *f)
{
	char *xml = NULL;
	size_t len = 0;
	FILE *out;
	bool ok;

	if (!s->junit)
		return true;
	out = open_memstream(&xml, &len);
	ok = out && files_print_junit(out, s, n, f);
	if (out)
		ok = fclose(out) == 0 && ok;
	if (!ok)
		tool_error("%s: no memory", s->junit);
	ok = ok && tool_write_file(s->junit, xml, len);
	free(xml);
	return ok;
}
