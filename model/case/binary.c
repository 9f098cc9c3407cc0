/* SPDX-License-Identifier: MIT */
/*
 * The binary twin: compact, loss-free, for the queues of fuzzers. Operations,
 * points, bugs and steps are stored by number, so a binary belongs to the build
 * that wrote it; what should last is kept as text.
 *
 * Layout, after the header byte 0xc0 + CASE_VERSION:
 *   blocks	bit 0 flags, 1 bugs, 2 steps, 3 order: which optional blocks follow
 *   config	profile, levels << 4 | bits, mms << 1 | split, expect
 *   [flags]	count, then flag and value each; those that differ from the preset
 *   [bugs]	8 bytes	  [steps] 16 bytes   [order] one byte an actor
 *   programs	a bit mask, then for each: mm << 1 | iommu, pasid << 4 | domain, nops, operations
 *   schedule	entries up to the end of the bytes
 *
 * Decoding never fails: bytes that are missing read as zero, case_fix() clamps
 * the rest. A string with another header is not an encoded case but entropy,
 * and binary_wild.c makes a case of it.
 */
#include "case/binary.h"

#include <string.h>

enum {
	HEADER = 0xc0 + CASE_VERSION,
	BLOCK_FLAGS = 1,
	BLOCK_BUGS = 2,
	BLOCK_STEPS = 4,
	BLOCK_ORDER = 8,
	SCHED_BYTES = 9, /* of one entry */
};

/* -- out ------------------------------------------------------------------- */

struct bytes_out {
	uint8_t *p;
	size_t len, cap;
};

static void encode_byte(struct bytes_out *o, unsigned v)
{
	if (o->len < o->cap)
		o->p[o->len] = (uint8_t)v;
	o->len++;
}

static void encode_word(struct bytes_out *o, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		encode_byte(o, (unsigned)(v >> 8 * i) & 0xff);
}

static unsigned encode_changed_flags(const struct case_file *c)
{
	unsigned n = 0;

	for (int f = 0; f < PF_COUNT; f++)
		n += profile_get(&c->prof, (enum profile_flag)f) !=
		     profile_get(&profiles[c->profile], (enum profile_flag)f);
	return n;
}

static bool encode_order_changed(const struct case_file *c)
{
	for (int i = 0; i < ACTOR_COUNT; i++)
		if (c->order[i] != i)
			return true;
	return false;
}

static void encode_config(struct bytes_out *o, const struct case_file *c)
{
	const unsigned flags = encode_changed_flags(c);
	const bool steps = c->skip[0] || c->skip[1];

	encode_byte(o, (flags ? BLOCK_FLAGS : 0) | (c->bugs ? BLOCK_BUGS : 0) | (steps ? BLOCK_STEPS : 0) |
	                       (encode_order_changed(c) ? BLOCK_ORDER : 0));
	encode_byte(o, c->profile);
	encode_byte(o, (unsigned)c->levels << 4 | c->bits);
	encode_byte(o, (unsigned)c->mms << 1 | c->split);
	encode_byte(o, c->expect);
	if (flags) {
		encode_byte(o, flags);
		for (int f = 0; f < PF_COUNT; f++) {
			const unsigned v = profile_get(&c->prof, (enum profile_flag)f);

			if (v == profile_get(&profiles[c->profile], (enum profile_flag)f))
				continue;
			encode_byte(o, (unsigned)f);
			encode_byte(o, v);
		}
	}
	if (c->bugs)
		encode_word(o, c->bugs, 8);
	for (int i = 0; steps && i < 2; i++)
		encode_word(o, c->skip[i], 8);
	for (int i = 0; encode_order_changed(c) && i < ACTOR_COUNT; i++)
		encode_byte(o, c->order[i]);
}

static void encode_op(struct bytes_out *o, const struct case_op *op)
{
	const char *operands = op_info((enum op_kind)op->kind)->operands;

	encode_byte(o, op->kind);
	if (strchr(operands, 'R'))
		encode_byte(o, (unsigned)op->region << 4 | op->off);
	if (strchr(operands, 'S'))
		encode_byte(o, (unsigned)op->region2 << 4 | op->off2);
	if (strpbrk(operands, "npkdm"))
		encode_byte(o, ((unsigned)op->n - 1) | (unsigned)op->prot << 4 | (unsigned)op->arg << 5);
}

static void encode_program(struct bytes_out *o, const struct case_program *p)
{
	encode_byte(o, (unsigned)p->mm << 1 | p->iommu);
	encode_byte(o, (unsigned)p->pasid << 4 | p->domain);
	encode_byte(o, p->nops);
	for (int i = 0; i < p->nops; i++)
		encode_op(o, &p->op[i]);
}

static void encode_entry(struct bytes_out *o, const struct case_sched *e)
{
	encode_byte(o, (unsigned)e->what << 4 | e->actor);
	encode_byte(o, e->op_kind);
	encode_byte(o, e->op_occurrence);
	encode_word(o, e->point, 2);
	encode_word(o, e->passage, 2);
	encode_byte(o, (unsigned)e->fill_write << 7 | e->target);
	encode_byte(o, (unsigned)e->region << 4 | e->off);
}

