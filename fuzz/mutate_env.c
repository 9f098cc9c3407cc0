/* SPDX-License-Identifier: MIT */
/*
 * What a campaign fixes: planted bugs, missing steps, the profile. Inputs carry
 * such bits too (seeds come from the corpus of planted bugs), so they are
 * overwritten: fuzzing the clean model must be fuzzing the clean model.
 */
#include "fuzz/mutate.h"

#include <stdlib.h>
#include <string.h>

/* Calls add for every comma-separated word; NULL: all were known. */
static const char *mutate_env_each_word(const char *list,
                                        bool (*add)(struct mutate_settings *s, const char *w, unsigned len),
                                        struct mutate_settings *s)
{
	while (list && *list) {
		const size_t len = strcspn(list, ",");

		if (len > 0 && !add(s, list, (unsigned)len))
			return list;
		list += len;
		list += *list == ',';
	}
	return NULL;
}

static bool mutate_env_add_bug(struct mutate_settings *s, const char *word, unsigned len)
{
	const int bug = bug_find(word, len);

	if (bug >= 0)
		s->bugs |= (uint64_t)1 << bug;
	return bug >= 0;
}

static bool mutate_env_add_skip(struct mutate_settings *s, const char *word, unsigned len)
{
	const int step = step_find(word, len);

	if (step >= 0)
		s->skip[step / 64] |= (uint64_t)1 << (step % 64);
	return step >= 0;
}

static bool mutate_env_set_profile(struct mutate_settings *s, const char *word, unsigned len)
{
	s->profile = profile_find(word, len);
	return s->profile >= 0;
}

/* The first parents are few and poor: generated cases find more, and make better parents (docs/detection). */
enum { FRESH_FIRST = 2048 };

static bool mutate_env_set_fresh(struct mutate_settings *s, const char *word, unsigned len)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	s->fresh_first = (uint32_t)n;
	return end == word + len && *word >= '0' && *word <= '9' && n <= UINT32_MAX;
}

bool mutate_settings_from_env(struct mutate_settings *s, const char **wrong)
{
	*s = (struct mutate_settings){.profile = -1, .fresh_first = FRESH_FIRST};
	*wrong = mutate_env_each_word(getenv("SHOOTDOWN_BUG"), mutate_env_add_bug, s);
	if (!*wrong)
		*wrong = mutate_env_each_word(getenv("SHOOTDOWN_SKIP"), mutate_env_add_skip, s);
	if (!*wrong)
		*wrong = mutate_env_each_word(getenv("SHOOTDOWN_HW"), mutate_env_set_profile, s);
	if (!*wrong)
		*wrong = mutate_env_each_word(getenv("SHOOTDOWN_FRESH"), mutate_env_set_fresh, s);
	return *wrong == NULL;
}

void mutate_force(const struct mutate_settings *s, struct case_file *c)
{
	c->bugs = s->bugs;
	c->skip[0] = s->skip[0];
	c->skip[1] = s->skip[1];
	c->expect = VC_CLEAN;
	if (s->profile >= 0 && c->profile != s->profile) {
		c->profile = (uint8_t)s->profile;
		c->prof = profiles[s->profile];
	}
}
