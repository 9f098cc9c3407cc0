/* SPDX-License-Identifier: MIT */
/*
 * cpu: a CPU's MMU, and TLB shootdowns.
 *
 * An access is a TLB lookup, a walk if need be, and the data; it is in flight
 * from before the lookup to after the data, or to its fault. A shootdown
 * reaches one CPU after the other; its acknowledgement (IPI, or the DSB after
 * a broadcast TLBI) waits for the accesses that began before. A CPU that waits
 * for its own shootdown is in no access.
 *
 * With broadcast maintenance and a snooping IOMMU (SMMU 3.17) the IOMMU takes
 * part like a CPU and its ATCs do not. Shared spaces use the CPU's ASID as
 * their tag, so equal tags are the same space; no domain has an mm's tag.
 *
 * Does not model: a CPU that takes its IPI late (the one that shoots empties
 * the others' TLBs itself), a CPU that changes to another address space.
 */
#include "event/tell.h"
#include "hw/flight.h"
#include "hw/state.h"
#include "hw/walk.h"

static struct hw_walk cpu_walk(struct hw *hw, int cpu, uint16_t tag, sd_page root, sd_page vpn, bool write,
                               bool ghost)
{
	struct hw_agent *a = &hw->cpu[cpu];

	return (struct hw_walk){.agent = a,
	                        .root = root,
	                        .page = vpn,
	                        .gen = hw_gen(a, tag),
	                        .tag = tag,
	                        .write = write,
	                        .ghost = ghost};
}

static enum sd_status cpu_translate(struct hw *hw, int cpu, uint16_t tag, sd_page root, sd_page vpn,
                                    bool write, struct hw_entry *e)
{
	for (;;) {
		struct hw_walk w;
		enum sd_status st;

		hw_lock(hw, &hw->cpu[cpu], PT_HW_CPU_LOOKUP);
		w = cpu_walk(hw, cpu, tag, root, vpn, write, false);
		st = hw_walk(hw, &w, e);
		if (st != SD_CANCEL)
			return st;
		sched_relax(hw->s, PT_HW_WALK_RETRY);
	}
}

enum sd_status hw_cpu_access(struct hw *hw, int cpu, uint16_t tag, sd_page root, sd_page vpn, bool write)
{
	unsigned flags = write ? ACC_WRITE : 0;
	struct sd_translation t;
	enum sd_status st;
	struct hw_entry e;

	hw_flight_begin(hw, &hw->access[cpu]);
	st = cpu_translate(hw, cpu, tag, root, vpn, write, &e);
	if (st == SD_OK) {
		hw_translation(&e, vpn, &t);
		hw_data(hw, WALKER_CPU0 + cpu, &t, vpn, SD_NO_PASID, flags);
	} else {
		flags |= st == SD_PERM ? ACC_PERM : 0;
		event_fault(hw->ev, WALKER_CPU0 + cpu, flags, vpn, 0, 0);
	}
	hw_flight_end(hw, &hw->access[cpu]);
	return st;
}

enum sd_status hw_cpu_ghost(struct hw *hw, int cpu, uint16_t tag, sd_page root, sd_page vpn, bool write,
                            bool move)
{
	struct hw_walk w = cpu_walk(hw, cpu, tag, root, vpn, write, true);
	struct sd_translation t;
	enum sd_status st;
	struct hw_entry e;

	sched_pass(hw->s, &w.agent->lock);
	st = hw_walk(hw, &w, &e);
	sched_pass(hw->s, &w.agent->lock);
	if (st == SD_OK && move) {
		hw_translation(&e, vpn, &t);
		hw_data(hw, WALKER_CPU0 + cpu, &t, vpn, SD_NO_PASID, (write ? ACC_WRITE : 0) | ACC_GHOST);
	}
	return st;
}

static uint32_t cpu_snoopers(const struct hw *hw)
{
	if (!hw->cfg.prof.snoop || !hw->cfg.prof.cpu_broadcast || !step(hw->bugs, STEP_HW_SNOOP))
		return 0;
	return (1u << hw->cfg.niommu) - 1;
}

uint64_t hw_cpu_invalidate(struct hw *hw, uint32_t cpus, uint16_t tag, sd_page first, sd_page last,
                           unsigned inv_flags)
{
	uint64_t seq = atomic_fetch_add_explicit(&hw->cpu_seq, 1, memory_order_relaxed) + 1;

	for (int i = 0; i < hw->cfg.ncpu; i++) {
		if (!(cpus >> i & 1))
			continue;
		hw_lock(hw, &hw->cpu[i], PT_HW_CPU_INV);
		hw_agent_invalidate(hw, &hw->cpu[i], tag, first, last, inv_flags, seq);
		hw_unlock(hw, &hw->cpu[i]);
	}
	for (uint32_t left = cpu_snoopers(hw); left; left &= left - 1) {
		int i = __builtin_ctz(left);
		struct hw_iommu *io = &hw->iommu[i];

		hw_lock(hw, &io->agent, PT_HW_CPU_SNOOP);
		hw_agent_invalidate(hw, &io->agent, tag, first, last, inv_flags, hw_next_seq(&io->q));
		hw_unlock(hw, &io->agent);
	}
	return seq;
}

/* Where a shootdown took effect. Its DSB takes an ordinal of its own in each snooping IOMMU. */
struct cpu_reached {
	uint32_t cpus, iommus;
	uint64_t seq, wait[SD_MAX_IOMMUS];
};

static void cpu_tell_begin(struct hw *hw, const struct cpu_reached *who)
{
	for (uint32_t left = who->cpus; left; left &= left - 1)
		event_wait_begin(hw->ev, WALKER_CPU0 + __builtin_ctz(left), who->seq);
	for (uint32_t left = who->iommus; left; left &= left - 1)
		event_wait_begin(hw->ev, WALKER_IOMMU0 + __builtin_ctz(left), who->wait[__builtin_ctz(left)]);
}

static void cpu_tell_seen(struct hw *hw, const struct cpu_reached *who, unsigned cpu_flags,
                          unsigned iommu_flags)
{
	for (uint32_t left = who->cpus; left; left &= left - 1)
		event_wait_seen(hw->ev, WALKER_CPU0 + __builtin_ctz(left), cpu_flags, who->seq);
	for (uint32_t left = who->iommus; left; left &= left - 1) {
		int i = __builtin_ctz(left);

		event_wait_seen(hw->ev, WALKER_IOMMU0 + i, iommu_flags, who->wait[i]);
	}
}

void hw_cpu_sync(struct hw *hw, uint32_t cpus, uint64_t seq)
{
	struct cpu_reached who = {cpus & ((1u << hw->cfg.ncpu) - 1), cpu_snoopers(hw), seq, {0}};
	bool cpu_drain = step(hw->bugs, STEP_HW_CPU_DRAIN), dma_drain = step(hw->bugs, STEP_HW_SNOOP_DRAIN);

	for (uint32_t left = who.iommus; left; left &= left - 1)
		who.wait[__builtin_ctz(left)] = hw_next_seq(&hw->iommu[__builtin_ctz(left)].q);
	cpu_tell_begin(hw, &who);
	hw_flight_drain(hw, cpu_drain ? who.cpus : 0, dma_drain ? who.iommus : 0, hw_flight_now(hw),
	                PT_HW_CPU_SYNC);
	cpu_tell_seen(hw, &who, cpu_drain ? SEEN_DRAINED : 0,
	              SEEN_BROADCAST | (dma_drain ? SEEN_DRAINED : 0));
}