size_t case_encode(const struct case_file *c, uint8_t *bytes, size_t cap)
{
	struct bytes_out o = {bytes, 0, cap};
	unsigned present = 0;

	encode_byte(&o, HEADER);
	encode_config(&o, c);
	for (int a = 0; a < CASE_PROGRAMS; a++)
		present |= (unsigned)c->prog[a].present << a;
	encode_byte(&o, present);
	for (int a = 0; a < CASE_PROGRAMS; a++)
		if (c->prog[a].present)
			encode_program(&o, &c->prog[a]);
	for (int i = 0; i < c->nsched; i++)
		encode_entry(&o, &c->sched[i]);
	return o.len <= cap ? o.len : 0;
}

/* -- in ---------------------------------------------------------------------- */

static uint64_t decode_word(struct case_bytes *b, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)case_take(b) << 8 * i;
	return v;
}

static void decode_config(struct case_bytes *b, struct case_file *c)
{
	const unsigned blocks = case_take(b);
	unsigned v;

	case_init(c, (enum profile_id)(case_take(b) % PROFILE_COUNT));
	c->prog[ACTOR_CPU0].present = 0;
	v = case_take(b);
	c->levels = (uint8_t)(v >> 4);
	c->bits = v & 15;
	v = case_take(b);
	c->mms = (uint8_t)(v >> 1);
	c->split = v & 1;
	c->expect = (uint8_t)(case_take(b) % VC_COUNT);
	if (blocks & BLOCK_FLAGS) {
		for (unsigned n = case_take(b) % (PF_COUNT + 1); n > 0; n--) {
			const enum profile_flag f = (enum profile_flag)(case_take(b) % PF_COUNT);

			profile_set(&c->prof, f, case_take(b));
		}
	}
	if (blocks & BLOCK_BUGS)
		c->bugs = decode_word(b, 8);
	for (int i = 0; (blocks & BLOCK_STEPS) && i < 2; i++)
		c->skip[i] = decode_word(b, 8);
	for (int i = 0; (blocks & BLOCK_ORDER) && i < ACTOR_COUNT; i++)
		c->order[i] = case_take(b);
}

static void decode_op(struct case_bytes *b, struct case_op *op)
{
	const char *operands;
	unsigned v;

	op->kind = case_take(b) % OP_COUNT;
	operands = op_info((enum op_kind)op->kind)->operands;
	if (strchr(operands, 'R')) {
		v = case_take(b);
		op->region = (uint8_t)(v >> 4);
		op->off = v & 15;
	}
	if (strchr(operands, 'S')) {
		v = case_take(b);
		op->region2 = (uint8_t)(v >> 4);
		op->off2 = v & 15;
	}
	if (strpbrk(operands, "npkdm")) {
		v = case_take(b);
		op->n = (v & 15) + 1;
		op->prot = v >> 4 & 1;
		op->arg = (uint8_t)(v >> 5);
	}
}

static void decode_program(struct case_bytes *b, struct case_program *p)
{
	unsigned v = case_take(b);

	p->present = 1;
	p->mm = (uint8_t)(v >> 1);
	p->iommu = v & 1;
	v = case_take(b);
	p->pasid = (uint8_t)(v >> 4);
	p->domain = v & 15;
	p->nops = case_take(b);
	if (p->nops > CASE_MAX_OPS)
		p->nops %= CASE_MAX_OPS;
	for (int i = 0; i < p->nops; i++)
		decode_op(b, &p->op[i]);
}

static void decode_entry(struct case_bytes *b, struct case_sched *e)
{
	unsigned v = case_take(b);

	e->what = (v >> 4) % DO_COUNT;
	e->actor = (v & 15) % ACTOR_COUNT;
	e->op_kind = case_take(b);
	e->op_occurrence = case_take(b);
	e->point = (uint16_t)(decode_word(b, 2) % PT_COUNT);
	e->passage = (uint16_t)decode_word(b, 2);
	v = case_take(b);
	e->fill_write = (uint8_t)(v >> 7);
	e->target = (v & 127) % ACTOR_COUNT;
	v = case_take(b);
	e->region = (uint8_t)(v >> 4);
	e->off = v & 15;
}

void case_decode(struct case_file *c, const uint8_t *bytes, size_t len)
{
	struct case_bytes b = {bytes, len};
	unsigned present;

	if (len == 0 || bytes[0] != HEADER) {
		case_decode_wild(c, &b);
		return;
	}
	case_take(&b);
	decode_config(&b, c);
	present = case_take(&b);
	for (int a = 0; a < CASE_PROGRAMS; a++)
		if (present >> a & 1)
			decode_program(&b, &c->prog[a]);
	while (b.left >= SCHED_BYTES && c->nsched < CASE_MAX_SCHED)
		decode_entry(&b, &c->sched[c->nsched++]);
	case_fix(c);
}
