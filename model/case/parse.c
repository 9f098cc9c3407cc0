/* SPDX-License-Identifier: MIT */
/*
 * The text form of a case: header, configuration, programs. The grammar is one
 * line a thing; indentation is for the reader. Errors name line, column, what
 * was found and what was expected. See parse_sched.c for the schedule.
 *
 *   shootdown case 1
 *   hw PROFILE [levels=N] [bits=N] [mms=N] [split=on|off] [FLAG=VALUE]...
 *   bug SLUG          skip STEP          expect CLASS|clean
 *   cpu N [mm N]      dev N pasid N|domain N [iommu N]      dev N (again, for its program)
 *     OP OPERANDS     (one a line, below its program)
 */
#include "case/limits.h"
#include "case/parse.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 };

bool parse_page(struct parser *p, uint8_t *region, uint8_t *off)
{
	const struct token t = lex_word(&p->lex);
	struct token number;
	unsigned v = 0;

	if (t.len == 0 || t.s[0] < 'a' || t.s[0] >= 'a' + CASE_REGIONS || (t.len > 1 && t.s[1] != '+'))
		return lex_fail(&p->lex, &t, "a page: a region from a to h, as in 'a' or 'c+3'");
	number = lex_part(&t, 2, t.len);
	if (t.len > 1 && !lex_number(&p->lex, &number, 0, CASE_MAX_OFF, "an offset", &v))
		return false;
	*region = (uint8_t)(t.s[0] - 'a');
	*off = (uint8_t)v;
	return true;
}

/* -- operations ------------------------------------------------------------ */

static bool parse_is_digit(const struct token *t) { return t->len > 0 && t->s[0] >= '0' && t->s[0] <= '9'; }

/* One of the names, or (where it is optional) anything else. */
static bool parse_choice(struct parser *p, const char *const *names, int n, const char *expected,
                         uint8_t *out)
{
	const struct token t = lex_peek(&p->lex);

	for (int i = 0; i < n; i++) {
		if (!lex_is(&t, names[i]))
			continue;
		*out = (uint8_t)i;
		lex_word(&p->lex);
		return true;
	}
	return expected == NULL || lex_fail(&p->lex, &t, expected);
}

static bool parse_operand(struct parser *p, char which, struct case_op *op)
{
	static const char *const prots[] = {"r", "rw"};
	static const char *const kinds[] = {"anon", "file", "huge"};
	static const char *const modes[] = {"r", "w"};
	struct token t;
	unsigned v;

	switch (which) {
	case 'R':
		return parse_page(p, &op->region, &op->off);
	case 'S':
		return parse_page(p, &op->region2, &op->off2);
	case 'n':
		t = lex_peek(&p->lex);
		if (!parse_is_digit(&t))
			return true;
		lex_word(&p->lex);
		if (!lex_number(&p->lex, &t, 1, CASE_MAX_N, "a number of pages", &v))
			return false;
		op->n = (uint8_t)v;
		return true;
	case 'p':
		return parse_choice(p, prots, 2, "a protection, r or rw", &op->prot);
	case 'k':
		return parse_choice(p, kinds, CASE_KINDS, NULL, &op->arg);
	case 'd':
		t = lex_word(&p->lex);
		if (!lex_number(&p->lex, &t, 0, DOMAINS - 1, "a domain", &v))
			return false;
		op->arg = (uint8_t)v;
		return true;
	default: /* m */
		return parse_choice(p, modes, 2, NULL, &op->arg);
	}
}

static int parse_find_op(const struct token *t)
{
	for (int i = 0; i < OP_COUNT; i++)
		if (lex_is(t, op_info((enum op_kind)i)->name))
			return i;
	return -1;
}

static bool parse_op(struct parser *p)
{
	struct case_program *prog = &p->c->prog[p->actor];
	const struct token t = lex_word(&p->lex);
	const enum op_who who = p->actor < ACTOR_DEV0 ? OP_WHO_CPU : OP_WHO_DEV;
	const int kind = parse_find_op(&t);
	struct case_op op = {.n = 1};

	if (kind < 0 || op_info((enum op_kind)kind)->who != who)
		return lex_fail(&p->lex, &t,
		                who == OP_WHO_CPU ? "an operation of a cpu" : "an operation of a device");
	if (prog->nops == CASE_MAX_OPS)
		return lex_error(&p->lex, &t, "too many operations, expected at most 32 in a program");
	op.kind = (uint8_t)kind;
	for (const char *o = op_info((enum op_kind)kind)->operands; *o; o++)
		if (!parse_operand(p, *o, &op))
			return false;
	prog->op[prog->nops++] = op;
	return lex_end(&p->lex);
}

/* -- programs -------------------------------------------------------------- */

static bool parse_named(struct parser *p, const char *what, unsigned min, unsigned max, uint8_t *out)
{
	const struct token t = lex_word(&p->lex);
	unsigned v;

	if (!lex_number(&p->lex, &t, min, max, what, &v))
		return false;
	*out = (uint8_t)v;
	return true;
}

