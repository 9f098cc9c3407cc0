/* SPDX-License-Identifier: MIT */
/*
 * The concrete oracle of the free runtime, fed by hand: for each class what
 * raises it, and the legal look-alike beside it that must not.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "event/tell.h"
#include "event/walker.h"
#include "oracle/watch.h"

enum {
	MM = 0,
	DOMAIN = SD_MAX_MMS,
	TAG = 5,
	CPU = 0,
	DEV = 0,
	CPU_ACTOR = ACTOR_CPU0,
	DEV_ACTOR = ACTOR_DEV0
};

struct bench {
	struct sched *sched;
	struct event_sink ev;
	struct mem m;
	struct watch *w;
	sd_page data;
	uint32_t serial; /* of an instance that maps it */
	struct event_sink program;
	bool violated; /* by the event told last */
};

/* Where an actor tells its events; TELL() says whether one of them was the first violation. */
static struct event_sink *as(struct bench *b, int actor)
{
	b->program.actor = (uint8_t)actor;
	return &b->program;
}
static bool found(const struct bench *b) { return b->violated; }
#define TELL(b, actor, emitter, ...) (event_##emitter(as(b, actor), __VA_ARGS__), found(b))

/* An access by cpu 0 at page 3 of mm 0, through the instance. */
static bool reach(struct bench *b, bool write, uint32_t serial)
{
	return TELL(b, CPU_ACTOR, access, CPU, write ? ACC_WRITE : 0, b->data, 3, MM + 1, 0, serial);
}

static void call(struct bench *b, int actor, enum op_kind op, int space, sd_page start, uint32_t n,
                 unsigned prot)
{
	assert_false(
	        TELL(b, actor, op_begin, op, space, start, n, 0, 0, prot));
}

static void ret(struct bench *b, int actor, enum op_kind op, int space, int64_t r)
{
	assert_false(TELL(b, actor, op_end, op, space, 0, 0, 0, r));
}

static int verdict(const struct bench *b)
{
	const struct watch_violation *v = watch_violation(b->w);

	return v ? v->class_ : VC_CLEAN;
}

static void on_program(void *ctx, const struct event *ev)
{
	struct bench *b = ctx;

	b->violated = watch_listen(b->w, ev);
}

static void on_memory(void *ctx, const struct event *ev) { watch_listen(ctx, ev); }

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->sched = sched_create(NULL);
	assert_true(mem_init(&b->m, (struct mem_geometry){3, 3}, b->sched, &b->ev));
	b->w = watch_create();
	assert_non_null(b->w);
	assert_true(watch_reset(b->w, &b->m));
	b->ev = (struct event_sink){.listen = on_memory, .ctx = b->w, .actor = EVENT_NOBODY};
	b->program = (struct event_sink){.listen = on_program, .ctx = b};
	b->data = mem_alloc(&b->m, MEM_DATA, 1);
	b->serial = ++b->m.serial;
	TELL(b, EVENT_NOBODY, tag, DOMAIN, TAG, 0);
	TELL(b, EVENT_NOBODY, ctx, DEV, 1, 0, 1, TAG, 0);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	watch_destroy(b->w);
	mem_fini(&b->m);
	sched_destroy(b->sched);
	free(b);
	return 0;
}

/* -- frames ------------------------------------------------------------------------- */

static void bad_access_to_a_free_frame(void **state)
{
	struct bench *b = *state;

	assert_false(reach(b, true, b->serial));
	mem_free(&b->m, b->data, 1);
	assert_true(reach(b, false, b->serial));
	assert_int_equal(verdict(b), VC_STALE_USE);
	assert_false(reach(b, false, b->serial)); /* only the first one counts */
}

static void bad_access_to_the_next_owner(void **state)
{
	struct bench *b = *state;

	mem_free(&b->m, b->data, 1);
	assert_int_equal(mem_alloc(&b->m, MEM_DATA, 1), b->data);
	assert_true(reach(b, true, b->serial));
	assert_int_equal(verdict(b), VC_STALE_USE);
	assert_true(watch_violation(b->w)->write);
	assert_int_equal(watch_violation(b->w)->page, 3);
}

