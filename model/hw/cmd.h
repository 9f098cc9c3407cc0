/* SPDX-License-Identifier: MIT */
/*
 * cmd: where the bits of an encoded command are. The driver encodes with these
 * pages, hardware decodes with them; neither has the other's code. Each format
 * has a page of its own: cmd_vtd.h, cmd_amd.h, cmd_smmu.h, cmd_riscv.h.
 *
 * NAME_SHIFT is a bit number inside the quadword that its comment names (q0 =
 * w[0], q1 = w[1]), NAME_BITS the width of a field (none: one bit). Unused bits
 * are zero. A device's number is its SID, StreamID or RID; the tag of a space is
 * its DID, ASID or PSCID and alone selects the space, whatever PASID a command
 * names beside it. PASID SD_NO_PASID is a request without PASID. Addresses are
 * byte addresses (page << SD_PAGE_SHIFT) unless a comment says otherwise.
 *
 * Does not model: interrupt remapping, PRI/resume commands (responses cross the
 * seam as page_response()), second stages, prefetch.
 */
#ifndef HW_CMD_H
#define HW_CMD_H

#include <stdint.h>

#include <shootdown/hw.h>

static inline uint64_t cmd_get(uint64_t q, unsigned shift, unsigned bits)
{
	return q >> shift & (~(uint64_t)0 >> (64 - bits));
}
static inline bool cmd_bit(uint64_t q, unsigned shift) { return q >> shift & 1; }
/* v must fit: a driver's mistake in a range is in v, not in spilling over its neighbour. */
static inline uint64_t cmd_put(uint64_t v, unsigned shift, unsigned bits)
{
	return (v & (~(uint64_t)0 >> (64 - bits))) << shift;
}

#endif
