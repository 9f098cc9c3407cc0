/* SPDX-License-Identifier: MIT */
/*
 * decode_amd: AMD IOMMU commands (2.4).
 *
 * With S set the lowest zero bit of the address is the size; with PDE clear
 * the paging-structure entries stay. The encoders are Linux's
 * build_inv_iommu_pages(), build_inv_iotlb_pages(), build_inv_dte(),
 * build_completion_wait() and their PASID forms.
 * Does not model: interrupt table invalidation, prefetch, PPR completion.
 */
#include "hw/cmd_amd.h"
#include "hw/decode/decode.h"

static bool amd_decode_iommu_pages(const struct sd_inv_cmd *c, struct hw_cmd *out)
{
	out->kind = HW_CMD_TLB;
	out->tag = (uint16_t)cmd_get(c->w[0], AMD_DOMAIN_SHIFT, AMD_DOMAIN_BITS);
	if (!cmd_bit(c->w[1], AMD_PDE_SHIFT))
		out->flags |= INV_LEAF_ONLY;
	hw_cmd_low_zero(out, c->w[1] >> SD_PAGE_SHIFT, cmd_bit(c->w[1], AMD_S_SHIFT));
	return true;
}

static bool amd_decode_iotlb_pages(const struct sd_inv_cmd *c, struct hw_cmd *out)
{
	uint64_t q0 = c->w[0];

	out->kind = HW_CMD_ATC;
	out->dev = (uint32_t)cmd_get(q0, AMD_DEVID_SHIFT, AMD_DEVID_BITS);
	out->pasid = SD_NO_PASID;
	if (cmd_bit(c->w[1], AMD_GN_SHIFT))
		out->pasid = (int32_t)(cmd_get(q0, AMD_IOTLB_PASID_HI_SHIFT, 8) << 8 |
		                       cmd_get(q0, AMD_IOTLB_PASID_LO_SHIFT, 8));
	hw_cmd_low_zero(out, c->w[1] >> SD_PAGE_SHIFT, cmd_bit(c->w[1], AMD_S_SHIFT));
	return true;
}

bool hw_decode_amd(const struct profile *p, const struct sd_inv_cmd *c, struct hw_cmd *out)
{
	(void)p;
	switch (cmd_get(c->w[0], AMD_OP_SHIFT, AMD_OP_BITS)) {
	case AMD_COMPLETION_WAIT:
		out->kind = HW_CMD_WAIT;
		out->visible = cmd_bit(c->w[0], AMD_WAIT_S_SHIFT);
		return true;
	case AMD_INVALIDATE_DEVTAB_ENTRY:
		out->kind = HW_CMD_CTX;
		out->dev = (uint32_t)cmd_get(c->w[0], AMD_DEVID_SHIFT, AMD_DEVID_BITS);
		out->pasid = HW_ALL_PASIDS;
		return true;
	case AMD_INVALIDATE_IOMMU_PAGES:
		return amd_decode_iommu_pages(c, out);
	case AMD_INVALIDATE_IOTLB_PAGES:
		return amd_decode_iotlb_pages(c, out);
	case AMD_INVALIDATE_IOMMU_ALL:
		out->kind = HW_CMD_TLB;
		out->flags = INV_ALL_TAGS | INV_TAG_ALL;
		out->contexts = true;
		out->dev = HW_ALL_DEVS;
		out->pasid = HW_ALL_PASIDS;
		hw_cmd_everything(out);
		return true;
	default:
		return hw_cmd_reject(out, HW_BAD_OPCODE);
	}
}