static void good_access_by_the_next_owner(void **state)
{
	struct bench *b = *state;

	mem_free(&b->m, b->data, 1);
	assert_int_equal(mem_alloc(&b->m, MEM_DATA, 1), b->data);
	assert_false(reach(b, true, ++b->m.serial));
	assert_int_equal(verdict(b), VC_CLEAN);
}

static void bad_freed_twice(void **state)
{
	struct bench *b = *state;

	mem_free(&b->m, b->data, 1);
	mem_free(&b->m, b->data, 1);
	assert_int_equal(verdict(b), VC_REFCOUNT);
}

static void bad_walk_through_a_freed_table(void **state)
{
	struct bench *b = *state;
	sd_page table = mem_alloc(&b->m, MEM_TABLE, 1);
	uint32_t serial = ++b->m.serial;

	assert_false(TELL(b, CPU_ACTOR, hit_table, CPU, 1, 0, pte_make(table, PTE_P), 0, serial, 0));
	mem_free(&b->m, table, 1);
	assert_true(TELL(b, CPU_ACTOR, hit_table, CPU, 1, 0, pte_make(table, PTE_P), 0, serial, 0));
	assert_int_equal(verdict(b), VC_WALK_FREED_TABLE);
}

/* -- promises ------------------------------------------------------------------------ */

static void bad_access_after_munmap(void **state)
{
	struct bench *b = *state;

	call(b, 1, OP_MUNMAP, MM, 2, 2, 0);
	assert_false(reach(b, true, b->serial)); /* not yet returned */
	ret(b, 1, OP_MUNMAP, MM, 0);
	assert_true(reach(b, false, b->serial));
	assert_int_equal(verdict(b), VC_STALE_MAP);
}

static void good_access_after_munmap(void **state)
{
	struct bench *b = *state;

	call(b, 1, OP_MUNMAP, MM, 3, 1, 0);
	ret(b, 1, OP_MUNMAP, MM, -22); /* it failed, and promised nothing */
	assert_false(reach(b, true, b->serial));
	call(b, 1, OP_MUNMAP, MM, 4, 2, 0); /* its neighbour */
	ret(b, 1, OP_MUNMAP, MM, 0);
	call(b, 1, OP_MUNMAP, MM + 1, 3, 1, 0); /* another mm's */
	ret(b, 1, OP_MUNMAP, MM + 1, 0);
	assert_false(reach(b, true, b->serial));
	call(b, 1, OP_DONTNEED, MM, 3, 1, 0);
	b->serial = ++b->m.serial; /* younger than the call */
	ret(b, 1, OP_DONTNEED, MM, 0);
	assert_false(reach(b, true, b->serial));
	assert_int_equal(verdict(b), VC_CLEAN);
}

/* mremap has dropped its locks and is not done. */
static void bad_access_to_what_mremap_relies_on(void **state)
{
	struct bench *b = *state;

	call(b, 1, OP_MREMAP, MM, 2, 4, 0);
	b->serial = ++b->m.serial; /* an entry that a fault set before mremap had its lock */
	assert_false(reach(b, true, b->serial));
	assert_false(TELL(b, 1, dead, MM, 2, 2));
	assert_true(reach(b, false, b->serial));
	assert_int_equal(verdict(b), VC_STALE_MAP);
}

static void good_access_beside_what_mremap_relies_on(void **state)
{
	struct bench *b = *state;

	call(b, 1, OP_MREMAP, MM, 2, 4, 0);
	assert_false(TELL(b, 1, dead, MM, 4, 2));     /* the next table's part of the range */
	assert_false(TELL(b, 1, dead, MM + 1, 3, 1)); /* another mm's */
	assert_false(reach(b, true, b->serial));
	assert_false(TELL(b, 1, dead, MM, 2, 2));
	assert_false(reach(b, true, ++b->m.serial)); /* mapped anew */
	assert_int_equal(verdict(b), VC_CLEAN);
}

static void bad_write_after_mprotect(void **state)
{
	struct bench *b = *state;

	call(b, 1, OP_MPROTECT, MM, 3, 1, PROT_R);
	ret(b, 1, OP_MPROTECT, MM, 0);
	assert_false(reach(b, false, b->serial)); /* a read is nothing */
	assert_true(reach(b, true, b->serial));
	assert_int_equal(verdict(b), VC_STALE_PERM);
}

