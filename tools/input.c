/* SPDX-License-Identifier: MIT */
/*
 * Reading a case. The file may be anything: huge, a directory, a pipe that
 * nobody writes to, bytes of a fuzzer. A text starts with "shootdown case"
 * after comments and blanks; what looks like text but starts otherwise is a
 * text with a mistake in it; everything else is the binary twin, of which
 * every byte string is a legal one.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/files.h"
#include "tools/progress.h"
#include "tools/tool.h"

enum { MAX_BYTES = 1 << 20, PATIENCE_MS = 10000 };

struct bytes {
	uint8_t *p;
	size_t len;
};

static bool input_fail(const char *path, const char *what)
{
	fflush(stdout);
	fprintf(stderr, "%s:1:1: %s\n", path, what);
	return false;
}

/* -1: an error, with errno. */
static ssize_t input_read_some(int fd, uint8_t *p, size_t room)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	for (;;) {
		ssize_t n = read(fd, p, room);

		if (n >= 0 || (errno != EAGAIN && errno != EINTR))
			return n;
		if (tool_stop || (errno == EAGAIN && poll(&wait, 1, PATIENCE_MS) == 0)) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
}

static bool input_read_all(int fd, const char *path, struct bytes *b)
{
	for (;;) {
		ssize_t n = input_read_some(fd, b->p + b->len, MAX_BYTES + 1 - b->len);

		if (n < 0)
			return input_fail(path, strerror(errno));
		if (n == 0)
			return true;
		b->len += (size_t)n;
		if (b->len > MAX_BYTES)
			return input_fail(path, "larger than 1 MiB, expected a case");
	}
}

static bool input_read_file(const char *path, struct bytes *b)
{
	bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	bool ok;

	if (fd < 0)
		return input_fail(path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		ok = input_fail(path, "is a directory, expected a case");
	else
		ok = input_read_all(fd, path, b);
	if (!is_stdin)
		close(fd);
	return ok;
}

/* After comments and blanks. */
static bool input_has_magic(const struct bytes *b)
{
	static const char magic[] = "shootdown case";
	size_t i = 0;

	while (i < b->len) {
		if (b->p[i] == '#')
			while (i < b->len && b->p[i] != '\n')
				i++;
		else if (!strchr(" \t\r\n", b->p[i]) || !b->p[i])
			break;
		else
			i++;
	}
	return b->len - i >= sizeof(magic) - 1 && !memcmp(b->p + i, magic, sizeof(magic) - 1);
}

/* No byte that a text file would not have; an empty file is a text that lacks everything. */
static bool input_looks_like_text(const struct bytes *b)
{
	for (size_t i = 0; i < b->len; i++)
		if ((b->p[i] < 0x20 && !strchr("\t\r\n", b->p[i])) || b->p[i] == 0 || b->p[i] >= 0x7f)
			return false;
	return true;
}

static bool input_decode(const char *path, enum tool_form *form, const struct bytes *b, struct case_file *c)
{
	struct case_error err;

	if (*form == FORM_AUTO)
		*form = input_has_magic(b) || input_looks_like_text(b) ? FORM_TEXT : FORM_BIN;
	if (*form == FORM_BIN) {
		case_decode(c, b->p, b->len);
		return true;
	}
	if (case_parse(c, (const char *)b->p, b->len, &err))
		return true;
	fflush(stdout);
	fprintf(stderr, "%s:%d:%d: %s\n", path, err.line, err.column, err.text);
	return false;
}

bool tool_read_case(const char *path, enum tool_form *form, struct case_file *c)
{
	struct bytes b = {malloc(MAX_BYTES + 1), 0};
	bool ok = false;

	if (!b.p)
		return input_fail(path, "no memory");
	if (input_read_file(path, &b))
		ok = input_decode(path, form, &b, c);
	free(b.p);
	return ok;
}
