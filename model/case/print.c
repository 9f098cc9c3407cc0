/* SPDX-License-Identifier: MIT */
/*
 * The canonical text of a case: what has its default is left out, and parsing
 * the text gives the same case again. The grammar is in parse.c and
 * parse_sched.c.
 */
#include "case/case.h"

#include <stdarg.h>
#include <string.h>

struct writer {
	char *buf;
	size_t cap, len;
};

__attribute__((format(printf, 2, 3))) static void put(struct writer *w, const char *format, ...)
{
	const size_t left = w->len < w->cap ? w->cap - w->len : 0;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(left ? &w->buf[w->len] : NULL, left, format, ap);
	va_end(ap);
	w->len += n > 0 ? (size_t)n : 0;
}

static void print_page(struct writer *w, int region, int off)
{
	put(w, " %c", 'a' + region);
	if (off)
		put(w, "+%d", off);
}

static void print_hw(struct writer *w, const struct case_file *c)
{
	put(w, "hw %s", profile_name((enum profile_id)c->profile));
	if (c->levels != 3 || c->bits != 3)
		put(w, " levels=%u bits=%u", c->levels, c->bits);
	if (c->mms != 1)
		put(w, " mms=%u", c->mms);
	if (c->split)
		put(w, " split=on");
	for (int i = 0; i < PF_COUNT; i++) {
		const enum profile_flag f = (enum profile_flag)i;
		const unsigned v = profile_get(&c->prof, f);

		if (v == profile_get(&profiles[c->profile], f))
			continue;
		if (profile_flag_max(f) == 1)
			put(w, " %s=%s", profile_flag_name(f), v ? "on" : "off");
		else
			put(w, " %s=%u", profile_flag_name(f), v);
	}
	put(w, "\n");
}

static void print_switches(struct writer *w, const struct case_file *c)
{
	for (int b = 0; b < BUG_COUNT; b++)
		if (c->bugs >> b & 1)
			put(w, "bug %s\n", bug_info((enum bug)b)->slug);
	for (int s = 0; s < (int)STEP_COUNT; s++)
		if (c->skip[s / 64] >> (s % 64) & 1)
			put(w, "skip %s\n", step_name((enum step)s));
}

static void print_op(struct writer *w, const struct case_op *op)
{
	static const char *const kinds[] = {[CASE_ANON] = "", [CASE_FILE] = " file", [CASE_HUGE] = " huge"};
	const struct op_info *info = op_info((enum op_kind)op->kind);

	put(w, "  %s", info->name);
	for (const char *o = info->operands; *o; o++) {
		switch (*o) {
		case 'R':
			print_page(w, op->region, op->off);
			break;
		case 'S':
			print_page(w, op->region2, op->off2);
			break;
		case 'n':
			if (op->n != 1)
				put(w, " %u", op->n);
			break;
		case 'p':
			put(w, op->prot == PROT_RW ? " rw" : " r");
			break;
		case 'k':
			put(w, "%s", kinds[op->arg]);
			break;
		case 'd':
			put(w, " %u", op->arg);
			break;
		default: /* m */
			put(w, "%s", op->arg ? " w" : "");
			break;
		}
	}
	put(w, "\n");
}

static void print_program(struct writer *w, const struct case_program *p, int actor)
{
	if (actor < ACTOR_DEV0) {
		put(w, "cpu %d", actor - ACTOR_CPU0);
		if (p->mm)
			put(w, " mm %u", p->mm);
	} else {
		put(w, "dev %d", actor - ACTOR_DEV0);
		if (p->pasid)
			put(w, " pasid %u", p->pasid);
		else
			put(w, " domain %u", p->domain);
		if (p->iommu)
			put(w, " iommu %u", p->iommu);
	}
	put(w, "\n");
	for (int i = 0; i < p->nops; i++)
		print_op(w, &p->op[i]);
}

/* Actors that an order line must name; the others follow by number. */
static int print_order_prefix(const struct case_file *c)
{
	int n = ACTOR_COUNT - 1;

	while (n > 0 && c->order[n - 1] < c->order[n])
		n--;
	return n;
}

static void print_order(struct writer *w, const struct case_file *c)
{
	const int n = print_order_prefix(c);

	if (n == 1)
		put(w, "  %s first\n", actor_name(c->order[0]));
	if (n <= 1)
		return;
	put(w, "  order");
	for (int i = 0; i < n; i++)
		put(w, " %s", actor_name(c->order[i]));
	put(w, "\n");
}

static void print_entry(struct writer *w, const struct case_sched *e)
{
	static const char *const words[] = {[DO_SWITCH] = "->",
	                                    [DO_FILL] = "fill",
	                                    [DO_DMA_READ] = "dma-read",
	                                    [DO_DMA_WRITE] = "dma-write"};

	put(w, "  %s", actor_name(e->actor));
	if (e->op_kind < OP_COUNT)
		put(w, " %s#%u", op_info((enum op_kind)e->op_kind)->name, e->op_occurrence);
	put(w, " at %s#%u %s %s", point_name((enum point)e->point), e->passage, words[e->what],
	    actor_name(e->target));
	if (e->what != DO_SWITCH)
		print_page(w, e->region, e->off);
	put(w, "%s\n", e->fill_write ? " w" : "");
}

size_t case_print(const struct case_file *c, char *buf, size_t cap)
{
	struct writer w = {buf, cap, 0};

	put(&w, "shootdown case %d\n", CASE_VERSION);
	print_hw(&w, c);
	print_switches(&w, c);
	for (int a = 0; a < CASE_PROGRAMS; a++)
		if (c->prog[a].present)
			print_program(&w, &c->prog[a], a);
	if (c->nsched || print_order_prefix(c))
		put(&w, "schedule\n");
	print_order(&w, c);
	for (int i = 0; i < c->nsched; i++)
		print_entry(&w, &c->sched[i]);
	put(&w, "expect %s\n", violation_name((enum violation_class)c->expect));
	return w.len;
}
