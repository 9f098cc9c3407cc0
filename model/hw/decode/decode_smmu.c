/* SPDX-License-Identifier: MIT */
/*
 * decode_smmu: SMMUv3 commands (chapter 4).
 *
 * Range TLBI covers (NUM + 1) * 2^SCALE granules upwards from the address; a
 * TTL hint leaves leaves of other levels alone; Leaf keeps walk caches. The
 * combination NUM = SCALE = TTL = 0 with a granule set is executed as one page.
 * The encoder is Linux's arm_smmu_cmdq_build_cmd().
 * Does not model: stage 2 and EL2 forms, VMIDs, PRI and resume commands.
 */
#include "hw/cmd_smmu.h"
#include "hw/decode/decode.h"

static bool smmu_decode_config(uint64_t op, const struct sd_inv_cmd *c, struct hw_cmd *out)
{
	out->kind = HW_CMD_CTX;
	out->dev = (uint32_t)cmd_get(c->w[0], SMMU_SID_SHIFT, SMMU_SID_BITS);
	out->pasid = HW_ALL_PASIDS;
	if (op == SMMU_CFGI_CD)
		out->pasid = (int32_t)cmd_get(c->w[0], SMMU_SSID_SHIFT, SMMU_SSID_BITS);
	if (op == SMMU_CFGI_ALL) {
		if (cmd_get(c->w[1], SMMU_CFGI_RANGE_SHIFT, SMMU_CFGI_RANGE_BITS) != SMMU_CFGI_RANGE_ALL)
			return hw_cmd_reject(out, HW_BAD_RANGE);
		out->dev = HW_ALL_DEVS;
	}
	return true;
}

static bool smmu_decode_tlbi_va(const struct sd_inv_cmd *c, struct hw_cmd *out)
{
	unsigned num = (unsigned)cmd_get(c->w[0], SMMU_TLBI_NUM_SHIFT, SMMU_TLBI_NUM_BITS);
	unsigned scale = (unsigned)cmd_get(c->w[0], SMMU_TLBI_SCALE_SHIFT, SMMU_TLBI_SCALE_BITS);
	unsigned ttl = (unsigned)cmd_get(c->w[1], SMMU_TLBI_TTL_SHIFT, SMMU_TLBI_TTL_BITS);
	unsigned tg = (unsigned)cmd_get(c->w[1], SMMU_TLBI_TG_SHIFT, SMMU_TLBI_TG_BITS);

	out->kind = HW_CMD_TLB;
	out->tag = (uint16_t)cmd_get(c->w[0], SMMU_TLBI_ASID_SHIFT, SMMU_TLBI_ASID_BITS);
	if (tg > SMMU_TG_4K || (!tg && (num || scale || ttl)))
		return hw_cmd_reject(out, HW_BAD_RANGE);
	if (cmd_bit(c->w[1], SMMU_TLBI_LEAF_SHIFT))
		out->flags |= INV_LEAF_ONLY;
	if (ttl)
		out->flags |= (uint8_t)((SMMU_TTL_OF_LEVEL0 - ttl + 1) << INV_LEVEL_SHIFT);
	hw_cmd_range(out, c->w[1] >> SD_PAGE_SHIFT, (uint64_t)(num + 1) << scale);
	return true;
}

static bool smmu_decode_atc(const struct sd_inv_cmd *c, struct hw_cmd *out)
{
	unsigned size = (unsigned)cmd_get(c->w[1], SMMU_ATC_SIZE_SHIFT, SMMU_ATC_SIZE_BITS);

	out->kind = HW_CMD_ATC;
	out->dev = (uint32_t)cmd_get(c->w[0], SMMU_SID_SHIFT, SMMU_SID_BITS);
	out->pasid = SD_NO_PASID;
	if (cmd_bit(c->w[0], SMMU_SSV_SHIFT))
		out->pasid = cmd_bit(c->w[0], SMMU_ATC_GLOBAL_SHIFT)
		                     ? HW_ALL_PASIDS
		                     : (int32_t)cmd_get(c->w[0], SMMU_SSID_SHIFT, SMMU_SSID_BITS);
	if (size > SMMU_ATC_SIZE_ALL)
		return hw_cmd_reject(out, HW_BAD_RANGE);
	hw_cmd_block(out, c->w[1] >> SD_PAGE_SHIFT, size);
	return true;
}

bool hw_decode_smmu(const struct profile *p, const struct sd_inv_cmd *c, struct hw_cmd *out)
{
	uint64_t op = cmd_get(c->w[0], SMMU_OP_SHIFT, SMMU_OP_BITS);

	(void)p;
	switch (op) {
	case SMMU_CFGI_STE:
	case SMMU_CFGI_ALL:
	case SMMU_CFGI_CD:
	case SMMU_CFGI_CD_ALL:
		return smmu_decode_config(op, c, out);
	case SMMU_TLBI_NH_VA:
		return smmu_decode_tlbi_va(c, out);
	case SMMU_TLBI_NH_ASID:
		out->kind = HW_CMD_TLB;
		out->tag = (uint16_t)cmd_get(c->w[0], SMMU_TLBI_ASID_SHIFT, SMMU_TLBI_ASID_BITS);
		out->flags = INV_TAG_ALL;
		hw_cmd_everything(out);
		return true;
	case SMMU_TLBI_NH_ALL:
	case SMMU_TLBI_NSNH_ALL:
		out->kind = HW_CMD_TLB;
		out->flags = INV_ALL_TAGS | INV_TAG_ALL;
		hw_cmd_everything(out);
		return true;
	case SMMU_ATC_INV:
		return smmu_decode_atc(c, out);
	case SMMU_SYNC:
		out->kind = HW_CMD_WAIT;
		out->visible = true; /* CMDQ_CONS moves past it, whatever CS says */
		return true;
	default:
		return hw_cmd_reject(out, HW_BAD_OPCODE);
	}
}
