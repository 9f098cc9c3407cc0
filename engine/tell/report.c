/* SPDX-License-Identifier: MIT */
/*
 * Report: says in words what the oracle found: class, who and which operation,
 * which page of whose space, who may still hold it, what step was missing, and
 * how to see it again. It decides nothing.
 */
#include "engine/tell/report.h"

#include <inttypes.h>
#include <string.h>

#include "engine/run/measure.h"
#include "engine/run/signature.h"
#include "event/walker.h"
#include "mem/pte.h"

/* -- names ---------------------------------------------------------------------- */

/* The region whose base is the nearest below; one that the program names beats one that it does not. */
static int report_region_of(const struct case_file *c, sd_page page)
{
	int best = -1;
	sd_page best_off = 0;
	bool best_used = false;

	for (int r = 0; r < CASE_REGIONS; r++) {
		sd_page base = case_region_base(c, r);
		bool used = measure_uses_region(c, r);

		if (page < base || page - base > CASE_MAX_OFF + CASE_MAX_N || (best_used && !used))
			continue;
		if (best >= 0 && best_used == used && best_off <= page - base)
			continue;
		best = r;
		best_off = page - base;
		best_used = used;
	}
	return best;
}

static int report_page_name(const struct case_file *c, sd_page page, char *buf, size_t cap)
{
	int r = report_region_of(c, page);
	sd_page off;

	if (r < 0)
		return snprintf(buf, cap, "0x%x", page);
	off = page - case_region_base(c, r);
	return off ? snprintf(buf, cap, "%c+%u", 'a' + r, off) : snprintf(buf, cap, "%c", 'a' + r);
}

char *report_pages(const struct case_file *c, sd_page page, sd_page n, char buf[REPORT_NAME])
{
	char first[REPORT_NAME / 4], last[REPORT_NAME / 4];

	report_page_name(c, page, first, sizeof(first));
	if (n <= 1) {
		snprintf(buf, REPORT_NAME, "[%s]", first);
	} else {
		report_page_name(c, page + n - 1, last, sizeof(last));
		snprintf(buf, REPORT_NAME, "[%s..%s]", first, last);
	}
	return buf;
}

char *report_space(int space, char buf[REPORT_NAME])
{
	if (space < SD_MAX_MMS)
		snprintf(buf, REPORT_NAME, "mm%d, pasid %d", space, space + 1);
	else
		snprintf(buf, REPORT_NAME, "domain %d", space - SD_MAX_MMS);
	return buf;
}

char *report_walkers(uint32_t walkers, char buf[REPORT_NAME])
{
	size_t len = 0;

	snprintf(buf, REPORT_NAME, "nobody");
	for (int w = 0; w < WALKER_COUNT && len < REPORT_NAME - 1; w++) {
		if (!(walkers >> w & 1))
			continue;
		len += (size_t)snprintf(buf + len, REPORT_NAME - len, "%s%s",
		                        !len                 ? ""
		                        : walkers >> (w + 1) ? ", "
		                                             : " and ",
		                        walker_name(w));
	}
	return buf;
}

const char *report_verdict(enum exec_verdict v)
{
	static const char *const names[] = {[EXEC_CLEAN] = "clean",
	                                    [EXEC_VIOLATION] = "violation",
	                                    [EXEC_INCONCLUSIVE] = "inconclusive",
	                                    [EXEC_DEFECT] = "defect"};

	return names[v];
}

