/* SPDX-License-Identifier: MIT */
/* op: the operations of programs, a row of ops.def each. */
#ifndef CASE_OP_H
#define CASE_OP_H

#include <stdbool.h>
#include <stdint.h>

enum op_kind {
#define OP(id, name, who, operands, promise, weights, call, what) OP_##id,
#include "case/ops.def"
#undef OP
	OP_COUNT
};

enum op_who { OP_WHO_CPU, OP_WHO_DEV };

/* What an operation owes at its return; what the names mean is said in ops.def. */
enum op_promise {
	PROMISE_NOTHING,
	PROMISE_OWN,
	PROMISE_DEAD,
	PROMISE_READONLY,
	PROMISE_SHARED,
	PROMISE_CLEAN,
	PROMISE_MAPS
};

enum { OP_THEMES = 5 }; /* columns of weights */

/* A row of ops.def. */
struct op_info {
	const char *name;
	const char *operands;
	const char *what;
	uint8_t who;     /* enum op_who */
	uint8_t promise; /* enum op_promise */
	uint8_t weight[OP_THEMES];
};

/* OP_COUNT stands for "in no operation": it takes nothing and promises nothing. */
const struct op_info *op_info(enum op_kind k);
bool op_takes(enum op_kind k, char operand); /* a letter of its operands */
enum op_promise op_promise(enum op_kind k);
bool op_unmaps_domain(enum op_kind k); /* it takes away what a map of a domain promised */

#endif