/* Whose program follows; *number is for errors about it. */
static struct case_program *parse_next_program(struct parser *p, int first, unsigned count, const char *what,
                                               struct token *number)
{
	unsigned k;

	*number = lex_word(&p->lex);
	if (!lex_number(&p->lex, number, 0, count - 1, what, &k))
		return NULL;
	p->actor = first + (int)k;
	p->section = IN_PROGRAM;
	return &p->c->prog[p->actor];
}

static bool parse_cpu(struct parser *p)
{
	struct token number;
	struct case_program *prog = parse_next_program(p, ACTOR_CPU0, SD_MAX_CPUS, "a cpu", &number);

	if (!prog)
		return false;
	if (prog->present)
		return lex_error(&p->lex, &number, "this cpu has a program already, expected another cpu");
	prog->present = 1;
	if (lex_peek(&p->lex).len > 0)
		if (!lex_word_is(&p->lex, "mm") || !parse_named(p, "an mm", 0, SD_MAX_MMS - 1, &prog->mm))
			return false;
	return lex_end(&p->lex);
}

/* Where a device is attached; its program may follow right here, or later under "dev N" alone. */
static bool parse_dev(struct parser *p)
{
	struct token number, t;
	struct case_program *prog = parse_next_program(p, ACTOR_DEV0, SD_MAX_DEVS, "a device", &number);

	if (!prog)
		return false;
	if (prog->nops > 0)
		return lex_error(&p->lex, &number,
		                 "this device has a program already, expected another device");
	t = lex_word(&p->lex);
	if (prog->present)
		return t.len == 0 ||
		       lex_fail(&p->lex, &t, "the end of the line: the device is attached already");
	prog->present = 1;
	if (lex_is(&t, "pasid")) {
		if (!parse_named(p, "a PASID", 1, SD_MAX_MMS, &prog->pasid))
			return false;
	} else if (lex_is(&t, "domain")) {
		if (!parse_named(p, "a domain", 0, DOMAINS - 1, &prog->domain))
			return false;
	} else {
		return lex_fail(&p->lex, &t, "'pasid' or 'domain'");
	}
	if (lex_peek(&p->lex).len > 0)
		if (!lex_word_is(&p->lex, "iommu") ||
		    !parse_named(p, "an IOMMU", 0, SD_MAX_IOMMUS - 1, &prog->iommu))
			return false;
	return lex_end(&p->lex);
}

/* -- configuration ----------------------------------------------------------- */

static bool parse_value(struct parser *p, const struct token *t, unsigned min, unsigned max, unsigned *out)
{
	if (min == 0 && max == 1) {
		if (lex_is(t, "on") || lex_is(t, "off") || lex_is(t, "1") || lex_is(t, "0")) {
			*out = lex_is(t, "on") || lex_is(t, "1");
			return true;
		}
		return lex_fail(&p->lex, t, "on or off");
	}
	return lex_number(&p->lex, t, min, max, "a value", out);
}

/* levels=3, split=on, or a profile flag. */
static bool parse_setting(struct parser *p, const struct token *t)
{
	const int eq = lex_chr(t, '=');
	const struct token name = lex_part(t, 0, eq < 0 ? t->len : (unsigned)eq);
	const struct token value = lex_part(t, (unsigned)eq + 1, t->len);
	const struct {
		const char *name;
		uint8_t min, max, *out;
	} own[] = {{"levels", LEVELS_MIN, LEVELS_MAX, &p->c->levels},
	           {"bits", BITS_MIN, BITS_MAX, &p->c->bits},
	           {"mms", 1, SD_MAX_MMS, &p->c->mms},
	           {"split", 0, 1, &p->c->split}};
	unsigned v;
	int f;

	if (eq < 0)
		return lex_fail(&p->lex, t, "name=value");
	for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (!lex_is(&name, own[i].name))
			continue;
		if (!parse_value(p, &value, own[i].min, own[i].max, &v))
			return false;
		*own[i].out = (uint8_t)v;
		return true;
	}
	f = profile_flag_find(name.s, name.len);
	if (f < 0)
		return lex_fail(&p->lex, &name, "a profile flag, levels, bits, mms or split");
	if (!parse_value(p, &value, 0, profile_flag_max((enum profile_flag)f), &v))
		return false;
	if (v < profile_flag_min((enum profile_id)p->c->profile, (enum profile_flag)f))
		return lex_fail(&p->lex, &value, "on: no command of this profile can ask for it");
	profile_set(&p->c->prof, (enum profile_flag)f, v);
	return true;
}

/* The error says which profiles there are. */
static bool parse_no_profile(struct parser *p, const struct token *t)
{
	char expected[128] = "a profile:";
	size_t len = strlen(expected);

	for (int i = 0; i < PROFILE_COUNT && len < sizeof(expected); i++)
		len += (size_t)snprintf(expected + len, sizeof(expected) - len, "%s %s",
		                        i == 0                   ? ""
		                        : i < PROFILE_COUNT - 1 ? ","
		                                                 : " or",
		                        profile_name((enum profile_id)i));
	return lex_fail(&p->lex, t, expected);
}