const char *report_class(enum violation_class c)
{
	static const char *const what[VC_COUNT] = {
	        [VC_CLEAN] = "nothing was broken",
	        [VC_STALE_USE] = "a frame is freed or reused while a translation to it can still be used",
	        [VC_STALE_PERM] = "a write can pass after the pages were write-protected",
	        [VC_STALE_MAP] = "an access can pass through a mapping that was removed or replaced",
	        [VC_STALE_ORDER] = "a newer value was read before an older one that it follows",
	        [VC_WALK_FREED_TABLE] = "a table page is freed while a walker can still go through it",
	        [VC_OVERLAP] = "two page sizes can be cached for one address",
	        [VC_SPURIOUS_FAULT] = "an access faults that is owed a translation",
	        [VC_NO_PROGRESS] = "what is tried again and again can never succeed",
	        [VC_LOST_DIRTY] = "data was written and nobody will write it back",
	        [VC_TORN_ENTRY] = "an entry of several words is read half old, half new",
	        [VC_WRONG_OWNER] = "a translation or a request of one owner reaches the next",
	        [VC_LEAK] = "a frame has no owner and was not freed",
	        [VC_REFCOUNT] = "a reference or map count went wrong",
	        [VC_DEADLOCK] = "actors wait for each other, nobody can run",
	        [VC_PROTOCOL] = "a rule between software and hardware was broken",
	        [VC_RACE] = "two actors access the same memory, one of them writes, and nothing orders them",
	};

	return (unsigned)c < VC_COUNT ? what[c] : "unknown";
}

/* Is it about a page of a space? Counts and locks are not, nor is what has no translation behind it. */
static bool report_names_page(const struct oracle_violation *v)
{
	return v->space < SD_MAX_SPACES && v->class_ != VC_DEADLOCK && v->class_ != VC_LEAK &&
	       v->class_ != VC_REFCOUNT && v->class_ != VC_PROTOCOL && v->class_ != VC_RACE &&
	       v->class_ != VC_TORN_ENTRY;
}

const char *report_access(const struct oracle_violation *v)
{
	return !report_names_page(v) ? "" : v->write ? ", write" : ", read";
}

/* -- the missing step ------------------------------------------------------------- */

static bool report_is_access_class(enum violation_class c)
{
	return c == VC_STALE_USE || c == VC_STALE_PERM || c == VC_STALE_MAP || c == VC_STALE_ORDER ||
	       c == VC_WRONG_OWNER;
}

static bool report_frees(const struct event *ev, sd_page pfn)
{
	return ev->type == EV_FRAME_FREE && pfn >= ev->frames.pfn &&
	       pfn - ev->frames.pfn < (ev->frames.n ? ev->frames.n : 1);
}

/* What ends a promise, or breaks one by itself. */
static bool report_decides(const struct event *ev)
{
	switch (ev->type) {
	case EV_OP_END:
	case EV_FRAME_FREE:
	case EV_WRITEOUT:
	case EV_DISCARD:
	case EV_CLEANED:
	case EV_DEAD:
	case EV_ENTRY:
	case EV_ACCESS:
	case EV_FAULT:
	case EV_NO_PROGRESS:
	case EV_PRQ_SERVED:
	case EV_CMD_BAD:
	case EV_BAD_REF:
	case EV_WAIT_SEEN:
	case EV_NOTIFY_END:
	case EV_TOP_READ:
		return true;
	default:
		return false;
	}
}

/* The use of the stale pointer to a table after the table was freed; log->len if there is none. */
static uint32_t report_freed_table_used(const struct oracle_violation *v, const struct event_sink *log)
{
	bool freed = false;

	for (uint32_t i = 0; v->serial && i < log->len; i++) {
		const struct event *ev = &log->log[i];

		freed |= report_frees(ev, v->pfn);
		if (freed && ev->type == EV_HIT_TABLE && pte_pfn(ev->cached.value) == v->pfn &&
		    ev->cached.serial == v->serial)
			return i;
	}
	return log->len;
}

uint32_t report_bad_event(const struct exec_result *r, const struct event_sink *log)
{
	const struct oracle_violation *v = &r->violation;
	bool access = !v->latent && report_is_access_class((enum violation_class)v->class_);

	if (r->verdict != EXEC_VIOLATION || !log || !log->log || log->lost)
		return log ? log->len : 0;
	if (v->class_ == VC_WALK_FREED_TABLE) {
		uint32_t used = report_freed_table_used(v, log);

		if (used < log->len)
			return used;
	}
	for (uint32_t i = log->len; i > 0; i--) {
		const struct event *ev = &log->log[i - 1];

		if (access ? ev->type == EV_ACCESS && ev->access.pfn == v->pfn
		           : ev->actor == v->actor && report_decides(ev))
			return i - 1;
	}
	return log->len;
}

