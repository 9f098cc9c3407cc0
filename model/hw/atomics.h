/* SPDX-License-Identifier: MIT */
/* The two kinds of atomic accesses of hw/: with an order, and without. */
#ifndef HW_ATOMICS_H
#define HW_ATOMICS_H

#include <stdatomic.h>

/* Bookkeeping that only has to stay whole: no order is wanted from it. */
#define hw_get(a) atomic_load_explicit(a, memory_order_relaxed)
#define hw_set(a, v) atomic_store_explicit(a, v, memory_order_relaxed)

/* A completion, or the end of an access: whoever sees it comes after all that led to it. */
#define hw_see(a) atomic_load_explicit(a, memory_order_acquire)
#define hw_publish(a, v) atomic_store_explicit(a, v, memory_order_release)

#endif
