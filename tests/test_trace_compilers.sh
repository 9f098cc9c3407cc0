#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The trace hashes of generated cases are the same in this build and in a plain
# `gcc -O0` of the same sources. Wants SHOOTDOWN_SOURCE and SHOOTDOWN_BUILD.
set -u

source=${SHOOTDOWN_SOURCE:?}
build=${SHOOTDOWN_BUILD:?}
cases=60
seed=7
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$source" || exit 1

# Older TSan run-times want a fixed address space.
hashes() { # hashes <binary>
	"$1" --print $cases $seed 2>/dev/null || setarch -R "$1" --print $cases $seed
}

# shellcheck disable=SC2016 # the inner shell expands
find model engine tests/test_trace.c -name '*.c' -print0 |
	xargs -0 -n 1 -P 2 sh -c 'gcc -std=gnu17 -O0 -pthread -ffp-contract=off -Iinclude -Imodel -I. \
		-c "$2" -o "$1/$(echo "$2" | tr / .).o"' sh "$dir" || exit 1
gcc -pthread "$dir"/*.o -o "$dir/test_trace" -l:libboost_context.a -lxxhash -lcmocka || exit 1

hashes "$build/tests/test_trace" >"$dir/this" || exit 1
hashes "$dir/test_trace" >"$dir/other" || exit 1
[ "$(wc -l <"$dir/this")" -eq $cases ] || {
	echo "FAILED: expected $cases lines, got $(wc -l <"$dir/this")"
	exit 1
}
if ! diff "$dir/this" "$dir/other" >"$dir/diff"; then
	echo "FAILED: this build (<) and gcc -O0 (>) differ:"
	head -n 20 "$dir/diff"
	exit 1
fi
echo "$cases cases: the same hashes"
