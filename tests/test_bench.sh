#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# shootdown-bench runs all its cases cleanly and says what it must in JSON. How
# fast they are is no matter of a test: the machine may be busy.
set -u
bench=${SHOOTDOWN_BUILD:?}/shootdown-bench
failed=0

fail() {
	echo "FAILED: $*"
	failed=1
}

out=$("$bench" --json --rounds 1 --ms 1 </dev/null) || fail "exit $?"
cases=$(find "${SHOOTDOWN_SOURCE:?}/bench/cases" -name '*.sd' | wc -l)
rows=$(jq -r 'select((.name | startswith("case/")) and .value > 0 and .floor > 0 and .ratio > 0 and
	.unit == "executions/s") | .name' <<<"$out" | wc -l)
if [ "$rows" -ne "$cases" ] || [ "$rows" -eq 0 ]; then
	fail "$rows rows for $cases cases"
fi
# the small and the large ones are what they are called
odd=$(jq -r 'select(.name | startswith("points-each/")) | .value as $v |
	select((.name | startswith("points-each/large-")) != ($v >= 400)) | "\(.name) \($v)"' <<<"$out")
[ -z "$odd" ] || fail "points an execution: $odd"

for bad in --rounds --nonsense "--rounds 0" "--engine x" /nonexistent.sd; do
	# shellcheck disable=SC2086 # an option and its value
	"$bench" $bad </dev/null >/dev/null 2>&1
	[ $? -eq 2 ] || fail "$bad: expected exit 2"
done
[ $failed -eq 0 ] && echo "$rows cases measured"
exit $failed
