/* SPDX-License-Identifier: MIT */
/*
 * Hunt: the search loop. Programs come from generate.c, schedules from the
 * mix of search.c or, exhaustively, from policy_exhaustive.c with no, one and
 * two preemptions. The first run of a program measures k for PCT. If asked,
 * each execution is run again and must be the same (twice.c).
 *
 * No clock in here: a hunt with a seed is the same hunt everywhere.
 */
#include "engine/search/hunt.h"

#include <stdlib.h>
#include <string.h>

#include "engine/run/measure.h"
#include "engine/run/opinion.h"
#include "engine/search/generate.h"

enum {
	DEFAULT_RUNS = 4, /* a new program finds more than another schedule: docs/detection */
	PROGRESS_EVERY = 2048,
	EXHAUSTIVE_BOUNDS = 3,   /* 0, 1, 2 preemptions */
	EXHAUSTIVE_CAP = 2000,   /* executions of one program */
	COUNTS_EVERY = 1u << 16, /* executions, before 32-bit counters could wrap */
};

struct hunt {
	struct world *w;
	struct hunt_config cfg;
	struct hunt_stats st;
	struct rng rng;
	struct case_file c; /* the program that is being run */
	uint32_t run;       /* executions of it so far */
	uint32_t points;    /* k */
	uint8_t profile;
	struct search_try t;
	union search_state state;
	struct policy_exhaustive exhaustive;
	struct exec_counts counts;
	struct probes *probes;     /* NULL: nobody asks */
	struct opinions *opinions; /* NULL: only one oracle is asked */
	struct twice *twice;       /* NULL: nothing is run again */
	char says[OPINION_LINE];
};

struct hunt *hunt_create(struct world *w, const struct hunt_config *cfg)
{
	struct hunt *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->w = w;
	h->cfg = *cfg;
	if (!h->cfg.runs)
		h->cfg.runs = cfg->engine == SEARCH_EXHAUSTIVE ? EXHAUSTIVE_CAP : DEFAULT_RUNS;
	if (h->cfg.profile == HUNT_ANY_PROFILE && cfg->bug >= 0) {
		const char *hw = bug_info((enum bug)cfg->bug)->hw;

		h->cfg.profile = profile_find(hw, (unsigned)strlen(hw));
	}
	h->run = h->cfg.runs;
	rng_seed(&h->rng, cfg->seed);
	h->probes = cfg->probes ? probes_create(&h->st.probes) : NULL;
	h->opinions = cfg->second_opinion ? opinions_create() : NULL;
	h->twice = cfg->twice ? twice_create() : NULL;
	if ((!cfg->probes || h->probes) && (!cfg->second_opinion || h->opinions) && (!cfg->twice || h->twice))
		return h;
	hunt_destroy(h);
	return NULL;
}

void hunt_destroy(struct hunt *h)
{
	if (!h)
		return;
	probes_destroy(h->probes);
	opinions_destroy(h->opinions);
	twice_destroy(h->twice);
	free(h);
}

/* The world counts in 32 bits, for speed. */
static void hunt_fold_counts(struct hunt *h)
{
	for (int i = 0; i < OP_COUNT; i++) {
		h->st.seen.op[i] += h->counts.op[i];
		h->st.seen.op_ok[i] += h->counts.op_ok[i];
	}
	for (int i = 0; i < EV_COUNT; i++)
		h->st.seen.event[i] += h->counts.event[i];
	memset(&h->counts, 0, sizeof(h->counts));
}

const struct hunt_stats *hunt_stats(const struct hunt *h) { return &h->st; }

bool hunt_class_of(int bug, enum violation_class c)
{
	const char *name = violation_name(c), *at;
	size_t len = strlen(name);

	if (bug < 0)
		return true;
	for (at = bug_info((enum bug)bug)->classes; *at;) {
		size_t word = strcspn(at, " ");

		if (word == len && !memcmp(at, name, len))
			return true;
		at += word;
		at += strspn(at, " ");
	}
	return false;
}

/* -- what to run next ------------------------------------------------------------- */

static void hunt_next_program(struct hunt *h)
{
	struct generate_config gen = {.profile = h->cfg.profile, .skip = {h->cfg.skip[0], h->cfg.skip[1]}};

	if (h->cfg.profile == HUNT_ANY_PROFILE) {
		gen.profile = h->profile;
		h->profile = (uint8_t)((h->profile + 1) % PROFILE_COUNT);
	}
	if (h->cfg.bug >= 0)
		gen.bugs = (uint64_t)1 << h->cfg.bug;
	generate_case(&h->c, &h->rng, &gen);
	h->run = 0;
	h->points = 0;
	h->st.programs++;
}

