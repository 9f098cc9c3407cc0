/* SPDX-License-Identifier: MIT */
/*
 * encoder: from "this range of this space" to a profile's commands. Pure
 * functions; bit layouts are in hw/cmd_*.h. Each appends to out and returns how
 * many commands it wrote, at most DRV_ENC_MAX.
 */
#ifndef DRV_ENCODER_H
#define DRV_ENCODER_H

#include <shootdown/hw.h>

#include "bugs/bugs.h"
#include "hw/profile.h"

enum { DRV_ENC_MAX = 8, DRV_LEVEL_UNKNOWN = -1 };

/* One range of one space, or all of it. */
struct drv_inv {
	uint16_t tag;
	uint8_t pasid;
	bool all;            /* start and size mean nothing */
	bool leaf;           /* no table was unlinked: paging-structure entries may stay */
	int8_t level;        /* of every leaf in the range, or DRV_LEVEL_UNKNOWN */
	sd_addr start, size; /* bytes, whole pages */
};

struct drv_encoder {
	unsigned (*context)(int dev, const struct drv_inv *inv, struct sd_inv_cmd *out);
	unsigned (*iotlb)(const struct profile *prof, const struct bugs_set *bugs, const struct drv_inv *inv,
	                  struct sd_inv_cmd *out);
	unsigned (*atc)(const struct bugs_set *bugs, int dev, const struct drv_inv *inv,
	                struct sd_inv_cmd *out);
	/* drain: DMA that began earlier has ended, too, where the format leaves the choice. */
	unsigned (*wait)(bool drain, struct sd_inv_cmd *out);
};

extern const struct drv_encoder drv_enc_vtd, drv_enc_amd, drv_enc_smmu, drv_enc_riscv;

/* By command format (enum profile_id). */
static inline const struct drv_encoder *drv_encoder_of(const struct profile *prof)
{
	switch (prof->id) {
	case PROFILE_VTD:
		return &drv_enc_vtd;
	case PROFILE_AMD:
		return &drv_enc_amd;
	case PROFILE_RISCV:
		return &drv_enc_riscv;
	default:
		return &drv_enc_smmu;
	}
}

static inline sd_page drv_inv_first(const struct drv_inv *inv)
{
	return (sd_page)(inv->start >> SD_PAGE_SHIFT);
}
static inline sd_page drv_inv_last(const struct drv_inv *inv)
{
	return (sd_page)((inv->start + inv->size - 1) >> SD_PAGE_SHIFT);
}

/* Smallest k for which one aligned block of 2^k pages holds first..last. */
static inline unsigned drv_cover_order(sd_page first, sd_page last)
{
	return first == last ? 0 : 32 - (unsigned)__builtin_clz(first ^ last);
}

/*
 * The address form that AMD, PCIe ATS and RISC-V share: an aligned block of
 * 2^order pages, order > 0, is named by its lowest zero bit.
 */
static inline sd_addr drv_lowzero_addr(sd_page page, unsigned order)
{
	sd_addr ones = ((sd_addr)1 << (order - 1)) - 1;
	sd_addr block = (sd_addr)page & ~(((sd_addr)1 << order) - 1);

	return (block | ones) << SD_PAGE_SHIFT;
}

/* Every page: no zero bit below 63. */
static const sd_addr drv_all_pages_addr = 0x7ffffffffffff000u;

#endif
