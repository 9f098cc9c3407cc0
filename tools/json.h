/* SPDX-License-Identifier: MIT */
/* json: one object a line. */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <jansson.h>

struct case_file;
struct exec_result;

json_t *tool_json_result(const char *file, const struct case_file *c, const struct exec_result *r);
void tool_json_set(json_t *o, const char *key, json_t *value); /* NULL: null */
void tool_json_print(json_t *o);                               /* and frees it */

#endif
