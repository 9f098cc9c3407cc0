/* SPDX-License-Identifier: MIT */
/*
 * exec: runs one case once.
 *
 * A world owns everything one execution needs and is reused for the next; its
 * reset costs what the last execution touched. Several worlds may live in one
 * process, each used by one thread at a time.
 */
#ifndef ENGINE_EXEC_H
#define ENGINE_EXEC_H

#include "case/case.h"
#include "engine/run/race.h"
#include "event/event.h"
#include "oracle/oracle.h"
#include "sched/sched.h"

struct interleave;
struct probes;
struct world;

enum { EXEC_LIMIT = 20000 }; /* points, unless the options say otherwise */

enum exec_verdict { EXEC_CLEAN, EXEC_VIOLATION, EXEC_INCONCLUSIVE, EXEC_DEFECT };

enum { EXEC_LOG_EVENTS = 64 * 1024 }; /* that a log has room for */

/* What happened, by kind: proof that executions are real ones. */
struct exec_counts {
	uint32_t op[OP_COUNT], op_ok[OP_COUNT]; /* begun; returned >= 0 */
	uint32_t event[EV_COUNT];
};

struct exec_result {
	enum exec_verdict verdict;
	struct oracle_violation violation; /* if verdict is EXEC_VIOLATION */
	struct race race;                  /* if its class is VC_RACE */
	const char *why;                   /* inconclusive or defect: one line, static */
	uint64_t trace_hash;               /* 0 unless asked for */
	uint32_t points, switches, ops;
	uint8_t cpus, devs; /* programs that ran at least one op */
	uint16_t skipped;   /* schedule entries whose point or target is gone */
};

struct exec_options {
	bool no_oracle;
	bool log;    /* keep the event log and hash it */
	bool record; /* keep the switches that the policy decided, for exec_recorded() */
	bool no_witness;
	uint32_t limit;             /* points; 0: EXEC_LIMIT */
	struct exec_counts *counts; /* added to; may be NULL */
	struct interleave *order;   /* what the schedule did, as features; may be NULL */
	struct probes *probes;      /* rare states; may be NULL */
	void (*begun)(void);        /* called when all is set up, before the first op; may be NULL */
};

struct world *world_create(void);
void world_destroy(struct world *w);

/* Runs c under the policy (NULL: replay c's own schedule) and fills *out. */
void exec_run(struct world *w, const struct case_file *c, const struct sched_policy *policy,
              const struct exec_options *opt, struct exec_result *out);
/*
 * Runs c's own schedule; a latent violation is tried as a witness: a ghost's
 * fill and access are put into *witnessed's schedule, and if the data shows it,
 * out->violation is no longer latent. witnessed may be NULL.
 */
void exec_witness(struct world *w, const struct case_file *c, const struct exec_options *opt,
                  struct exec_result *out, struct case_file *witnessed);
/* The last recorded schedule, in c's sched and order. false: too long to keep. */
bool exec_recorded(const struct world *w, struct case_file *c);
const struct event_sink *exec_events(const struct world *w);

#endif