/* An entry that is stored after the call looked for it is none of the call's business. */
static void good_access_through_a_store_that_took_its_time(void **state)
{
	struct bench *b = *state;
	uint32_t late;

	b->m.watched = true;
	late = mem_serial_draw(&b->m);
	call(b, 1, OP_MUNMAP, MM, 2, 4, 0);
	ret(b, 1, OP_MUNMAP, MM, 0);
	mem_serial_stored(&b->m);
	assert_false(reach(b, true, late));
	assert_false(reach(b, true, late + 1));
	/* older ones are, and it is itself for the next call */
	assert_true(reach(b, true, late - 1));
	assert_int_equal(verdict(b), VC_STALE_MAP);
	assert_int_equal(mem_serial_settled(&b->m), late);
}

static void good_write_after_upgrade(void **state)
{
	struct bench *b = *state;

	call(b, 1, OP_MPROTECT, MM, 3, 1, PROT_RW);
	ret(b, 1, OP_MPROTECT, MM, 0);
	assert_false(reach(b, true, b->serial));
	assert_int_equal(verdict(b), VC_CLEAN);
}

/* -- owed addresses -------------------------------------------------------------------- */

static bool fault(struct bench *b) { return TELL(b, DEV_ACTOR, fault, WALKER_IOMMU0, 0, 3, 0, DEV); }
static void issue(struct bench *b) { TELL(b, DEV_ACTOR, dma_begin, DEV, 0, 3, 0); }

static void map(struct bench *b, int actor)
{
	call(b, actor, OP_DMA_MAP, DOMAIN, 3, 2, PROT_RW);
	ret(b, actor, OP_DMA_MAP, DOMAIN, 2);
}

static void bad_fault_on_a_mapped_page(void **state)
{
	struct bench *b = *state;

	map(b, 1);
	issue(b);
	assert_true(fault(b));
	assert_int_equal(verdict(b), VC_SPURIOUS_FAULT);
}

static void good_faults(void **state)
{
	struct bench *b = *state;

	issue(b);
	assert_false(fault(b)); /* nothing mapped */
	issue(b);
	map(b, 1);
	assert_false(fault(b)); /* issued before map returned */
	issue(b);
	call(b, 1, OP_DMA_UNMAP, DOMAIN, 3, 1, 0);
	assert_false(fault(b)); /* unmap was called */
	ret(b, 1, OP_DMA_UNMAP, DOMAIN, 0);
	issue(b);
	assert_false(fault(b));
	call(b, 1, OP_DMA_MAP, DOMAIN, 3, 1, PROT_RW);
	call(b, 2, OP_DMA_UNMAP, DOMAIN, 3, 1, 0); /* called before that map returned */
	ret(b, 1, OP_DMA_MAP, DOMAIN, 1);
	issue(b);
	assert_false(fault(b));
	ret(b, 2, OP_DMA_UNMAP, DOMAIN, 0);
	assert_false(fault(b));
	call(b, 2, OP_DMA_UNMAP, DOMAIN, 3, 1, 0); /* called before that map was, and not returned */
	map(b, 1);
	issue(b);
	assert_false(fault(b));
	ret(b, 2, OP_DMA_UNMAP, DOMAIN, 0);
	assert_int_equal(verdict(b), VC_CLEAN);
}

/* The driver is about to shut out a device that does not answer: nothing is owed to it any more. */
static void good_fault_of_a_device_that_is_shut_out(void **state)
{
	struct bench *b = *state;

	map(b, 1);
	issue(b);
	assert_false(TELL(b, ACTOR_QUEUE0, inv_timeout, WALKER_ATC0 + DEV, 0, 1));
	assert_false(fault(b));
	assert_int_equal(verdict(b), VC_CLEAN);
}

static void bad_fault_beside_the_unmap(void **state)
{
	struct bench *b = *state;

	map(b, 1);
	call(b, 1, OP_DMA_UNMAP, DOMAIN, 4, 1, 0);
	issue(b);
	assert_true(fault(b)); /* page 3 stays owed */
	assert_int_equal(verdict(b), VC_SPURIOUS_FAULT);
}

