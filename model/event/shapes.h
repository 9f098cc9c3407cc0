/* SPDX-License-Identifier: MIT */
/*
 * shapes: what an event says, field by field.
 *
 * Events that say the same kind of thing have one shape: a fill and a hit are
 * both about a cached translation. FIELD(unit, name) is a field, its unit (and
 * with it its C type) is one of EVENT_UNITS below. GAP(bits) is room that a
 * shape does not use; it is 0. All shapes are 22 bytes long at most and begin
 * behind the type and the actor (event.h), so a field's place is the sum of
 * what stands before it.
 */
#ifndef EVENT_SHAPES_H
#define EVENT_SHAPES_H

#include <stdint.h>

/* clang-format off */
/* UNIT(unit, C type, what it counts or names) */
#define EVENT_UNITS(UNIT) \
	UNIT(actor, uint8_t, "number of an actor, as in a case") \
	UNIT(op, uint8_t, "enum op_kind") \
	UNIT(space, uint8_t, "an mm, then the domains: sd_space_of_mm(), sd_space_of_domain()") \
	UNIT(walker, uint8_t, "enum walker") \
	UNIT(iommu, uint8_t, "number of an IOMMU") \
	UNIT(dev, uint8_t, "number of a device; 0xff in an invalidation: all") \
	UNIT(dev32, uint32_t, "the same") \
	UNIT(level, uint8_t, "of a table entry; 0: the last") \
	UNIT(kind, uint8_t, "enum mem_kind of a frame, enum hw_cmd_kind of a command") \
	UNIT(flag, uint8_t, "0 or 1") \
	UNIT(flag32, uint32_t, "the same") \
	UNIT(flags, uint8_t, "bits of event/walker.h") \
	UNIT(code, uint8_t, "a status, response or reason; the emitter says of which enum") \
	UNIT(page, uint32_t, "a page of a space, or an index of pages") \
	UNIT(pfn, uint32_t, "a frame of the arena") \
	UNIT(entry, uint32_t, "a table entry: its word in the arena (mem_at())") \
	UNIT(pte, uint32_t, "the value of a table entry (mem/pte.h)") \
	UNIT(serial, uint32_t, "a mapping instance (mem/), the cookie that caches carry") \
	UNIT(tag, uint32_t, "what caches know a space by: ASID, domain id") \
	UNIT(tag16, uint16_t, "the same") \
	UNIT(pasid, uint32_t, "a PASID; ~0 in an invalidation: all; 0: a request without") \
	UNIT(pasid16, uint16_t, "the same") \
	UNIT(point, uint32_t, "enum point") \
	UNIT(cpus, uint32_t, "CPUs, a bit each") \
	UNIT(count, uint32_t, "how many, or a number in a row") \
	UNIT(delta, int32_t, "a count that may be negative") \
	UNIT(prot, uint32_t, "PROT_R, PROT_RW (case/case.h)") \
	UNIT(ret, int64_t, "what an operation returned: pages, 0, or a negative errno") \
	UNIT(seq, uint64_t, "ordinal of a command or of a CPU shootdown") \
	UNIT(group, uint64_t, "page request group index")

/* -- programs ----------------------------------------------------------------- */
#define EVENT_SHAPE_op(FIELD, GAP) \
	FIELD(op, kind) FIELD(space, space) FIELD(page, start) FIELD(count, n) \
	FIELD(count, index) FIELD(page, start2) FIELD(prot, prot)
#define EVENT_SHAPE_op_end(FIELD, GAP) \
	FIELD(op, kind) FIELD(space, space) FIELD(page, start) FIELD(count, n) \
	FIELD(count, index) FIELD(ret, ret)
#define EVENT_SHAPE_switch_(FIELD, GAP) \
	FIELD(actor, from) FIELD(actor, to) FIELD(point, point) FIELD(count, passage)

/* -- spaces, tables, frames ----------------------------------------------------- */
#define EVENT_SHAPE_root(FIELD, GAP) \
	GAP(8) FIELD(space, space) FIELD(pfn, frame) FIELD(flag32, present) FIELD(count, fewer)
#define EVENT_SHAPE_tag(FIELD, GAP) GAP(8) FIELD(space, space) FIELD(tag, tag) FIELD(pasid, pasid)
#define EVENT_SHAPE_cpu_mask(FIELD, GAP) GAP(8) FIELD(space, space) FIELD(cpus, cpus)
#define EVENT_SHAPE_store(FIELD, GAP) \
	GAP(16) FIELD(entry, entry) FIELD(pte, old) FIELD(pte, value) \
	FIELD(point, point) FIELD(serial, old_serial)
#define EVENT_SHAPE_set_ad(FIELD, GAP) \
	FIELD(walker, walker) GAP(8) FIELD(entry, entry) FIELD(pte, old) FIELD(pte, value)
#define EVENT_SHAPE_context(FIELD, GAP) \
	FIELD(dev, dev) FIELD(flag, present) FIELD(pasid, pasid) FIELD(pfn, root) \
	FIELD(tag, tag) FIELD(count, fewer)
#define EVENT_SHAPE_frames(FIELD, GAP) FIELD(kind, kind) GAP(8) FIELD(pfn, pfn) FIELD(count, n)
#define EVENT_SHAPE_frame(FIELD, GAP) GAP(16) FIELD(pfn, pfn)
#define EVENT_SHAPE_written_back(FIELD, GAP) \
	GAP(8) FIELD(flag, evicted) FIELD(entry, entry) FIELD(count, n)

