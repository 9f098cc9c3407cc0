#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every header compiles alone, in C; the public ones also in C++. A header that
# is a part of another (*_inline.h) is compiled with it.
set -u
root=${SHOOTDOWN_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
cd "$root" || exit 1
cc=${CC:-cc}
case $cc in
*afl-*) cc=cc ;;
esac
cxx=$(command -v c++ || command -v g++ || command -v clang++-14 || command -v clang++) || {
	echo "no C++ compiler: scripts/setup installs one" >&2
	exit 1
}
flags=(-Wall -Wextra -Wpedantic -Werror -Iinclude -Imodel -I. -fsyntax-only)
checked=0
failed=0

alone() { # alone <header as included> <compiler and language flags>...
	local header=$1
	shift
	# with a declaration, since one of macros alone would be no unit
	if ! printf '#include <%s>\nint alone;\n' "$header" | "$@" "${flags[@]}" -; then
		echo "does not compile alone ($1): $header" >&2
		failed=$((failed + 1))
	fi
	checked=$((checked + 1))
}

while IFS= read -r header; do
	alone "${header#model/}" "$cc" -std=gnu17 -x c
done < <(find model engine fuzz stress tools bench -name '*.h' ! -name '*_inline.h' | LC_ALL=C sort)
while IFS= read -r header; do
	alone "${header#include/}" "$cc" -std=gnu17 -x c
	alone "${header#include/}" "$cxx" -std=c++17 -x c++
done < <(find include -name '*.h' | LC_ALL=C sort)

echo "$checked compilations, $failed failed"
[ "$checked" -gt 0 ] && [ "$failed" -eq 0 ]
