/* SPDX-License-Identifier: MIT */
/*
 * Frames and entries as the log tells of them, and the list of all instances.
 *
 * An entry has a word, which software sees, and, where walkers do not snoop,
 * what memory has: what was written back last, or what the frame's last owner
 * left there. Serials are counted as mem/ gives them out, and compared with
 * those that the log names. Does not model: words of context tables, data.
 */
#include "oracle/history/state.h"

static const uint32_t POISON = 0xdeadbeef; /* where the serial is, in a frame that was freed */

struct history_cell *history_tables_cell(struct history *h, mem_entry e)
{
	return &h->cell[e % ((uint32_t)MEM_FRAMES << h->frame_bits)];
}

static sd_page tables_frame(const struct history *h, mem_entry e)
{
	return (e >> h->frame_bits) % MEM_FRAMES;
}

static void tables_note_use(struct history *h, mem_entry e)
{
	const struct history_cell *c = history_tables_cell(h, e);
	uint64_t bit = 1ull << (e & 63);

	if (c->word || c->memory)
		h->used[tables_frame(h, e)] |= bit;
	else
		h->used[tables_frame(h, e)] &= ~bit;
}

/* -- frames ------------------------------------------------------------------------- */

/* Another owner: the words are zeroes or poison, memory keeps what was in a table. */
static void tables_clear(struct history *h, sd_page pfn, bool keeps, uint32_t serial)
{
	for (uint32_t i = 0; i < h->nents; i++) {
		mem_entry e = pfn << h->frame_bits | i;
		struct history_cell *c = history_tables_cell(h, e);

		c->memory = keeps ? c->memory : HISTORY_NONE;
		c->word = HISTORY_NONE;
		c->serial = serial;
		tables_note_use(h, e);
	}
}

void history_tables_alloc(struct history *h, const struct event *ev)
{
	h->serial++;
	for (sd_page pfn = ev->frames.pfn; pfn < ev->frames.pfn + ev->frames.n && pfn < MEM_FRAMES; pfn++) {
		h->frame[pfn] = (struct history_frame){.kind = ev->frames.kind, .born = h->serial};
		tables_clear(h, pfn, true, 0);
	}
}

void history_tables_free(struct history *h, const struct event *ev)
{
	for (sd_page pfn = ev->frames.pfn; pfn < ev->frames.pfn + ev->frames.n && pfn < MEM_FRAMES; pfn++) {
		bool table = h->frame[pfn].kind == MEM_TABLE && h->behind;

		h->frame[pfn].kind = MEM_FREE;
		h->frame[pfn].apart = false;
		for (uint32_t i = 0; h->used[pfn] && table && i < h->nents; i++) {
			struct history_cell *c = history_tables_cell(h, pfn << h->frame_bits | i);

			c->memory = c->word; /* an owner long gone has been written back */
		}
		tables_clear(h, pfn, table, POISON);
	}
}

/* -- entries ------------------------------------------------------------------------- */

/* Frame, permission or validity change, or software clears A or D. */
static bool tables_new_instance(pte_t old, pte_t new)
{
	if (!pte_present(old) && !pte_present(new))
		return false;
	if (pte_present(old) != pte_present(new) || pte_pfn(old) != pte_pfn(new))
		return true;
	if ((old ^ new) & (PTE_W | PTE_LEAF | PTE_NT))
		return true;
	return old & ~new &(PTE_A | PTE_D);
}

static uint16_t tables_make_instance(struct history *h, mem_entry e, pte_t value)
{
	if (h->ninst == HISTORY_INSTANCES || h->serial >= HISTORY_SERIALS) {
		history_stop(h, HISTORY_INCONCLUSIVE, "more instances than are kept track of");
		return HISTORY_NONE;
	}
	h->inst[h->ninst] = (struct history_instance){.entry = e, .serial = h->serial, .value = value};
	h->by_serial[h->serial] = (uint16_t)h->ninst;
	return (uint16_t)h->ninst++;
}

void history_tables_store(struct history *h, const struct event *ev)
{
	struct history_cell *c = history_tables_cell(h, ev->store.entry);
	pte_t old = ev->store.old, new = ev->store.value;

	if (c->serial != ev->store.old_serial) {
		history_stop(h, HISTORY_DEFECT, "an entry has another serial than its stores say");
		return;
	}
	if (tables_new_instance(old, new)) {
		c->serial = ++h->serial;
		c->word = pte_present(new) ? tables_make_instance(h, ev->store.entry, new) : HISTORY_NONE;
	} else if (c->word) {
		h->inst[c->word].value = new;
	}
	tables_note_use(h, ev->store.entry);
}

void history_tables_set_ad(struct history *h, const struct event *ev)
{
	struct history_cell *c = history_tables_cell(h, ev->set_ad.entry);
	uint16_t i = h->frame[tables_frame(h, ev->set_ad.entry)].apart ? c->memory : c->word;

	if (i)
		h->inst[i].value |= ev->set_ad.value & (PTE_A | PTE_D);
}

void history_tables_written_back(struct history *h, const struct event *ev)
{
	for (mem_entry e = ev->written_back.entry; e < ev->written_back.entry + ev->written_back.n; e++) {
		struct history_cell *c = history_tables_cell(h, e);

		c->memory = c->word;
		tables_note_use(h, e);
	}
}
