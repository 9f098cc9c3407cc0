/* SPDX-License-Identifier: MIT */
/*
 * A hardware side for tests of drv/ and dma/ that caches nothing: it decodes
 * every command at once, keeps it in a list, and remembers which waits
 * somebody asked for. In a world it stands behind the real memory.
 */
#ifndef TESTS_SUPPORT_FAKE_H
#define TESTS_SUPPORT_FAKE_H

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dma/dma.h"
#include "drv/drv.h"
#include "event/tell.h"
#include "hw/ctx.h"
#include "hw/decode/decode.h"

enum { FAKE_LOG = 4096, FAKE_EVENTS = 16384, FAKE_SYNCS = 256 };

struct fake_cmd {
	struct hw_cmd cmd;
	uint8_t iommu;
	uint64_t seq;
};

struct fake {
	/* the world */
	struct event_sink ev;
	struct event log[FAKE_EVENTS];
	struct sched *s;
	struct mem m;
	struct bugs_set bugs;
	struct drv *drv;
	struct dma_sys *dma;
	struct profile prof;
	/* what hardware was told */
	sd_page root[SD_MAX_IOMMUS];
	uint64_t seq[SD_MAX_IOMMUS];
	struct fake_cmd cmd[FAKE_LOG];
	unsigned ncmd;
	struct {
		int actor, iommu;
		uint64_t seq;
	} sync[FAKE_SYNCS];
	unsigned nsync;
	int busy;      /* submissions that fail before one is taken */
	unsigned most; /* commands of the largest submission */
	int late;      /* looks at a wait that find it not done */
	uint32_t lost; /* devices that answer no ATC invalidation, a bit each */
	struct sd_page_request prq[4];
	unsigned nprq, aprq;
	bool overflow; /* a page request was dropped, and nobody has asked yet */
	enum sd_response answer[4];
	unsigned nanswer;
};

struct fake *fake_new(struct mem_geometry geo);
void fake_free(struct fake *f);
/* Two devices; with two IOMMUs, one behind each. */
void fake_reset(struct fake *f, enum profile_id prof, int niommu, const struct drv_fault_ops *fault);
/* Forgets what was told so far. */
void fake_clear(struct fake *f);
void fake_bug(struct fake *f, enum bug b);
void fake_skip(struct fake *f, enum step t);
/* Was every page of the range named to that kind of cache? */
bool fake_told(const struct fake *f, enum hw_cmd_kind kind, sd_page first, sd_page last);

#endif
