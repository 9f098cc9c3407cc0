/* SPDX-License-Identifier: MIT */
/*
 * On threads, an entry that is cleared must not meet a root that is moved:
 * whoever touches either does so inside the driver's instant. No point lies in
 * there, so that no schedule shows it; here memory traps, and looks.
 */
#define _GNU_SOURCE
#include "support_fake.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "drv/state.h"

enum { SPACE = SD_MAX_MMS, ROOT = 9, DEV = 0 };

/* A handler has no other way to know. */
static struct trap {
	void *words; /* all memory of the model, in pages of its own */
	size_t size;
	const struct sched_instant *instant;
	struct sigaction old; /* cmocka's */
	volatile sig_atomic_t taken, inside;
} trap;

/* The access is done again on return, and is not stopped any more. */
static void stopped(int sig, siginfo_t *info, void *ctx)
{
	(void)ctx;
	if ((size_t)((char *)info->si_addr - (char *)trap.words) >= trap.size) {
		signal(sig, SIG_DFL);
		return;
	}
	trap.taken++;
	trap.inside += atomic_load_explicit(&trap.instant->word, memory_order_relaxed) != 0;
	mprotect(trap.words, trap.size, PROT_READ | PROT_WRITE);
}

struct box {
	struct fake *f;
	_Atomic uint64_t *words; /* that the model allocated */
};

static int setup(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct box *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->f = fake_new((struct mem_geometry){3, 3});
	b->words = b->f->m.word;
	trap.size = ((size_t)MEM_FRAMES * b->f->m.words * sizeof(uint64_t) + page - 1) / page * page;
	trap.words = mmap(NULL, trap.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(trap.words != MAP_FAILED);
	b->f->m.word = trap.words;
	trap.instant = &b->f->drv->writing_ctx;
	fake_reset(b->f, PROFILE_VTD, 1, NULL);
	drv_space_init(b->f->drv, SPACE, SD_NO_PASID, ROOT);
	drv_attach(b->f->drv, SPACE, DEV);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct box *b = *state;

	b->f->m.word = b->words;
	munmap(trap.words, trap.size);
	fake_free(b->f);
	free(b);
	return 0;
}

/* The next access that this protection forbids is looked at. */
static void stop_next(int protection)
{
	struct sigaction sa = {.sa_sigaction = stopped, .sa_flags = SA_SIGINFO};

	trap.taken = trap.inside = 0;
	assert_int_equal(sigaction(SIGSEGV, &sa, &trap.old), 0);
	assert_int_equal(mprotect(trap.words, trap.size, protection), 0);
}

static uint64_t entry(struct box *b)
{
	return mem_word_load_now(&b->f->m, b->f->root[0], ctx_word(DEV, SD_NO_PASID));
}

static void assert_inside(void)
{
	assert_int_equal(sigaction(SIGSEGV, &trap.old, NULL), 0);
	assert_int_equal(trap.taken, 1);
	assert_int_equal(trap.inside, 1);
	assert_int_equal(trap.instant->word, 0);
}

static void an_entry_is_cleared_inside_the_instant(void **state)
{
	struct box *b = *state;

	assert_true(entry(b) & CTX_P);
	stop_next(PROT_READ);
	drv_detach(b->f->drv, SPACE, DEV);
	assert_inside();
	assert_int_equal(entry(b), 0);
}

static void a_root_is_moved_inside_the_instant(void **state)
{
	struct box *b = *state;

	stop_next(PROT_NONE); /* the look whether the entry is there */
	drv_set_root(b->f->drv, SPACE, ROOT + 1, 0);
	assert_inside();
	stop_next(PROT_READ); /* the store */
	drv_set_root(b->f->drv, SPACE, ROOT + 2, 0);
	assert_inside();
	assert_int_equal(entry(b) >> CTX_ROOT_SHIFT, ROOT + 2);
	assert_true(entry(b) & CTX_P);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(an_entry_is_cleared_inside_the_instant, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_root_is_moved_inside_the_instant, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
