/* SPDX-License-Identifier: MIT */
/*
 * enc_riscv: RISC-V IOMMU commands.
 *
 * Models: IOTINVAL.VMA by address and by PSCID, with the NAPOT range where the
 * profile has it; IODIR.INVAL_DDT/PDT; ATS.INVAL; IOFENCE.C. Does not model:
 * second stages, MSI tables, the NL extension.
 * Follows RISC-V IOMMU chapter 4 and Linux riscv_iommu_iotlb_inval(), which
 * goes page by page up to a limit and then takes the whole PSCID.
 */
#include "drv/encoder.h"
#include "hw/cmd_riscv.h"

enum { PAGE_LIMIT = DRV_ENC_MAX };

static uint64_t riscv_op(uint64_t o, uint64_t func)
{
	return cmd_put(o, RISCV_OP_SHIFT, RISCV_OP_BITS) | cmd_put(func, RISCV_FUNC_SHIFT, RISCV_FUNC_BITS);
}

static unsigned riscv_encode_context(int dev, const struct drv_inv *inv, struct sd_inv_cmd *out)
{
	uint64_t did = cmd_put(1, RISCV_IODIR_DV_SHIFT, 1) |
	               cmd_put((uint64_t)dev, RISCV_IODIR_DID_SHIFT, RISCV_IODIR_DID_BITS);

	if (inv->pasid == SD_NO_PASID)
		out->w[0] = riscv_op(RISCV_IODIR, RISCV_IODIR_INVAL_DDT) | did;
	else
		out->w[0] = riscv_op(RISCV_IODIR, RISCV_IODIR_INVAL_PDT) | did |
		            cmd_put(inv->pasid, RISCV_IODIR_PID_SHIFT, RISCV_IODIR_PID_BITS);
	out->w[1] = 0;
	return 1;
}

static struct sd_inv_cmd riscv_iotinval(const struct drv_inv *inv, bool av, sd_page pfn, bool napot)
{
	return (struct sd_inv_cmd){
	        {riscv_op(RISCV_IOTINVAL, RISCV_IOTINVAL_VMA) | cmd_put(av, RISCV_IOTINVAL_AV_SHIFT, 1) |
	                 cmd_put(1, RISCV_IOTINVAL_PSCV_SHIFT, 1) |
	                 cmd_put(inv->tag, RISCV_IOTINVAL_PSCID_SHIFT, RISCV_IOTINVAL_PSCID_BITS),
	         cmd_put(napot, RISCV_IOTINVAL_S_SHIFT, 1) |
	                 cmd_put(pfn, RISCV_IOTINVAL_PFN_SHIFT, RISCV_IOTINVAL_PFN_BITS)}};
}

static unsigned riscv_encode_iotlb(const struct profile *prof, const struct bugs_set *bugs,
                                   const struct drv_inv *inv, struct sd_inv_cmd *out)
{
	sd_page first = drv_inv_first(inv), last = drv_inv_last(inv);
	unsigned n = 0, order;

	(void)bugs;
	if (inv->all) {
		out[0] = riscv_iotinval(inv, false, 0, false);
		return 1;
	}
	order = drv_cover_order(first, last);
	if (order && order <= prof->max_mask) {
		out[0] = riscv_iotinval(inv, true, (sd_page)(drv_lowzero_addr(first, order) >> SD_PAGE_SHIFT),
		                        true);
		return 1;
	}
	if (last - first >= PAGE_LIMIT) {
		out[0] = riscv_iotinval(inv, false, 0, false);
		return 1;
	}
	for (sd_page p = first; p <= last; p++)
		out[n++] = riscv_iotinval(inv, true, p, false);
	return n;
}

static unsigned riscv_encode_atc(const struct bugs_set *bugs, int dev, const struct drv_inv *inv,
                                 struct sd_inv_cmd *out)
{
	bool pasid = inv->pasid != SD_NO_PASID;
	unsigned order = inv->all ? 0 : drv_cover_order(drv_inv_first(inv), drv_inv_last(inv));

	(void)bugs;
	out->w[0] = riscv_op(RISCV_ATS, RISCV_ATS_INVAL) |
	            cmd_put(inv->pasid, RISCV_ATS_PID_SHIFT, RISCV_ATS_PID_BITS) |
	            cmd_put(pasid, RISCV_ATS_PV_SHIFT, 1) |
	            cmd_put((uint64_t)dev, RISCV_ATS_RID_SHIFT, RISCV_ATS_RID_BITS);
	if (inv->all)
		out->w[1] = drv_all_pages_addr | cmd_put(1, RISCV_ATS_S_SHIFT, 1);
	else if (order)
		out->w[1] = drv_lowzero_addr(drv_inv_first(inv), order) | cmd_put(1, RISCV_ATS_S_SHIFT, 1);
	else
		out->w[1] = inv->start;
	return 1;
}

static unsigned riscv_encode_wait(bool drain, struct sd_inv_cmd *out)
{
	*out = (struct sd_inv_cmd){{riscv_op(RISCV_IOFENCE, RISCV_IOFENCE_C) |
	                                    cmd_put(drain, RISCV_IOFENCE_PR_SHIFT, 1) |
	                                    cmd_put(drain, RISCV_IOFENCE_PW_SHIFT, 1),
	                            0}};
	return 1;
}

const struct drv_encoder drv_enc_riscv = {riscv_encode_context, riscv_encode_iotlb, riscv_encode_atc,
                                          riscv_encode_wait};
