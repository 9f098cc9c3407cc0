/* SPDX-License-Identifier: MIT */
/*
 * The few types that every part of shootdown shares.
 *
 * Addresses come in two shapes. A *page number* (sd_page) counts pages from
 * the bottom of one address space, whether the pages are user virtual (vpn),
 * I/O virtual (IOVA page) or physical (pfn). A *byte address* (sd_addr) is a
 * page number shifted by SD_PAGE_SHIFT; it appears where Linux or a command
 * format has byte addresses, so that their off-by-one bugs can exist here.
 */
#ifndef SHOOTDOWN_TYPES_H
#define SHOOTDOWN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t sd_page; /* page number */
typedef uint64_t sd_addr; /* byte address */

enum {
	SD_PAGE_SHIFT = 12, /* of encoded commands; frames of the model are smaller */
	SD_MAX_CPUS = 4,
	SD_MAX_DEVS = 4,
	SD_MAX_IOMMUS = 2,
	SD_MAX_MMS = 4,
	SD_MAX_DOMAINS = 4,
	SD_MAX_SPACES = SD_MAX_MMS + SD_MAX_DOMAINS,
};

/*
 * An address space ("space") is the identity that the oracle follows: mm k is
 * space k, domain k is space SD_MAX_MMS + k. Hardware never sees this number,
 * only the tag (DID, ASID, PSCID) and PASID that the driver gave it.
 */
static inline int sd_space_of_mm(int mm) { return mm; }
static inline int sd_space_of_domain(int dom) { return SD_MAX_MMS + dom; }

#ifdef __cplusplus
}
#endif
#endif
