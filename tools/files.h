/* SPDX-License-Identifier: MIT */
/* files: reading cases, and writing them and other files whole or not at all. */
#ifndef TOOLS_FILES_H
#define TOOLS_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "case/case.h"

enum tool_form { FORM_AUTO, FORM_TEXT, FORM_BIN };
/*
 * "-": stdin. false: it complained, as FILE:LINE:COL: what, expected what. form:
 * what it is, or was found to be.
 */
bool tool_read_case(const char *path, enum tool_form *form, struct case_file *c);
/* path NULL or "-": stdout. A file is written beside its place and moved there. false: it complained. */
bool tool_write_case(const char *path, enum tool_form form, const struct case_file *c);
/* The same for any text; path is not NULL. */
bool tool_write_file(const char *path, const void *bytes, size_t len);
/* Could a file be made there? Leaves nothing behind. false: it complained. */
bool tool_can_write(const char *path);
bool tool_make_dir(const char *path);

#endif
