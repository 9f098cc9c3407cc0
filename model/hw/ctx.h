/* SPDX-License-Identifier: MIT */
/*
 * ctx: context/PASID entries as memory.
 *
 * One MEM_CTX frame is the table of an IOMMU: an entry of two words for each
 * (device, PASID). Word 0: P (bit 0); how many levels fewer than the most the
 * table has (bits 4..5; AMD's mode and VT-d's AW count the levels that it has);
 * root frame (bits 12..27). Word 1: tag (bits 0..15). Software writes word 1
 * before word 0 and clears P first; a walker reads word by word. Stands for VT-d
 * scalable-mode PASID entries, AMD DTE/GCR3, SMMU STE/CD and RISC-V DC/PC.
 */
#ifndef HW_CTX_H
#define HW_CTX_H

#include <shootdown/types.h>

enum { CTX_PASIDS = 8, CTX_WORDS = 2, CTX_P = 1, CTX_FEWER_SHIFT = 4, CTX_FEWER = 3, CTX_ROOT_SHIFT = 12 };

/* Word number of the entry inside the table frame; pasid < CTX_PASIDS. */
static inline uint32_t ctx_word(int dev, int pasid)
{
	return (uint32_t)(dev * CTX_PASIDS + pasid) * CTX_WORDS;
}
static inline uint64_t ctx_word0(sd_page root) { return CTX_P | (uint64_t)root << CTX_ROOT_SHIFT; }
/* OR'ed to it: the table has so many levels fewer than the most. */
static inline uint64_t ctx_fewer(unsigned levels) { return (uint64_t)levels << CTX_FEWER_SHIFT; }

#endif
