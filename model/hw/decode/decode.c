/* SPDX-License-Identifier: MIT */
/*
 * decode: which decoder a profile uses, and the range forms they share.
 *
 * Ranges are computed in 64 bits and cut to page numbers at the end: hardware
 * compares addresses, it does not wrap.
 */
#include "hw/decode/decode.h"

enum { PFN_BITS = 64 - SD_PAGE_SHIFT };

static const sd_page last_page = (sd_page)-1;

void hw_cmd_range(struct hw_cmd *out, uint64_t first, uint64_t n)
{
	uint64_t last = first + (n - 1);

	if (last < first)
		last = UINT64_MAX;
	out->first = first < last_page ? (sd_page)first : last_page;
	out->last = last < last_page ? (sd_page)last : last_page;
}

void hw_cmd_everything(struct hw_cmd *out)
{
	out->first = 0;
	out->last = last_page;
}

void hw_cmd_block(struct hw_cmd *out, uint64_t page, unsigned order)
{
	if (order >= PFN_BITS)
		hw_cmd_everything(out);
	else
		hw_cmd_range(out, page >> order << order, (uint64_t)1 << order);
}

void hw_cmd_low_zero(struct hw_cmd *out, uint64_t page, bool s)
{
	hw_cmd_block(out, page, s ? (unsigned)__builtin_ctzll(~page) + 1 : 0);
}

void hw_decode(const struct profile *p, const struct sd_inv_cmd *c, struct hw_cmd *out)
{
	bool ok = false;

	*out = (struct hw_cmd){0};
	switch ((enum profile_id)p->id) {
	case PROFILE_VTD:
		ok = hw_decode_vtd(p, c, out);
		break;
	case PROFILE_AMD:
		ok = hw_decode_amd(p, c, out);
		break;
	case PROFILE_SMMUV3:
	case PROFILE_SMMUV3_BTM:
		ok = hw_decode_smmu(p, c, out);
		break;
	case PROFILE_RISCV:
		ok = hw_decode_riscv(p, c, out);
		break;
	case PROFILE_COUNT:
		break;
	}
	if (!ok)
		out->kind = HW_CMD_BAD;
}
