/* SPDX-License-Identifier: MIT */
/* A driver in small: one site of each kind, and those that are none. */
#include <assert.h>
#include <stdbool.h>

struct toy {
	unsigned pasid, level, mask, start, n;
	bool full;
};

bool bug_on(int bug);
bool step(int step);
void sched_point(int point);
void toy_lock(struct toy *t, int point);
void toy_unlock(struct toy *t);
void toy_flush(unsigned pasid, unsigned first, unsigned last);
void toy_wait(unsigned level, unsigned mask);
void toy_publish(void);
void toy_count(unsigned n);
void toy_free(struct toy *t);
int toy_try(void);

/* Only a planted bug calls it. */
static void forgotten(struct toy *t) { toy_free(t); }

static void flush(struct toy *t)
{
	unsigned end = t->start + t->n - 1;

	if (bug_on(1))
		forgotten(t);
	else if (step(1))
		toy_flush(t->pasid, t->start, end);
	sched_point(1);
	toy_wait(t->level, t->mask);
	toy_free(t);
}

static void told_late(struct toy *t)
{
	if (t->level == 2 || !bug_on(3))
		return;
	toy_count(3); /* for the bug only */
}

int toy_unmap(struct toy *t)
{
	int err;

	assert(t->n > 0);
	toy_lock(t, 1);
	err = toy_try();
	if (err) {
		toy_count(0);
		toy_unlock(t);
		return err;
	}
	toy_publish();
	flush(t);
	if (!step(2))
		toy_count(4);
	told_late(t);
	for (unsigned i = 0; i < 4; i++)
		toy_count(i + 1);
	toy_unlock(t);
	if (t->full && !bug_on(2))
		toy_count(t->n == 2 ? 1 : 2);
	return t->full || err < 0;
}
