/* SPDX-License-Identifier: MIT */
/* The texts of the corpus, and what becomes of them by accident. */
#ifndef TESTS_SUPPORT_TEXT_H
#define TESTS_SUPPORT_TEXT_H

#include "case/case.h"
#include "engine/search/rng.h"

enum { TEXT_MAX = 256 * 1024 };

struct text_store;

/* Every .sd of the folder and of its bugs/, in the order of their names; NULL: none. */
struct text_store *text_load(const char *dir);
void text_free(struct text_store *s);
/* One of the stored cases, as it is. */
void text_case(const struct text_store *s, struct rng *r, struct case_file *c);
/* A stored text after a few accidents, in buf[TEXT_MAX]; returns its length. */
size_t text_mutate(const struct text_store *s, struct rng *r, char *buf);

#endif
