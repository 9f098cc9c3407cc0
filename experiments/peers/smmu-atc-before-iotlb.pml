/* SPDX-License-Identifier: MIT */
/*
 * An SMMUv3 with a device behind it that has an ATC.
 * Linux 353e3cf8590c: with BUG the ATC is invalidated before the IOTLB, from
 * which the device refills it at once.
 *
 * Modelled: a CPU that maps a page, unmaps it, invalidates and frees, over and
 * over, with two frames; the command queue, executed some time later and in any
 * order up to a CMD_SYNC; CMD_ATC_INV as a message to the device, which answers
 * when its translated DMAs have ended, and which CMD_SYNC waits for; an IOTLB,
 * filled by walks that TLBI cancels; ATS requests and their replies, which an
 * ATC invalidation that overtakes them cancels; DMA by ATC entries.
 *
 * Not modelled: table levels, untranslated DMA, page requests, several CPUs
 * (the mistake is one CPU's), more pages than one.
 */
#define FRAMES 2
#define NONE   FRAMES /* of an entry: not present */

mtype = { TLBI, ATC_INV, SYNC };

byte pte = NONE;
byte iotlb = NONE;
byte atc = NONE;
bool mapped[FRAMES]; /* by us; else it is somebody else's */
chan cmdq = [4] of { mtype };
bool synced;
byte unanswered;     /* ATC invalidations */
bool walk_cancelled;
chan ats_request = [0] of { bit };
chan ats_reply = [1] of { byte };
chan atc_message = [1] of { bit };
bool asked, reply_cancelled; /* by the device, and not yet received */
bool in_flight;

inline invalidate(what)
{
	synced = false;
	cmdq ! what;
	cmdq ! SYNC;
	synced
}

proctype cpu()
{
	byte frame;
end:
	do
	:: if
		:: frame = 0
		:: frame = 1
		fi;
		mapped[frame] = true;
		pte = frame;
		pte = NONE;
#ifdef BUG
		invalidate(ATC_INV);
		invalidate(TLBI);
#else
		invalidate(TLBI);
		invalidate(ATC_INV);
#endif
		mapped[frame] = false
	od
}

/* Commands: a SYNC when all that was before it is done. */
proctype command_queue()
{
end:
	do
	:: atomic { cmdq ?? TLBI -> iotlb = NONE; walk_cancelled = true }
	:: atomic { cmdq ?? ATC_INV -> unanswered++ }
		atc_message ! 0
	:: cmdq ? SYNC ->
		unanswered == 0;
		synced = true
	od
}

/* Translations, as the device asks for them. */
proctype translation()
{
	byte frame;
end:
	do
	:: ats_request ? _ ->
again:
		frame = iotlb;
		if
		:: frame != NONE
		:: else ->
			walk_cancelled = false;
			frame = pte;
			atomic {
				if
				:: walk_cancelled -> goto again
				:: else -> iotlb = frame
				fi
			}
		fi;
		ats_reply ! frame
	od
}

/* The device's ATC, as far as it is told. */
proctype atc_invalidation()
{
end:
	do
	:: atomic { atc_message ? _ -> atc = NONE; reply_cancelled = asked }
		!in_flight; /* drain */
		unanswered--
	od
}

proctype device()
{
	byte frame;
end:
	do
	:: atc == NONE ->
		atomic { asked = true; reply_cancelled = false };
		ats_request ! 0;
		atomic {
			ats_reply ? frame;
			asked = false;
			if
			:: reply_cancelled
			:: else -> atc = frame
			fi
		}
	:: atomic { atc != NONE -> frame = atc; in_flight = true }
		assert(mapped[frame]); /* the data */
		in_flight = false
	od
}

init {
	atomic {
		run cpu();
		run command_queue();
		run translation();
		run atc_invalidation();
		run device()
	}
}
