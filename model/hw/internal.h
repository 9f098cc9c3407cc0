/* SPDX-License-Identifier: MIT */
/*
 * What the files of hw/ share.
 *
 * An *agent* is one thing that walks and caches: a CPU's MMU or an IOMMU. Its
 * lock is never held across a point: taking it is the point, and what follows
 * up to the unlock is one instant.
 */
#ifndef HW_INTERNAL_H
#define HW_INTERNAL_H

#include "event/walker.h"
#include "hw/ctx.h"
#include "hw/decode.h"
#include "hw/hw.h"

enum {
	HW_CTX_ENTRIES = 8,
	HW_IOTLB_ENTRIES = 16,
	HW_IOMMU_PSC_ENTRIES = 8,
	HW_CPU_TLB_ENTRIES = 8,
	HW_CPU_PSC_ENTRIES = 4,
	HW_RING = 64,       /* commands of an invalidation queue */
	HW_PRQ_ENTRIES = 8, /* page requests */
	HW_GENS = 32,       /* tags that share an invalidation counter cancel each other's walks: harmless */
	HW_MAX_LEAF_LEVEL = 2,
};

/* A cached leaf, or a cached pointer to a table (level: of the entry that points). */
struct hw_entry {
	uint16_t tag;
	uint8_t level;
	sd_page base, span; /* pages it covers */
	pte_t value;
	mem_entry entry;
	uint32_t serial;
};

struct hw_cache {
	uint8_t n, cap;
	struct hw_entry e[HW_IOTLB_ENTRIES];
};

struct hw_agent {
	struct sched_lock lock;
	uint8_t walker;
	bool hwad, keep_weak;
	struct hw_cache tlb, psc;
	uint32_t gen_all, gen[HW_GENS]; /* invalidations so far, of every tag and of a tag */
};

struct hw_ctx_entry {
	uint8_t dev, pasid;
	uint8_t fewer; /* levels */
	uint16_t tag;
	sd_page root;
};

struct hw_queue {
	struct hw_cmd ring[HW_RING];         /* decoded as they come: the order goes by their kinds */
	uint64_t seq[HW_RING];               /* ordinal by slot */
	uint32_t entries;                    /* of the ring that may be used */
	uint64_t early;                      /* slots executed ahead of their turn, a bit each */
	_Atomic uint64_t next_seq;           /* the last ordinal given */
	_Atomic uint64_t head;               /* commands fetched in turn; slot = head % HW_RING */
	_Atomic uint64_t tail;               /* commands published: what is in their slots */
	_Atomic uint64_t done;               /* ordinal of the last completed wait */
	_Atomic bool busy;                   /* a command that blocks is being executed */
	_Atomic uint64_t drained;            /* ordinal of the last wait that drained */
	_Atomic uint64_t seen, seen_drained; /* what software has observed of them */
	bool must_drain;                     /* VT-d DR and DW since the last wait */
	struct sched_wq work, completed;
};

struct hw_prq {
	struct sd_page_request ring[HW_PRQ_ENTRIES];
	uint32_t entries; /* that may be used */
	_Atomic bool
	        overflow; /* a request was dropped; software clears it (VT-d PRO, SMMU OVFLG, RISC-V pqof) */
	_Atomic uint32_t head, tail; /* slot = % HW_PRQ_ENTRIES */
	struct sched_wq work, space;
};

struct hw_iommu {
	struct hw_agent agent;
	sd_page ctx_table;
	_Atomic uint32_t
	        ctx_gen; /* context invalidations so far; read without the lock before the entry is */
	uint8_t nctx;
	struct hw_ctx_entry ctx[HW_CTX_ENTRIES];
	struct hw_queue q;
	struct hw_prq prq;
};

struct hw {
	struct mem *m;
	struct sched *s;
	struct event_sink *ev;
	const struct bugs_set *bugs;
	struct hw_config cfg;
	struct hw_endpoint ep;
	struct hw_agent cpu[SD_MAX_CPUS];
	struct hw_iommu iommu[SD_MAX_IOMMUS];
	/* accesses in flight, stamped when they began; 0: none */
	_Atomic uint64_t clock;
	_Atomic uint64_t dma[SD_MAX_DEVS]; /* untranslated only, unless ATCs may be lost */
	_Atomic uint64_t access[SD_MAX_CPUS];
	struct sched_wq ended; /* told whenever one of them ends */
	/* ordinal of the first ATC invalidation that the device did not answer; 0: it answers */
	_Atomic uint64_t unanswered[SD_MAX_DEVS];
	/* CPU shootdowns */
	_Atomic uint64_t cpu_seq;
	_Atomic uint64_t
	        last_read; /* data that was read goes somewhere, or the read would be optimised away */
};

/* -- agents: cache.c ------------------------------------------------------------- */
static inline void hw_lock(struct hw *hw, struct hw_agent *a, enum point p)
{
	sched_lock(hw->s, &a->lock, p);
}
static inline void hw_unlock(struct hw *hw, struct hw_agent *a) { sched_unlock(hw->s, &a->lock); }

static inline uint64_t hw_cookie(uint32_t serial, uint16_t tag) { return serial | (uint64_t)tag << 32; }

