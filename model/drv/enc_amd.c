/* SPDX-License-Identifier: MIT */
/*
 * enc_amd: AMD IOMMU commands.
 *
 * Models: INVALIDATE_IOMMU_PAGES and INVALIDATE_IOTLB_PAGES with S, PDE and GN,
 * INVALIDATE_DEVTAB_ENTRY, COMPLETION_WAIT. Does not model: interrupt tables,
 * the NpCache option, COMPLETE_PPR (a response crosses the seam by itself).
 * Follows AMD IOMMU 2.4 and Linux build_inv_address(), build_inv_iommu_pages(),
 * build_inv_iotlb_pages() and, for a PASID, their merged form of Linux 6.7.
 */
#include "drv/encoder.h"
#include "hw/cmd_amd.h"

/*
 * One page, or the power of two up to the highest bit in which the ends
 * differ; where that is more than one command can say, every page.
 */
static uint64_t amd_inv_address(const struct drv_inv *inv, unsigned max_order)
{
	unsigned order = inv->all ? 0 : drv_cover_order(drv_inv_first(inv), drv_inv_last(inv));

	if (inv->all || order > max_order)
		return drv_all_pages_addr | cmd_put(1, AMD_S_SHIFT, 1);
	if (!order)
		return inv->start;
	return drv_lowzero_addr(drv_inv_first(inv), order) | cmd_put(1, AMD_S_SHIFT, 1);
}

static unsigned amd_encode_context(int dev, const struct drv_inv *inv, struct sd_inv_cmd *out)
{
	(void)inv; /* every PASID of the device */
	*out = (struct sd_inv_cmd){{cmd_put(AMD_INVALIDATE_DEVTAB_ENTRY, AMD_OP_SHIFT, AMD_OP_BITS) |
	                                    cmd_put((uint64_t)dev, AMD_DEVID_SHIFT, AMD_DEVID_BITS),
	                            0}};
	return 1;
}

static unsigned amd_encode_iotlb(const struct profile *prof, const struct bugs_set *bugs,
                                 const struct drv_inv *inv, struct sd_inv_cmd *out)
{
	bool pasid = inv->pasid != SD_NO_PASID;

	(void)bugs;
	out->w[0] = cmd_put(AMD_INVALIDATE_IOMMU_PAGES, AMD_OP_SHIFT, AMD_OP_BITS) |
	            cmd_put(inv->pasid, AMD_PASID_SHIFT, AMD_PASID_BITS) |
	            cmd_put(inv->tag, AMD_DOMAIN_SHIFT, AMD_DOMAIN_BITS);
	out->w[1] = amd_inv_address(inv, prof->max_mask) | cmd_put(!inv->leaf, AMD_PDE_SHIFT, 1) |
	            cmd_put(pasid, AMD_GN_SHIFT, 1);
	return 1;
}

static unsigned amd_encode_atc(const struct bugs_set *bugs, int dev, const struct drv_inv *inv,
                               struct sd_inv_cmd *out)
{
	bool pasid = inv->pasid != SD_NO_PASID;

	(void)bugs;
	out->w[0] = cmd_put(AMD_INVALIDATE_IOTLB_PAGES, AMD_OP_SHIFT, AMD_OP_BITS) |
	            cmd_put((uint64_t)dev, AMD_DEVID_SHIFT, AMD_DEVID_BITS) |
	            cmd_put((uint64_t)dev, AMD_IOTLB_QUEUE_SHIFT, AMD_IOTLB_QUEUE_BITS) |
	            cmd_put(inv->pasid, AMD_IOTLB_PASID_LO_SHIFT, 8);
	out->w[1] = amd_inv_address(inv, 32) | cmd_put(pasid, AMD_GN_SHIFT, 1);
	return 1;
}

static unsigned amd_encode_wait(bool drain, struct sd_inv_cmd *out)
{
	(void)drain; /* always */
	*out = (struct sd_inv_cmd){
	        {cmd_put(AMD_COMPLETION_WAIT, AMD_OP_SHIFT, AMD_OP_BITS) | cmd_put(1, AMD_WAIT_S_SHIFT, 1),
	         1}};
	return 1;
}

const struct drv_encoder drv_enc_amd = {amd_encode_context, amd_encode_iotlb, amd_encode_atc,
                                        amd_encode_wait};
