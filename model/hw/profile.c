/* SPDX-License-Identifier: MIT */
/*
 * profile: the presets and their flags, by name.
 *
 * Everything is generated from profile.def: one column a preset, one line a
 * flag. Each flag cites its clause there. Interprets none, but knows what a
 * command format cannot say.
 */
#include "hw/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

const struct profile profiles[PROFILE_COUNT] = {
        {
                PROFILE_VTD,
#define FLAG(field, name, max, vtd, amd, smmu, btm, riscv, clause) vtd,
#include "hw/profile.def"
#undef FLAG
        },
        {
                PROFILE_AMD,
#define FLAG(field, name, max, vtd, amd, smmu, btm, riscv, clause) amd,
#include "hw/profile.def"
#undef FLAG
        },
        {
                PROFILE_SMMUV3,
#define FLAG(field, name, max, vtd, amd, smmu, btm, riscv, clause) smmu,
#include "hw/profile.def"
#undef FLAG
        },
        {
                PROFILE_SMMUV3_BTM,
#define FLAG(field, name, max, vtd, amd, smmu, btm, riscv, clause) btm,
#include "hw/profile.def"
#undef FLAG
        },
        {
                PROFILE_RISCV,
#define FLAG(field, name, max, vtd, amd, smmu, btm, riscv, clause) riscv,
#include "hw/profile.def"
#undef FLAG
        },
};

static const char *const names[PROFILE_COUNT] = {"vtd", "amd", "smmuv3", "smmuv3-btm", "riscv"};

static const struct {
	const char *name, *clause;
	uint8_t max;
	size_t offset;
} flags[PF_COUNT] = {
#define FLAG(field, name, max, vtd, amd, smmu, btm, riscv, clause)                                           \
	{name, clause, max, offsetof(struct profile, field)},
#include "hw/profile.def"
#undef FLAG
};

/* VT-d has DR and DW in its flush descriptors, RISC-V PR and PW in IOFENCE.C; the others have nothing. */
static const bool can_ask_for_drain[PROFILE_COUNT] = {[PROFILE_VTD] = true, [PROFILE_RISCV] = true};

static bool profile_name_is(const char *name, const char *s, unsigned len)
{
	return strlen(name) == len && memcmp(name, s, len) == 0;
}

const char *profile_name(enum profile_id id) { return names[id]; }

int profile_find(const char *name, unsigned len)
{
	for (int i = 0; i < PROFILE_COUNT; i++)
		if (profile_name_is(names[i], name, len))
			return i;
	return -1;
}

const char *profile_flag_name(enum profile_flag f) { return flags[f].name; }
const char *profile_flag_clause(enum profile_flag f) { return flags[f].clause; }
unsigned profile_flag_max(enum profile_flag f) { return flags[f].max; }

unsigned profile_flag_min(enum profile_id id, enum profile_flag f)
{
	return f == PF_drain_always && !can_ask_for_drain[id];
}

int profile_flag_find(const char *name, unsigned len)
{
	for (int i = 0; i < PF_COUNT; i++)
		if (profile_name_is(flags[i].name, name, len))
			return i;
	return -1;
}

unsigned profile_get(const struct profile *p, enum profile_flag f)
{
	return ((const uint8_t *)p)[flags[f].offset];
}

void profile_set(struct profile *p, enum profile_flag f, unsigned v)
{
	const unsigned min = profile_flag_min((enum profile_id)p->id, f), max = profile_flag_max(f);

	((uint8_t *)p)[flags[f].offset] = (uint8_t)(v < min ? min : v < max ? v : max);
}
