/* SPDX-License-Identifier: MIT */
/*
 * stress: the model on real threads.
 *
 * A run is a row of rounds. A round has a configuration and seeded programs
 * (several mms and domains, all operations), runs them on pthreads, waits for
 * all of them and audits what is left; the next one starts from nothing. Only
 * the interleaving differs when a seed is run again.
 */
#ifndef STRESS_STRESS_H
#define STRESS_STRESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "case/case.h"
#include "engine/run/exec.h"
#include "event/event.h"
#include "oracle/watch.h"

enum {
	STRESS_ROUND_OPS = 400,         /* of one actor in one round */
	STRESS_LAST_OPS = CASE_MAX_OPS, /* that an actor remembers */
	STRESS_RING = 4096,             /* events that an actor remembers */
};

struct stress_run;

enum { STRESS_SET = 16 };

struct stress_set {
	enum profile_flag flag;
	unsigned value;
};

struct stress_options {
	uint8_t threads, devices; /* 1..SD_MAX_CPUS, 0..SD_MAX_DEVS */
	int profile;              /* enum profile_id, or -1: another one each round */
	uint64_t seed;
	uint64_t ops;   /* of all actors together, after which no round begins; 0: no bound */
	bool one_round; /* only this one, again and again: */
	uint64_t round;
	uint64_t bugs, skip[2];
	uint32_t delay;    /* points between two delays of an actor, on average; 0: none */
	uint32_t patience; /* seconds without a new op after which a round is stuck */
	bool no_oracle;
	bool hostile; /* what real hardware does on a bad day; else faults only by `set` */
	struct stress_set set[STRESS_SET]; /* flags that every round has */
	unsigned nset;
	const volatile sig_atomic_t *stop;                   /* ends the run after this round */
	void (*tick)(void *ctx, const struct stress_run *r); /* now and then; may be NULL */
	/* A sanitizer's report on the caller's own thread; the process ends when this returns. May be NULL. */
	void (*last_words)(void *ctx, const struct stress_run *r);
	void *ctx;
};

struct stress_counts {
	uint64_t rounds, ops, dma, invalidations, failed_ops;
};

enum stress_end {
	STRESS_CLEAN,
	STRESS_VIOLATION, /* the oracle saw one */
	STRESS_REPORT,    /* a sanitizer did */
	STRESS_STUCK,     /* nobody began an op for too long */
	STRESS_NO_MEMORY, /* or no threads */
};

struct stress_run *stress_create(const struct stress_options *opt); /* NULL: no memory */
/* Only after STRESS_CLEAN: else threads are left that still use it, and the process has to end by _exit(). */
void stress_destroy(struct stress_run *r);
enum stress_end stress_go(struct stress_run *r);
struct stress_counts stress_counts(const struct stress_run *r);

/* -- after a violation or a report, or when it is stuck ---------------------- */
/* NULL: none. */
const struct watch_violation *stress_violation(const struct stress_run *r);
/* What a sanitizer said. */
struct stress_report {
	const char *by, *what;  /* "ThreadSanitizer", "data-race" */
	uint8_t actor, op_kind; /* who met it, in which op; EVENT_NOBODY: no actor */
	sd_page pfn;            /* of the frame that it is about; MEM_NO_FRAME: of none */
};
/* NULL: none. */
const struct stress_report *stress_report(const struct stress_run *r);
uint64_t stress_round(const struct stress_run *r);
/* The configuration of the round; its programs hold each actor's last operations, oldest first. */
void stress_last_ops(const struct stress_run *r, struct case_file *c);
/* What all actors remember, oldest first, as a log for timeline_print(); log->log is the caller's to free. */
bool stress_merge(const struct stress_run *r, struct event_sink *log);
/*
 * The violation as the controlled runtime would tell of it, as far as it is
 * known. A sanitizer's report is one without a class; stuck is inconclusive.
 */
void stress_result(const struct stress_run *r, struct exec_result *out);

#endif
