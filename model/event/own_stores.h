/* SPDX-License-Identifier: MIT */
/*
 * own_stores: on a function that clears or copies whole objects that it was given
 * and does nothing else. ASan has little to find there, and its memset() and
 * memcpy() cost ten times the few stores that they stand for: so there are
 * loops in it, and they stay loops.
 */
#ifndef EVENT_OWN_STORES_H
#define EVENT_OWN_STORES_H

#if defined(__has_feature) && defined(__clang__)
#if __has_feature(address_sanitizer)
#define OWN_STORES __attribute__((no_sanitize("address"), no_builtin("memset", "memcpy")))
#endif
#endif
#ifndef OWN_STORES
#define OWN_STORES
#endif

#endif
