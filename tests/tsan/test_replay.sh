#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every stored case under TSan: its verdict, its silence with the switches off,
# and each race 20 times in the same two places. Wants SHOOTDOWN_SOURCE and
# SHOOTDOWN_BIN.
set -u
out=$(mktemp)
trap 'rm -f "$out"' EXIT
cd "${SHOOTDOWN_SOURCE:?}" || exit 1
scripts/tsan-fibers --no-build --cases 0 >"$out"
status=$?
cat "$out"
[ $status -eq 0 ] || exit $status
# One for each planted race, and one without any bug.
want=$(("$("${SHOOTDOWN_BIN:?}" bugs --json | grep -c '"class":"race"')" + 1))
got=$(grep -c ': 20 of 20: ' "$out")
[ "$want" -gt 1 ] && [ "$got" -ge "$want" ] || {
	echo "FAILED: $got races replayed, expected at least $want"
	exit 1
}
