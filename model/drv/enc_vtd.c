/* SPDX-License-Identifier: MIT */
/*
 * enc_vtd: VT-d queued invalidation descriptors.
 *
 * Models: domain- and page-selective IOTLB invalidation with an address mask,
 * the PASID-based forms of scalable mode, device-TLB invalidation, context and
 * PASID cache, the wait descriptor. Does not model: write-buffer flushing,
 * register-based invalidation, first-level domains without PASID.
 * Follows VT-d 6.5.2 and Linux iommu_flush_iotlb_psi(), qi_flush_piotlb(),
 * qi_flush_dev_iotlb(), qi_flush_dev_iotlb_pasid().
 */
#include "drv/encoder.h"
#include "hw/cmd_vtd.h"

/*
 * Hardware ignores the low `mask` bits of the address, so a window of the
 * rounded-up size may end inside an unaligned range: then grow it to the
 * lowest bit above which both ends agree (calculate_psi_aligned_address()).
 */
static unsigned vtd_psi_mask(const struct bugs_set *bugs, const struct drv_inv *inv)
{
	sd_page first = drv_inv_first(inv), last = drv_inv_last(inv), pages = last - first + 1;
	unsigned mask = pages == 1 ? 0 : 32 - (unsigned)__builtin_clz(pages - 1);
	sd_page bitmask = (1u << mask) - 1;

	if ((bitmask & first) && !bug_on(bugs, BUG_PSI_MASK)) {
		sd_page shared = ~(first ^ last) & ~bitmask;

		mask = (unsigned)__builtin_ctz(shared);
	}
	return mask;
}

static uint64_t vtd_type(uint64_t t, const struct drv_inv *inv, uint64_t g)
{
	return cmd_put(t, VTD_TYPE_SHIFT, VTD_TYPE_BITS) | cmd_put(g, VTD_G_SHIFT, VTD_G_BITS) |
	       cmd_put(inv->tag, VTD_DID_SHIFT, VTD_DID_BITS);
}

static unsigned vtd_encode_context(int dev, const struct drv_inv *inv, struct sd_inv_cmd *out)
{
	uint64_t q0;

	if (inv->pasid == SD_NO_PASID)
		q0 = vtd_type(VTD_CONTEXT, inv, VTD_CC_DEVICE) |
		     cmd_put((uint64_t)dev, VTD_CC_SID_SHIFT, VTD_CC_SID_BITS);
	else
		q0 = vtd_type(VTD_PASID_CACHE, inv, VTD_PC_PASID) |
		     cmd_put(inv->pasid, VTD_PASID_SHIFT, VTD_PASID_BITS);
	*out = (struct sd_inv_cmd){{q0, 0}};
	return 1;
}

static unsigned vtd_encode_iotlb(const struct profile *prof, const struct bugs_set *bugs,
                                 const struct drv_inv *inv, struct sd_inv_cmd *out)
{
	bool pasid = inv->pasid != SD_NO_PASID;
	unsigned mask = inv->all ? 0 : vtd_psi_mask(bugs, inv);
	bool page = !inv->all && mask <= prof->max_mask;
	uint64_t q0, q1 = 0;

	if (pasid)
		q0 = vtd_type(VTD_PASID_IOTLB, inv, page ? VTD_PIOTLB_PAGE : VTD_PIOTLB_PASID) |
		     cmd_put(inv->pasid, VTD_PASID_SHIFT, VTD_PASID_BITS);
	else
		q0 = vtd_type(VTD_IOTLB, inv, page ? VTD_IOTLB_PAGE : VTD_IOTLB_DOMAIN);
	if (!pasid && step(bugs, STEP_DRV_DRAIN))
		q0 |= cmd_put(1, VTD_IOTLB_DR_SHIFT, 1) | cmd_put(1, VTD_IOTLB_DW_SHIFT, 1);
	if (page)
		q1 = (inv->start & ~(((sd_addr)1 << (SD_PAGE_SHIFT + mask)) - 1)) |
		     cmd_put(inv->leaf, VTD_IH_SHIFT, 1) | cmd_put(mask, VTD_AM_SHIFT, VTD_AM_BITS);
	*out = (struct sd_inv_cmd){{q0, q1}};
	return 1;
}

static unsigned vtd_encode_atc(const struct bugs_set *bugs, int dev, const struct drv_inv *inv,
                               struct sd_inv_cmd *out)
{
	bool pasid = inv->pasid != SD_NO_PASID;
	unsigned s = pasid ? VTD_PDTLB_S_SHIFT : VTD_DTLB_S_SHIFT;
	unsigned mask = inv->all ? 0 : vtd_psi_mask(bugs, inv);
	uint64_t q0, q1;

	if (pasid)
		q0 = cmd_put(VTD_PASID_DEV_TLB, VTD_TYPE_SHIFT, VTD_TYPE_BITS) |
		     cmd_put((uint64_t)dev, VTD_PDTLB_SID_SHIFT, VTD_PDTLB_SID_BITS) |
		     cmd_put(inv->pasid, VTD_PASID_SHIFT, VTD_PASID_BITS);
	else
		q0 = cmd_put(VTD_DEV_TLB, VTD_TYPE_SHIFT, VTD_TYPE_BITS) |
		     cmd_put((uint64_t)dev, VTD_DTLB_SID_SHIFT, VTD_DTLB_SID_BITS);
	if (inv->all)
		q1 = drv_all_pages_addr | cmd_put(1, s, 1);
	else if (mask)
		q1 = drv_lowzero_addr(drv_inv_first(inv), mask) | cmd_put(1, s, 1);
	else
		q1 = inv->start;
	*out = (struct sd_inv_cmd){{q0, q1}};
	return 1;
}

static unsigned vtd_encode_wait(bool drain, struct sd_inv_cmd *out)
{
	(void)drain; /* said in the IOTLB descriptor */
	*out = (struct sd_inv_cmd){{cmd_put(VTD_WAIT, VTD_TYPE_SHIFT, VTD_TYPE_BITS) |
	                                    cmd_put(1, VTD_WAIT_SW_SHIFT, 1) |
	                                    cmd_put(1, VTD_WAIT_DATA_SHIFT, VTD_WAIT_DATA_BITS),
	                            0}};
	return 1;
}

const struct drv_encoder drv_enc_vtd = {vtd_encode_context, vtd_encode_iotlb, vtd_encode_atc,
                                        vtd_encode_wait};