uint32_t report_promise_event(const struct exec_result *r, const struct event_sink *log)
{
	const struct oracle_violation *v = &r->violation;
	uint32_t bad = report_bad_event(r, log);

	for (uint32_t i = bad; log && i > 0 && bad < log->len; i--) {
		const struct event *ev = &log->log[i - 1];

		if ((v->class_ == VC_STALE_USE || v->class_ == VC_WALK_FREED_TABLE) &&
		    report_frees(ev, v->pfn))
			return i - 1;
		if ((v->class_ == VC_STALE_MAP || v->class_ == VC_STALE_PERM) && ev->type == EV_OP_END &&
		    ev->actor == v->killer_actor && ev->op_end.kind == v->killer_op)
			return i - 1;
		if (v->class_ != VC_WALK_FREED_TABLE && ev->type == EV_ENTRY &&
		    ev->actor == v->killer_actor && pte_present(ev->store.old))
			break;
	}
	return bad;
}

static const char *report_promising_op(const struct oracle_violation *v)
{
	if (v->op_kind < OP_COUNT && op_info((enum op_kind)v->op_kind)->who == OP_WHO_CPU)
		return op_info((enum op_kind)v->op_kind)->name;
	return v->killer_op < OP_COUNT ? op_info((enum op_kind)v->killer_op)->name : "the operation";
}

/* "the free", "the return of munmap": when it was relied on. */
static void report_when(const struct exec_result *r, const struct event_sink *log, char *buf, size_t cap)
{
	const struct oracle_violation *v = &r->violation;
	uint32_t bad = report_bad_event(r, log);
	int type = log && bad < log->len ? log->log[bad].type : EV_OP_END;

	if (v->class_ == VC_WALK_FREED_TABLE)
		snprintf(buf, cap, "the free of the table");
	else if (type == EV_WRITEOUT)
		snprintf(buf, cap, "the write-out");
	else if (type == EV_DISCARD)
		snprintf(buf, cap, "the discard");
	else if (v->class_ == VC_STALE_USE)
		snprintf(buf, cap, "the free");
	else if (type == EV_DEAD || type == EV_CLEANED)
		snprintf(buf, cap, "the moment %s relies on it", report_promising_op(v));
	else
		snprintf(buf, cap, "%s of %s",
		         type == EV_OP_END || type == EV_ACCESS ? "the return" : "the end",
		         report_promising_op(v));
}

static void report_step_missing(const struct case_file *c, const struct exec_result *r,
                                const struct event_sink *log, char buf[REPORT_LINE])
{
	const struct oracle_violation *v = &r->violation;
	char pages[REPORT_NAME], space[REPORT_NAME], walkers[REPORT_NAME], end[REPORT_NAME];

	report_pages(c, v->page, v->span, pages);
	if (v->space < SD_MAX_MMS)
		snprintf(space, sizeof(space), "pasid %d", v->space + 1);
	else
		report_space(v->space, space);
	report_walkers(v->walkers, walkers);
	report_when(r, log, end, sizeof(end));
	if (v->missing == MISSING_INVALIDATION)
		snprintf(buf, REPORT_LINE,
		         "no invalidation covering %s %s completed at %s between the fill and %s", pages,
		         space, walkers, end);
	else
		snprintf(buf, REPORT_LINE,
		         "no wait that drains what is in flight was seen complete after the invalidation of "
		         "%s %s at %s and before %s",
		         pages, space, walkers, end);
}

static void report_step_race(const struct race *x, char buf[REPORT_LINE])
{
	char place[2][RACE_PLACE];

	snprintf(buf, REPORT_LINE, "nothing orders the %s in %s and the %s in %s",
	         x->access[1].write ? "write" : "read", race_place(&x->access[1], place[1]),
	         x->access[0].write ? "write" : "read", race_place(&x->access[0], place[0]));
}

