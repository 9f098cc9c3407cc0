/* SPDX-License-Identifier: MIT */
/* decode: from a profile's encoded command to what hardware does about it. */
#ifndef HW_DECODE_H
#define HW_DECODE_H

#include <shootdown/hw.h>

#include "event/walker.h"
#include "hw/profile.h"

enum hw_cmd_kind { HW_CMD_BAD, HW_CMD_CTX, HW_CMD_TLB, HW_CMD_ATC, HW_CMD_WAIT };

/* why a command is malformed: the reason of EV_CMD_BAD */
enum hw_cmd_bad { HW_BAD_NONE, HW_BAD_OPCODE, HW_BAD_FIELD, HW_BAD_RANGE, HW_BAD_DEVICE };

enum { HW_ALL_DEVS = 0xffff, HW_ALL_PASIDS = -1 };

struct hw_cmd {
	uint8_t kind;  /* enum hw_cmd_kind */
	uint8_t bad;   /* enum hw_cmd_bad, with HW_CMD_BAD */
	uint8_t flags; /* TLB: INV_* */
	bool drain;    /* TLB: a later wait must drain (VT-d DR and DW); wait: it drains by its own bits */
	bool contexts; /* TLB: every context/PASID entry goes, too */
	bool visible;  /* wait: software can see it */
	uint16_t tag;  /* TLB; context: only entries with this tag, 0: any */
	uint32_t dev;  /* context, ATC; HW_ALL_DEVS */
	int32_t pasid; /* context, ATC; HW_ALL_PASIDS */
	sd_page first, last;
};

void hw_decode(const struct profile *p, const struct sd_inv_cmd *c, struct hw_cmd *out);

/* One a format; hw_decode() has zeroed *out. false: malformed, out->bad says why. */
bool hw_decode_vtd(const struct profile *p, const struct sd_inv_cmd *c, struct hw_cmd *out);
bool hw_decode_amd(const struct profile *p, const struct sd_inv_cmd *c, struct hw_cmd *out);
bool hw_decode_smmu(const struct profile *p, const struct sd_inv_cmd *c, struct hw_cmd *out);
bool hw_decode_riscv(const struct profile *p, const struct sd_inv_cmd *c, struct hw_cmd *out);

/* -- what the formats have in common -------------------------------------------- */
/* Marks the command malformed; always false. */
static inline bool hw_cmd_reject(struct hw_cmd *out, enum hw_cmd_bad why)
{
	out->bad = (uint8_t)why;
	return false;
}
/* Pages first .. first + n - 1, cut where page numbers end. n > 0. */
void hw_cmd_range(struct hw_cmd *out, uint64_t first, uint64_t n);
/* The aligned block of 2^order pages around page. */
void hw_cmd_block(struct hw_cmd *out, uint64_t page, unsigned order);
/* s: a block whose size the lowest zero bit of the page number gives (PCIe ATS 10.2.3.2); else one page. */
void hw_cmd_low_zero(struct hw_cmd *out, uint64_t page, bool s);
void hw_cmd_everything(struct hw_cmd *out);

#endif
