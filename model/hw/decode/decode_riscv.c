/* SPDX-License-Identifier: MIT */
/*
 * decode_riscv: RISC-V IOMMU commands (3.1 of version 1.0).
 *
 * IOTINVAL.VMA with AV = 1 is about leaves only (tables-need-all); paging-
 * structure entries go with AV = 0. IOFENCE.C drains only what PR and PW ask
 * for. The encoders are Linux's riscv_iommu_cmd_*().
 * Does not model: second stages (GVMA, GV = 1), the NL bit (a profile without
 * tables-need-all behaves as if it were always set).
 */
#include "hw/cmd_riscv.h"
#include "hw/decode/decode.h"

static bool riscv_decode_vma(const struct profile *p, const struct sd_inv_cmd *c, struct hw_cmd *out)
{
	uint64_t q0 = c->w[0];
	bool napot = cmd_bit(c->w[1], RISCV_IOTINVAL_S_SHIFT);

	out->kind = HW_CMD_TLB;
	if (cmd_bit(q0, RISCV_IOTINVAL_GV_SHIFT))
		return hw_cmd_reject(out, HW_BAD_FIELD);
	if (cmd_bit(q0, RISCV_IOTINVAL_PSCV_SHIFT))
		out->tag = (uint16_t)cmd_get(q0, RISCV_IOTINVAL_PSCID_SHIFT, RISCV_IOTINVAL_PSCID_BITS);
	else
		out->flags |= INV_ALL_TAGS;
	if (!cmd_bit(q0, RISCV_IOTINVAL_AV_SHIFT)) {
		out->flags |= INV_TAG_ALL;
		hw_cmd_everything(out);
		return true;
	}
	if (napot && !p->max_mask)
		return hw_cmd_reject(out, HW_BAD_RANGE);
	if (p->tables_need_all)
		out->flags |= INV_LEAF_ONLY;
	hw_cmd_low_zero(out, cmd_get(c->w[1], RISCV_IOTINVAL_PFN_SHIFT, RISCV_IOTINVAL_PFN_BITS), napot);
	return true;
}

static bool riscv_decode_directory(uint64_t q0, uint64_t func, struct hw_cmd *out)
{
	bool dv = cmd_bit(q0, RISCV_IODIR_DV_SHIFT);

	out->kind = HW_CMD_CTX;
	out->pasid = HW_ALL_PASIDS;
	out->dev = dv ? (uint32_t)cmd_get(q0, RISCV_IODIR_DID_SHIFT, RISCV_IODIR_DID_BITS) : HW_ALL_DEVS;
	if (func == RISCV_IODIR_INVAL_DDT)
		return true;
	if (func != RISCV_IODIR_INVAL_PDT || !dv)
		return hw_cmd_reject(out, HW_BAD_FIELD);
	out->pasid = (int32_t)cmd_get(q0, RISCV_IODIR_PID_SHIFT, RISCV_IODIR_PID_BITS);
	return true;
}

static bool riscv_decode_ats(const struct sd_inv_cmd *c, struct hw_cmd *out)
{
	out->kind = HW_CMD_ATC;
	out->dev = (uint32_t)cmd_get(c->w[0], RISCV_ATS_RID_SHIFT, RISCV_ATS_RID_BITS);
	out->pasid = SD_NO_PASID;
	if (cmd_bit(c->w[0], RISCV_ATS_PV_SHIFT))
		out->pasid = cmd_bit(c->w[1], RISCV_ATS_G_SHIFT)
		                     ? HW_ALL_PASIDS
		                     : (int32_t)cmd_get(c->w[0], RISCV_ATS_PID_SHIFT, RISCV_ATS_PID_BITS);
	hw_cmd_low_zero(out, c->w[1] >> SD_PAGE_SHIFT, cmd_bit(c->w[1], RISCV_ATS_S_SHIFT));
	return true;
}

bool hw_decode_riscv(const struct profile *p, const struct sd_inv_cmd *c, struct hw_cmd *out)
{
	uint64_t q0 = c->w[0], func = cmd_get(q0, RISCV_FUNC_SHIFT, RISCV_FUNC_BITS);

	switch (cmd_get(q0, RISCV_OP_SHIFT, RISCV_OP_BITS)) {
	case RISCV_IOTINVAL:
		return func == RISCV_IOTINVAL_VMA ? riscv_decode_vma(p, c, out)
		                                  : hw_cmd_reject(out, HW_BAD_OPCODE);
	case RISCV_IODIR:
		return riscv_decode_directory(q0, func, out);
	case RISCV_ATS:
		return func == RISCV_ATS_INVAL ? riscv_decode_ats(c, out) : hw_cmd_reject(out, HW_BAD_OPCODE);
	case RISCV_IOFENCE:
		if (func != RISCV_IOFENCE_C)
			return hw_cmd_reject(out, HW_BAD_OPCODE);
		out->kind = HW_CMD_WAIT;
		out->visible = true; /* the queue's head moves past it */
		out->drain = cmd_bit(q0, RISCV_IOFENCE_PR_SHIFT) && cmd_bit(q0, RISCV_IOFENCE_PW_SHIFT);
		return true;
	default:
		return hw_cmd_reject(out, HW_BAD_OPCODE);
	}
}
