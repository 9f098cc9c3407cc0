# SPDX-License-Identifier: MIT
# What shootdown links: xxhash, Boost.Context's assembly for the fibers (static),
# jansson for --json, cmocka for the tests. scripts/setup installs them.
find_package(Threads REQUIRED)

add_library(shootdown_deps INTERFACE)

find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
find_library(XXHASH_LIBRARY NAMES libxxhash.a xxhash REQUIRED)
target_include_directories(shootdown_deps SYSTEM INTERFACE ${XXHASH_INCLUDE_DIR})
target_link_libraries(shootdown_deps INTERFACE ${XXHASH_LIBRARY})

find_library(BOOST_CONTEXT_LIBRARY NAMES libboost_context.a REQUIRED)
target_link_libraries(shootdown_deps INTERFACE ${BOOST_CONTEXT_LIBRARY})

find_library(JANSSON_LIBRARY NAMES libjansson.a jansson REQUIRED)
find_library(CMOCKA_LIBRARY NAMES cmocka)