void report_step(const struct case_file *c, const struct exec_result *r, const struct event_sink *log,
                 char buf[REPORT_LINE])
{
	const struct oracle_violation *v = &r->violation;
	char pages[REPORT_NAME], space[REPORT_NAME];

	if (v->missing != MISSING_NONE) {
		report_step_missing(c, r, log, buf);
		return;
	}
	if (v->class_ == VC_RACE) {
		report_step_race(&r->race, buf);
		return;
	}
	if (!report_names_page(v)) {
		snprintf(buf, REPORT_LINE, "%s", report_class((enum violation_class)v->class_));
		return;
	}
	report_pages(c, v->page, v->span, pages);
	report_space(v->space, space);
	if (v->class_ == VC_OVERLAP)
		snprintf(buf, REPORT_LINE,
		         "a second page size for %s (%s) became reachable while the first may be cached",
		         pages, space);
	else
		snprintf(buf, REPORT_LINE, "%s: %s (%s)", report_class((enum violation_class)v->class_),
		         pages, space);
}

/* -- the whole ---------------------------------------------------------------------- */

static void report_print_place(FILE *out, const char *label, const struct oracle_place *p)
{
	if (!p->valid || !p->passage)
		return;
	fprintf(out, "  %-10s %s", label, actor_name(p->actor));
	if (p->op_kind < OP_COUNT)
		fprintf(out, " %s#%u", op_info((enum op_kind)p->op_kind)->name, p->op_occurrence);
	fprintf(out, " at %s#%u\n", point_name((enum point)p->point), p->passage);
}

static const char *report_shown_by(const struct oracle_violation *v)
{
	if (v->latent)
		return "the may-cache rule (latent): hardware may hold it, this run did not use it";
	return report_names_page(v) ? "data that moved in this run" : "what happened in this run";
}

static void report_print_violation(FILE *out, const struct case_file *c, const struct exec_result *r,
                                   const struct event_sink *log)
{
	const struct oracle_violation *v = &r->violation;
	char pages[REPORT_NAME], space[REPORT_NAME], walkers[REPORT_NAME], line[REPORT_LINE];

	fprintf(out, "  %-10s %s\n", "means", report_class((enum violation_class)v->class_));
	fprintf(out, "  %-10s %s\n", "shown by", report_shown_by(v));
	if (report_names_page(v)) {
		fprintf(out, "  %-10s %s of %s, level %u, frame %u\n", "stale",
		        report_pages(c, v->page, v->span, pages), report_space(v->space, space), v->level,
		        v->pfn);
		if (v->walkers)
			fprintf(out, "  %-10s %s\n", "held by", report_walkers(v->walkers, walkers));
	} else if (v->pfn) {
		fprintf(out, "  %-10s %u\n", "frame", v->pfn);
	}
	if (v->killer_op < OP_COUNT)
		fprintf(out, "  %-10s %s of %s\n", "killed by", op_info((enum op_kind)v->killer_op)->name,
		        actor_name(v->killer_actor));
	report_print_place(out, "fill", &v->fill);
	report_print_place(out, "broken by", &v->use);
	report_step(c, r, log, line);
	fprintf(out, "  %-10s %s\n", "step", line);
}

void report_print(FILE *out, const struct case_file *c, const struct exec_result *r,
                  const struct event_sink *log, const char *file)
{
	char signature[REPORT_LINE];

	fprintf(out, "%s%s%s", file ? file : "", file ? ": " : "", report_verdict(r->verdict));
	if (r->verdict == EXEC_VIOLATION)
		fprintf(out, " %s%s%s", violation_name((enum violation_class)r->violation.class_),
		        report_access(&r->violation), r->violation.latent ? ", latent" : "");
	else if (r->why)
		fprintf(out, ": %s", r->why);
	fputc('\n', out);
	if (r->verdict == EXEC_VIOLATION) {
		report_print_violation(out, c, r, log);
		signature_of(r, c, signature, sizeof(signature));
		fprintf(out, "  %-10s %s\n", "signature", signature);
	}
	fprintf(out, "  %-10s %u points, %u switches, %u ops, %u cpus, %u devices\n", "run", r->points,
	        r->switches, r->ops, r->cpus, r->devs);
	if (r->skipped + c->dropped)
		fprintf(out, "  %-10s %u schedule entries: their point or target is gone\n", "skipped",
		        r->skipped + c->dropped);
	if (r->trace_hash)
		fprintf(out, "  %-10s %016" PRIx64 "\n", "trace", r->trace_hash);
	if (file)
		fprintf(out, "  %-10s shootdown replay %s\n", "replay", file);
}