/* false: this program is done. */
static bool hunt_next_exhaustive(struct hunt *h, struct sched_policy *policy)
{
	if (h->run == 0) {
		h->t = (struct search_try){.kind = TRY_EXHAUSTIVE};
		*policy = policy_exhaustive(&h->exhaustive, 0);
		return true;
	}
	if (!policy_exhaustive_next(&h->exhaustive)) {
		if (++h->t.depth == EXHAUSTIVE_BOUNDS)
			return false;
		*policy = policy_exhaustive(&h->exhaustive, h->t.depth);
	}
	return true;
}

static void hunt_next_run(struct hunt *h, struct sched_policy *policy)
{
	if (h->run >= h->cfg.runs)
		hunt_next_program(h);
	if (h->cfg.engine == SEARCH_EXHAUSTIVE) {
		if (!hunt_next_exhaustive(h, policy)) {
			hunt_next_program(h);
			hunt_next_exhaustive(h, policy);
		}
	} else {
		search_draw(&h->t, &h->rng, h->cfg.engine, h->points, measure_actors(&h->c));
		if (h->cfg.depth && h->t.kind == TRY_PCT)
			h->t.depth = h->cfg.depth;
		*policy = search_policy(&h->state, &h->t);
	}
	h->run++;
}

/* What has run, ready to do the same again. */
static struct sched_policy hunt_same_policy(struct hunt *h, const struct sched_policy *policy)
{
	/* the exhaustive one remembers its path */
	return h->t.kind == TRY_EXHAUSTIVE ? *policy : search_policy(&h->state, &h->t);
}

/* -- what came out ------------------------------------------------------------------ */

static void hunt_account(struct hunt *h, const struct exec_result *r)
{
	h->st.executions++;
	h->st.points += r->points;
	h->st.switches += r->switches;
	h->st.inconclusive += r->verdict == EXEC_INCONCLUSIVE;
	h->st.violations += r->verdict == EXEC_VIOLATION;
	if (r->points > h->points)
		h->points = r->points;
	if (h->st.executions % COUNTS_EVERY == 0)
		hunt_fold_counts(h);
	if (h->cfg.progress && h->st.executions % PROGRESS_EVERY == 0)
		h->cfg.progress(h->cfg.progress_ctx);
}

static enum hunt_end hunt_defect(struct hunt *h, struct hunt_find *find, const char *why)
{
	find->c = h->c;
	find->r.verdict = EXEC_DEFECT;
	find->r.why = why;
	search_describe(&h->t, find->how, sizeof(find->how));
	return HUNT_DEFECT;
}

/* The same case with the bug off: a violation that shows there too is not the bug's. */
static bool hunt_without_bug(struct hunt *h, const struct case_file *c)
{
	const struct exec_options opt = {.no_witness = true};
	struct case_file healthy = *c;
	struct exec_result r;

	healthy.bugs = 0;
	exec_run(h->w, &healthy, NULL, &opt, &r);
	return r.verdict == EXEC_VIOLATION;
}

/* Records, replays and witnesses a violation. HUNT_BUDGET: it cannot be kept, go on. */
static enum hunt_end hunt_settle(struct hunt *h, const struct sched_policy *policy, struct hunt_find *find)
{
	const struct exec_options opt = {0};
	struct case_file witnessed;
	const struct sched_policy again = hunt_same_policy(h, policy);
	bool differs;

	signature_of(&find->r, &h->c, find->signature, sizeof(find->signature));
	search_describe(&h->t, find->how, sizeof(find->how));
	find->c = h->c;
	if (!search_record(h->w, &find->c, &again, find->signature, &differs)) {
		/*
		 * Of several races in a run TSan may report another one first each time, as its shadow
		 * memory forgets at random. A planted race will be found again; one of the clean model
		 * must not be passed over.
		 */
		if (differs && find->r.violation.class_ == VC_RACE && h->cfg.bug >= 0)
			h->st.unsettled++;
		else if (differs)
			return hunt_defect(h, find,
			                   "a recorded schedule does not replay to the same violation");
		else
			h->st.too_long++;
		return HUNT_BUDGET;
	}
	if (h->cfg.bug >= 0 && hunt_without_bug(h, &find->c)) {
		h->st.healthy++;
		return HUNT_BUDGET;
	}
	exec_witness(h->w, &find->c, &opt, &find->r, &witnessed);
	if (find->r.verdict != EXEC_VIOLATION)
		return hunt_defect(h, find, "the violation went away when it was witnessed");
	if (!find->r.violation.latent)
		find->c = witnessed;
	find->c.expect = find->r.violation.class_;
	return HUNT_FOUND;
}

