/* SPDX-License-Identifier: MIT */
/* A timeline with a bound on its rows: of a long run stays what touches the page or the frame, and the end. */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/tell/timeline.h"
#include "event/tell.h"
#include "event/walker.h"
#include "mem/mem.h"

enum {
	LOG = 4096,
	ROWS = 20,
	PAGE = 3,
	FAR = 40,
	FRAME = 9,
	OTHER = 17,
	SERIAL = 5,
	CPU = ACTOR_CPU0,
	DEV = ACTOR_DEV0,
	OTHER_DEV = DEV + 1
};

struct story {
	struct case_file c;
	struct exec_result r;
	struct event_sink log;
	char *text;
};

static struct event_sink *as(struct story *s, int actor)
{
	assert_true(s->log.len < LOG);
	s->log.actor = (uint8_t)actor;
	return &s->log;
}

static void dma(struct story *s, int actor, sd_page page, sd_page pfn)
{
	event_op_begin(as(s, actor), OP_DMA_WRITE, 0, page, 1, 0, 0, 0);
	event_dma_begin(as(s, actor), actor - DEV, 1, page, 1);
	if (pfn == MEM_NO_FRAME)
		event_fault(as(s, actor), WALKER_ATC0, ACC_WRITE, page, 1, 0);
	else
		event_access(as(s, actor), WALKER_ATC0, ACC_WRITE, pfn, page, 1, 0, SERIAL);
	event_dma_end(as(s, actor), actor - DEV, 0, page, 1);
	event_op_end(as(s, actor), OP_DMA_WRITE, 0, page, 1, 0, 0);
}

/* A CPU frees the frame of the page, a device still writes there. */
static void break_it(struct story *s)
{
	event_op_begin(as(s, CPU), OP_MUNMAP, 0, PAGE, 1, 0, 0, 0);
	event_free(as(s, CPU), MEM_DATA, FRAME, 1);
	event_op_end(as(s, CPU), OP_MUNMAP, 0, PAGE, 1, 0, 0);
	event_op_begin(as(s, DEV), OP_DMA_WRITE, 0, PAGE, 1, 0, 0, 0);
	event_access(as(s, DEV), WALKER_ATC0, ACC_WRITE, FRAME, PAGE, 1, 0, SERIAL);
}

static void print(struct story *s, uint32_t rows)
{
	const struct timeline_options opt = {.rows = rows};
	size_t len;
	FILE *out = open_memstream(&s->text, &len);

	assert_non_null(out);
	timeline_print(out, &s->c, &s->r, &s->log, &opt);
	fclose(out);
	assert_non_null(s->text);
}

static unsigned lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static int set_up(void **state)
{
	struct story *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	case_init(&s->c, PROFILE_VTD);
	s->c.prog[DEV].present = s->c.prog[OTHER_DEV].present = 1;
	s->c.prog[DEV].pasid = s->c.prog[OTHER_DEV].pasid = 1;
	case_fix(&s->c);
	s->log.log = calloc(LOG, sizeof(*s->log.log));
	assert_non_null(s->log.log);
	s->log.cap = LOG;
	s->r.verdict = EXEC_VIOLATION;
	s->r.violation = (struct oracle_violation){.class_ = VC_STALE_USE,
	                                           .write = true,
	                                           .actor = DEV,
	                                           .op_kind = OP_DMA_WRITE,
	                                           .killer_actor = EVENT_NOBODY,
	                                           .killer_op = OP_COUNT,
	                                           .walkers = 1u << WALKER_ATC0,
	                                           .page = PAGE,
	                                           .span = 1,
	                                           .pfn = FRAME,
	                                           .serial = SERIAL};
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct story *s = *state;

	free(s->text);
	free(s->log.log);
	free(s);
	return 0;
}

