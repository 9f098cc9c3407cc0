/* SPDX-License-Identifier: MIT */
/*
 * decode_vtd: VT-d queued-invalidation descriptors (6.5.2).
 *
 * Page-selective forms ignore the low AM bits of the address, whatever they
 * are: the range is the aligned block of 2^AM pages around it. The encoders
 * are Linux's qi_flush_iotlb(), qi_flush_piotlb(), qi_flush_dev_iotlb(),
 * qi_flush_dev_iotlb_pasid(), qi_flush_context(), qi_flush_pasid_cache().
 * Does not model: interrupt-entry cache, page-group responses.
 */
#include "hw/cmd_vtd.h"
#include "hw/decode/decode.h"

/* Context and PASID entries of one domain; domain 0 is reserved and names none. */
static bool vtd_decode_domain(uint64_t q0, struct hw_cmd *out)
{
	out->tag = (uint16_t)cmd_get(q0, VTD_DID_SHIFT, VTD_DID_BITS);
	return out->tag || hw_cmd_reject(out, HW_BAD_FIELD);
}

static bool vtd_decode_context(uint64_t q0, struct hw_cmd *out)
{
	out->kind = HW_CMD_CTX;
	out->dev = HW_ALL_DEVS;
	out->pasid = HW_ALL_PASIDS;
	switch (cmd_get(q0, VTD_G_SHIFT, VTD_G_BITS)) {
	case VTD_CC_GLOBAL:
		return true;
	case VTD_CC_DOMAIN:
		return vtd_decode_domain(q0, out);
	case VTD_CC_DEVICE:
		if (cmd_get(q0, VTD_CC_FM_SHIFT, VTD_CC_FM_BITS))
			return hw_cmd_reject(out, HW_BAD_FIELD);
		out->dev = (uint32_t)cmd_get(q0, VTD_CC_SID_SHIFT, VTD_CC_SID_BITS);
		return true;
	default:
		return hw_cmd_reject(out, HW_BAD_FIELD);
	}
}

static bool vtd_decode_pasid_cache(uint64_t q0, struct hw_cmd *out)
{
	out->kind = HW_CMD_CTX;
	out->dev = HW_ALL_DEVS;
	out->pasid = HW_ALL_PASIDS;
	switch (cmd_get(q0, VTD_G_SHIFT, VTD_G_BITS)) {
	case VTD_PC_GLOBAL:
		return true;
	case VTD_PC_PASID:
		out->pasid = (int32_t)cmd_get(q0, VTD_PASID_SHIFT, VTD_PASID_BITS);
		return vtd_decode_domain(q0, out);
	case VTD_PC_DOMAIN:
		return vtd_decode_domain(q0, out);
	default:
		return hw_cmd_reject(out, HW_BAD_FIELD);
	}
}

/* The page-selective part of both IOTLB forms. AM above MAMV is an error of the queue (6.5.2.3). */
static bool vtd_decode_pages(const struct profile *p, uint64_t q1, struct hw_cmd *out)
{
	unsigned am = (unsigned)cmd_get(q1, VTD_AM_SHIFT, VTD_AM_BITS);

	if (am > p->max_mask)
		return hw_cmd_reject(out, HW_BAD_RANGE);
	if (cmd_bit(q1, VTD_IH_SHIFT))
		out->flags |= INV_LEAF_ONLY;
	hw_cmd_block(out, q1 >> SD_PAGE_SHIFT, am);
	return true;
}

static bool vtd_decode_iotlb(const struct profile *p, const struct sd_inv_cmd *c, struct hw_cmd *out)
{
	uint64_t q0 = c->w[0];

	out->kind = HW_CMD_TLB;
	out->tag = (uint16_t)cmd_get(q0, VTD_DID_SHIFT, VTD_DID_BITS);
	out->drain = cmd_bit(q0, VTD_IOTLB_DR_SHIFT) && cmd_bit(q0, VTD_IOTLB_DW_SHIFT);
	switch (cmd_get(q0, VTD_G_SHIFT, VTD_G_BITS)) {
	case VTD_IOTLB_GLOBAL:
		out->tag = 0;
		out->flags = INV_ALL_TAGS | INV_TAG_ALL;
		hw_cmd_everything(out);
		return true;
	case VTD_IOTLB_DOMAIN:
		out->flags = INV_TAG_ALL;
		hw_cmd_everything(out);
		return true;
	case VTD_IOTLB_PAGE:
		return vtd_decode_pages(p, c->w[1], out);
	default:
		return hw_cmd_reject(out, HW_BAD_FIELD);
	}
}

static bool vtd_decode_pasid_iotlb(const struct profile *p, const struct sd_inv_cmd *c, struct hw_cmd *out)
{
	out->kind = HW_CMD_TLB;
	out->tag = (uint16_t)cmd_get(c->w[0], VTD_DID_SHIFT, VTD_DID_BITS);
	out->drain = true; /* 6.5.4: the PASID form always drains */
	switch (cmd_get(c->w[0], VTD_G_SHIFT, VTD_G_BITS)) {
	case VTD_PIOTLB_PASID:
		out->flags = INV_TAG_ALL;
		hw_cmd_everything(out);
		return true;
	case VTD_PIOTLB_PAGE:
		return vtd_decode_pages(p, c->w[1], out);
	default:
		return hw_cmd_reject(out, HW_BAD_FIELD);
	}
}

bool hw_decode_vtd(const struct profile *p, const struct sd_inv_cmd *c, struct hw_cmd *out)
{
	uint64_t q0 = c->w[0], q1 = c->w[1];

	switch (cmd_get(q0, VTD_TYPE_SHIFT, VTD_TYPE_BITS)) {
	case VTD_CONTEXT:
		return vtd_decode_context(q0, out);
	case VTD_PASID_CACHE:
		return vtd_decode_pasid_cache(q0, out);
	case VTD_IOTLB:
		return vtd_decode_iotlb(p, c, out);
	case VTD_PASID_IOTLB:
		return vtd_decode_pasid_iotlb(p, c, out);
	case VTD_DEV_TLB:
		out->kind = HW_CMD_ATC;
		out->dev = (uint32_t)cmd_get(q0, VTD_DTLB_SID_SHIFT, VTD_DTLB_SID_BITS);
		out->pasid = SD_NO_PASID;
		hw_cmd_low_zero(out, q1 >> SD_PAGE_SHIFT, cmd_bit(q1, VTD_DTLB_S_SHIFT));
		return true;
	case VTD_PASID_DEV_TLB:
		out->kind = HW_CMD_ATC;
		out->dev = (uint32_t)cmd_get(q0, VTD_PDTLB_SID_SHIFT, VTD_PDTLB_SID_BITS);
		out->pasid = cmd_bit(q1, VTD_PDTLB_G_SHIFT)
		                     ? HW_ALL_PASIDS
		                     : (int32_t)cmd_get(q0, VTD_PASID_SHIFT, VTD_PASID_BITS);
		hw_cmd_low_zero(out, q1 >> SD_PAGE_SHIFT, cmd_bit(q1, VTD_PDTLB_S_SHIFT));
		return true;
	case VTD_WAIT:
		out->kind = HW_CMD_WAIT;
		out->visible = cmd_bit(q0, VTD_WAIT_SW_SHIFT);
		return true;
	default:
		return hw_cmd_reject(out, HW_BAD_OPCODE);
	}
}
