/* SPDX-License-Identifier: MIT */
/*
 * enc_smmu: SMMUv3 commands.
 *
 * Models: TLBI by VA with a range, leaf and level hints, by ASID; ATC_INV; CD
 * and STE invalidation; CMD_SYNC. Does not model: stage 2, VMIDs, E2H.
 * Follows SMMU chapter 4 and Linux __arm_smmu_tlb_inv_range(),
 * arm_smmu_tlb_inv_asid(), arm_smmu_atc_inv_to_cmd(), arm_smmu_sync_cd().
 */
#include "drv/encoder.h"
#include "hw/cmd_smmu.h"

static uint64_t smmu_op(uint64_t o) { return cmd_put(o, SMMU_OP_SHIFT, SMMU_OP_BITS); }

static unsigned smmu_encode_context(int dev, const struct drv_inv *inv, struct sd_inv_cmd *out)
{
	uint64_t sid = cmd_put((uint64_t)dev, SMMU_SID_SHIFT, SMMU_SID_BITS);

	if (inv->pasid == SD_NO_PASID)
		out->w[0] = smmu_op(SMMU_CFGI_STE) | sid;
	else
		out->w[0] =
		        smmu_op(SMMU_CFGI_CD) | sid | cmd_put(inv->pasid, SMMU_SSID_SHIFT, SMMU_SSID_BITS);
	out->w[1] = cmd_put(1, SMMU_CFGI_LEAF_SHIFT, 1);
	return 1;
}

/* A hint is only allowed where every leaf of the range has that level. */
static uint64_t smmu_ttl_hint(const struct drv_inv *inv)
{
	if (!inv->leaf || inv->level == DRV_LEVEL_UNKNOWN || inv->level >= SMMU_TTL_OF_LEVEL0)
		return 0;
	return SMMU_TTL_OF_LEVEL0 - (uint64_t)inv->level;
}

/* TG set with NUM, SCALE and TTL all 0 is reserved: a lone page goes without a range. (Linux adds a page.) */
static struct sd_inv_cmd smmu_tlbi_va(const struct drv_inv *inv, sd_addr addr, uint64_t num, uint64_t scale)
{
	uint64_t ttl = smmu_ttl_hint(inv);
	bool range = num || scale || ttl;

	return (struct sd_inv_cmd){
	        {smmu_op(SMMU_TLBI_NH_VA) | cmd_put(inv->tag, SMMU_TLBI_ASID_SHIFT, SMMU_TLBI_ASID_BITS) |
	                 cmd_put(num, SMMU_TLBI_NUM_SHIFT, SMMU_TLBI_NUM_BITS) |
	                 cmd_put(scale, SMMU_TLBI_SCALE_SHIFT, SMMU_TLBI_SCALE_BITS),
	         addr | cmd_put(inv->leaf, SMMU_TLBI_LEAF_SHIFT, 1) |
	                 cmd_put(ttl, SMMU_TLBI_TTL_SHIFT, SMMU_TLBI_TTL_BITS) |
	                 cmd_put(range ? SMMU_TG_4K : 0, SMMU_TLBI_TG_SHIFT, SMMU_TLBI_TG_BITS)}};
}

static struct sd_inv_cmd smmu_tlbi_asid(const struct drv_inv *inv)
{
	return (struct sd_inv_cmd){
	        {smmu_op(SMMU_TLBI_NH_ASID) | cmd_put(inv->tag, SMMU_TLBI_ASID_SHIFT, SMMU_TLBI_ASID_BITS),
	         0}};
}

/* Five bits' worth of pages a command, from the lowest set bit of what is left. */
static unsigned smmu_encode_iotlb(const struct profile *prof, const struct bugs_set *bugs,
                                  const struct drv_inv *inv, struct sd_inv_cmd *out)
{
	sd_addr addr = inv->start;
	uint64_t pages = inv->all ? 0 : drv_inv_last(inv) - drv_inv_first(inv) + 1;
	unsigned n = 0;

	(void)bugs;
	if (inv->all || pages > (uint64_t)1 << prof->max_mask) {
		out[0] = smmu_tlbi_asid(inv);
		return 1;
	}
	while (pages) {
		unsigned scale = (unsigned)__builtin_ctzll(pages);
		uint64_t num = pages >> scale & ((1u << SMMU_TLBI_NUM_BITS) - 1);

		out[n++] = smmu_tlbi_va(inv, addr, num - 1, scale);
		addr += num << scale << SD_PAGE_SHIFT;
		pages -= num << scale;
	}
	return n;
}

/* An ATS range is an aligned power of two: rather too much than several commands. */
static unsigned smmu_encode_atc(const struct bugs_set *bugs, int dev, const struct drv_inv *inv,
                                struct sd_inv_cmd *out)
{
	bool pasid = inv->pasid != SD_NO_PASID;
	unsigned order = SMMU_ATC_SIZE_ALL;
	sd_addr addr = 0;

	(void)bugs;
	if (!inv->all) {
		order = drv_cover_order(drv_inv_first(inv), drv_inv_last(inv));
		addr = inv->start & ~(((sd_addr)1 << (SD_PAGE_SHIFT + order)) - 1);
	}
	out->w[0] = smmu_op(SMMU_ATC_INV) | cmd_put(pasid, SMMU_SSV_SHIFT, 1) |
	            cmd_put(inv->pasid, SMMU_SSID_SHIFT, SMMU_SSID_BITS) |
	            cmd_put((uint64_t)dev, SMMU_SID_SHIFT, SMMU_SID_BITS);
	out->w[1] = addr | cmd_put(order, SMMU_ATC_SIZE_SHIFT, SMMU_ATC_SIZE_BITS);
	return 1;
}

static unsigned smmu_encode_wait(bool drain, struct sd_inv_cmd *out)
{
	(void)drain; /* always */
	*out = (struct sd_inv_cmd){{smmu_op(SMMU_SYNC), 0}};
	return 1;
}

const struct drv_encoder drv_enc_smmu = {smmu_encode_context, smmu_encode_iotlb, smmu_encode_atc,
                                         smmu_encode_wait};