static bool parse_hw(struct parser *p)
{
	struct token t = lex_word(&p->lex);
	const int prof = profile_find(t.s, t.len);

	if (p->seen_hw)
		return lex_error(&p->lex, &t, "a second hw line, expected one");
	if (prof < 0)
		return parse_no_profile(p, &t);
	p->seen_hw = true;
	p->c->profile = (uint8_t)prof;
	p->c->prof = profiles[prof];
	for (t = lex_word(&p->lex); t.len > 0; t = lex_word(&p->lex))
		if (!parse_setting(p, &t))
			return false;
	if (p->c->levels * p->c->bits > SPACE_BITS_MAX)
		return lex_error(&p->lex, &t, "the space is too large, expected levels times bits up to 12");
	return true;
}

static bool parse_bug(struct parser *p)
{
	const struct token t = lex_word(&p->lex);
	const int bug = t.len ? bug_find(t.s, t.len) : -1;

	if (bug < 0)
		return lex_fail(&p->lex, &t, "the slug of a planted bug");
	p->c->bugs |= (uint64_t)1 << bug;
	return lex_end(&p->lex);
}

static bool parse_skip(struct parser *p)
{
	const struct token t = lex_word(&p->lex);
	const int step = t.len ? step_find(t.s, t.len) : -1;

	if (step < 0)
		return lex_fail(&p->lex, &t, "the name of a step");
	p->c->skip[step / 64] |= (uint64_t)1 << (step % 64);
	return lex_end(&p->lex);
}

static bool parse_expect(struct parser *p)
{
	const struct token t = lex_word(&p->lex);
	const int class_ = violation_find(t.s, t.len);

	if (p->seen_expect)
		return lex_error(&p->lex, &t, "a second expectation, expected one");
	if (class_ < 0)
		return lex_fail(&p->lex, &t, "'clean' or a violation class");
	p->seen_expect = true;
	p->c->expect = (uint8_t)class_;
	return lex_end(&p->lex);
}

static bool parse_schedule(struct parser *p)
{
	const struct token t = lex_peek(&p->lex);

	if (p->seen_schedule)
		return lex_error(&p->lex, &t, "a second schedule, expected one");
	p->seen_schedule = true;
	p->section = IN_SCHEDULE;
	return lex_end(&p->lex);
}

/* -- the file ------------------------------------------------------------------ */

static bool parse_line(struct parser *p)
{
	static const struct {
		const char *word;
		bool (*parse)(struct parser *p);
	} lines[] = {
	        {"hw", parse_hw},   {"bug", parse_bug},       {"skip", parse_skip},        {"cpu", parse_cpu},
	        {"dev", parse_dev}, {"expect", parse_expect}, {"schedule", parse_schedule}};
	const struct token t = lex_peek(&p->lex);

	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!lex_is(&t, lines[i].word))
			continue;
		lex_word(&p->lex);
		return lines[i].parse(p);
	}
	if (p->section == IN_PROGRAM)
		return parse_op(p);
	if (p->section == IN_SCHEDULE)
		return parse_schedule_line(p);
	return lex_fail(&p->lex, &t, "hw, bug, skip, cpu, dev, schedule or expect");
}

static bool parse_header(struct parser *p)
{
	struct token t = {.s = "", .line = 1, .column = 1};
	unsigned version;

	if (!lex_line(&p->lex))
		return lex_error(&p->lex, &t, "an empty file, expected 'shootdown case 1'");
	if (!lex_word_is(&p->lex, "shootdown") || !lex_word_is(&p->lex, "case"))
		return false;
	t = lex_word(&p->lex);
	return lex_number(&p->lex, &t, 1, CASE_VERSION, "a format version", &version) && lex_end(&p->lex);
}

static bool parse_text(struct parser *p)
{
	const struct token start = {.s = "", .line = 1, .column = 1};

	if (p->lex.len > TEXT_MAX)
		return lex_error(&p->lex, &start, "the text is too long, expected at most 1 MiB");
	if (!parse_header(p))
		return false;
	while (lex_line(&p->lex))
		if (!parse_line(p))
			return false;
	return true;
}

bool case_parse(struct case_file *c, const char *text, size_t len, struct case_error *err)
{
	struct parser p = {.c = c};
	unsigned entries;

	case_init(c, PROFILE_VTD);
	c->prog[ACTOR_CPU0].present = 0;
	lex_init(&p.lex, text, len, err);
	if (!parse_text(&p)) {
		case_init(c, PROFILE_VTD);
		return false;
	}
	entries = c->nsched;
	case_fix(c);
	c->dropped = (uint16_t)(p.gone + entries - c->nsched);
	return true;
}