/* The smallest entry that covers page; NULL: none. */
struct hw_entry *hw_cache_find(struct hw_cache *c, uint16_t tag, sd_page page);
/* Replaces the entry of the same pages, takes a free slot, or does nothing: nothing is evicted. false: not
 * cached. */
bool hw_cache_fill(struct hw_cache *c, const struct hw_entry *e);
void hw_cache_drop(struct hw_cache *c, struct hw_entry *e);
/*
 * An invalidation takes effect: entries leave, walks in flight for the tag are
 * cancelled, the event is told. With the lock held.
 */
void hw_agent_invalidate(struct hw *hw, struct hw_agent *a, uint16_t tag, sd_page first, sd_page last,
                         unsigned flags, uint64_t seq);
void hw_agent_reset(struct hw_agent *a, int walker, unsigned tlb, unsigned psc, bool hwad, bool keep_weak);

/* -- walks: walk.c ---------------------------------------------------------------- */
struct hw_walk {
	struct hw_agent *agent;
	sd_page root, page;
	uint8_t fewer; /* levels that the table is less deep */
	uint32_t gen;  /* of the tag, when the walk began */
	uint16_t tag;
	bool write;
	bool ghost; /* no points: a witness */
};

static inline uint32_t hw_gen(const struct hw_agent *a, uint16_t tag)
{
	return a->gen_all + a->gen[tag % HW_GENS];
}
/*
 * TLB, then a walk. Called with the agent's lock held (unless a ghost), returns
 * without it. SD_CANCEL: an invalidation of the tag overtook the walk.
 */
enum sd_status hw_walk(struct hw *hw, struct hw_walk *w, struct hw_entry *out);
void hw_translation(const struct hw_entry *e, sd_page page, struct sd_translation *out);

/* -- IOMMUs: iommu.c, ctx.c -------------------------------------------------------- */
static inline struct hw_iommu *hw_iommu_of(struct hw *hw, int dev)
{
	return &hw->iommu[hw->cfg.dev_iommu[dev]];
}
const struct hw_ctx_entry *hw_ctx_find(const struct hw_iommu *io, int dev, int pasid);
/*
 * Reads the context entry and caches it. On SD_OK the agent's lock is held
 * (unless a ghost); otherwise it is not. SD_NOCTX or SD_CANCEL.
 */
enum sd_status hw_ctx_fetch(struct hw *hw, struct hw_iommu *io, const struct sd_request *rq,
                            struct hw_ctx_entry *out);
/* A context invalidation takes effect; with the lock held. */
void hw_ctx_invalidate(struct hw *hw, struct hw_iommu *io, const struct hw_cmd *c, uint64_t seq);
enum sd_status hw_op_translate(void *hw, const struct sd_request *rq, struct sd_translation *out);
enum sd_status hw_op_ats_translate(void *hw, const struct sd_request *rq, struct sd_translation *out);

/* Atomics that only keep bookkeeping whole: no ordering is wanted from them. */
#define hw_get(a) atomic_load_explicit(a, memory_order_relaxed)
#define hw_set(a, v) atomic_store_explicit(a, v, memory_order_relaxed)
/* A completion, and the end of an access: what came before is over for whoever sees it. */
#define hw_see(a) atomic_load_explicit(a, memory_order_acquire)
#define hw_publish(a, v) atomic_store_explicit(a, v, memory_order_release)

static inline uint64_t hw_next_seq(struct hw_queue *q)
{
	return atomic_fetch_add_explicit(&q->next_seq, 1, memory_order_relaxed) + 1;
}

/* -- invalidation queue: queue.c, execute.c ------------------------------------------ */
void hw_queue_reset(struct hw_queue *q, uint32_t entries);
void hw_op_set_root(void *hw, int iommu, sd_page ctx_table);
int64_t hw_op_inv_submit(void *hw, int iommu, const struct sd_inv_cmd *cmds, unsigned n);
bool hw_op_inv_poll(void *hw, int iommu, uint64_t seq);
void hw_op_sync(void *hw, int iommu, uint64_t seq);
uint32_t hw_op_inv_error(void *hw, int iommu, uint64_t seq);
unsigned hw_op_step(void *hw, int iommu, unsigned budget);

/* -- page requests: prq.c ------------------------------------------------------------- */
void hw_prq_reset(struct hw_prq *p, bool small);
enum sd_status hw_op_page_request(void *hw, const struct sd_page_request *prq);
bool hw_op_event_poll(void *hw, int iommu, struct sd_page_request *out);
bool hw_op_event_overflow(void *hw, int iommu);
void hw_op_page_response(void *hw, const struct sd_page_request *prq, enum sd_response code);

/* -- accesses in flight: flight.c -------------------------------------------------------- */
uint64_t hw_flight_now(struct hw *hw);
void hw_flight_begin(struct hw *hw, _Atomic uint64_t *slot);
void hw_flight_end(struct hw *hw, _Atomic uint64_t *slot);
/* Blocks until no access of these CPUs and no untranslated DMA through these IOMMUs that began by `limit`
 * goes on. */
void hw_flight_drain(struct hw *hw, uint32_t cpus, uint32_t iommus, uint64_t limit, enum point p);

#endif