/* false: it was run again, and was not the same. */
static bool hunt_execute(struct hunt *h, const struct sched_policy *policy, const struct exec_options *opt,
                         struct hunt_find *find)
{
	struct sched_policy again;

	if (!h->twice) {
		exec_run(h->w, &h->c, policy, opt, &find->r);
		return true;
	}
	twice_first(h->twice, h->w, &h->c, policy, opt, &find->r);
	if (find->r.verdict == EXEC_DEFECT)
		return true;
	again = hunt_same_policy(h, policy);
	h->st.rerun += twice_is_long(h->twice);
	h->st.replayed += !twice_is_long(h->twice);
	return twice_again(h->twice, &again, &find->difference);
}

static enum hunt_end hunt_differs(struct hunt *h, struct hunt_find *find)
{
	const struct exec_result *r = &find->r;
	const uint8_t expect = r->verdict == EXEC_VIOLATION ? r->violation.class_ : VC_CLEAN;
	const enum hunt_end end = hunt_defect(h, find, "the same schedule gave another execution");

	find->differs = true;
	find->c = *twice_case(h->twice);
	find->c.expect = expect;
	return end;
}

/* HUNT_BUDGET: no finding, go on. */
static enum hunt_end hunt_outcome(struct hunt *h, const struct sched_policy *policy, struct hunt_find *find)
{
	if (find->r.verdict == EXEC_DEFECT)
		return hunt_defect(h, find, find->r.why);
	if (find->r.verdict != EXEC_VIOLATION)
		return HUNT_BUDGET;
	if (hunt_class_of(h->cfg.bug, (enum violation_class)find->r.violation.class_))
		return hunt_settle(h, policy, find);
	h->st.other++;
	return HUNT_BUDGET;
}

/* Both oracles: looks for a disagreement only. Its schedule goes into the case, if it is short enough. */
static enum hunt_end hunt_ask_both(struct hunt *h, const struct sched_policy *policy,
                                   const struct exec_options *opt, struct hunt_find *find)
{
	struct exec_options record = {.record = true, .no_witness = true};
	struct sched_policy again;
	struct exec_result unused;
	struct opinion said;

	opinion_run(h->opinions, h->w, &h->c, policy, opt, &said);
	find->r = said.first;
	hunt_account(h, &find->r);
	h->st.compared += said.is == OPINION_SAME;
	if (find->r.verdict == EXEC_DEFECT)
		return hunt_defect(h, find, find->r.why);
	if (said.is != OPINION_DIFFERS)
		return HUNT_BUDGET;
	hunt_defect(h, find, opinion_says(&said, h->w, h->says));
	again = hunt_same_policy(h, policy);
	exec_run(h->w, &h->c, &again, &record, &unused);
	if (!exec_recorded(h->w, &find->c))
		h->st.too_long++;
	return HUNT_DEFECT;
}

enum hunt_end hunt_next(struct hunt *h, struct hunt_find *find)
{
	struct sched_policy policy = {0};
	const struct exec_options opt = {
	        .no_oracle = h->cfg.no_oracle, .no_witness = true, .counts = &h->counts, .probes = h->probes};
	enum hunt_end end = HUNT_BUDGET;
	bool same;

	find->differs = false;
	while (end == HUNT_BUDGET && h->st.executions < h->cfg.budget) {
		if (h->cfg.stop && *h->cfg.stop) {
			end = HUNT_STOPPED;
			break;
		}
		hunt_next_run(h, &policy);
		if (h->opinions) {
			end = hunt_ask_both(h, &policy, &opt, find);
			continue;
		}
		same = hunt_execute(h, &policy, &opt, find);
		hunt_account(h, &find->r);
		end = same ? hunt_outcome(h, &policy, find) : hunt_differs(h, find);
	}
	hunt_fold_counts(h);
	return end;
}