/* -- hardware --------------------------------------------------------------------- */
#define EVENT_SHAPE_cached(FIELD, GAP) \
	FIELD(walker, walker) FIELD(level, level) FIELD(entry, entry) FIELD(pte, value) \
	FIELD(page, page) FIELD(serial, serial) FIELD(tag, tag)
#define EVENT_SHAPE_cached_ctx(FIELD, GAP) \
	FIELD(walker, walker) FIELD(dev, dev) FIELD(pfn, root) FIELD(tag, tag) \
	FIELD(pasid, pasid) FIELD(count, fewer)
#define EVENT_SHAPE_inv(FIELD, GAP) \
	FIELD(walker, walker) FIELD(flags, flags) FIELD(tag, tag) FIELD(page, first) \
	FIELD(page, last) FIELD(seq, seq)
#define EVENT_SHAPE_inv_ctx(FIELD, GAP) \
	FIELD(walker, walker) FIELD(dev, dev) FIELD(pasid, pasid) FIELD(tag, tag) \
	GAP(32) FIELD(seq, seq)
#define EVENT_SHAPE_wait_begin(FIELD, GAP) \
	FIELD(walker, walker) GAP(8) GAP(32) GAP(32) GAP(32) FIELD(seq, seq)
#define EVENT_SHAPE_wait(FIELD, GAP) \
	FIELD(walker, walker) FIELD(flags, flags) GAP(32) GAP(32) GAP(32) FIELD(seq, seq)
#define EVENT_SHAPE_cmd(FIELD, GAP) \
	FIELD(iommu, iommu) FIELD(kind, kind) GAP(32) GAP(32) GAP(32) FIELD(seq, seq)

/* -- accesses --------------------------------------------------------------------- */
#define EVENT_SHAPE_dma(FIELD, GAP) \
	FIELD(dev, dev) FIELD(flag, write) FIELD(page, page) FIELD(pasid, pasid)
#define EVENT_SHAPE_dma_end(FIELD, GAP) \
	FIELD(dev, dev) FIELD(code, status) FIELD(page, page) FIELD(pasid, pasid)
#define EVENT_SHAPE_access(FIELD, GAP) \
	FIELD(walker, walker) FIELD(flags, flags) FIELD(pfn, pfn) FIELD(page, page) \
	FIELD(tag16, tag) FIELD(pasid16, pasid) FIELD(serial, serial)
#define EVENT_SHAPE_fault(FIELD, GAP) \
	FIELD(walker, walker) FIELD(flags, flags) FIELD(page, page) FIELD(pasid, pasid) \
	FIELD(dev32, dev)
#define EVENT_SHAPE_prq(FIELD, GAP) \
	FIELD(dev, dev) FIELD(flags, flags) FIELD(page, page) FIELD(pasid, pasid) \
	GAP(32) FIELD(group, group)
#define EVENT_SHAPE_served(FIELD, GAP) \
	FIELD(dev, dev) FIELD(code, code) FIELD(page, page) FIELD(pasid, pasid) \
	FIELD(flag32, write) FIELD(serial, serial)
#define EVENT_SHAPE_stuck(FIELD, GAP) \
	FIELD(dev, dev) FIELD(code, why) FIELD(page, page) FIELD(pasid, pasid) \
	FIELD(count, rounds)

/* -- software's steps and trouble --------------------------------------------------- */
/* start and how many pages; span: first and last of them */
#define EVENT_SHAPE_range(FIELD, GAP) GAP(8) FIELD(space, space) FIELD(page, start) FIELD(count, n)
#define EVENT_SHAPE_span(FIELD, GAP) GAP(8) FIELD(space, space) FIELD(page, first) FIELD(page, last)
#define EVENT_SHAPE_shootdown(FIELD, GAP) \
	GAP(8) FIELD(space, space) FIELD(page, first) FIELD(page, last) GAP(32) FIELD(seq, seq)
#define EVENT_SHAPE_top(FIELD, GAP) GAP(8) FIELD(space, space) FIELD(pfn, root) FIELD(count, fewer)
#define EVENT_SHAPE_bad_ref(FIELD, GAP) FIELD(code, reason) GAP(8) FIELD(pfn, pfn) FIELD(delta, count)
#define EVENT_SHAPE_timeout(FIELD, GAP) \
	FIELD(walker, walker) FIELD(iommu, iommu) GAP(32) GAP(32) GAP(32) FIELD(seq, seq)
#define EVENT_SHAPE_gone(FIELD, GAP) FIELD(dev, dev)
#define EVENT_SHAPE_report(FIELD, GAP) \
	FIELD(code, reason) FIELD(iommu, iommu) FIELD(dev32, dev) GAP(32) GAP(32) FIELD(seq, seq)

#define EVENT_SHAPES(SHAPE) \
	SHAPE(op) SHAPE(op_end) SHAPE(switch_) \
	SHAPE(root) SHAPE(tag) SHAPE(cpu_mask) SHAPE(store) SHAPE(set_ad) SHAPE(context) \
	SHAPE(frames) SHAPE(frame) SHAPE(written_back) \
	SHAPE(cached) SHAPE(cached_ctx) SHAPE(inv) SHAPE(inv_ctx) \
	SHAPE(wait_begin) SHAPE(wait) SHAPE(cmd) \
	SHAPE(dma) SHAPE(dma_end) SHAPE(access) SHAPE(fault) SHAPE(prq) SHAPE(served) SHAPE(stuck) \
	SHAPE(range) SHAPE(span) SHAPE(shootdown) SHAPE(top) \
	SHAPE(bad_ref) SHAPE(timeout) SHAPE(gone) SHAPE(report)
/* clang-format on */

#endif
