/* SPDX-License-Identifier: MIT */
/* Events: what an emitter tells is what a reader finds, under its name, and nothing else is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "event/tell.h"
#include "event/walker.h"

enum { LOG = 4 };

struct bench {
	struct event log[LOG], heard;
	struct event_sink sink;
	unsigned calls;
	uint32_t counted;
};

static void listen(void *ctx, const struct event *ev)
{
	struct bench *b = ctx;

	b->heard = *ev;
	b->calls++;
}

static struct bench fresh(void)
{
	struct bench b;

	memset(&b, 0xa5, sizeof(b)); /* what an emitter does not set must show */
	b.sink = (struct event_sink){.listen = listen, .log = b.log, .cap = LOG, .actor = 3};
	b.calls = b.counted = 0;
	return b;
}

static void an_event_reaches_the_log_and_the_listener(void **state)
{
	struct bench b = fresh();

	(void)state;
	b.sink.ctx = &b;
	b.sink.log = b.log;
	event_fill(&b.sink, WALKER_ATC0, 1, 77, 0x5003, 24, 9, 5);
	assert_int_equal(b.sink.len, 1);
	assert_int_equal(b.calls, 1);
	assert_memory_equal(&b.log[0], &b.heard, sizeof(b.heard));
	assert_int_equal(b.heard.type, EV_FILL);
	assert_int_equal(b.heard.actor, 3);
	assert_int_equal(b.heard.cached.walker, WALKER_ATC0);
	assert_int_equal(b.heard.cached.level, 1);
	assert_int_equal(b.heard.cached.entry, 77);
	assert_int_equal(b.heard.cached.value, 0x5003);
	assert_int_equal(b.heard.cached.page, 24);
	assert_int_equal(b.heard.cached.serial, 9);
	assert_int_equal(b.heard.cached.tag, 5);
}

static void the_emitters_of_a_shape_differ_in_the_type_only(void **state)
{
	struct bench b = fresh();
	struct event fill;

	(void)state;
	b.sink.ctx = &b;
	b.sink.log = b.log;
	event_fill(&b.sink, WALKER_IOMMU0, 0, 1, 2, 3, 4, 5);
	fill = b.heard;
	event_tell_cached(&b.sink, EV_HIT, WALKER_IOMMU0, 0, 1, 2, 3, 4, 5);
	assert_int_equal(b.heard.type, EV_HIT);
	fill.type = EV_HIT;
	assert_memory_equal(&fill, &b.heard, sizeof(fill));
}

static void the_hash_covers_no_byte_that_nobody_told(void **state)
{
	struct bench one = fresh(), other = fresh();

	(void)state;
	memset(other.log, 0x5a, sizeof(other.log));
	one.sink.listen = other.sink.listen = NULL;
	one.sink.log = one.log;
	other.sink.log = other.log;
	for (int k = 0; k < 2; k++) {
		struct event_sink *sink = k ? &other.sink : &one.sink;

		event_wait_begin(sink, WALKER_IOMMU0, 7);
		event_discard(sink, 12);
		event_root(sink, 1, 5, 1, 0);
	}
	assert_true(event_hash(&one.sink) == event_hash(&other.sink));
	event_discard(&one.sink, 12);
	event_discard(&other.sink, 13);
	assert_true(event_hash(&one.sink) != event_hash(&other.sink));
}

static void a_full_log_counts_what_it_lost(void **state)
{
	struct bench b = fresh();

	(void)state;
	b.sink.ctx = &b;
	b.sink.log = b.log;
	for (uint32_t i = 0; i < LOG + 2; i++)
		event_writeout(&b.sink, i);
	assert_int_equal(b.sink.len, LOG);
	assert_int_equal(b.sink.lost, 2);
	assert_int_equal(b.calls, LOG + 2);
	assert_int_equal(b.log[LOG - 1].frame.pfn, LOG - 1);
}

static void what_the_listener_only_counts_it_does_not_hear(void **state)
{
	struct bench b = fresh();

	(void)state;
	b.sink.ctx = &b;
	b.sink.log = NULL;
	b.sink.counted = (uint64_t)1 << EV_WRITEOUT;
	b.sink.count = &b.counted;
	event_writeout(&b.sink, 1);
	event_discard(&b.sink, 1);
	assert_int_equal(b.counted, 1);
	assert_int_equal(b.calls, 1);
}

