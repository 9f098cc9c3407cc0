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

static void fresh(struct bench *b)
{
	memset(b, 0xa5, sizeof(*b)); /* what an emitter does not set must show */
	b->sink = (struct event_sink){.listen = listen, .ctx = b, .log = b->log, .cap = LOG, .actor = 3};
	b->calls = b->counted = 0;
}

static void an_event_reaches_the_log_and_the_listener(void **state)
{
	struct bench b;

	(void)state;
	fresh(&b);
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
	struct bench b;
	struct event fill;

	(void)state;
	fresh(&b);
	event_fill(&b.sink, WALKER_IOMMU0, 0, 1, 2, 3, 4, 5);
	fill = b.heard;
	event_tell_cached(&b.sink, EV_HIT, WALKER_IOMMU0, 0, 1, 2, 3, 4, 5);
	assert_int_equal(b.heard.type, EV_HIT);
	fill.type = EV_HIT;
	assert_memory_equal(&fill, &b.heard, sizeof(fill));
}

static void the_hash_covers_no_byte_that_nobody_told(void **state)
{
	struct bench one, other;

	(void)state;
	fresh(&one);
	fresh(&other);
	memset(other.log, 0x5a, sizeof(other.log));
	one.sink.listen = other.sink.listen = NULL;
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
	struct bench b;

	(void)state;
	fresh(&b);
	for (uint32_t i = 0; i < LOG + 2; i++)
		event_writeout(&b.sink, i);
	assert_int_equal(b.sink.len, LOG);
	assert_int_equal(b.sink.lost, 2);
	assert_int_equal(b.calls, LOG + 2);
	assert_int_equal(b.log[LOG - 1].frame.pfn, LOG - 1);
}

static void what_the_listener_only_counts_it_does_not_hear(void **state)
{
	struct bench b;

	(void)state;
	fresh(&b);
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

/* Each member of each shape, set by its name, is found by its number, and by no other. */
static void expect_only(struct event *ev, const char *field, unsigned k)
{
	struct event_value v[EVENT_FIELDS];
	const unsigned n = event_values(ev, v);

	assert_true(k < n);
	assert_string_equal(v[k].name, field);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(v[i].value, i == k ? 0x5a : 0);
}

#define FIELD(unit, name) \
	memset(&ev, 0, sizeof(ev)); \
	ev.type = (uint8_t)type; \
	in->name = 0x5a; \
	expect_only(&ev, #name, k++);
#define GAP(bits)
#define SHAPE(shape) \
	static void fields_of_##shape(enum event_type type) \
	{ \
		struct event ev; \
		struct event_##shape *in = &ev.shape; \
		unsigned k = 0; \
\
		EVENT_SHAPE_##shape(FIELD, GAP) \
	}
EVENT_SHAPES(SHAPE)
#undef SHAPE
#undef GAP
#undef FIELD

static void names_and_numbers_mean_the_same_fields(void **state)
{
	(void)state;
#define EVENT(id, emitter, shape, name, what) \
	assert_true(strlen(event_name(EV_##id)) > 0); \
	fields_of_##shape(EV_##id);
#include "event/events.def"
#undef EVENT
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
	        cmocka_unit_test(names_and_numbers_mean_the_same_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