static void operations_that_went_by_are_left_out(void **state)
{
	struct story *s = *state;

	for (int i = 0; i < 50; i++) {
		dma(s, OTHER_DEV, FAR, OTHER);
		dma(s, OTHER_DEV, PAGE, MEM_NO_FRAME); /* asked, and got nothing */
		dma(s, OTHER_DEV, PAGE, OTHER);        /* the same page of somebody else */
		dma(s, DEV, PAGE, MEM_NO_FRAME);       /* who met it, but not then */
	}
	break_it(s);
	print(s, ROWS);
	assert_null(strstr(s->text, "dev1"));
	assert_null(strstr(s->text, "earlier events"));
	assert_non_null(strstr(s->text, "munmap [a+3]"));
	assert_non_null(strstr(s->text, "frame 9 freed"));
	assert_non_null(strstr(s->text, "data: writes frame 9 at [a+3] through atc0"));
	assert_true(lines(s->text) <= 8);
}

static void the_last_rows_stay_and_the_rest_is_counted(void **state)
{
	struct story *s = *state;

	for (int i = 0; i < 50; i++) {
		dma(s, OTHER_DEV, PAGE, FRAME);
		event_alloc(as(s, CPU), MEM_DATA, FRAME, 1); /* else equal rows are folded */
	}
	break_it(s);
	print(s, ROWS);
	assert_non_null(strstr(s->text, "earlier events"));
	assert_non_null(strstr(s->text, "frame 9 freed"));
	assert_non_null(strstr(s->text, "\n!"));
	assert_true(lines(s->text) <= ROWS + 4); /* and the head, what is left out, and what is missing */
}

static void the_fill_stays_however_long_ago(void **state)
{
	struct story *s = *state;

	event_root(as(s, EVENT_NOBODY), 0, 1, 1, 0);
	event_fill(as(s, DEV), WALKER_ATC0, 0, 0, pte_make(FRAME, PTE_P | PTE_LEAF), PAGE, SERIAL, 0);
	s->log.log[s->log.len - 1].cached.entry =
	        1u << mem_frame_bits((struct mem_geometry){s->c.levels, s->c.bits}); /* of the root */
	for (int i = 0; i < 50; i++) {
		dma(s, OTHER_DEV, PAGE, FRAME);
		event_alloc(as(s, CPU), MEM_DATA, FRAME, 1);
	}
	break_it(s);
	print(s, ROWS);
	assert_non_null(strstr(s->text, "\nF"));
	assert_non_null(strstr(s->text, "atc0 caches [a+3] -> frame 9"));
}

static void without_a_bound_nothing_is_left_out(void **state)
{
	struct story *s = *state;

	for (int i = 0; i < 50; i++)
		dma(s, OTHER_DEV, FAR, OTHER);
	break_it(s);
	print(s, 0);
	assert_non_null(strstr(s->text, "dev1"));
	assert_true(lines(s->text) > 100);
}

static void where_only_a_frame_is_known_it_has_to_be_named(void **state)
{
	struct story *s = *state;

	s->r.violation.class_ = VC_REFCOUNT;
	s->r.violation.space = SD_MAX_SPACES;
	s->r.violation.actor = CPU;
	for (int i = 0; i < 50; i++)
		dma(s, OTHER_DEV, FAR, OTHER);
	event_bad_ref(as(s, CPU), 0, FRAME, -1);
	print(s, ROWS);
	assert_null(strstr(s->text, "dev1"));
	assert_non_null(strstr(s->text, "frame 9"));
}

/* A sanitizer's report has no class: the row is the last thing that its actor did. */
static void what_has_no_class_is_marked_where_it_stopped(void **state)
{
	struct story *s = *state;
	char *mark;

	s->r.violation.class_ = VC_CLEAN;
	break_it(s);
	event_op_begin(as(s, CPU), OP_MUNMAP, 0, PAGE, 1, 1, 0, 0);
	print(s, ROWS);
	mark = strstr(s->text, "\n!");
	assert_non_null(mark);
	assert_non_null(strstr(mark, "data: writes frame 9"));
	assert_null(strstr(s->text, "\n?"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(operations_that_went_by_are_left_out, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(the_last_rows_stay_and_the_rest_is_counted, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(the_fill_stays_however_long_ago, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(without_a_bound_nothing_is_left_out, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(where_only_a_frame_is_known_it_has_to_be_named, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(what_has_no_class_is_marked_where_it_stopped, set_up,
	                                        tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
