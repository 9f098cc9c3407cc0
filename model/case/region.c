/* SPDX-License-Identifier: MIT */
/*
 * Where the regions a..h lie. Operands are small slot numbers, never raw
 * addresses, so that every case names places where something can go wrong:
 * both ends of the space, both sides of a table boundary, an unaligned range
 * that crosses one. Pages past the top are clamped to the last page.
 */
#include "case/case.h"

static sd_page region_space_pages(const struct case_file *c) { return (sd_page)1 << (c->levels * c->bits); }

sd_page case_region_base(const struct case_file *c, int region)
{
	const sd_page pages = region_space_pages(c);
	const sd_page t = (sd_page)1 << c->bits; /* pages under one leaf table */
	const sd_page far = c->levels > 2 ? t * t : pages / 2;
	sd_page base = 0;

	switch (region) {
	case 0: /* a: the bottom */
		base = 0;
		break;
	case 1: /* b: the next table */
		base = t;
		break;
	case 2: /* c: unaligned, crosses tables */
		base = 2 * t + 3;
		break;
	case 3: /* d: under another table of the level above */
		base = far;
		break;
	case 4: /* e: one page before a table's end */
		base = far + t - 1;
		break;
	case 5: /* f: aligned, beside d and e */
		base = far + 2 * t;
		break;
	case 6: /* g: the last table */
		base = pages - t;
		break;
	default: /* h: the last table but one */
		base = pages - 2 * t;
		break;
	}
	return base < pages ? base : pages - 1;
}

sd_page case_page(const struct case_file *c, int region, int off)
{
	const sd_page pages = region_space_pages(c);
	const sd_page page = case_region_base(c, region) + (sd_page)off;

	return page < pages ? page : pages - 1;
}

unsigned case_npages(const struct case_file *c, sd_page start, int n)
{
	const sd_page pages = region_space_pages(c);
	const unsigned left = start < pages ? pages - start : 1;

	if (n < 1)
		return 1;
	return (unsigned)n < left ? (unsigned)n : left;
}
