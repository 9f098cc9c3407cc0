/* SPDX-License-Identifier: MIT */
/*
 * signature: the name of a violation. It stays the same when ids, addresses and
 * operation numbers change, so that two runs can be asked whether they failed in
 * the same way.
 */
#ifndef ENGINE_SIGNATURE_H
#define ENGINE_SIGNATURE_H

#include "engine/run/exec.h"

enum { SIGNATURE_MAX = 200 };

/* "stale-use:iommu:munmap>free:no-invalidation:vtd", or "none". Returns the length of all of it. */
size_t signature_of(const struct exec_result *r, const struct case_file *c, char *buf, size_t cap);
/* Is this a violation with that signature? */
bool signature_is(const struct exec_result *r, const struct case_file *c, const char *signature);
/* The same as a file name: whatever is no letter, digit or one of ._+- becomes _. */
void signature_file_name(const char *signature, char *buf, size_t cap);

#endif
