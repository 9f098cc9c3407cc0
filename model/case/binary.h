/* SPDX-License-Identifier: MIT */
/* What the two decoders share; for model/case only. */
#ifndef CASE_BINARY_H
#define CASE_BINARY_H

#include "case/case.h"

struct case_bytes {
	const uint8_t *p;
	size_t left;
};

/* The next byte; zero once there is none. */
static inline uint8_t case_take(struct case_bytes *b)
{
	if (b->left == 0)
		return 0;
	b->left--;
	return *b->p++;
}

/* A case with a CPU and a device operation, whatever the bytes. */
void case_decode_wild(struct case_file *c, struct case_bytes *b);

#endif
