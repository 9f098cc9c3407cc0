/* SPDX-License-Identifier: MIT */
/*
 * Two CPUs share one AMD IOMMU's command queue and its need_sync flag.
 * Linux 1e75a8255f11: with BUG a CPU that finds need_sync clear returns without
 * waiting, although the wait that somebody queued has not completed.
 *
 * Modelled: a page of its own for each CPU, which it maps, unmaps, flushes and
 * frees, over and over; frames from one allocator, so that they change hands;
 * the command queue under its lock, executed some time later; COMPLETION_WAIT
 * queued lazily, its sequence number; an IOTLB that fills at any time; walks of
 * several steps that an invalidation cancels; DMAs in flight, which a wait
 * drains.
 *
 * Not modelled: table levels, a queue that is full for long, several IOMMUs, an
 * ATC (one more cache behind the same wait).
 */
#define PAGES  2
#define FRAMES 2
#define ROUNDS 2

#define NONE  FRAMES /* of an entry: not present */
#define OTHER PAGES  /* of a frame: not ours */

mtype = { INV, WAIT };

byte pte[PAGES];
byte iotlb[PAGES];
byte owner[FRAMES]; /* page that it is mapped at, or OTHER */
chan queue = [4] of { mtype, byte };
bool qlock;
bool need_sync;
byte last_wait;     /* number of the wait that was queued last */
byte completed;     /* and of that which completed last */
byte walking = PAGES; /* page that is being walked for */
bool cancelled;
bool in_flight;

#define lock(l)   atomic { !l; l = true }
#define unlock(l) l = false

inline queue_inv(page)
{
	lock(qlock);
	queue ! INV(page);
	need_sync = true;
	unlock(qlock)
}

inline completion_wait()
{
	lock(qlock);
	if
	:: need_sync ->
		last_wait++;
		queue ! WAIT(last_wait);
		need_sync = false;
		seq = last_wait;
		unlock(qlock);
		completed >= seq
	:: else ->
		seq = last_wait;
		unlock(qlock);
#ifndef BUG
		completed >= seq
#endif
	fi
}

proctype cpu(byte page)
{
	byte round, frame, seq;

	for (round : 1 .. ROUNDS) {
		atomic {
			if
			:: owner[0] == OTHER -> frame = 0
			:: owner[1] == OTHER -> frame = 1
			fi;
			owner[frame] = page
		}
		pte[page] = frame;
		pte[page] = NONE;
		queue_inv(page);
		completion_wait();
		owner[frame] = OTHER
	}
}

proctype iommu()
{
	byte arg;
end:
	do
	:: queue ? INV(arg) ->
		atomic {
			iotlb[arg] = NONE;
			cancelled = cancelled || walking == arg
		}
	:: queue ? WAIT(arg) ->
		!in_flight; /* drain */
		completed = arg
	od
}

proctype device()
{
	byte page, frame;
end:
	do
	:: in_flight = true;
		if
		:: page = 0
		:: page = 1
		fi;
again:
		frame = iotlb[page];
		if
		:: frame != NONE
		:: else ->
			atomic { walking = page; cancelled = false };
			frame = pte[page];
			atomic {
				walking = PAGES;
				if
				:: cancelled -> goto again
				:: else -> iotlb[page] = frame
				fi
			}
		fi;
		if
		:: frame != NONE -> assert(owner[frame] == page) /* the data */
		:: else /* fault: given up */
		fi;
		in_flight = false
	od
}

init {
	atomic {
		pte[0] = NONE;
		pte[1] = NONE;
		iotlb[0] = NONE;
		iotlb[1] = NONE;
		owner[0] = OTHER;
		owner[1] = OTHER;
		run cpu(0);
		run cpu(1);
		run iommu();
		run device()
	}
}
