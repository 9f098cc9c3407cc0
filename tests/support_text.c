/* SPDX-License-Identifier: MIT */
/*
 * Case files as they come after accidents: flipped, lost and doubled bytes and
 * lines, two files in one, numbers that fit nowhere, NULs, endless lines.
 */
#include "support_text.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 512, FILE_MAX = 16 * 1024, LONG_LINE = 70 * 1024, ACCIDENTS = 6 };

struct text {
	char *p;
	size_t len;
};

struct text_store {
	struct text file[FILES_MAX];
	unsigned n;
};

static void load_one(struct text_store *s, const char *path)
{
	struct text *t = &s->file[s->n];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	t->p = malloc(FILE_MAX);
	if (t->p)
		t->len = fread(t->p, 1, FILE_MAX, f);
	fclose(f);
	s->n += t->p != NULL;
}

struct text_store *text_load(const char *dir)
{
	static const char *const patterns[] = {"%s/*.sd", "%s/bugs/*.sd"};
	struct text_store *s = calloc(1, sizeof(*s));

	for (int i = 0; s && i < 2; i++) {
		char pattern[4096];
		glob_t found;

		snprintf(pattern, sizeof(pattern), patterns[i], dir);
		if (glob(pattern, 0, NULL, &found) != 0)
			continue;
		for (size_t k = 0; k < found.gl_pathc && s->n < FILES_MAX; k++)
			load_one(s, found.gl_pathv[k]);
		globfree(&found);
	}
	if (s && s->n == 0) {
		text_free(s);
		return NULL;
	}
	return s;
}

void text_free(struct text_store *s)
{
	for (unsigned i = 0; i < s->n; i++)
		free(s->file[i].p);
	free(s);
}

static const struct text *any(const struct text_store *s, struct rng *r)
{
	return &s->file[rng_below(r, s->n)];
}

void text_case(const struct text_store *s, struct rng *r, struct case_file *c)
{
	const struct text *t = any(s, r);
	struct case_error err;

	if (!case_parse(c, t->p, t->len, &err))
		case_init(c, PROFILE_VTD);
}

/* -- accidents ---------------------------------------------------------------------- */

/* Puts n bytes at `at`, as far as there is room. */
static void put(char *buf, size_t *len, size_t at, const char *src, size_t n)
{
	if (n > TEXT_MAX - *len)
		n = TEXT_MAX - *len;
	memmove(buf + at + n, buf + at, *len - at);
	memcpy(buf + at, src, n);
	*len += n;
}

static void cut(char *buf, size_t *len, size_t at, size_t n)
{
	if (n > *len - at)
		n = *len - at;
	memmove(buf + at, buf + at + n, *len - at - n);
	*len -= n;
}

/* The line around a random place, its newline included. */
static void line(const char *buf, size_t len, struct rng *r, size_t *at, size_t *n)
{
	size_t from = rng_below(r, (uint32_t)len), to = from;

	while (from > 0 && buf[from - 1] != '\n')
		from--;
	while (to < len && buf[to] != '\n')
		to++;
	*at = from;
	*n = to - from + (to < len);
}

static void double_line(char *buf, size_t *len, struct rng *r)
{
	char copy[512];
	size_t at, n;

	line(buf, *len, r, &at, &n);
	if (n > sizeof(copy))
		n = sizeof(copy);
	memcpy(copy, buf + at, n);
	if (rng_one_in(r, 2)) /* elsewhere */
		line(buf, *len, r, &at, &(size_t){0});
	for (unsigned times = rng_one_in(r, 8) ? 600 : 1; times > 0; times--)
		put(buf, len, at, copy, n);
}

static void other_number(char *buf, size_t *len, struct rng *r)
{
	static const char *const numbers[] = {
	        "0",
	        "1",
	        "2",
	        "3",
	        "15",
	        "16",
	        "17",
	        "255",
	        "256",
	        "257",
	        "65535",
	        "65536",
	        "-1",
	        "0x10",
	        "2147483648",
	        "4294967295",
	        "4294967296",
	        "18446744073709551615",
	        "1e9",
	        "007",
	        "18446744073709551616",
	        "99999999999999999999999999999999999999",
	};
	const char *with = numbers[rng_below(r, sizeof(numbers) / sizeof(numbers[0]))];
	size_t at = rng_below(r, (uint32_t)*len), n = 0;

	while (at < *len && (buf[at] < '0' || buf[at] > '9'))
		at++;
	while (at + n < *len && buf[at + n] >= '0' && buf[at + n] <= '9')
		n++;
	cut(buf, len, at, n);
	put(buf, len, at, with, strlen(with));
}

/* The head of this, the tail of another. */
static void splice(const struct text_store *s, char *buf, size_t *len, struct rng *r)
{
	const struct text *t = any(s, r);
	size_t at, n, from, rest;

	line(buf, *len, r, &at, &n);
	line(t->p, t->len, r, &from, &rest);
	cut(buf, len, at, *len);
	put(buf, len, *len, t->p + from, t->len - from);
}

static void long_line(char *buf, size_t *len, struct rng *r)
{
	size_t at = rng_below(r, (uint32_t)*len), n = rng_below(r, LONG_LINE);
	char c = " a1#\t,+\n"[rng_below(r, 8)], *p = malloc(n + 1);

	if (!p)
		return;
	memset(p, c, n);
	put(buf, len, at, p, n);
	free(p);
}

static void accident(const struct text_store *s, char *buf, size_t *len, struct rng *r)
{
	size_t at = rng_below(r, (uint32_t)*len), n;
	char noise = (char)rng_next(r);

	switch (rng_below(r, 20)) {
	case 0:
		buf[at] ^= (char)(1 << rng_below(r, 8));
		return;
	case 1:
		put(buf, len, at, &noise, 1);
		return;
	case 2:
		cut(buf, len, at, 1 + rng_below(r, 16));
		return;
	case 3:
		put(buf, len, at, "\0\0\0", 1 + rng_below(r, 3));
		return;
	case 4:
		long_line(buf, len, r);
		return;
	case 5:
		cut(buf, len, at, *len);
		return;
	case 6:
	case 7:
	case 8:
		splice(s, buf, len, r);
		return;
	case 9:
	case 10:
	case 11:
		line(buf, *len, r, &at, &n);
		cut(buf, len, at, n);
		return;
	case 12:
	case 13:
	case 14:
		other_number(buf, len, r);
		return;
	default:
		double_line(buf, len, r);
		return;
	}
}

size_t text_mutate(const struct text_store *s, struct rng *r, char *buf)
{
	const struct text *t = any(s, r);
	size_t len = t->len;

	memcpy(buf, t->p, len);
	for (unsigned n = 1 + rng_below(r, 1 + rng_below(r, ACCIDENTS)); n > 0 && len > 0; n--)
		accident(s, buf, &len, r);
	return len;
}