/* -- field by field ------------------------------------------------------------ */

static void fields_have_their_names_units_and_values(void **state)
{
	struct event_value v[EVENT_FIELDS];
	struct event ev;

	(void)state;
	event_set_access(&ev, EV_ACCESS, WALKER_ATC0 + 1, 3, 12, 40, 0xfffe, 2, 99);
	assert_int_equal(event_values(&ev, v), 7);
	assert_string_equal(v[0].name, "walker");
	assert_string_equal(v[0].unit, "walker");
	assert_int_equal(v[0].value, WALKER_ATC0 + 1);
	assert_string_equal(v[4].name, "tag");
	assert_int_equal(v[4].value, 0xfffe);
	assert_string_equal(v[6].name, "serial");
	assert_int_equal(v[6].value, 99);
}

static void signs_stay(void **state)
{
	struct event_value v[EVENT_FIELDS];
	struct event ev;
	unsigned n;

	(void)state;
	event_set_op_end(&ev, EV_OP_END, 1, 0, 4, 1, 0, -12);
	n = event_values(&ev, v);
	assert_string_equal(v[n - 1].name, "ret");
	assert_true(v[n - 1].value == -12);
	event_set_bad_ref(&ev, EV_BAD_REF, 1, 9, -1);
	n = event_values(&ev, v);
	assert_string_equal(v[n - 1].name, "count");
	assert_true(v[n - 1].value == -1);
	event_set_inv_ctx(&ev, EV_INV_CTX, WALKER_IOMMU0, 0xff, UINT32_MAX, 0, 4);
	event_values(&ev, v);
	assert_true(v[2].value == UINT32_MAX); /* all PASIDs is no negative number */
}

/* No field shares a byte with another one, and every type has a name and at least one field. */
static void fields_lie_side_by_side(void **state)
{
	(void)state;
	for (int t = 0; t < EV_COUNT; t++) {
		struct event_value v[EVENT_FIELDS];
		struct event ev = {.word = {0}};
		unsigned n;

		ev.type = (uint8_t)t;
		n = event_values(&ev, v);
		assert_true(n > 0 && n < EVENT_FIELDS);
		assert_true(strlen(event_name((enum event_type)t)) > 0);
		for (unsigned k = 0; k < n; k++)
			assert_int_equal(v[k].value, 0);
		for (unsigned byte = 2; byte < sizeof(ev); byte++) {
			unsigned changed = 0;

			((unsigned char *)&ev)[byte] = 1;
			event_values(&ev, v);
			for (unsigned k = 0; k < n; k++)
				changed += v[k].value != 0;
			assert_true(changed <= 1);
			((unsigned char *)&ev)[byte] = 0;
		}
	}
}

/* The readers by name and the readers by number see the same bytes. */
static void both_ways_of_reading_agree(void **state)
{
	struct event_value v[EVENT_FIELDS];
	struct event ev;

	(void)state;
	event_set_store(&ev, EV_ENTRY, 1001, 2002, 3003, 44, 5005);
	event_values(&ev, v);
	assert_int_equal(v[0].value, ev.store.entry);
	assert_int_equal(v[1].value, ev.store.old);
	assert_int_equal(v[2].value, ev.store.value);
	assert_int_equal(v[3].value, ev.store.point);
	assert_int_equal(v[4].value, ev.store.old_serial);
	event_set_report(&ev, EV_DRV_REPORT, 1, 1, 3, 1ull << 40);
	event_values(&ev, v);
	assert_int_equal(v[2].value, ev.report.dev);
	assert_true(v[3].value == 1ll << 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_event_reaches_the_log_and_the_listener),
	        cmocka_unit_test(the_emitters_of_a_shape_differ_in_the_type_only),
	        cmocka_unit_test(the_hash_covers_no_byte_that_nobody_told),
	        cmocka_unit_test(a_full_log_counts_what_it_lost),
	        cmocka_unit_test(what_the_listener_only_counts_it_does_not_hear),
	        cmocka_unit_test(fields_have_their_names_units_and_values),
	        cmocka_unit_test(signs_stay),
	        cmocka_unit_test(fields_lie_side_by_side),
	        cmocka_unit_test(both_ways_of_reading_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