static void good_fault_in_the_extent_of_an_unmap(void **state)
{
	struct bench *b = *state;

	map(b, 1);
	call(b, 1, OP_DMA_UNMAP, DOMAIN, 4, 1, 0);
	assert_false(TELL(b, 1, extent, DOMAIN, 3, 2));
	issue(b);
	assert_false(fault(b));
	ret(b, 1, OP_DMA_UNMAP, DOMAIN, 0);
	map(b, 1);
	issue(b);
	assert_true(fault(b)); /* mapped anew: the count of unmaps is back at none */
}

/* A device may ask for any address; what an earlier, larger space had there is nobody's. */
static void good_fault_beyond_the_space(void **state)
{
	struct bench *b = *state;
	struct mem large;
	const sd_page beyond = b->m.pages;

	assert_true(mem_init(&large, (struct mem_geometry){3, 4}, b->sched, &b->ev));
	assert_true(watch_reset(b->w, &large));
	call(b, 1, OP_DMA_MAP, DOMAIN, beyond, 1, PROT_RW);
	ret(b, 1, OP_DMA_MAP, DOMAIN, 1);
	assert_true(watch_reset(b->w, &b->m));
	TELL(b, EVENT_NOBODY, tag, DOMAIN, TAG, 0);
	TELL(b, EVENT_NOBODY, ctx, DEV, 1, 0, 1, TAG, 0);
	for (int i = 0; i < 4; i++)
		issue(b);
	assert_false(TELL(b, DEV_ACTOR, fault, WALKER_IOMMU0, 0, beyond, 0, DEV));
	assert_int_equal(verdict(b), VC_CLEAN);
	mem_fini(&large);
}

/* -- content, brackets, the end ----------------------------------------------------------- */

static void bad_discard_of_what_was_written(void **state)
{
	struct bench *b = *state;

	assert_false(reach(b, true, b->serial));
	TELL(b, 1, writeout, b->data);
	assert_false(TELL(b, 1, discard, b->data)); /* saved: fine */
	assert_false(reach(b, true, b->serial));
	assert_true(TELL(b, 1, discard, b->data));
	assert_int_equal(verdict(b), VC_LOST_DIRTY);
}

static void bad_end_without_start(void **state)
{
	struct bench *b = *state;

	assert_false(TELL(b, 1, notify_start, MM, 0, 1));
	assert_false(TELL(b, 1, notify_end, MM, 0, 1));
	assert_true(TELL(b, 1, notify_end, MM, 0, 1));
	assert_int_equal(verdict(b), VC_PROTOCOL);
}

static void the_end(void **state)
{
	struct bench *b = *state;
	uint8_t mark[MEM_FRAMES] = {0};

	mark[b->data] = 1;
	assert_false(watch_end(b->w, mark));
	mark[b->data] = 0;
	assert_true(watch_end(b->w, mark));
	assert_int_equal(verdict(b), VC_LEAK);
	assert_int_equal(watch_violation(b->w)->pfn, b->data);
	assert_true(watch_reset(b->w, &b->m));
	assert_null(watch_violation(b->w));
	assert_false(TELL(b, 1, notify_start, MM, 0, 1));
	mark[b->data] = 1;
	assert_true(watch_end(b->w, mark));
	assert_int_equal(verdict(b), VC_PROTOCOL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(bad_access_to_a_free_frame),
	        T(bad_access_to_the_next_owner),
	        T(good_access_by_the_next_owner),
	        T(bad_freed_twice),
	        T(bad_walk_through_a_freed_table),
	        T(bad_access_after_munmap),
	        T(good_access_after_munmap),
	        T(good_access_through_a_store_that_took_its_time),
	        T(bad_access_to_what_mremap_relies_on),
	        T(good_access_beside_what_mremap_relies_on),
	        T(bad_write_after_mprotect),
	        T(good_write_after_upgrade),
	        T(bad_fault_on_a_mapped_page),
	        T(good_faults),
	        T(bad_fault_beside_the_unmap),
	        T(bad_fault_on_a_mapped_page),
	        T(good_fault_of_a_device_that_is_shut_out),
	        T(bad_fault_beside_the_unmap),
	        T(good_fault_in_the_extent_of_an_unmap),
	        T(good_fault_beyond_the_space),
	        T(bad_discard_of_what_was_written),
	        T(bad_end_without_start),
	        T(the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
