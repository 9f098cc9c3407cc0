/* SPDX-License-Identifier: MIT */
/* A header that is a part of whole.c, and does not compile alone. */
static inline unsigned part_next(struct whole *w) { return w->page + w->n; }
