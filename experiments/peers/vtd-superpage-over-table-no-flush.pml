/* SPDX-License-Identifier: MIT */
/*
 * A VT-d domain in which a superpage takes the place of an emptied table.
 * Linux 38c527aeb419: with BUG nothing is flushed between unlinking that table and
 * freeing it, and the paging-structure cache still leads into it.
 *
 * Modelled: a table of two levels; a CPU that maps a small page, unmaps it (leaf
 * entries are flushed, the table stays linked), maps a superpage over it, unmaps
 * that with everything flushed, over and over; frames that hold a table, our data
 * or somebody else's, who writes what looks like an entry; the queue, executed some
 * time later; waits; an IOTLB and a paging-structure cache that fill at any time;
 * walks of several steps that an invalidation cancels; DMAs in flight, which a
 * wait drains.
 *
 * Not modelled: a second entry in the upper table, an ATC, several CPUs (the mistake
 * is one CPU's), more small pages than two to a superpage.
 */
#define SMALL  2 /* pages to a table, and to a superpage */
#define FRAMES 5
#define BIG    0 /* and 1: what a superpage maps */
#define LOOSE  2 /* and 3: for small pages and tables */
#define SECRET 4 /* never ours */
#define NONE   FRAMES /* of an entry: not present */

mtype = { FREE, TABLE, DATA, FOREIGN };
mtype = { INV_LEAVES, INV_ALL, WAIT };

typedef content { byte entry[SMALL] };

mtype kind[FRAMES] = FREE;
byte dir = NONE;         /* the entry of the upper table */
bool dir_is_leaf;
content mem[FRAMES];     /* what a frame holds, read as a table */
byte iotlb[SMALL] = NONE;
byte psc = NONE;         /* the table that dir led to */
chan queue = [2] of { mtype };
bool done;
bool drop_leaf, drop_top; /* an invalidation met a walk */
bool in_flight;

#define set_table(t, first, second) d_step { mem[t].entry[0] = first; mem[t].entry[1] = second }
#define set_dir(frame, leaf)        d_step { dir = frame; dir_is_leaf = leaf }

inline flush(what)
{
	done = false;
	queue ! what;
	queue ! WAIT;
	done
}

inline allocate(frame, as)
{
	atomic {
		if
		:: kind[LOOSE] == FREE -> frame = LOOSE
		:: kind[LOOSE + 1] == FREE -> frame = LOOSE + 1
		fi;
		kind[frame] = as
	}
}

inline map_small(page)
{
	allocate(data, DATA);
	allocate(t, TABLE);
	set_table(t, NONE, NONE);
	set_dir(t, false);
	mem[t].entry[page] = data
}

/* The hint says leaves only: no table goes. */
inline unmap_small(page)
{
	mem[t].entry[page] = NONE;
	flush(INV_LEAVES);
	kind[data] = FREE
}

inline map_big()
{
	d_step { kind[BIG] = DATA; kind[BIG + 1] = DATA }
	set_dir(NONE, false);
#ifndef BUG
	flush(INV_ALL);
#endif
	kind[t] = FREE;
	set_dir(BIG, true)
}

inline unmap_big()
{
	set_dir(NONE, false);
	flush(INV_ALL);
	d_step { kind[BIG] = FREE; kind[BIG + 1] = FREE }
}

proctype cpu()
{
	byte data, t, page;
end:
	do
	:: if
		:: page = 0
		:: page = 1
		fi;
		map_small(page);
		unmap_small(page);
		map_big();
		unmap_big();
		d_step { data = 0; t = 0 }
	od
}

proctype somebody()
{
	byte frame;
end:
	do
	:: allocate(frame, FOREIGN);
		set_table(frame, SECRET, SECRET);
		kind[frame] = FREE
	od
}

proctype iommu()
{
end:
	do
	:: atomic {
			queue ? INV_LEAVES ->
			iotlb[0] = NONE;
			iotlb[1] = NONE;
			drop_leaf = true
		}
	:: atomic {
			queue ? INV_ALL ->
			iotlb[0] = NONE;
			iotlb[1] = NONE;
			psc = NONE;
			drop_leaf = true;
			drop_top = true
		}
	:: queue ? WAIT ->
		!in_flight; /* drain */
		done = true
	od
}

proctype device()
{
	byte page, frame, t;
	bool leaf;
end:
	do
	:: in_flight = true;
		if
		:: page = 0
		:: page = 1
		fi;
again:
		atomic { drop_leaf = false; drop_top = false }
		frame = iotlb[page];
		if
		:: frame != NONE -> goto data
		:: else
		fi;
		t = psc;
		if
		:: t != NONE
		:: else ->
			d_step { t = dir; leaf = dir_is_leaf }
			if
			:: t == NONE -> goto out /* fault: given up */
			:: t != NONE && leaf -> frame = t + page; goto fill
			:: else
			fi;
			atomic {
				if
				:: drop_top -> goto again
				:: else -> psc = t
				fi
			}
		fi;
		atomic {
			if
			:: drop_top -> goto again
			:: else
			fi;
			assert(kind[t] == TABLE); /* the walk */
			frame = mem[t].entry[page]
		}
		if
		:: frame == NONE -> goto out
		:: else
		fi;
fill:
		atomic {
			if
			:: drop_leaf -> goto again
			:: else -> iotlb[page] = frame
			fi
		}
data:
		assert(kind[frame] == DATA);
out:
		atomic { in_flight = false; frame = 0; t = 0; leaf = false; page = 0 }
	od
}

init {
	atomic {
		run cpu();
		run somebody();
		run iommu();
		run device()
	}
}
