/* SPDX-License-Identifier: MIT */
/*
 * mremap against truncate, with a device that shares the page table (SVA).
 * Linux 4.19, eb66ae030829: with BUG the flush of the old address comes after
 * the page-table locks are dropped.
 *
 * Modelled: the entries of the old and the new address, each under its own
 * page-table lock; a CPU that moves the page; a CPU that truncates it: by the
 * reverse map, old address first, flush, last reference, reuse of the frame by
 * somebody else; one invalidation queue for both CPUs, executed some time
 * later; waits; an IOTLB that fills at any time; walks of several steps that
 * an invalidation cancels; DMAs in flight, which a wait drains.
 *
 * Not modelled: CPU TLBs (one more cache behind the same flush), upper table
 * levels, mmap_lock (truncate does not take it), faults that map a new page,
 * an ATC, more pages than one.
 */
#define OLD   0
#define NEW   1
#define ADDRS 2
#define MOVER 0
#define CUTTER 1

#define NONE 0 /* of an entry: not present */
#define PAGE 1 /* the frame of the page; there is no other */

mtype = { INV, WAIT };

byte pte[ADDRS];
bool ptl[ADDRS];
bool qlock;
chan queue = [4] of { mtype, byte };
bool done[2];     /* the wait of that CPU completed */
byte iotlb[ADDRS];
byte walking = ADDRS; /* address that is being walked for */
bool cancelled;
bool in_flight;
bool freed;       /* the frame belongs to somebody else */

#define lock(l)   atomic { !l; l = true }
#define unlock(l) l = false

/* Queue the invalidation with its wait; return when that has completed. */
inline flush(cpu, addr)
{
	lock(qlock);
	done[cpu] = false;
	queue ! INV(addr);
	queue ! WAIT(cpu);
	unlock(qlock);
	done[cpu]
}

proctype mremap()
{
	byte entry;

	lock(ptl[OLD]);
	lock(ptl[NEW]);
	entry = pte[OLD];
	if
	:: entry != NONE ->
		pte[OLD] = NONE;
		pte[NEW] = entry;
#ifndef BUG
		flush(MOVER, OLD)
#endif
	:: else
	fi;
	unlock(ptl[NEW]);
	unlock(ptl[OLD]);
#ifdef BUG
	if
	:: entry != NONE -> flush(MOVER, OLD)
	:: else
	fi
#endif
}

/* One address of the reverse map: clear, unlock, flush (mmu_gather). */
inline unmap(addr)
{
	lock(ptl[addr]);
	entry = pte[addr];
	if
	:: entry != NONE -> pte[addr] = NONE
	:: else
	fi;
	unlock(ptl[addr]);
	if
	:: entry != NONE -> flush(CUTTER, addr); mapped = false
	:: else
	fi
}

proctype truncate()
{
	byte entry;
	bool mapped = true;

	unmap(OLD);
	unmap(NEW);
	assert(!mapped); /* the order of the reverse map lets no page slip by */
	freed = true
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
		done[arg] = true
	od
}

proctype device()
{
	byte addr, frame;
end:
	do
	:: in_flight = true;
		if
		:: addr = OLD
		:: addr = NEW
		fi;
again:
		frame = iotlb[addr];
		if
		:: frame != NONE
		:: else ->
			atomic { walking = addr; cancelled = false };
			frame = pte[addr];
			atomic {
				walking = ADDRS;
				if
				:: cancelled -> goto again
				:: else -> iotlb[addr] = frame
				fi
			}
		fi;
		if
		:: frame != NONE -> assert(!freed) /* the data */
		:: else /* fault: given up */
		fi;
		in_flight = false
	od
}

init {
	atomic {
		pte[OLD] = PAGE;
		run mremap();
		run truncate();
		run iommu();
		run device()
	}
}
