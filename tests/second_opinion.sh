#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A small sample of experiments/second-opinion/run: it agrees, what is done is not done
# again, and what it prints adds up. Wants SHOOTDOWN_SOURCE and SHOOTDOWN_BIN.
set -u
cd "${SHOOTDOWN_SOURCE:?}" || exit 1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

ask() { experiments/second-opinion/run --clean 2000 --bug 200 --out "$out" >"$out/table" 2>&1; }

ask || {
	cat "$out/table"
	exit 1
}
read -r _ executions compared violations _ < <(grep '^together' "$out/table")
[ "$executions" -ge 14000 ] && [ "$compared" -ge $((executions * 99 / 100)) ] && [ "$violations" -gt 300 ] || {
	echo "too little was compared:"
	cat "$out/table"
	exit 1
}
find "$out" -name done.json -newer "$out/turns" | grep -q . || exit 1
sleep 1
touch "$out/mark"
ask || exit 1
[ -z "$(find "$out" -name done.json -newer "$out/mark")" ] || {
	echo "a turn that was done was done again"
	exit 1
}
