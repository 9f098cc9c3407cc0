/* SPDX-License-Identifier: MIT */
/*
 * Writing cases and reports. A file appears whole or not at all: it is written beside its
 * place and renamed, so that killing the program loses nothing. What is there
 * already and is no plain file (/dev/null, a pipe) is written to directly.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/files.h"
#include "tools/tool.h"

static bool output_fail(const char *path, const char *what)
{
	tool_error("%s: cannot write: %s", path, what);
	return false;
}

static uint8_t *output_encode(enum tool_form form, const struct case_file *c, size_t *len)
{
	size_t cap = form == FORM_BIN ? CASE_BIN_MAX : case_print(c, NULL, 0) + 1;
	uint8_t *p = malloc(cap);

	if (!p)
		return NULL;
	*len = form == FORM_BIN ? case_encode(c, p, cap) : case_print(c, (char *)p, cap);
	return p;
}

static bool output_write_to(FILE *f, const void *p, size_t len)
{
	bool ok = fwrite(p, 1, len, f) == len;

	/* fclose() must happen, and its error must not hide the first one */
	if (fflush(f))
		ok = false;
	return ok;
}

static bool output_write_file(const char *path, const void *p, size_t len)
{
	FILE *f = fopen(path, "wb");
	int error;
	bool ok;

	if (!f)
		return output_fail(path, strerror(errno));
	errno = 0;
	ok = output_write_to(f, p, len);
	error = errno;
	if (fclose(f)) {
		error = error ? error : errno;
		ok = false;
	}
	return ok || output_fail(path, strerror(error));
}

/* The caller's to free; NULL: no memory. */
static char *output_beside(const char *path)
{
	size_t cap = strlen(path) + 32;
	char *temporary = malloc(cap);

	if (temporary)
		snprintf(temporary, cap, "%s.%ld.tmp", path, (long)getpid());
	return temporary;
}

static bool output_write_beside(const char *path, const void *p, size_t len)
{
	char *temporary = output_beside(path);
	bool ok;

	if (!temporary)
		return output_fail(path, "no memory");
	ok = output_write_file(temporary, p, len);
	if (ok && rename(temporary, path))
		ok = output_fail(path, strerror(errno));
	if (!ok)
		unlink(temporary);
	free(temporary);
	return ok;
}

/* Whether it arrived is what main() asks at the end, once for all commands. */
static bool output_to_stdout(const uint8_t *p, size_t len)
{
	fwrite(p, 1, len, stdout);
	return true;
}

static bool output_is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

bool tool_write_file(const char *path, const void *bytes, size_t len)
{
	return output_is_special(path) ? output_write_file(path, bytes, len)
	                               : output_write_beside(path, bytes, len);
}

bool tool_write_case(const char *path, enum tool_form form, const struct case_file *c)
{
	size_t len = 0;
	uint8_t *p = output_encode(form, c, &len);
	bool ok;

	if (!p)
		return output_fail(path ? path : "stdout", "no memory");
	if (!path || !strcmp(path, "-"))
		ok = output_to_stdout(p, len);
	else
		ok = tool_write_file(path, p, len);
	free(p);
	return ok;
}

bool tool_can_write(const char *path)
{
	char *temporary;
	FILE *f;

	if (output_is_special(path))
		return access(path, W_OK) == 0 || output_fail(path, strerror(errno));
	temporary = output_beside(path);
	if (!temporary)
		return output_fail(path, "no memory");
	f = fopen(temporary, "wb");
	if (f) {
		fclose(f);
		unlink(temporary);
	} else {
		output_fail(path, strerror(errno));
	}
	free(temporary);
	return f != NULL;
}

int tool_last_look(int code)
{
	if (fflush(stdout) || ferror(stdout)) {
		tool_error("stdout: cannot write: %s", strerror(errno));
		return tool_worse(code, TOOL_USAGE);
	}
	return code;
}

void tool_leave(int code)
{
	code = tool_last_look(code);
	fflush(stderr);
	_exit(code);
}

bool tool_make_dir(const char *path)
{
	struct stat st;

	if (mkdir(path, 0777) == 0)
		return true;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	return output_fail(path, errno == EEXIST ? "it is there and is no directory" : strerror(errno));
}
