/* SPDX-License-Identifier: MIT */
/*
 * The schedule section of the text form:
 *
 *   order ACTOR...                  ACTOR first
 *   ACTOR [OP#K] at POINT#N -> ACTOR
 *   ACTOR [OP#K] at POINT#N fill ACTOR PAGE [w]
 *   ACTOR [OP#K] at POINT#N dma-read|dma-write ACTOR PAGE
 *
 * K and N count from 1 and may be left out. Points come and go with the code,
 * so an entry at an unknown point is counted and left out; anything else that
 * is unknown is an error.
 */
#include "case/parse.h"

#include <string.h>

enum { PASSAGE_MAX = 0xffff };

static bool parse_actor(struct parser *p, const struct token *t, uint8_t *out)
{
	const int actor = actor_find(t->s, t->len);

	if (actor < 0)
		return lex_fail(&p->lex, t, "an actor, as in cpu0, dev1, iommu0 or prq0");
	*out = (uint8_t)actor;
	return true;
}

/* The actor goes to place k of the order, those behind it move back by one. */
static void parse_order_move(struct case_file *c, uint8_t actor, unsigned k)
{
	const uint8_t *at = memchr(c->order, actor, sizeof(c->order));

	memmove(&c->order[k + 1], &c->order[k], (size_t)(at - &c->order[k]));
	c->order[k] = actor;
}

static bool parse_order(struct parser *p)
{
	struct token t = lex_word(&p->lex);
	unsigned seen = 0, n = 0;
	uint8_t actor = 0;

	if (p->seen_order)
		return lex_error(&p->lex, &t, "a second order, expected one");
	p->seen_order = true;
	for (; t.len > 0 || n == 0; t = lex_word(&p->lex)) {
		if (!parse_actor(p, &t, &actor))
			return false;
		if (seen >> actor & 1)
			return lex_error(&p->lex, &t, "an actor twice, expected every actor once");
		seen |= 1u << actor;
		parse_order_move(p->c, actor, n++);
	}
	return true;
}

/* NAME#NUMBER; the number defaults to 1. */
static bool parse_split_count(struct parser *p, const struct token *t, unsigned max, struct token *name,
                              unsigned *count)
{
	const int hash = lex_chr(t, '#');
	struct token number;

	*name = *t;
	*count = 1;
	if (hash < 0)
		return true;
	*name = lex_part(t, 0, (unsigned)hash);
	number = lex_part(t, (unsigned)hash + 1, t->len);
	return lex_number(&p->lex, &number, 1, max, "a count", count);
}

static bool parse_op_name(struct parser *p, const struct token *t, struct case_sched *e)
{
	struct token name;
	unsigned count;

	if (!parse_split_count(p, t, CASE_MAX_OPS, &name, &count))
		return false;
	for (int i = 0; i < OP_COUNT; i++) {
		if (!lex_is(&name, op_info((enum op_kind)i)->name))
			continue;
		e->op_kind = (uint8_t)i;
		e->op_occurrence = (uint8_t)count;
		return true;
	}
	return lex_fail(&p->lex, &name, "'at', 'first' or an operation");
}

/* *known: false where no point has that name (any more). */
static bool parse_point(struct parser *p, struct case_sched *e, bool *known)
{
	const struct token t = lex_word(&p->lex);
	struct token name;
	unsigned count;
	int point;

	if (!parse_split_count(p, &t, PASSAGE_MAX, &name, &count))
		return false;
	if (lex_chr(&name, '.') < 0)
		return lex_fail(&p->lex, &name, "a point, as in mm.zap.clear#1");
	point = point_find(name.s, name.len);
	*known = point >= 0;
	e->point = point >= 0 ? (uint16_t)point : 0;
	e->passage = (uint16_t)count;
	return true;
}

static bool parse_action(struct parser *p, struct case_sched *e)
{
	static const char *const words[] = {[DO_SWITCH] = "->",
	                                    [DO_FILL] = "fill",
	                                    [DO_DMA_READ] = "dma-read",
	                                    [DO_DMA_WRITE] = "dma-write"};
	const struct token t = lex_word(&p->lex);
	struct token who;

	for (e->what = 0; e->what < DO_COUNT; e->what++)
		if (lex_is(&t, words[e->what]))
			break;
	if (e->what == DO_COUNT)
		return lex_fail(&p->lex, &t, "'->', 'fill', 'dma-read' or 'dma-write'");
	who = lex_word(&p->lex);
	if (!parse_actor(p, &who, &e->target))
		return false;
	if (e->what == DO_SWITCH)
		return lex_end(&p->lex);
	if (e->target >= CASE_PROGRAMS)
		return lex_fail(&p->lex, &who, "a cpu or a device");
	if (!parse_page(p, &e->region, &e->off))
		return false;
	if (e->what == DO_FILL) {
		const struct token mode = lex_peek(&p->lex);

		e->fill_write = lex_is(&mode, "w");
		if (e->fill_write || lex_is(&mode, "r"))
			lex_word(&p->lex);
	}
	return lex_end(&p->lex);
}

static bool parse_entry(struct parser *p, const struct token *first)
{
	struct case_sched e = {.op_kind = OP_COUNT};
	struct token t = lex_word(&p->lex);
	bool known = false;

	if (!parse_actor(p, first, &e.actor))
		return false;
	if (lex_is(&t, "first")) {
		parse_order_move(p->c, e.actor, 0);
		return lex_end(&p->lex);
	}
	if (!lex_is(&t, "at")) {
		if (!parse_op_name(p, &t, &e) || !lex_word_is(&p->lex, "at"))
			return false;
	}
	if (!parse_point(p, &e, &known) || !parse_action(p, &e))
		return false;
	if (!known) {
		p->gone += p->gone < PASSAGE_MAX - CASE_MAX_SCHED;
		return true;
	}
	if (p->c->nsched == CASE_MAX_SCHED)
		return lex_error(&p->lex, first, "too many schedule entries, expected at most 512");
	p->c->sched[p->c->nsched++] = e;
	return true;
}

bool parse_schedule_line(struct parser *p)
{
	const struct token t = lex_word(&p->lex);

	if (lex_is(&t, "order"))
		return parse_order(p);
	return parse_entry(p, &t);
}
