/* SPDX-License-Identifier: MIT */
/* Profiles: which architecture the CPUs, IOMMUs and devices follow; data only. */
#ifndef HW_PROFILE_H
#define HW_PROFILE_H

#include <stdint.h>

enum profile_id {
	PROFILE_VTD,
	PROFILE_AMD,
	PROFILE_SMMUV3,
	PROFILE_SMMUV3_BTM,
	PROFILE_RISCV,
	PROFILE_COUNT
};

struct profile {
	uint8_t id; /* the command format: enum profile_id */
#define FLAG(field, name, max, vtd, amd, smmu, btm, riscv, clause) uint8_t field;
#include "hw/profile.def"
#undef FLAG
};

enum profile_flag {
#define FLAG(field, name, max, vtd, amd, smmu, btm, riscv, clause) PF_##field,
#include "hw/profile.def"
#undef FLAG
	PF_COUNT
};

extern const struct profile profiles[PROFILE_COUNT];
const char *profile_name(enum profile_id id); /* "smmuv3-btm" */
int profile_find(const char *name, unsigned len);

const char *profile_flag_name(enum profile_flag f);
const char *profile_flag_clause(enum profile_flag f);
unsigned profile_flag_max(enum profile_flag f);
/* Least legal value. A format that cannot ask for a drain has drain_always: no wait would drain otherwise. */
unsigned profile_flag_min(enum profile_id id, enum profile_flag f);
int profile_flag_find(const char *name, unsigned len);
unsigned profile_get(const struct profile *p, enum profile_flag f);
void profile_set(struct profile *p, enum profile_flag f, unsigned v); /* v is clamped to min..max */

#endif
